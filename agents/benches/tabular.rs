//! How long a step takes with learning: `cargo bench -p gymkhana-agents --no-default-features`, with a workload's name to
//! run it alone.

use criterion::{BenchmarkId, Criterion, Throughput};
use gymkhana_agents::bench::WORKLOADS;

/// Steps per measurement, a whole number of rounds of 64 lanes.
const STEPS: u64 = 102_400;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("tabular");
    group.throughput(Throughput::Elements(STEPS));
    for workload in WORKLOADS {
        let Some(mut work) = (workload.make)() else { continue };
        group.bench_function(BenchmarkId::from_parameter(workload.name), |bencher| bencher.iter(|| work(STEPS)));
    }
    group.finish();
    criterion.final_summary();
}
