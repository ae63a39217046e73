//! What `gymkhana train` says: its settings before, its results after.

use anyhow::Result;
use gymkhana_agents::registry::Scope;
use gymkhana_envs::{Registry, Rows, Space, View};

use super::out::{columns, grid};
use crate::{
    config::RunConfig,
    launch::{Cell, Completed},
    plot::{Figure, LineStyle, Panel, Reference},
    saved::load_named,
    sections::{Table, number, study::curve},
    stats,
    store::run_dir::FINAL_POLICY,
    zoo,
};

/// What the run uses, and where each setting comes from.
pub(super) fn settings_text(envs: &Registry, config: &RunConfig) -> Result<String> {
    let agent = gymkhana_agents::registry::find(&config.agent)?;
    let tuned = zoo::find(&config.agent, &config.env)?;
    let tuned_settings = tuned.as_ref().map(zoo::Tuned::agent_settings).unwrap_or_default();
    let rows = (agent.params)().into_iter().map(|param| {
        let value = config.agent_settings.get(param.name).cloned().unwrap_or_default();
        let alone = [(param.name, tuned_settings.get(param.name).map_or("", String::as_str))];
        let in_zoo = (agent.check)(&alone).ok().and_then(|all| all.into_iter().find(|(name, _)| *name == param.name));
        let origin = match in_zoo {
            Some((_, zoo)) if tuned_settings.contains_key(param.name) && zoo == value => "zoo",
            _ if value == param.default => "default",
            _ => "--set",
        };
        vec![format!("  {}", param.name), value, origin.into()]
    });
    let env = (envs.find(&config.env)?.params)().into_iter();
    let changed = env.filter_map(|param| Some((param.name, config.env_settings.get(param.name)?, param.default)));
    let changed = changed.filter(|(_, value, default)| *value != default);
    let env_rows = changed.map(|(name, value, _)| vec![format!("  env.{name}"), value.clone(), "--set".into()]);
    let rows: Vec<_> = rows.chain(env_rows).collect();
    let wrappers =
        if config.wrappers.is_empty() { String::new() } else { format!(" · {}", config.wrappers.join(" · ")) };
    let origin = tuned.map_or(String::new(), |tuned| format!("\nzoo: {}", tuned.source));
    Ok(format!(
        "{} on {}{wrappers} · {} steps · {} lane{} · {}{origin}\n{}",
        config.agent,
        config.env,
        config.steps,
        config.lanes,
        if config.lanes == 1 { "" } else { "s" },
        config.device,
        columns(&["Settings", "", ""], rows),
    ))
}

/// The mean return of the last episodes that ended while a run was learning, if any did.
fn while_learning(made: &Completed) -> Option<f64> {
    made.history.curve("rollout/return_mean").1.pop()
}

pub(super) fn results(config: &RunConfig, done: &[Completed]) -> Table {
    let row = |made: &Completed| {
        let (result, evaluation) = (&made.result, &made.result.evaluation);
        vec![
            made.seed.to_string(),
            format!("{:.2}", evaluation.mean()),
            format!("{:.2}", evaluation.deviation()),
            format!("{:.1}", evaluation.mean_length()),
            evaluation.capped.to_string(),
            result.best.map_or("–".into(), |best| format!("{best:.2}")),
            while_learning(made).map_or("–".into(), |mean| format!("{mean:.2}")),
            result.steps.to_string(),
            format!("{:.1}", result.elapsed),
            match (made.was_there, config.until) {
                (true, _) => "was finished before, not run again".into(),
                (false, Some(_)) if result.reached => "goal reached".into(),
                (false, Some(_)) => "goal not reached".into(),
                (false, None) => String::new(),
            },
        ]
    };
    let header = ["seed", "return", "deviation", "length", "capped", "best", "while learning", "steps", "seconds", ""];
    Table {
        title: format!(
            "Final policies, greedy: mean and deviation of {} episodes each; best: of the evaluations on the way; \
             while learning: of the last episodes of the run",
            config.evaluation.final_episodes
        ),
        header: header.map(String::from).into(),
        rows: done.iter().map(row).collect(),
    }
}

/// What the table does not say.
pub(super) fn summary(config: &RunConfig, done: &[Completed]) -> String {
    let means: Vec<f64> = done.iter().map(|made| made.result.evaluation.mean()).collect();
    let learning: Vec<f64> = done.iter().filter_map(while_learning).collect();
    let mut lines = Vec::new();
    if let [_, _, ..] = means.as_slice() {
        let told = |means: &[f64]| format!("{:.2} ± {:.2}", stats::mean(means), stats::half_interval(means));
        let learning =
            if learning.len() == means.len() { format!("; while learning {}", told(&learning)) } else { String::new() };
        lines.push(format!("mean of {} seeds: {}{learning} (95 %)\n", means.len(), told(&means)));
    }
    lines.extend(caution(&config.agent).map(|text| format!("{text}\n")));
    let capped: usize = done.iter().map(|made| made.result.evaluation.capped).sum();
    if capped > 0 {
        let (all, cap) = (done.len() * config.evaluation.final_episodes, config.evaluation.cap);
        lines.push(format!(
            "{capped} of {all} episodes were given up after {cap} steps: the policy reaches no end there\n"
        ));
    }
    lines.concat()
}

/// What the returns of the table are not, for agents whose point is another.
fn caution(agent: &str) -> Option<&'static str> {
    let agent = gymkhana_agents::registry::find(agent).ok()?;
    Some(match agent.scope {
        Scope::Bandit => {
            "The return is that of a policy which no longer learns and meets other bandits: what counts for this agent is \
             the return while learning."
        }
        Scope::Prediction => {
            "The return is that of the policy that was given: what this agent learned are its values, not a policy."
        }
        Scope::Control if agent.branch.starts_with("policy/") => {
            "The return is that of the likeliest actions; the policy that was learned draws its actions, which is the \
             return while learning."
        }
        Scope::Control => return None,
    })
}

/// More states than these are not shown.
const MOST_STATES: usize = 30;

/// What a prediction agent learned, state by state, as the mean over the runs: only where states are few and are what is
/// observed.
///
/// # Errors
/// If a run's policy cannot be read.
pub(super) fn learned_values(envs: &Registry, config: &RunConfig, cells: &[&Cell]) -> Result<Option<String>> {
    if gymkhana_agents::registry::find(&config.agent)?.scope != Scope::Prediction {
        return Ok(None);
    }
    let mut rows: Vec<Vec<f64>> = Vec::new();
    for cell in cells {
        let saved = load_named(envs, &cell.dir, FINAL_POLICY)?;
        let agent = saved.agent().typed::<usize, usize>();
        let (Some(agent), Space::Discrete(n @ 1..=MOST_STATES)) = (agent, &saved.spec().observations) else {
            return Ok(None);
        };
        let states: Vec<usize> = (0..*n).collect();
        let Some(values) = agent.values(&View::new(Rows { flat: &states, width: 1 }, &vec![true; *n])) else {
            return Ok(None);
        };
        rows.push(values);
    }
    let Some(first) = rows.first() else { return Ok(None) };
    let mean = |state: usize| rows.iter().map(|values| values[state]).sum::<f64>() / rows.len() as f64;
    let many = if rows.len() > 1 { format!(", mean of {} seeds", rows.len()) } else { String::new() };
    Ok(Some(grid(&Table {
        title: format!("Learned values{many}"),
        header: ["state", "V"].map(String::from).into(),
        rows: (0..first.len())
            .map(|state| vec![state.to_string(), number(if mean(state).abs() < 1e-9 { 0.0 } else { mean(state) })])
            .collect(),
    })))
}

pub(super) fn learning_curve(title: String, agent: &str, done: &[Completed], threshold: Option<Reference>) -> Figure {
    let mut series = vec![curve(&format!("{agent}, greedy"), done, "eval/return_mean")];
    let mut exploring = curve(&format!("{agent}, exploring"), done, "rollout/return_mean");
    exploring.style = LineStyle::Dashed;
    series.push(exploring);
    series.retain(|series| !series.x.is_empty());
    let panel = Panel {
        x_label: "environment steps".into(),
        y_label: "return".into(),
        series,
        references: threshold.into_iter().collect(),
        ..Panel::default()
    };
    Figure { title, panels: vec![panel.focused().into()], ..Figure::default() }
}
