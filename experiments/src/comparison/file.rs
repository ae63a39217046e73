//! A comparison as it is written in a TOML file.
//!
//! ```toml
//! title = "DQN, its options"                # optional
//! seeds = 10                                # 10 where nothing is said
//! steps = 50_000                            # for all; else what is tuned. An environment's and an agent's own go before
//! envs = ["CartPole-v1", "Acrobot-v1"]
//!
//! [env."Acrobot-v1"]                        # optional, and so is each of its keys
//! steps = 100_000
//! settings = { time_limit = 500 }
//! low = -500                                # the return that counts as 0, instead of a random policy's
//! high = -70                                # the return that counts as 1, instead of the environment's threshold
//!
//! [[agents]]
//! agent = "dqn"
//!
//! [[agents]]
//! label = "DQN, double"                     # else the agent's name
//! agent = "dqn"
//! tuned = true                              # false: the defaults, not the zoo's settings
//! settings = { double = true, learning_rate = "1e-3 -> 0" }
//! wrappers = ["normalize-observation"]      # instead of the zoo's
//! lanes = 1
//! steps = 50_000
//! ```

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result, bail};
use gymkhana_envs::Registry;
use serde::Deserialize;
use toml::Spanned;

use super::{
    Plan,
    plan::{Wanted, WantedEnv},
};
use crate::{config::Values, configure::Changes, usage::Usage, zoo::written};

/// How many seeds there are where nothing is said.
pub const SEEDS: u64 = 10;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    title: Option<String>,
    seeds: Option<Spanned<u64>>,
    steps: Option<u64>,
    envs: Vec<Spanned<String>>,
    #[serde(default)]
    env: BTreeMap<Spanned<String>, EnvSaid>,
    agents: Vec<Spanned<AgentSaid>>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename = "table [env.NAME]")]
struct EnvSaid {
    steps: Option<u64>,
    #[serde(default)]
    settings: BTreeMap<String, toml::Value>,
    low: Option<f64>,
    high: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename = "table [[agents]]")]
struct AgentSaid {
    label: Option<String>,
    agent: String,
    #[serde(default = "yes")]
    tuned: bool,
    wrappers: Option<Vec<String>>,
    lanes: Option<usize>,
    steps: Option<u64>,
    #[serde(default)]
    settings: BTreeMap<String, toml::Value>,
}

fn yes() -> bool {
    true
}

/// The plan that a file says; `seeds` and `steps` instead of the file's own.
///
/// # Errors
/// What is wrong, with the line.
pub fn read(registry: &Registry, path: &Path, seeds: Option<u64>, steps: Option<u64>) -> Result<Plan> {
    let cannot = || Usage(format!("cannot read {}", path.display()));
    let text = fs::read_to_string(path).with_context(cannot)?;
    parse(registry, &text, &path.display().to_string(), seeds, steps)
}

fn parse(registry: &Registry, text: &str, name: &str, seeds: Option<u64>, steps: Option<u64>) -> Result<Plan> {
    // The error of the parser shows the line.
    let file: File =
        toml::from_str(text).map_err(|error| Usage(format!("{name}: {}", error.to_string().trim_end())))?;
    let line = |at: std::ops::Range<usize>| format!("{name}, line {}", 1 + text[..at.start].matches('\n').count());
    let own = file.seeds.as_ref().filter(|_| seeds.is_none());
    if let Some(none) = own.filter(|seeds| *seeds.get_ref() == 0) {
        bail!(Usage(format!("{}: `seeds = 0`: there must be at least one", line(none.span()))));
    }
    for key in file.env.keys() {
        if file.envs.iter().all(|env| env.get_ref() != key.get_ref()) {
            let near = gymkhana_envs::error::nearest(key.get_ref(), file.envs.iter().map(|env| env.get_ref().as_str()));
            let advice = near.first().map_or_else(String::new, |near| format!("; is it {near}?"));
            bail!(Usage(format!("{}: `{}` is not among `envs`{advice}", line(key.span()), key.get_ref())));
        }
    }
    // What is wrong with an environment is most likely in the table of its own.
    let said = |env: &Spanned<String>| {
        let own = file.env.keys().find(|key| key.get_ref() == env.get_ref());
        line(own.map_or(env.span(), Spanned::span))
    };
    let envs: Vec<WantedEnv> = file.envs.iter().map(|env| wanted_env(&file, env, said(env))).collect();
    let agents: Vec<Wanted> = file.agents.iter().map(|said| wanted(said, steps, line(said.span()))).collect();
    let seeds = seeds.or(file.seeds.map(Spanned::into_inner)).unwrap_or(SEEDS);
    Plan::new(registry, file.title.clone(), seeds, &agents, &envs, Vec::new())
}

fn wanted_env(file: &File, id: &Spanned<String>, said: String) -> WantedEnv {
    let own = file.env.iter().find(|(key, _)| key.get_ref() == id.get_ref()).map(|(_, own)| own.clone());
    let EnvSaid { steps: own_steps, settings, low, high } = own.unwrap_or_default();
    let settings = values(&settings);
    WantedEnv { id: id.get_ref().clone(), settings, steps: own_steps.or(file.steps), low, high, said }
}

fn wanted(said: &Spanned<AgentSaid>, overall: Option<u64>, line: String) -> Wanted {
    let AgentSaid { label, agent, tuned, wrappers, lanes, steps, settings } = said.get_ref();
    let changes = Changes {
        untuned: !tuned,
        agent: values(settings),
        wrappers: wrappers.clone(),
        steps: overall.or(*steps),
        lanes: *lanes,
        ..Changes::default()
    };
    let label = label.clone().unwrap_or_else(|| agent.clone());
    Wanted { label, agent: agent.clone(), changes, point: Values::new(), said: line }
}

fn values(table: &BTreeMap<String, toml::Value>) -> Values {
    table.iter().map(|(key, value)| (key.clone(), written(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "\
seeds = 3
steps = 5_000
envs = [\"CliffWalking-v1\", \"FrozenLake-v1\"]

[env.\"CliffWalking-v1\"]
low = -1_000
high = -13
steps = 2_000

[[agents]]
agent = \"q-learning\"

[[agents]]
label = \"slow\"
agent = \"q-learning\"
settings = { learning_rate = 0.01, gamma = 1 }
";

    fn read(text: &str) -> Result<Plan> {
        parse(&Registry::standard(), text, "c.toml", None, None)
    }

    fn error(text: &str) -> String {
        format!("{:#}", read(text).unwrap_err())
    }

    #[test]
    fn a_file_makes_a_plan() {
        let plan = read(WHOLE).unwrap();
        assert_eq!((plan.seeds, plan.cells()), (3, 12));
        assert_eq!(plan.title, "q-learning and slow on CliffWalking-v1 and FrozenLake-v1");
        assert_eq!((plan.envs[0].low.0, plan.envs[0].high.clone().unwrap().0), (-1_000.0, -13.0));
        let slow = &plan.agents[1];
        assert_eq!((slow.configs[0].steps, slow.configs[1].steps), (2_000, 5_000));
        assert_eq!((slow.label.as_str(), slow.configs[1].agent_settings["learning_rate"].as_str()), ("slow", "0.01"));
        assert_ne!(plan.agents[0].configs[0].agent_settings["learning_rate"], "0.01");
        assert_eq!(
            parse(&Registry::standard(), WHOLE, "", Some(1), Some(100)).unwrap().agents[0].configs[0].steps,
            100
        );
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let unknown = error(&WHOLE.replace("steps = 5_000", "step = 5_000"));
        assert!(unknown.contains("line 2") && unknown.contains("unknown field `step`"), "{unknown}");
        assert!(unknown.contains("`steps`"), "{unknown}");
        let none = error(&WHOLE.replace("seeds = 3", "seeds = 0"));
        assert_eq!(none, "c.toml, line 1: `seeds = 0`: there must be at least one");
        let misfit = error(&WHOLE.replace("agent = \"q-learning\"\n\n", "agent = \"dqn\"\n\n"));
        assert!(misfit.starts_with("c.toml, line 10, dqn on CliffWalking-v1, seeds 0 to 2: "), "{misfit}");
        let stray = error(&WHOLE.replace("[env.\"CliffWalking-v1\"]", "[env.\"CliffWalking\"]"));
        assert_eq!(stray, "c.toml, line 5: `CliffWalking` is not among `envs`; is it CliffWalking-v1?");
        let setting = error(&WHOLE.replace("gamma = 1", "gama = 1"));
        assert!(setting.contains("line 13") && setting.contains("gamma"), "{setting}");
        let setting = error(&WHOLE.replace("low = -1_000", "settings = { time_limt = 5 }"));
        assert!(
            setting.starts_with("c.toml, line 5, CliffWalking-v1: ") && setting.contains("time_limit"),
            "{setting}"
        );
        let upside_down = error(&WHOLE.replace("low = -1_000", "low = 0"));
        assert!(upside_down.starts_with("c.toml, line 5, CliffWalking-v1: "), "{upside_down}");
        let env = error(&WHOLE.replace("\"FrozenLake-v1\"]", "\"FrozenLak-v1\"]"));
        assert!(env.contains("line 3") && env.contains("FrozenLake-v1"), "{env}");
    }
}
