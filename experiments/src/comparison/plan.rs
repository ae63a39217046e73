//! What is to be compared: agents under labels, environments, seeds; and the runs that this makes.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use gymkhana_envs::Registry;
use serde::{Deserialize, Serialize};

use crate::{
    config::{RunConfig, Values},
    configure::{Changes, configure},
    launch,
    usage::Usage,
};

/// What is to be compared: everything that its numbers depend on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// In a few words.
    pub title: String,
    /// Seeds 0 to n − 1 of every agent on every environment.
    pub seeds: u64,
    /// The environments.
    pub envs: Vec<PlannedEnv>,
    /// The agents.
    pub agents: Vec<PlannedAgent>,
    /// The settings that are swept, in order; none in a comparison.
    pub swept: Vec<String>,
}

/// An environment, and the returns that count as 0 and as 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedEnv {
    /// Its id.
    pub id: String,
    /// What counts as 0, and how it was found.
    pub low: (f64, String),
    /// What counts as 1, and how it was found; nothing: the mean of the best agent.
    pub high: Option<(f64, String)>,
}

/// An agent under its label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedAgent {
    /// What it is called.
    pub label: String,
    /// The swept settings that make it, by name; none in a comparison.
    pub point: Values,
    /// Its configuration on each of the environments.
    pub configs: Vec<RunConfig>,
}

/// An agent that somebody wants to see compared.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// What it is called.
    pub label: String,
    /// Its name in the registry.
    pub agent: String,
    /// What differs from its tuned settings, on all environments.
    pub changes: Changes,
    /// The swept settings that make it.
    pub point: Values,
    /// Where it was said, for messages; may be empty.
    pub said: String,
}

/// An environment that agents are to be compared on.
#[derive(Clone, Debug, Default)]
pub struct WantedEnv {
    /// Its id.
    pub id: String,
    /// Its parameters.
    pub settings: Values,
    /// Environment steps of every agent, instead of what is tuned.
    pub steps: Option<u64>,
    /// The return that counts as 0, instead of a random policy's.
    pub low: Option<f64>,
    /// The return that counts as 1, instead of the environment's threshold.
    pub high: Option<f64>,
    /// Where it was said, for messages; may be empty.
    pub said: String,
}

/// One run of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its number.
    pub cell: usize,
    /// Which of the agents.
    pub agent: usize,
    /// Which of the environments.
    pub env: usize,
    /// Its seed.
    pub seed: u64,
}

/// More runs than this are a slip of the finger.
const MOST_CELLS: usize = 1_000_000;
const LONGEST_LABEL: usize = 100;

impl Plan {
    /// Builds every configuration and checks that each makes a run, before the first begins.
    ///
    /// # Errors
    /// What is wrong, and where it was said.
    pub fn new(
        registry: &Registry,
        title: Option<String>,
        seeds: u64,
        agents: &[Wanted],
        envs: &[WantedEnv],
        swept: Vec<String>,
    ) -> Result<Self> {
        let named = [(agents.is_empty(), "agent"), (envs.is_empty(), "environment")];
        if let Some((_, what)) = named.into_iter().find(|(none, _)| *none) {
            bail!(Usage(format!("nothing to compare: no {what} was named")));
        }
        if seeds == 0 {
            bail!(Usage("a comparison of 0 seeds: there must be at least one".into()));
        }
        // `CliffWalking` is CliffWalking-v1. A name that is unknown is said to be so once, not for each agent.
        let known = envs.iter().map(|env| {
            let found = registry.find(&env.id).map_err(anyhow::Error::from);
            let id = found.with_context(|| told(&env.said, "the environments"))?.id.into();
            Ok(WantedEnv { id, ..env.clone() })
        });
        let envs = &known.collect::<Result<Vec<_>>>()?;
        for env in envs {
            launch::env_values(registry, &env.id, &env.settings).with_context(|| told(&env.said, &env.id))?;
        }
        let title = title.unwrap_or_else(|| title_of(agents, envs));
        twice("environment", envs.iter().map(|env| env.id.as_str()))?;
        twice("label", agents.iter().map(|agent| agent.label.as_str()))?;
        for agent in agents {
            let label = &agent.label;
            let why = if label.trim().is_empty() {
                "a label must not be empty"
            } else if label.chars().any(char::is_control) {
                "a label is one line without control characters"
            } else if label.chars().count() > LONGEST_LABEL {
                "a label of more than 100 letters"
            } else {
                continue;
            };
            bail!(Usage(format!("{}: {why}", told(&agent.said, &format!("the label {label:?}")))));
        }
        let cells = agents.len().saturating_mul(envs.len()).saturating_mul(seeds as usize);
        if cells > MOST_CELLS {
            bail!(Usage(format!("{cells} runs are more than {MOST_CELLS}: fewer agents, environments or seeds")));
        }
        let planned = agents.iter().map(|agent| PlannedAgent::new(registry, agent, envs, seeds));
        let planned: Vec<PlannedAgent> = planned.collect::<Result<_>>()?;
        let mut known: BTreeMap<String, &str> = BTreeMap::new();
        for agent in planned.iter().filter(|_| !swept.is_empty()) {
            if let Some(same) = known.insert(serde_json::to_string(&agent.configs)?, &agent.label) {
                bail!(Usage(format!("`{same}` and `{}` are the same settings", agent.label)));
            }
        }
        let arenas = envs.iter().enumerate().map(|(i, env)| PlannedEnv::new(registry, env, &planned[0].configs[i]));
        Ok(Self { title, seeds, envs: arenas.collect::<Result<_>>()?, agents: planned, swept })
    }

    /// How many runs there are.
    pub fn cells(&self) -> usize {
        self.agents.len() * self.envs.len() * self.seeds as usize
    }

    /// The run of a number: agent by agent, environment by environment, seed by seed.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn place(&self, cell: usize) -> Place {
        assert!(cell < self.cells(), "one of {} cells", self.cells());
        let seeds = self.seeds as usize;
        let (pair, seed) = (cell / seeds, cell % seeds);
        Place { cell, agent: pair / self.envs.len(), env: pair % self.envs.len(), seed: seed as u64 }
    }

    /// Its configuration.
    pub fn config(&self, place: Place) -> &RunConfig {
        &self.agents[place.agent].configs[place.env]
    }

    /// What a person calls it.
    pub fn name(&self, place: Place) -> String {
        format!("{} on {}, seed {}", self.agents[place.agent].label, self.envs[place.env].id, place.seed)
    }

    /// Whether every run of another plan is one of this, in the same directory.
    pub fn contains(&self, other: &Self) -> bool {
        let (mine, theirs) = (self.folders(), other.folders());
        let env = |id: &str| self.envs.iter().position(|env| env.id == id);
        let agent = |(at, there): (usize, &PlannedAgent)| {
            let found = self.agents.iter().position(|here| here.label == there.label);
            found.is_some_and(|here| {
                let same = |(i, known): (usize, &PlannedEnv)| {
                    env(&known.id).is_some_and(|j| self.agents[here].configs[j] == there.configs[i])
                };
                mine[here] == theirs[at] && other.envs.iter().enumerate().all(same)
            })
        };
        self.seeds >= other.seeds && self.swept == other.swept && other.agents.iter().enumerate().all(agent)
    }

    /// The directories of the agents, below the comparison's own: their labels, as a file system takes them.
    pub fn folders(&self) -> Vec<PathBuf> {
        let slugs: Vec<String> = self.agents.iter().map(|agent| slug(&agent.label)).collect();
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        for slug in &slugs {
            *known.entry(slug.to_lowercase()).or_default() += 1;
        }
        let name = |(at, slug): (usize, &String)| {
            let mut name = slug.clone();
            // One that is not alone gets its number, and again until no other is called so.
            while known[slug.as_str().to_lowercase().as_str()] > 1 && known.contains_key(&name.to_lowercase()) {
                name = format!("{name}-{at}");
            }
            Path::new("runs").join(name)
        };
        slugs.iter().enumerate().map(name).collect()
    }
}

impl PlannedAgent {
    fn new(registry: &Registry, wanted: &Wanted, envs: &[WantedEnv], seeds: u64) -> Result<Self> {
        gymkhana_agents::registry::find(&wanted.agent)
            .map_err(anyhow::Error::from)
            .with_context(|| told(&wanted.said, "the agents"))?;
        let configs = envs.iter().map(|env| {
            let mut changes = wanted.changes.clone();
            changes.env.extend(env.settings.clone());
            changes.steps = changes.steps.or(env.steps);
            let config = configure(registry, &wanted.agent, &env.id, &changes)?;
            launch::check(registry, &config)?;
            Ok(config)
        });
        let configs = configs.zip(envs).map(|(config, env): (Result<_>, _)| {
            let many = if seeds == 1 { "seed 0".into() } else { format!("seeds 0 to {}", seeds - 1) };
            config.with_context(|| told(&wanted.said, &format!("{} on {}, {many}", wanted.label, env.id)))
        });
        Ok(Self { label: wanted.label.clone(), point: wanted.point.clone(), configs: configs.collect::<Result<_>>()? })
    }
}

impl PlannedEnv {
    /// `config` is that of any agent: of it the environment's own settings count.
    fn new(registry: &Registry, wanted: &WantedEnv, config: &RunConfig) -> Result<Self> {
        let given = |value: f64| (value, "as it was set".to_owned());
        let threshold = launch::environment(registry, config)?.spec().reward_threshold;
        let low = match wanted.low {
            Some(low) => given(low),
            None => (super::random_return(registry, config)?, "mean return of a random policy".into()),
        };
        let numbers = [wanted.low, wanted.high].into_iter().flatten();
        if let Some(none) = numbers.into_iter().find(|number| !number.is_finite()) {
            bail!(Usage(format!("{}: a return of {none} is no number to count from", told(&wanted.said, &wanted.id))));
        }
        let high = match (wanted.high, threshold) {
            (Some(high), _) => Some(given(high)),
            (None, Some(threshold)) if threshold > low.0 => Some((threshold, "the environment's threshold".into())),
            _ => None,
        };
        if high.as_ref().is_some_and(|(high, _)| *high <= low.0) {
            let (at, high) = (told(&wanted.said, &wanted.id), high.map_or(0.0, |(high, _)| high));
            bail!(Usage(format!("{at}: {high} cannot count as 1 where {} counts as 0", low.0)));
        }
        Ok(Self { id: config.env.clone(), low, high })
    }
}

/// What is compared, where nobody has said it.
fn title_of(agents: &[Wanted], envs: &[WantedEnv]) -> String {
    let list = |names: Vec<&str>| match names.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] if names.len() <= 5 => format!("{} and {last}", first.join(", ")),
        [first, second, rest @ ..] => format!("{first}, {second} and {} more", rest.len()),
    };
    let agents = list(agents.iter().map(|agent| agent.label.as_str()).collect());
    format!("{agents} on {}", list(envs.iter().map(|env| env.id.as_str()).collect()))
}

/// Where something was said, or else what it is about.
fn told(said: &str, about: &str) -> String {
    if said.is_empty() { about.to_owned() } else { format!("{said}, {about}") }
}

fn twice<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> Result<()> {
    let mut known = BTreeSet::new();
    for name in names {
        if !known.insert(name) {
            bail!(Usage(format!("the {what} `{name}` is there twice")));
        }
    }
    Ok(())
}

/// Longer directory names are cut, in bytes: most file systems take 255.
const LONGEST: usize = 120;

/// A label as the name of a directory.
fn slug(label: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '=' | '+' | ',' | '.');
    let mut kept: String = label.chars().map(|letter| if plain(letter) { letter } else { '_' }).collect();
    kept.truncate(kept.floor_char_boundary(LONGEST));
    // Not `.`, `..` or hidden.
    if kept.starts_with('.') || kept.is_empty() { format!("_{kept}") } else { kept }
}

/// Numbers of runs as they are typed: `7`, `0-9`, `0-9,20-29`.
///
/// # Errors
/// If it is of another form, or there are not so many runs.
pub fn picked(text: &str, cells: usize) -> Result<Vec<usize>> {
    let wrong = |why: &str| Usage(format!("`--cells {text}`: {why}"));
    let mut all = BTreeSet::new();
    for part in text.split(',') {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let number = |text: &str| text.trim().parse::<usize>().map_err(|_| wrong("not of the form 0-9 or 0-9,20"));
        let range: Range<usize> = number(from)?..number(to)?.saturating_add(1);
        if range.is_empty() {
            bail!(wrong(&format!("{part} goes backwards")));
        }
        if range.end > cells {
            bail!(wrong(&format!("there are the cells 0 to {}", cells.saturating_sub(1))));
        }
        all.extend(range);
    }
    Ok(all.into_iter().collect())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::comparison) fn wanted(agent: &str) -> Wanted {
        Wanted { label: agent.into(), agent: agent.into(), ..Wanted::default() }
    }

    pub(in crate::comparison) fn wanted_env(id: &str) -> WantedEnv {
        WantedEnv { id: id.into(), low: Some(-100.0), ..WantedEnv::default() }
    }

    pub(in crate::comparison) fn plan(agents: &[Wanted], envs: &[WantedEnv], seeds: u64) -> Result<Plan> {
        Plan::new(&Registry::standard(), Some("t".into()), seeds, agents, envs, Vec::new())
    }

    #[test]
    fn cells_are_numbered_agent_by_agent() {
        let envs = [wanted_env("CliffWalking-v1"), wanted_env("FrozenLake-v1")];
        let plan = plan(&[wanted("sarsa"), wanted("q-learning")], &envs, 3).unwrap();
        assert_eq!(plan.cells(), 12);
        assert_eq!(plan.place(0), Place { cell: 0, agent: 0, env: 0, seed: 0 });
        assert_eq!(plan.place(5), Place { cell: 5, agent: 0, env: 1, seed: 2 });
        assert_eq!(plan.place(7), Place { cell: 7, agent: 1, env: 0, seed: 1 });
        assert_eq!(plan.name(plan.place(7)), "q-learning on CliffWalking-v1, seed 1");
        assert_eq!((plan.envs[0].high.is_some(), plan.envs[1].high.as_ref().map(|high| high.0)), (false, Some(0.7)));
    }

    #[test]
    fn what_makes_no_comparison_is_refused_before_it_begins() {
        let error =
            |agents: &[Wanted], envs: &[WantedEnv], seeds| format!("{:#}", plan(agents, envs, seeds).unwrap_err());
        let cliff = || [wanted_env("CliffWalking-v1")];
        assert_eq!(error(&[], &cliff(), 1), "nothing to compare: no agent was named");
        assert!(error(&[wanted("sarsa")], &cliff(), 0).contains("0 seeds"));
        assert_eq!(error(&[wanted("sarsa"), wanted("sarsa")], &cliff(), 1), "the label `sarsa` is there twice");
        for label in ["", " ", "a\nb", "\u{1b}[2J", &"a".repeat(101)] {
            let text = error(&[Wanted { label: label.into(), ..wanted("sarsa") }], &cliff(), 1);
            assert!(text.starts_with("the label ") && !text.contains(['\n', '\u{1b}']), "{text:?}");
        }
        let misfit = error(&[wanted("sarsa"), wanted("dqn")], &cliff(), 5);
        assert!(misfit.starts_with("dqn on CliffWalking-v1, seeds 0 to 4: ") && misfit.contains("one-hot"), "{misfit}");
        assert!(error(&[wanted("sarsar")], &cliff(), 1).contains("sarsa"));
        let twice = [wanted_env("CliffWalking-v1"), wanted_env("CliffWalking")];
        assert_eq!(error(&[wanted("sarsa")], &twice, 1), "the environment `CliffWalking-v1` is there twice");
        let nan = [WantedEnv { low: Some(f64::NAN), ..wanted_env("CliffWalking-v1") }];
        assert!(error(&[wanted("sarsa")], &nan, 1).contains("NaN is no number"));
        let upside_down = [WantedEnv { high: Some(-200.0), ..wanted_env("CliffWalking-v1") }];
        assert!(error(&[wanted("sarsa")], &upside_down, 1).contains("-200 cannot count as 1 where -100 counts as 0"));
    }

    #[test]
    fn labels_become_folders_of_their_own() {
        let label = |label: &str| Wanted { label: label.into(), ..wanted("sarsa") };
        let long = "漢".repeat(90);
        let labels = ["a/b", "a b", "..", "c", "a_b-1", "C", &long].map(label);
        let folders = plan(&labels, &[wanted_env("CliffWalking-v1")], 1).unwrap().folders();
        let cut = format!("runs/{}", "漢".repeat(40));
        let right = ["runs/a_b-0", "runs/a_b-1-1", "runs/_..", "runs/c-3", "runs/a_b-1", "runs/C-5", &cut];
        assert_eq!(folders, right.map(PathBuf::from));
    }

    #[test]
    fn a_plan_that_has_grown_contains_the_one_that_it_was() {
        let of = |agents: &[&str], envs: &[&str], seeds| {
            let agents: Vec<_> = agents.iter().map(|id| wanted(id)).collect();
            plan(&agents, &envs.iter().map(|id| wanted_env(id)).collect::<Vec<_>>(), seeds).unwrap()
        };
        let small = of(&["sarsa"], &["FrozenLake-v1"], 2);
        assert!(small.contains(&small));
        let grown = of(&["q-learning", "sarsa"], &["CliffWalking-v1", "FrozenLake-v1"], 3);
        assert!(grown.contains(&small) && !small.contains(&grown));
        let mut other = small.clone();
        other.agents[0].configs[0].steps += 1;
        assert!(!grown.contains(&other) && !of(&["sarsa"], &["CliffWalking-v1"], 2).contains(&small));
    }

    #[test]
    fn numbers_of_cells_as_they_are_typed() {
        assert_eq!(picked("7", 10).unwrap(), [7]);
        assert_eq!(picked("0-2,8-9,1", 10).unwrap(), [0, 1, 2, 8, 9]);
        for (text, why) in [("3-1", "backwards"), ("8-10", "0 to 9"), ("x", "form"), ("", "form"), ("1-", "form")] {
            let error = picked(text, 10).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
