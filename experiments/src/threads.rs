//! Threads for batches of many lanes.

use std::sync::Arc;

use anyhow::{Context, Result};
use gymkhana_envs::spread::Executor;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// Threads that share the work of one step; they wait for it between steps.
#[derive(Debug)]
struct Pool(ThreadPool);

impl Executor for Pool {
    fn threads(&self) -> usize {
        self.0.current_num_threads()
    }

    fn join(&self, a: &mut (dyn FnMut() + Send), b: &mut (dyn FnMut() + Send)) {
        self.0.join(a, b);
    }
}

/// An executor of `n` threads.
///
/// # Errors
/// If the system gives none.
pub fn executor(n: usize) -> Result<Arc<dyn Executor>> {
    let pool = ThreadPoolBuilder::new().num_threads(n).build();
    Ok(Arc::new(Pool(pool.with_context(|| format!("cannot start {n} threads"))?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_envs::{
        Seeds,
        registry::{AnyBatch, find},
    };

    #[test]
    fn threads_change_no_number() {
        for id in ["CartPole-v1", "FrozenLake8x8-v1"] {
            let batch = || (find(id).unwrap().make)(&[]).unwrap().batch(37, &Seeds::from(3)).unwrap();
            let mut spread = batch();
            spread.layer().spread(&executor(3).unwrap());
            let told = |batch: AnyBatch| {
                macro_rules! state_after {
                    ($batch:ident) => {{
                        let mut batch = $batch;
                        (0..200).for_each(|i| batch.step(&[i % 2; 37]).unwrap());
                        batch.state()
                    }};
                }
                match batch {
                    AnyBatch::IndexChoice(batch) => state_after!(batch),
                    AnyBatch::FeatureChoice(batch) => state_after!(batch),
                    other => panic!("{other:?}"),
                }
            };
            assert!(told(batch()) == told(spread), "{id}");
        }
    }
}
