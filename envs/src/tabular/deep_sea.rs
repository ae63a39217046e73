//! Deep sea: Osband, Van Roy, Russo & Wen 2019, "Deep Exploration via Randomized Value Functions", section 4; as in
//! bsuite (Osband et al. 2020, "Behaviour Suite for Reinforcement Learning").
//!
//! A diver sinks through a square of N × N cells, one row per step, to the left or to the right. The treasure lies at
//! the lower right, and every step to the right costs a little: who does not explore on purpose learns to stay left,
//! and finds it at random once in 2ᴺ episodes.

use std::sync::Arc;

use super::table::{Finite, Outcome, Table};
use crate::{
    entry::{Entry, typed, values},
    error::Error,
    params,
    params::Params,
    render::{Text, Tone},
    rng::Rng,
};

params! {
    /// How deep the sea is.
    pub struct DeepSeaParams for "DeepSea" {
        /// rows and columns N, and steps of an episode
        size: usize = 10, in 2..=200;
        /// whether it is drawn for each cell which of the two actions goes right; if not, it is action 1
        randomize: bool = true, in ..;
        /// the seed of that draw
        map_seed: u64 = 42, in ..;
        /// what an episode of steps to the right costs; one costs this divided by N
        move_cost: f64 = 0.01, in 0.0..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry {
    id: "DeepSea",
    family: "finite",
    about: "dive to a treasure that only a plan of N steps finds",
    details: "\
N × N cells. Observation: row · N + column; one begins at the upper left. Two actions: one sinks to the left, one to the
right; which is which is drawn per cell (`randomize`, `map_seed`). Reward: −0.01/N for a step to the right, and 1 for
the step to the right in the lower right cell. Terminates after N steps; the last observation is the cell of the last
row above which one came out. The best return is 0.99: always right. Staying left is worth 0.",
    source: "Osband, Van Roy, Russo & Wen 2019, Deep Exploration via Randomized Value Functions, section 4; bsuite, \
             Osband et al. 2020",
    params: DeepSeaParams::list,
    check: values::<DeepSeaParams>,
    make: |settings| Ok(deep_sea(&typed(settings)?)?.made()),
};

/// The action that goes right in each cell, row by row.
pub fn right_actions(params: &DeepSeaParams) -> Vec<usize> {
    let mut rng = Rng::new(params.map_seed);
    (0..params.size * params.size).map(|_| if params.randomize { rng.below(2) } else { 1 }).collect()
}

/// The environment.
///
/// # Errors
/// If a parameter is out of range.
pub fn deep_sea(params: &DeepSeaParams) -> Result<Finite, Error> {
    params.validate()?;
    let &DeepSeaParams { size, move_cost, .. } = params;
    let rights = right_actions(params);
    let mut start = vec![0.0; size * size];
    start[0] = 1.0;
    let table = Table::new(start, 2, |cell, action| {
        let (row, column) = (cell / size, cell % size);
        let right = action == rights[cell];
        let cost = if right { -move_cost / size as f64 } else { 0.0 };
        let treasure = if right && column + 1 == size { 1.0 } else { 0.0 };
        let column = if right { (column + 1).min(size - 1) } else { column.saturating_sub(1) };
        let next = (row + 1).min(size - 1) * size + column;
        [Outcome { probability: 1.0, next, reward: cost + treasure, terminated: row + 1 == size }]
    });
    let look = move |at: usize| {
        let row = |row: usize| {
            let cell = move |column: usize| match row * size + column {
                cell if cell == at => ("●".into(), Tone::Agent),
                cell if cell + 1 == size * size => ("$".into(), Tone::Goal),
                _ => ("~".into(), if column > row { Tone::Wall } else { Tone::Faint }),
            };
            (0..size).map(cell)
        };
        (0..size).fold(Text::default(), |text, i| text.then(row(i))).into()
    };
    Ok(Finite::new("DeepSea", Arc::new(table), None, None).looking(look))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        env::Env,
        render::Render,
        tabular::{
            TabularModel,
            testing::{assert_is_a_model, evaluate, solve},
        },
    };

    #[test]
    fn always_right_is_worth_99_hundredths_however_the_actions_lie() {
        for randomize in [true, false] {
            let params = DeepSeaParams { randomize, ..DeepSeaParams::default() };
            let env = deep_sea(&params).unwrap();
            assert_is_a_model(&**env.model());
            let (values, best) = solve(&**env.model(), 1.0);
            assert!((values[0] - 0.99).abs() < 1e-12, "{}", values[0]);
            let rights = right_actions(&params);
            assert!((0..10).all(|i| best[i * 11] == rights[i * 11]), "down the diagonal");
            assert_eq!(rights.contains(&0), randomize);
            let left = evaluate(&**env.model(), 1.0, |cell, action| f64::from(u8::from(action != rights[cell])));
            assert_eq!(left[0], 0.0);
        }
    }

    #[test]
    fn the_treasure_the_cost_and_the_end() {
        let env = deep_sea(&DeepSeaParams { size: 4, randomize: false, ..DeepSeaParams::default() }).unwrap();
        let outcome = |cell, action| {
            let [o] = env.model().outcomes(cell, action) else { panic!("one outcome") };
            (o.next, o.reward, o.terminated)
        };
        assert_eq!(outcome(0, 1), (5, -0.0025, false));
        assert_eq!(outcome(0, 0), (4, 0.0, false));
        assert_eq!(outcome(15, 1), (15, 0.9975, true));
        assert_eq!(outcome(14, 1), (15, -0.0025, true));
        assert_eq!(outcome(15, 0), (14, 0.0, true));
    }

    #[test]
    fn the_diver_in_the_square() {
        let mut env = deep_sea(&DeepSeaParams { size: 3, randomize: false, ..DeepSeaParams::default() }).unwrap();
        env.step(1, &mut Rng::new(0));
        assert_eq!(env.frame().text.unwrap().plain(), "~~~\n~●~\n~~$");
    }
}
