//! How long the intervals of a comparison take: `cargo bench -p gymkhana --bench statistics`.

use criterion::Criterion;
use gymkhana::stats::{bootstrap, improvement, profile};
use gymkhana_envs::Rng;

const RESAMPLES: usize = 10_000;
const AGENTS: usize = 5;
const ENVS: usize = 10;
const SEEDS: usize = 20;

fn main() {
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    let mut rng = Rng::new(0);
    let mut runs = || (0..SEEDS).map(|_| rng.normal()).collect::<Vec<f64>>();
    let agents: Vec<Vec<Vec<f64>>> = (0..AGENTS).map(|_| (0..ENVS).map(|_| runs()).collect()).collect();
    let thresholds: Vec<f64> = (0..101).map(|i| f64::from(i) / 50.0).collect();

    let mut group = criterion.benchmark_group("statistics");
    // Each agent's four aggregates, 10,000 resamples.
    group.bench_function("aggregates", |bencher| {
        bencher.iter(|| {
            let intervals = |scores: &Vec<Vec<f64>>| bootstrap::intervals(scores, RESAMPLES, &mut Rng::new(1));
            agents.iter().map(intervals).collect::<Vec<_>>()
        });
    });
    // Each agent's profile at 101 thresholds, 2,000 resamples.
    group.bench_function("profiles", |bencher| {
        bencher.iter(|| {
            let intervals =
                |scores: &Vec<Vec<f64>>| profile::profile(scores, &thresholds, profile::RESAMPLES, &mut Rng::new(1));
            agents.iter().map(intervals).collect::<Vec<_>>()
        });
    });
    // Each of the ten pairs, 10,000 resamples.
    group.bench_function("improvements", |bencher| {
        bencher.iter(|| {
            let pairs = agents.iter().enumerate().flat_map(|(i, x)| agents[..i].iter().map(move |y| (x, y)));
            pairs.map(|(x, y)| improvement::probability(x, y, RESAMPLES, &mut Rng::new(1))).collect::<Vec<_>>()
        });
    });
    group.finish();
    criterion.final_summary();
}
