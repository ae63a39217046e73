//! Settings that are swept: every combination of some values, or some of them at random.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use gymkhana_envs::Rng;

use super::plan::Wanted;
use crate::{config::Values, configure::Changes, usage::Usage};

/// What one setting is swept over.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The setting: of the agent, or, as `env.KEY`, of the environment.
    pub setting: String,
    /// Its values.
    pub values: Swept,
}

/// The values of a setting.
#[derive(Clone, Debug, PartialEq)]
pub enum Swept {
    /// Each of these.
    Each(Vec<String>),
    /// Anything from the one to the other; evenly in its logarithm where both are positive and the second is at least ten
    /// times the first.
    Between(f64, f64),
}

/// More combinations than these are a slip of the finger.
const MOST: usize = 10_000;

impl Axis {
    /// `learning_rate=1e-4,3e-4`, `hidden=64,64|128,128` where values have commas, `learning_rate=1e-5..1e-2`.
    ///
    /// # Errors
    /// If it is of another form.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = |why: &str| Usage(format!("`--grid {text}`: {why}"));
        let Some((setting, values)) = text.split_once('=') else {
            bail!(wrong("not of the form setting=value,value"));
        };
        let setting = setting.trim().to_owned();
        if let Some((low, high)) = values.split_once("..") {
            let number = |text: &str| text.trim().parse::<f64>().ok().filter(|x| x.is_finite());
            let (Some(low), Some(high)) = (number(low), number(high)) else {
                bail!(wrong("a range goes from one number to another, as in 1e-5..1e-2"));
            };
            if high - low <= 0.0 {
                bail!(wrong("a range goes from the smaller number to the greater one"));
            }
            return Ok(Self { setting, values: Swept::Between(low, high) });
        }
        let separator = if values.contains('|') { '|' } else { ',' };
        let values: Vec<String> = values.split(separator).map(|value| value.trim().to_owned()).collect();
        if setting.is_empty() || values.iter().any(String::is_empty) {
            bail!(wrong("a setting or a value is empty"));
        }
        if values.iter().collect::<BTreeSet<_>>().len() < values.len() {
            bail!(wrong("a value is there twice"));
        }
        Ok(Self { setting, values: Swept::Each(values) })
    }
}

/// The combinations of a grid: all of them in order, or `random` of them, none twice. `whole` says of a setting whether it
/// takes whole numbers only.
///
/// # Errors
/// If there is nothing to combine, there are too many, or a range has no end of values.
pub fn points(axes: &[Axis], random: Option<usize>, whole: &dyn Fn(&str) -> bool) -> Result<Vec<Values>> {
    if axes.is_empty() {
        bail!(Usage("nothing is swept: `--grid learning_rate=1e-4,1e-3` tries two step sizes".into()));
    }
    let mut known = BTreeSet::new();
    if let Some(twice) = axes.iter().find(|axis| !known.insert(&axis.setting)) {
        bail!(Usage(format!("`{}` is swept twice", twice.setting)));
    }
    let counts: Option<Vec<usize>> = axes.iter().map(|axis| axis.values.count()).collect();
    let all = counts.as_ref().map(|counts| counts.iter().fold(1_usize, |all, count| all.saturating_mul(*count)));
    match (random, all) {
        (None, None) => bail!(Usage("a range has no end of values: `--random 50` draws so many".into())),
        (Some(0), _) => bail!(Usage("`--random 0`: there must be at least one".into())),
        (Some(n), _) if n > MOST => bail!(Usage(format!("{n} combinations are more than {MOST}"))),
        (None, Some(all)) if all > MOST => {
            bail!(Usage(format!("{all} combinations are more than {MOST}: `--random 50` draws some of them")))
        }
        (Some(n), all) if all.is_none_or(|all| n < all) => Ok(drawn(axes, n, whole)),
        (_, Some(all)) => Ok((0..all).map(|number| point(axes, number)).collect()),
        (Some(n), None) => Ok(drawn(axes, n, whole)),
    }
}

impl Swept {
    fn count(&self) -> Option<usize> {
        match self {
            Self::Each(values) => Some(values.len()),
            Self::Between(..) => None,
        }
    }

    fn draw(&self, rng: &mut Rng, whole: bool) -> String {
        match self {
            Self::Each(values) => values[rng.below(values.len())].clone(),
            Self::Between(low, high) => {
                let even_in_logarithm = *low > 0.0 && *high >= 10.0 * low;
                let drawn =
                    if even_in_logarithm { rng.uniform(low.ln(), high.ln()).exp() } else { rng.uniform(*low, *high) };
                // More digits say nothing about a setting, and nobody could type them.
                let size = if even_in_logarithm { drawn } else { high - low };
                let places = if whole { 0 } else { (2.0 - size.log10().floor()).max(0.0) as usize };
                let rounded: f64 = format!("{drawn:.places$}").parse().unwrap_or(drawn);
                let (low, high) = if whole { (low.ceil(), high.floor()) } else { (*low, *high) };
                rounded.max(low).min(high).to_string()
            }
        }
    }
}

/// The combination of a number; the last setting changes fastest.
fn point(axes: &[Axis], mut number: usize) -> Values {
    let mut point = Values::new();
    for axis in axes.iter().rev() {
        if let Swept::Each(values) = &axis.values {
            point.insert(axis.setting.clone(), values[number % values.len()].clone());
            number /= values.len();
        }
    }
    point
}

/// Combinations at random, none twice, always the same ones.
fn drawn(axes: &[Axis], n: usize, whole: &dyn Fn(&str) -> bool) -> Vec<Values> {
    let (mut rng, mut known, mut points) = (Rng::new(0), BTreeSet::new(), Vec::new());
    // A range may not have as many values: of whole numbers, or of so few digits.
    for _ in 0..100 * n {
        let draw = |axis: &Axis| (axis.setting.clone(), axis.values.draw(&mut rng, whole(&axis.setting)));
        let point: Values = axes.iter().map(draw).collect();
        if known.insert(point.clone()) {
            points.push(point);
        }
        if points.len() == n {
            break;
        }
    }
    points
}

/// The agents that a sweep compares, an agent for each combination; `changes` holds for all of them.
pub fn agents(agent: &str, axes: &[Axis], points: Vec<Values>, changes: &Changes) -> Vec<Wanted> {
    let wanted = |point: Values| {
        let said = axes.iter().map(|axis| format!("{}={}", axis.setting, point[&axis.setting]));
        let label = said.collect::<Vec<_>>().join(" ");
        let mut changes = changes.clone();
        for (setting, value) in &point {
            match setting.strip_prefix("env.") {
                Some(setting) => changes.env.insert(setting.into(), value.clone()),
                None => changes.agent.insert(setting.clone(), value.clone()),
            };
        }
        Wanted { label, agent: agent.into(), changes, point, said: String::new() }
    };
    points.into_iter().map(wanted).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axes<const N: usize>(texts: [&str; N]) -> Vec<Axis> {
        texts.map(|text| Axis::parse(text).unwrap()).into()
    }

    #[test]
    fn every_combination_in_order() {
        let axes = axes(["learning_rate=0.1,0.5", "hidden=64,64|128,128"]);
        let agents = agents("dqn", &axes, points(&axes, None, &|_| false).unwrap(), &Changes::default());
        let labels: Vec<&str> = agents.iter().map(|agent| agent.label.as_str()).collect();
        let right = ["0.1 hidden=64,64", "0.1 hidden=128,128", "0.5 hidden=64,64", "0.5 hidden=128,128"];
        assert_eq!(labels, right.map(|rest| format!("learning_rate={rest}")));
        assert_eq!(agents[3].changes.agent["hidden"], "128,128");
    }

    #[test]
    fn some_at_random_are_always_the_same_and_none_is_there_twice() {
        let axes = axes(["learning_rate=1e-5..1e-2", "gamma=0.9..0.99", "env.time_limit=100,200"]);
        let drawn = points(&axes, Some(50), &|_| false).unwrap();
        assert_eq!((drawn.len(), &drawn), (50, &points(&axes, Some(50), &|_| false).unwrap()));
        let below = |value: f64| {
            let rates = drawn.iter().map(|point| point["learning_rate"].parse::<f64>().unwrap());
            rates.filter(|rate| *rate < value).count()
        };
        // A third below 10⁻⁴, were it even in the logarithm; a hundredth, were it even.
        assert!((8..26).contains(&below(1e-4)) && below(1e-5) == 0, "{}", below(1e-4));
        let wanted = agents("dqn", &axes, drawn, &Changes::default());
        assert!(wanted.iter().all(|agent| agent.changes.env.contains_key("time_limit")));
        let narrow = self::axes(["gamma=0.9999..0.99999", "batch_size=16..20"]);
        let drawn = points(&narrow, Some(40), &|setting| setting == "batch_size").unwrap();
        assert_eq!(drawn.len(), 40);
        assert!(drawn.iter().all(|point| (0.9999..=0.99999).contains(&point["gamma"].parse::<f64>().unwrap())));
        assert!(drawn.iter().all(|point| (16..=20).contains(&point["batch_size"].parse::<u32>().unwrap())));
        let few = self::axes(["gamma=0.9,0.99"]);
        assert_eq!(points(&few, Some(50), &|_| false).unwrap(), points(&few, None, &|_| false).unwrap());
    }

    #[test]
    fn what_makes_no_grid_is_refused() {
        for (text, why) in [
            ("gamma", "not of the form"),
            ("gamma=0.9,,1", "is empty"),
            ("gamma=0.9,0.9", "twice"),
            ("gamma=1..0", "smaller"),
            ("gamma=a..b", "one number to another"),
        ] {
            let error = Axis::parse(text).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        let error = |axes: &[Axis], random| points(axes, random, &|_| false).unwrap_err().to_string();
        assert!(error(&[], None).contains("nothing is swept"));
        assert!(error(&axes(["gamma=0.9..1"]), None).contains("--random"));
        assert!(error(&axes(["gamma=0.9", "gamma=1"]), None).contains("swept twice"));
        assert!(error(&axes(["gamma=0.9"]), Some(0)).contains("at least one"));
    }
}
