//! Threads: for batches of many lanes, and for work that falls into independent parts.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

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

/// Does parts 0, 1, … of some work, `jobs` at a time, whoever is free taking the next. Gives what came of them, in order.
///
/// # Panics
/// If a part does.
pub fn each<T: Send>(parts: usize, jobs: usize, part: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(parts));
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= parts {
                return;
            }
            let made = part(at);
            done.lock().unwrap_or_else(PoisonError::into_inner).push((at, made));
        }
    };
    thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, parts.max(1)) {
            scope.spawn(work);
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, made)| made).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_envs::{
        Seeds,
        registry::{AnyBatch, find},
    };

    #[test]
    fn parts_come_back_in_order() {
        for jobs in [1, 3, 100] {
            assert_eq!(each(20, jobs, |i| i * i), (0..20).map(|i| i * i).collect::<Vec<_>>());
        }
        assert!(each(0, 4, |i| i).is_empty());
    }

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
