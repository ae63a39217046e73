//! A gridworld that becomes another one after so many steps.

use std::sync::Arc;

use super::{gridworld::Gridworld, look::GridLook};
use crate::tabular::{Table, TabularModel};
use crate::{
    env::{Env, Step},
    error::Error,
    render::{Frame, Render, Tone},
    rng::Rng,
    space::Space,
    spec::Spec,
    state::State,
};

/// Two gridworlds of one size: the first until so many steps have been taken, the second from then on.
///
/// The steps are counted over all episodes, and are part of the state: only a new environment begins at 0. Where a wall
/// comes upon the agent, it can leave it as it could any cell.
#[derive(Clone, Debug)]
pub struct ChangingMaze {
    /// before and after
    worlds: Arc<[(Arc<Table>, GridLook); 2]>,
    spec: Spec,
    change_at: u64,
    at: usize,
    steps: u64,
}

impl ChangingMaze {
    /// An environment of that name, which changes from one gridworld to the other after `change_at` steps.
    ///
    /// # Panics
    /// If the two have not as many cells and actions.
    pub fn new(id: &str, before: &Gridworld, after: &Gridworld, change_at: u64, time_limit: Option<u32>) -> Self {
        let worlds = [before, after].map(|grid| (grid.table(), grid.look()));
        let size = |i: usize| (worlds[i].0.states(), worlds[i].0.actions());
        assert_eq!(size(0), size(1), "two gridworlds of one size");
        let spec = Spec::new(id, Space::Discrete(size(0).0), Space::Discrete(size(0).1));
        Self { worlds: Arc::new(worlds), spec: Spec { time_limit, ..spec }, change_at, at: 0, steps: 0 }
    }

    /// The table that holds for the next step.
    pub fn model(&self) -> &Arc<Table> {
        &self.worlds[self.now()].0
    }

    /// The steps taken so far, in all episodes.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    #[inline]
    fn now(&self) -> usize {
        usize::from(self.steps >= self.change_at)
    }
}

impl Env for ChangingMaze {
    type Obs = usize;
    type Act = usize;

    fn spec(&self) -> Spec {
        self.spec.clone()
    }

    fn reset(&mut self, rng: &mut Rng) -> usize {
        self.at = self.model().draw_start(rng);
        self.at
    }

    #[inline]
    fn step(&mut self, action: usize, rng: &mut Rng) -> Step<usize> {
        let outcome = *self.model().draw(self.at, action, rng);
        self.steps = self.steps.saturating_add(1);
        self.at = outcome.next;
        Step { obs: self.at, reward: outcome.reward, terminated: outcome.terminated, truncated: false }
    }

    fn state(&self) -> Option<State> {
        Some(State::of(&(self.at, self.steps)))
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        let (at, steps): (usize, u64) = state.get()?;
        let states = self.model().states();
        if at >= states {
            return Err(Error::State(format!("state {at} of {states}")));
        }
        (self.at, self.steps) = (at, steps);
        Ok(())
    }
}

impl Render for ChangingMaze {
    fn frame(&self) -> Frame {
        let mut frame = self.worlds[self.now()].1.frame(self.at);
        if let Some(text) = &mut frame.text {
            let left = self.change_at.saturating_sub(self.steps);
            let when = if left > 0 { format!("changes in {left} steps") } else { "has changed".into() };
            text.lines.push(vec![(format!("step {}, {when}", self.steps), Tone::Faint)]);
        }
        frame
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::dyna_maze::{blocking_maze, shortcut_maze};

    /// Below the opening on the right, in the third row from below.
    const BELOW: usize = 44;

    #[test]
    fn the_maze_changes_after_so_many_steps_of_all_episodes() {
        let (mut maze, mut rng) = (blocking_maze(3, 0).unwrap(), Rng::new(0));
        assert_eq!(maze.reset(&mut rng), 48);
        maze.set_state(&State::of(&(BELOW, 2_u64))).unwrap();
        assert_eq!(maze.step(0, &mut rng).obs, 35); // the third step: still open
        assert_eq!((maze.steps(), maze.reset(&mut rng)), (3, 48));
        maze.set_state(&State::of(&(BELOW, maze.steps()))).unwrap();
        assert_eq!(maze.step(0, &mut rng).obs, BELOW); // the fourth: a wall
        maze.set_state(&State::of(&(35_usize, 3_u64))).unwrap();
        assert_eq!(maze.step(0, &mut rng).obs, 26); // out of the wall that came upon one
        assert!(maze.set_state(&State::of(&(54_usize, 3_u64))).is_err());
    }

    #[test]
    fn the_model_is_the_present_one() {
        let mut maze = shortcut_maze(1, 0).unwrap();
        assert_eq!(maze.model().outcomes(BELOW, 0)[0].next, BELOW);
        maze.step(0, &mut Rng::new(0));
        assert_eq!(maze.model().outcomes(BELOW, 0)[0].next, 35);
    }

    #[test]
    fn it_looks_like_the_present_map() {
        let mut maze = shortcut_maze(3000, 0).unwrap();
        maze.set_state(&State::of(&(48_usize, 2990_u64))).unwrap();
        let before = "........G\n.........\n.........\n.########\n.........\n...@.....\n";
        let text = |maze: &ChangingMaze| maze.frame().text.unwrap().plain();
        let caption = "row 6 of 6, column 4 of 9: start";
        assert_eq!(text(&maze), format!("{before}{caption}\nstep 2990, changes in 10 steps"));
        maze.set_state(&State::of(&(48_usize, 3000_u64))).unwrap();
        let after = before.replace("########", "#######.");
        assert_eq!(text(&maze), format!("{after}{caption}\nstep 3000, has changed"));
    }
}
