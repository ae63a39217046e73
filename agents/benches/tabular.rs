//! How long a step takes with learning: `cargo bench -p gymkhana-agents --no-default-features`, with a workload's name to
//! run it alone.

use criterion::{BenchmarkId, Criterion, Throughput};
use gymkhana_agents::bench::WORKLOADS;
use gymkhana_envs::bench::Workload;

/// Steps per measurement, a whole number of rounds of 64 lanes.
const STEPS: u64 = 102_400;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let (learning, solving): (Vec<&Workload>, Vec<_>) = WORKLOADS.iter().partition(|workload| workload.unit == "steps");
    let mut group = criterion.benchmark_group("tabular");
    group.throughput(Throughput::Elements(STEPS));
    for workload in learning {
        // Made when it is run, and not where another is asked for by name.
        group.bench_function(BenchmarkId::from_parameter(workload.name), |bencher| {
            let mut work = (workload.make)().expect(workload.name);
            bencher.iter(|| work(STEPS));
        });
    }
    group.finish();
    let mut group = criterion.benchmark_group("planning");
    group.sample_size(10);
    for workload in solving {
        group.bench_function(BenchmarkId::from_parameter(workload.name), |bencher| {
            let mut work = (workload.make)().expect(workload.name);
            bencher.iter(|| work(1));
        });
    }
    group.finish();
    criterion.final_summary();
}
