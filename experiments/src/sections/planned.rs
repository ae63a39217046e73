//! What the sections on planning share: environments with their tables, and pictures of values and policies.

use anyhow::{Context, Result, ensure};
use gymkhana_agents::planning::{
    Solution, Solve,
    backup::{action_values, greedy},
};
use gymkhana_envs::{
    registry::{Made, find},
    tabular::TabularModel,
};

use super::{Check, Source, Target};
use crate::{
    interrupt::{self, Interrupted},
    plot::HeatMap,
};

/// A registered environment.
pub(super) fn made(env: &str, settings: &[(&str, &str)]) -> Result<Made> {
    Ok((find(env)?.make)(settings)?)
}

/// Its table.
pub(super) fn table(made: &Made) -> Result<&dyn TabularModel> {
    made.model().with_context(|| format!("{} has no transition table", made.spec().id))
}

/// Solves it, and insists that values settle, unless the program is to end.
pub(super) fn solve(made: &Made, solver: &impl Solve) -> Result<Solution> {
    let found = solver.solve(table(made)?, &mut || !interrupt::wanted())?;
    if interrupt::wanted() {
        return Err(Interrupted { step: 0 }.into());
    }
    ensure!(found.settled, "the values of {} have not settled", made.spec().id);
    Ok(found)
}

/// A number that was computed exactly, beside the printed one.
pub(super) fn exact(name: &str, measured: f64, target: f64, decimals: i32, from: &str) -> Check {
    let target = Target::printed(target, decimals);
    Check { name: name.into(), measured, target, source: Source::Exact, from: from.into() }
}

/// Where an action called so leads: to the right, and upwards.
fn direction(name: &str) -> (f64, f64) {
    let (mut x, mut y) = (0.0, 0.0);
    for part in name.split('-') {
        match part {
            "up" => y = 1.0,
            "down" => y = -1.0,
            "right" => x = 1.0,
            "left" => x = -1.0,
            _ => {}
        }
    }
    (x, y)
}

/// The values of a gridworld as a heat map; with a discount, an arrow for each action that is equally best.
pub(super) fn heat_map(title: &str, made: &Made, values: &[f64], arrows: Option<f64>) -> Result<HeatMap> {
    let (model, map) = (table(made)?, made.map().context("an environment on a map")?);
    let ends = |state: usize| b"#GH".contains(&map.cells()[state]);
    let mut lists = Vec::new();
    if let Some(gamma) = arrows {
        let q = action_values(model, values, gamma);
        let names = made.action_names();
        let list = |(state, row): (usize, &[f64])| {
            let best = greedy(row, 1e-9).filter(|_| !ends(state));
            best.filter_map(|action| names.get(action)).map(|name| direction(name)).collect()
        };
        lists = q.chunks(model.actions()).enumerate().map(list).collect();
    }
    let letter = |(cell, sign): (usize, &u8)| sign.is_ascii_alphabetic().then(|| (cell, char::from(*sign).to_string()));
    Ok(HeatMap {
        title: title.into(),
        columns: map.columns(),
        values: values.to_vec(),
        labels: values.iter().map(|value| format!("{value:.1}").replace("-0.0", "0.0").replace('-', "−")).collect(),
        arrows: lists,
        marks: map.cells().iter().enumerate().filter_map(letter).collect(),
        ..HeatMap::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_directions() {
        assert_eq!(["up", "down-left", "stay"].map(direction), [(0.0, 1.0), (-1.0, -1.0), (0.0, 0.0)]);
    }
}
