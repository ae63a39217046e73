//! `gymkhana show NAME`

use anyhow::Result;
use gymkhana_agents::planning::{SOLVERS, Solver, solver};
use gymkhana_envs::{
    Param, Registry, Space,
    error::nearest,
    wrappers::{self, WRAPPERS, WrapperEntry},
};

use super::out::{columns, say};
use crate::{
    config::Values,
    configure::tuned,
    sections::{self, Named, SECTIONS, Section, joined},
    zoo,
};

/// Show an environment, an agent, a solver, a section or a wrapper: what it is, its equations, its parameters
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  gymkhana show dqn\n  gymkhana show CartPole-v1\n  gymkhana show 5.4.2")]
pub(super) struct Args {
    /// An environment, an agent, a solver, a wrapper, or a section by number or title
    name: String,
}

pub(super) fn main(envs: &Registry, args: &Args) -> Result<()> {
    let name = args.name.trim();
    if let Ok(agent) = gymkhana_agents::registry::find(name) {
        return say(&agent_text(envs, agent));
    }
    if let Ok(solver) = solver::find(name) {
        return say(&solver_text(solver));
    }
    if let Ok(env) = envs.find(name) {
        return say(&env_text(env)?);
    }
    if let Ok(wrapper) = wrappers::find(name) {
        return say(&wrapper_text(wrapper));
    }
    match sections::find(name) {
        Ok(Named::One(section)) => return say(&section_text(envs, section)?),
        Ok(Named::Part(sections)) => return say(&part_text(&sections)),
        Err(_) => {}
    }
    let known = gymkhana_agents::registry::REGISTRY
        .iter()
        .map(|e| e.id)
        .chain(SOLVERS.iter().map(|solver| solver.id))
        .chain(envs.entries().iter().map(|e| e.id))
        .chain(SECTIONS.iter().flat_map(|s| std::iter::once(s.id).chain(s.titles).chain(s.names.iter().copied())))
        .chain(WRAPPERS.iter().map(|w| w.name));
    let near = nearest(name, known);
    Err(gymkhana_envs::Error::Unknown {
        kind: "environment, agent, solver, section or wrapper",
        name: name.into(),
        near,
    }
    .into())
}

/// A line per parameter; `tuned` has a column for each environment with tuned settings.
fn parameters(params: &[Param], prefix: &str, tuned: &[(&str, Values)]) -> String {
    let row = |p: &Param| {
        let range = if p.range.is_empty() { p.kind.clone() } else { format!("{}, {}", p.kind, p.range) };
        let settings = tuned.iter().map(|(_, settings)| settings.get(p.name).cloned().unwrap_or_default());
        let line = [format!("  {prefix}{}", p.name), p.default.clone()].into_iter().chain(settings);
        line.chain([range, p.doc.to_owned()]).collect()
    };
    let envs = tuned.iter().map(|(env, _)| *env);
    let header: Vec<_> = ["Parameters (--set name=value)", "default"].into_iter().chain(envs).chain(["", ""]).collect();
    columns(&header, params.iter().map(row).collect())
}

const SCHEDULES: &str = "\
A schedule is a number, `1 -> 0.05 over 0.1` (from 1 to 0.05 over the first tenth of the run, then 0.05), or
`1 -> 0.05 exp over 0.1` (the same, by a constant factor per step).
";

fn agent_text(envs: &Registry, agent: &gymkhana_agents::registry::Entry) -> String {
    let (observations, actions) = agent.kinds_in_words();
    let envs = envs.entries().iter();
    let tuned: Vec<(&str, Values)> =
        envs.filter_map(|env| Some((env.id, zoo::find(agent.id, env.id).ok()??.agent_settings()))).collect();
    format!(
        "{}: {}\n\n{}\n\nObservations: {observations}; actions: {actions}.\nSource: {}\n\n{}\n{SCHEDULES}\nTry: gymkhana train {} {}",
        agent.id,
        agent.about,
        indented(agent.equations),
        agent.source,
        parameters(&(agent.params)(), "", &tuned),
        agent.id,
        tuned.first().map_or("ENV", |(env, _)| *env),
    )
}

fn solver_text(solver: &Solver) -> String {
    format!(
        "{}: {}\n\n{}\n\nSolves finite environments that have a transition table.\nSource: {}\n\n{}\nTry: gymkhana solve {} \
         FrozenLake-v1",
        solver.id,
        solver.about,
        indented(solver.equations),
        solver.source,
        parameters(&(solver.params)(), "", &[]),
        solver.id,
    )
}

fn env_text(env: &gymkhana_envs::registry::Entry) -> Result<String> {
    let made = (env.make)(&[])?;
    let spec = made.spec();
    let limit = spec.time_limit.map_or("none".into(), |limit| format!("{limit} steps"));
    let threshold =
        spec.reward_threshold.map_or(String::new(), |mean| format!("\nSolved from a mean return of: {mean}"));
    let names = made.action_names();
    let names = if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
    let table = made.model().map_or(String::new(), |model| {
        format!("\nTransition table: {} states, {} actions", model.states(), model.actions())
    });
    Ok(format!(
        "{}: {}\n\n{}\n\nObservations: {}\nActions: {}{names}\nTime limit: {limit}{threshold}{table}\n\
         Source: {}\n\n{}\nTry: gymkhana play {}{}",
        env.id,
        env.about,
        indented(env.details),
        spec.observations,
        spec.actions,
        env.source,
        parameters(&(env.params)(), "env.", &[]),
        env.id,
        // A policy on states acts only where states are what is observed.
        if made.model().is_some_and(|model| spec.observations == Space::Discrete(model.states())) {
            " --policy optimal"
        } else {
            ""
        },
    ))
}

fn section_text(envs: &Registry, section: &Section) -> Result<String> {
    let mut sources: Vec<String> = Vec::new();
    let mut trains = Vec::new();
    for (agent, env) in section.trains {
        let config = tuned(envs, agent, env)?;
        let settings: Vec<_> = config.agent_settings.iter().map(|(key, value)| format!("{key}={value}")).collect();
        trains.push(format!("{agent} on {env}, {} steps: {}", config.steps, settings.join(", ")));
        let agent = gymkhana_agents::registry::find(agent)?.source;
        sources.extend([agent, envs.find(env)?.source].map(|source| format!("  {source}")));
    }
    sources.sort();
    sources.dedup();
    let note = if section.note.is_empty() { String::new() } else { format!("Note\n{}\n\n", indented(section.note)) };
    let trains = if trains.is_empty() {
        String::new()
    } else {
        format!("It trains\n{}\n\nSources\n{}\n\n", indented(&trains.join("\n")), sources.join("\n"))
    };
    Ok(format!(
        "{} {}\n\n{}\n\n{}\n\nIn the figure\n{}\n\n{note}{trains}Run it\n  gymkhana run {}\nGo further\n{}",
        section.id,
        joined(&section.titles),
        section.about,
        indented(section.equations),
        indented(section.look_at),
        section.id,
        indented(&section.further.join("\n")),
    ))
}

/// The sections of a part of the book, a line each.
fn part_text(sections: &[&Section]) -> String {
    let row = |section: &&Section| vec![format!("  {}", section.id), joined(&section.titles)];
    columns(&["Sections", ""], sections.iter().map(row).collect())
}

fn wrapper_text(wrapper: &WrapperEntry) -> String {
    let params = (wrapper.params)();
    let settings = if params.is_empty() { String::new() } else { format!("\n\n{}", parameters(&params, "", &[])) };
    let settings = settings.replace("(--set name=value)", "(name=value, with commas)");
    format!("{}: {}\n\nFor example: --wrap {}{settings}", wrapper.name, wrapper.about, wrapper.usage)
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}
