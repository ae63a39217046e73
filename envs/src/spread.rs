//! Work on many lanes, over one thread or several. This crate starts no thread: it hands halves of the work to an
//! [`Executor`] that is given to it.

use std::{fmt, sync::Arc};

/// Someone who can do two things at once.
pub trait Executor: Send + Sync {
    /// How many things at once are worth while.
    fn threads(&self) -> usize;
    /// Does both, in any order or at the same time, and comes back when both are done.
    fn join(&self, a: &mut (dyn FnMut() + Send), b: &mut (dyn FnMut() + Send));
}

/// An executor, or nobody: then the work is done on the spot.
#[derive(Clone, Default)]
pub struct Workers(Option<Arc<dyn Executor>>);

impl Workers {
    /// Work is handed to `executor`.
    pub fn new(executor: Arc<dyn Executor>) -> Self {
        Self(Some(executor))
    }

    /// Does `work` on all of a task, cut into as many parts as there are threads. The first error, in the order of
    /// the parts, counts. Nothing is allocated.
    pub(crate) fn run<T: Task, E: Send>(&self, task: T, work: &(impl Fn(T) -> Result<(), E> + Sync)) -> Result<(), E> {
        match &self.0 {
            Some(executor) if task.lanes() > 1 => {
                let parts = executor.threads().min(task.lanes());
                halve(&**executor, task, parts, work)
            }
            _ => work(task),
        }
    }
}

impl fmt::Debug for Workers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Workers({})", self.0.as_ref().map_or(1, |executor| executor.threads()))
    }
}

/// Something to be done for each of several lanes, which can be cut in two.
pub(crate) trait Task: Send + Sized {
    /// How many lanes.
    fn lanes(&self) -> usize;
    /// The lanes before `lane`, and the others.
    fn split(self, lane: usize) -> (Self, Self);
}

fn halve<T: Task, E: Send>(
    executor: &dyn Executor,
    task: T,
    parts: usize,
    work: &(impl Fn(T) -> Result<(), E> + Sync),
) -> Result<(), E> {
    if parts < 2 {
        return work(task);
    }
    let left = parts / 2;
    let middle = task.lanes() * left / parts;
    let (a, b) = task.split(middle);
    let (mut a, mut b) = (Some(a), Some(b));
    let (mut done_a, mut done_b) = (Ok(()), Ok(()));
    let mut do_a = || done_a = a.take().map_or(Ok(()), |a| halve(executor, a, left, work));
    let mut do_b = || done_b = b.take().map_or(Ok(()), |b| halve(executor, b, parts - left, work));
    executor.join(&mut do_a, &mut do_b);
    done_a.and(done_b)
}
