//! `gymkhana solve SOLVER ENV`

use std::{path::PathBuf, time::Instant};

use anyhow::{Result, bail};
use gymkhana_agents::planning::{
    BackwardInduction, Solution,
    backup::{action_values, greedy},
    solver,
};
use gymkhana_envs::{Params, Registry, grid::Map, registry::Made, tabular::TabularModel};
use serde_json::{Value, json};

use super::{
    Told, of_another_kind,
    out::{columns, say},
    settings::{Settings, read},
};
use crate::{
    interrupt,
    launch::{env_values, pairs},
    sections::number,
    store::atomic,
    usage::Usage,
};

/// Solve a finite environment whose table is known, by dynamic programming
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  gymkhana solve value-iteration FrozenLake-v1
  gymkhana solve policy-iteration JacksCarRental --set gamma=0.9
  gymkhana solve backward-induction FrozenLake8x8-v1 --set horizon=200
  gymkhana solve value-iteration Gridworld --set env.map=@map.txt --set order=from-ends --out solved

`gymkhana list solvers` has the solvers; `gymkhana show value-iteration` says what one can be told. The exit status is 1
if the values do not settle.")]
pub(super) struct Args {
    /// The solver
    solver: String,
    /// The environment
    env: String,
    /// A parameter of the solver, or with `env.` of the environment; KEY=@FILE takes what a file says
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// Write all values and the policy to DIR/solution.json
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// As JSON, for programs
    #[arg(long)]
    json: bool,
}

pub(super) fn main(envs: &Registry, args: &Args) -> Result<()> {
    let solver = solver::find(&args.solver).map_err(|error| of_another_kind(envs, &args.solver, error))?;
    let entry = envs.find(&args.env)?;
    let Settings { mut agent, env } = read(&args.settings)?;
    let env_settings = env_values(envs, entry.id, &env)?;
    let made = (entry.make)(&pairs(&env_settings))?;
    // As many steps as an episode has, where that is known.
    if let (BackwardInduction::OWNER, Some(limit)) = (solver.id, made.spec().time_limit) {
        agent.entry("horizon".into()).or_insert_with(|| limit.to_string());
    }
    let settings = (solver.check)(&pairs(&agent))?;
    let Some(model) = made.model() else {
        bail!(Usage(format!("{} has no transition table, so that it cannot be solved", entry.id)));
    };
    let gamma = settings.iter().find(|(name, _)| *name == "gamma").and_then(|(_, value)| value.parse().ok());
    let asked: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();

    let begun = Instant::now();
    let found = (solver.solve)(model, &asked, &mut || !interrupt::wanted())?;
    let seconds = begun.elapsed().as_secs_f64();
    if interrupt::wanted() {
        bail!(Told(interrupt::STATUS));
    }
    let evaluates = ["policy-evaluation", "exact-evaluation"].contains(&solver.id);
    let solved = Solved { made: &made, model, found: &found, gamma: gamma.unwrap_or(1.0), seconds, evaluates };
    let head =
        json!({ "solver": solver.id, "env": entry.id, "settings": asked_json(&asked), "env_settings": env_settings });
    if args.json {
        say(&serde_json::to_string_pretty(&solved.json(head.clone()))?)?;
    } else {
        let told: Vec<_> = asked.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let whose = if evaluates { ": the random policy" } else { "" };
        say(&format!("{} by {} ({}){whose}\n{}", entry.id, solver.id, told.join(", "), solved.text()))?;
    }
    if let Some(dir) = &args.out {
        atomic::create_dir(dir)?;
        let path = dir.join("solution.json");
        atomic::write_json(&path, &solved.json(head))?;
        if !args.json {
            say(&format!("\n{}", path.display()))?;
        }
    }
    if found.settled {
        return Ok(());
    }
    bail!("the values have not settled after {} sweeps: allow more of them, or give a lower γ", found.sweeps)
}

fn asked_json(asked: &[(&str, &str)]) -> Value {
    asked.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect::<serde_json::Map<_, _>>().into()
}

/// A solution, and all that is needed to tell of it.
struct Solved<'a> {
    made: &'a Made,
    model: &'a dyn TabularModel,
    found: &'a Solution,
    gamma: f64,
    seconds: f64,
    /// Whether the values are those of the random policy, not of the best one.
    evaluates: bool,
}

/// States that are told of in a table, at most; those of a grid in rows and columns.
const MOST_STATES: usize = 24;
const MOST_ROWS: usize = 40;
const MOST_COLUMNS: usize = 16;

impl Solved<'_> {
    /// The actions of every state that are equally best, within what the values can be off and rounding.
    fn best(&self) -> Vec<Vec<usize>> {
        let finite = self.found.values.iter().filter(|value| value.is_finite());
        let greatest = finite.fold(1.0_f64, |most, value| most.max(value.abs()));
        let ties = (1e-9 * greatest).max(2.0 * self.found.error.unwrap_or(0.0));
        if let Some(stages) = &self.found.stages {
            return stages.with_left(stages.horizon()).iter().map(|action| vec![*action as usize]).collect();
        }
        let q = action_values(self.model, &self.found.values, self.gamma);
        q.chunks(self.model.actions()).map(|row| greedy(row, ties).collect()).collect()
    }

    fn json(&self, head: Value) -> Value {
        let Self { model, found, .. } = self;
        let residuals: Vec<_> = found.residuals.iter().map(|(sweep, residual)| json!([sweep, residual])).collect();
        let stages = found.stages.as_ref().filter(|stages| stages.horizon() * model.states() <= 1_000_000);
        let stages = stages.map(|stages| (1..=stages.horizon()).map(|left| stages.with_left(left)).collect::<Vec<_>>());
        let tail = json!({
            "states": model.states(), "actions": model.actions(), "value_from_start": found.from_start(*model),
            "settled": found.settled, "error_bound": found.error, "sweeps": found.sweeps, "backups": found.backups,
            "seconds": self.seconds, "residuals": residuals, "values": found.values, "policy": found.policy,
            "best_actions": self.best(), "policy_by_steps_left": stages,
        });
        let (Value::Object(mut all), Value::Object(more)) = (head, tail) else { return Value::Null };
        all.extend(more);
        all.into()
    }

    fn text(&self) -> String {
        let Self { model, found, .. } = self;
        let settled = match (found.settled, &found.stages) {
            (true, Some(_)) => "done",
            (true, None) => "settled",
            (false, _) => "NOT settled",
        };
        let error = match found.error {
            _ if found.stages.is_some() => "exact for that many steps, and no bound beyond them".into(),
            Some(error) => format!("no value is off by more than {error:.1e}"),
            None if found.settled => "with γ = 1 the change alone says so".into(),
            None => "how far they are off is not known".into(),
        };
        let residuals: Vec<_> = shown(&found.residuals.iter().collect::<Vec<_>>())
            .map(|(sweep, residual)| format!("{sweep}: {residual:.1e}"))
            .collect();
        let residuals = if residuals.is_empty() {
            String::new()
        } else {
            format!("\nresiduals by sweep: {}", residuals.join(", "))
        };
        format!(
            "{} states, {} actions · {settled} after {} sweep{}, {} backups, {:.3} s; {error}{residuals}\n\n\
             value from the start: {}\n\n{}",
            model.states(),
            model.actions(),
            found.sweeps,
            if found.sweeps == 1 { "" } else { "s" },
            found.backups,
            self.seconds,
            tidy(found.from_start(*model)),
            match self.made.map() {
                Some(map) if map.columns() <= MOST_COLUMNS && map.rows() <= MOST_ROWS => self.grid(map),
                _ => self.table(),
            }
        )
    }

    /// What the actions are: those of evaluation are not the best ones, only greedy on the values of another policy.
    fn heading(&self) -> &'static str {
        if self.evaluates { "Greedy on these values" } else { "Best actions" }
    }

    /// Values and best actions, cell by cell.
    fn grid(&self, map: &Map) -> String {
        let (best, all) = (self.best(), |of: &dyn Fn(usize) -> String| -> String {
            let cell = |state: usize| {
                let sign = map.cells()[state];
                if b"#GHC".contains(&sign) { char::from(sign).to_string() } else { of(state) }
            };
            let cells: Vec<_> = (0..map.cells().len()).map(cell).collect();
            let width = cells.iter().map(|cell| cell.chars().count()).max().unwrap_or(0);
            let row = |row: &[String]| row.iter().map(|cell| format!("{cell:>width$}")).collect::<Vec<_>>().join("  ");
            cells.chunks(map.columns()).map(row).collect::<Vec<_>>().join("\n")
        });
        let values = all(&|state| short(self.found.values[state]));
        let policy = all(&|state| best[state].iter().map(|action| self.sign(*action)).collect());
        format!("Values\n{values}\n\n{}\n{policy}", self.heading())
    }

    /// An arrow for an action that is a direction, its number for another.
    fn sign(&self, action: usize) -> String {
        const ARROWS: [(&str, &str); 9] = [
            ("up", "↑"),
            ("right", "→"),
            ("down", "↓"),
            ("left", "←"),
            ("up-right", "↗"),
            ("down-right", "↘"),
            ("down-left", "↙"),
            ("up-left", "↖"),
            ("stay", "·"),
        ];
        let name = self.made.action_names().get(action);
        let arrow = ARROWS.iter().find(|(known, _)| Some(known) == name);
        arrow.map_or_else(|| action.to_string(), |(_, arrow)| (*arrow).into())
    }

    /// The first states, one under the other.
    fn table(&self) -> String {
        let (best, names) = (self.best(), self.made.action_names());
        let told = |action: &usize| names.get(*action).map_or_else(|| action.to_string(), |name| (*name).into());
        let row = |state: usize| {
            // Of actions that do the same only the first is told of.
            let does = |action: usize| self.model.outcomes(state, action);
            let mut different: Vec<usize> = Vec::new();
            for &action in &best[state] {
                if different.len() <= 8 && !different.iter().any(|&other| does(other) == does(action)) {
                    different.push(action);
                }
            }
            let actions: Vec<String> = different.iter().take(8).map(told).collect();
            let more = if different.len() > 8 { ", …" } else { "" };
            vec![state.to_string(), short(self.found.values[state]), format!("{}{more}", actions.join(", "))]
        };
        let states = self.model.states();
        let table = columns(
            &["state", "value", &self.heading().to_lowercase()],
            (0..states.min(MOST_STATES)).map(row).collect(),
        );
        let more = states.saturating_sub(MOST_STATES);
        if more > 0 { format!("{table}\n… and {more} more: `--out DIR` writes all") } else { table }
    }
}

/// Some ten of them, the first and the last among them.
fn shown<T: Copy>(all: &[T]) -> impl Iterator<Item = T> + '_ {
    let (n, last) = (all.len().min(10), all.len().saturating_sub(1));
    (0..n).map(move |i| all[if n > 1 { i * last / (n - 1) } else { 0 }])
}

/// A value, where what rounding leaves of 0 is 0.
fn tidy(value: f64) -> String {
    number(if value.abs() < 1e-9 { 0.0 } else { value })
}

/// A value in a table.
fn short(value: f64) -> String {
    let text = format!("{value:.4}");
    if text == "-0.0000" { "0.0000".into() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_the_last_are_shown() {
        let all: Vec<usize> = (0..1000).collect();
        let some: Vec<_> = shown(&all).collect();
        assert_eq!((some.len(), some[0], some[9]), (10, 0, 999));
        assert_eq!(shown(&[7, 8]).collect::<Vec<_>>(), [7, 8]);
        assert_eq!(shown::<usize>(&[]).count(), 0);
    }
}
