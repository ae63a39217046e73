//! What `gymkhana train` says: its settings before, its results after.

use anyhow::Result;
use gymkhana_envs::Registry;

use super::out::columns;
use crate::{
    config::RunConfig,
    launch::Completed,
    plot::{Figure, LineStyle, Panel, Reference},
    sections::{Table, study::curve},
    stats, zoo,
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
    let header = ["seed", "return", "deviation", "length", "capped", "best", "steps", "seconds", ""];
    Table {
        title: format!(
            "Final policies, greedy: mean and deviation of {} episodes each; best: of the evaluations on the way",
            config.evaluation.final_episodes
        ),
        header: header.map(String::from).into(),
        rows: done.iter().map(row).collect(),
    }
}

/// What the table does not say.
pub(super) fn summary(config: &RunConfig, done: &[Completed]) -> String {
    let means: Vec<f64> = done.iter().map(|made| made.result.evaluation.mean()).collect();
    let mut lines = Vec::new();
    if let [_, _, ..] = means.as_slice() {
        let (n, mean, half) = (means.len(), stats::mean(&means), stats::half_interval(&means));
        lines.push(format!("mean of {n} seeds: {mean:.2} ± {half:.2} (95 %)\n"));
    }
    let capped: usize = done.iter().map(|made| made.result.evaluation.capped).sum();
    if capped > 0 {
        let (all, cap) = (done.len() * config.evaluation.final_episodes, config.evaluation.cap);
        lines.push(format!(
            "{capped} of {all} episodes were given up after {cap} steps: the policy reaches no end there\n"
        ));
    }
    lines.concat()
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
    Figure { title, panels: vec![panel.focused().into()] }
}
