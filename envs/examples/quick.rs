#![allow(clippy::all, clippy::pedantic, clippy::disallowed_methods, missing_docs)]
use std::time::Instant;
fn main() {
    let only: Vec<String> = std::env::args().skip(1).collect();
    for w in gymkhana_envs::bench::WORKLOADS {
        if !only.is_empty() && !only.iter().any(|o| o == w.name) {
            continue;
        }
        let Some(mut f) = (w.make)() else { continue };
        f(200_000);
        let mut best = f64::MAX;
        for _ in 0..15 {
            let t = Instant::now();
            let n = f(2_000_000);
            best = best.min(t.elapsed().as_secs_f64() / n as f64);
        }
        println!("{:20} {:7.2} ns {:8.1} M/s", w.name, best * 1e9, 1e-6 / best);
    }
}
