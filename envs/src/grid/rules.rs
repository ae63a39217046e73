//! What holds on a map.

use super::moves::Moves;
use crate::{error::Error, params::check};

/// Where a move that slips goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Slip {
    /// To either of the two directions next to the one that was wanted, half of the rest to each: 90° off among four
    /// moves, 45° off among king's moves. Staying does not slip.
    #[default]
    Sides,
    /// As `Sides`, but 1/3 for each of the three, whatever `success_rate` is: Gymnasium's slippery cliff, to the last
    /// bit.
    Thirds,
    /// To any other direction, an equal share of the rest to each.
    Others,
}

/// What holds on a map.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a rule of its own")]
pub struct Rules {
    /// The actions.
    pub moves: Moves,
    /// Probability of going where one wants.
    pub success_rate: f64,
    /// Where one goes otherwise.
    pub slip: Slip,
    /// Reward of a step.
    pub step_reward: f64,
    /// Reward of the step into a goal.
    pub goal_reward: f64,
    /// Reward of the step into a hole.
    pub hole_reward: f64,
    /// Reward of the step off a cliff.
    pub cliff_reward: f64,
    /// Rewards of the steps from A, B, D and E to where they lead.
    pub teleport_rewards: [f64; 4],
    /// Added to the reward of a step whose move ran into a wall or an edge.
    pub bump_reward: f64,
    /// By how many cells one is blown up when one leaves a cell of each column; empty: there is no wind.
    pub wind: Vec<usize>,
    /// Whether the wind, where there is some, is one less, as said, or one more, with probability 1/3 each.
    pub stochastic_wind: bool,
    /// Whether goals and holes lead to themselves; Gymnasium's cliff lets one walk out of its goal.
    pub absorbing: bool,
    /// Whether episodes begin in any cell that is no wall, goal, hole or cliff, each equally likely; the map needs no S.
    pub start_anywhere: bool,
    /// Whether the map needs no goal or hole: only a time limit ends an episode.
    pub continuing: bool,
}

impl Default for Rules {
    /// Up, right, down, left without slip and wind; rewards 0, goal 1, hole −1, cliff −100.
    fn default() -> Self {
        Self {
            moves: Moves::Four,
            success_rate: 1.0,
            slip: Slip::Sides,
            step_reward: 0.0,
            goal_reward: 1.0,
            hole_reward: -1.0,
            cliff_reward: -100.0,
            teleport_rewards: [0.0; 4],
            bump_reward: 0.0,
            wind: Vec::new(),
            stochastic_wind: false,
            absorbing: true,
            start_anywhere: false,
            continuing: false,
        }
    }
}

impl Rules {
    /// Checks numbers, and the wind against the number of columns.
    pub(super) fn check(&self, columns: usize) -> Result<(), Error> {
        const OWNER: &str = "Gridworld";
        check(OWNER, "success_rate", &self.success_rate, &(0.0..=1.0))?;
        let rewards = [
            ("step_reward", self.step_reward),
            ("goal_reward", self.goal_reward),
            ("hole_reward", self.hole_reward),
            ("cliff_reward", self.cliff_reward),
            ("bump_reward", self.bump_reward),
        ];
        let teleports = self.teleport_rewards.map(|reward| ("teleport_reward", reward));
        rewards.into_iter().chain(teleports).try_for_each(|(name, reward)| check(OWNER, name, &reward, &(..)))?;
        if self.wind.is_empty() || self.wind.len() == columns {
            return Ok(());
        }
        let why = format!("{} numbers, where the map has {columns} columns", self.wind.len());
        let value = self.wind.iter().map(usize::to_string).collect();
        Err(Error::Parameter { owner: OWNER.into(), name: "wind".into(), value, why })
    }

    /// How strongly it can blow in a column: the strengths, and their number, each equally likely.
    pub(super) fn winds(&self, column: usize) -> ([usize; 3], usize) {
        match self.wind.get(column) {
            Some(&wind) if self.stochastic_wind && wind > 0 => ([wind - 1, wind, wind.saturating_add(1)], 3),
            wind => ([wind.copied().unwrap_or(0); 3], 1),
        }
    }

    /// The directions in which an action can lead, with their probabilities.
    pub(super) fn directions(&self, action: usize, mut each: impl FnMut(usize, f64)) {
        let n = self.moves.directions();
        let (left, right) = ((action + n - 1) % n, (action + 1) % n);
        match self.slip {
            _ if action >= n => each(action, 1.0),
            Slip::Thirds => [left, action, right].into_iter().for_each(|direction| each(direction, 1.0 / 3.0)),
            _ if self.success_rate >= 1.0 => each(action, 1.0),
            Slip::Sides => {
                let side = (1.0 - self.success_rate) / 2.0;
                each(left, side);
                each(action, self.success_rate);
                each(right, side);
            }
            Slip::Others => {
                let share = (1.0 - self.success_rate) / (n - 1) as f64;
                (0..n)
                    .for_each(|direction| each(direction, if direction == action { self.success_rate } else { share }));
            }
        }
    }
}

/// Reads the wind: a digit per column.
///
/// # Errors
/// At the first symbol that is not a digit.
pub(super) fn read_wind(owner: &str, text: &str) -> Result<Vec<usize>, Error> {
    let digit = |(i, symbol): (usize, char)| {
        let why =
            || format!("`{symbol}` in place {} is not a digit: one per column is wanted, as in 0001112210", i + 1);
        let wrong = || Error::Parameter { owner: owner.into(), name: "wind".into(), value: text.into(), why: why() };
        symbol.to_digit(10).map(|digit| digit as usize).ok_or_else(wrong)
    };
    text.trim().chars().enumerate().map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directions(rules: &Rules, action: usize) -> Vec<(usize, f64)> {
        let mut all = Vec::new();
        rules.directions(action, |direction, probability| all.push((direction, probability)));
        all
    }

    #[test]
    fn a_move_slips_to_its_neighbours_or_to_all_others() {
        let mut rules = Rules { success_rate: 0.5, ..Rules::default() };
        assert_eq!(directions(&rules, 0), [(3, 0.25), (0, 0.5), (1, 0.25)]);
        rules.moves = Moves::KingStay;
        assert_eq!(directions(&rules, 7), [(6, 0.25), (7, 0.5), (0, 0.25)]);
        assert_eq!(directions(&rules, 8), [(8, 1.0)]);
        rules = Rules { slip: Slip::Thirds, ..Rules::default() };
        assert_eq!(directions(&rules, 3), [(2, 1.0 / 3.0), (3, 1.0 / 3.0), (0, 1.0 / 3.0)]);
        rules = Rules { success_rate: 0.25, slip: Slip::Others, ..Rules::default() };
        assert_eq!(directions(&rules, 2), [(0, 0.25), (1, 0.25), (2, 0.25), (3, 0.25)]);
    }

    #[test]
    fn the_wind_varies_where_there_is_some() {
        let rules = Rules { wind: vec![0, 2], stochastic_wind: true, ..Rules::default() };
        assert_eq!((rules.winds(0), rules.winds(1)), (([0; 3], 1), ([1, 2, 3], 3)));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let message = |rules: Rules| rules.check(3).unwrap_err().to_string();
        let wind = Rules { wind: vec![0, 1], ..Rules::default() };
        assert_eq!(message(wind), "Gridworld: `wind=01`: 2 numbers, where the map has 3 columns");
        let rate = Rules { success_rate: 1.5, ..Rules::default() };
        assert_eq!(message(rate), "Gridworld: `success_rate=1.5`: must be from 0 to 1");
        let reward = Rules { teleport_rewards: [0.0, 0.0, f64::NAN, 0.0], ..Rules::default() };
        assert_eq!(message(reward), "Gridworld: `teleport_reward=NaN`: must be finite");
        let digits = read_wind("Gridworld", "01x").unwrap_err().to_string();
        let right = "`x` in place 3 is not a digit: one per column is wanted, as in 0001112210";
        assert_eq!(digits, format!("Gridworld: `wind=01x`: {right}"));
    }
}
