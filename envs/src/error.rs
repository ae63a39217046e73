//! What can go wrong with an environment, said so that the reader knows what would be right.

use crate::space::Space;

/// An error of this crate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No entry of that name in a registry.
    #[error("no {kind} `{name}`{}", suggestion(near))]
    Unknown {
        /// What was looked for: "environment", "agent", …
        kind: &'static str,
        /// The name as given.
        name: String,
        /// The nearest names there are.
        near: Vec<String>,
    },
    /// A name in a registry that something else has already.
    #[error("there is an {kind} `{name}` already: give yours another name")]
    Taken {
        /// What it would be: "environment".
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// A parameter that the environment or agent does not have.
    #[error("`{owner}` has no parameter `{name}`{}; it has: {}", suggestion(near), known.join(", "))]
    UnknownParameter {
        /// Whose parameter it would be.
        owner: String,
        /// The name as given.
        name: String,
        /// The nearest names there are.
        near: Vec<String>,
        /// All names there are.
        known: Vec<String>,
    },
    /// A parameter's value that cannot be read or is out of range.
    #[error("{owner}: `{name}={value}`: {why}")]
    Parameter {
        /// Whose parameter it is.
        owner: String,
        /// The parameter.
        name: String,
        /// The value as given.
        value: String,
        /// What would be right.
        why: String,
    },
    /// An action outside its space. No lane has moved.
    #[error("{env}{}: action {action} is not in {space}", in_lane(*lane))]
    Action {
        /// The environment's id.
        env: String,
        /// The first lane with such an action; none where there is but one environment.
        lane: Option<usize>,
        /// The action's row.
        action: String,
        /// Where it should be.
        space: Space,
    },
    /// Not one action per lane.
    #[error("{env}: {given} numbers of action given, {lanes} lanes × {width} wanted")]
    ActionCount {
        /// The environment's id.
        env: String,
        /// The length of the slice.
        given: usize,
        /// The number of lanes.
        lanes: usize,
        /// Numbers per action.
        width: usize,
    },
    /// An environment that broke its own contract: an observation outside its space, a reward that is not finite.
    #[error("{env}{}: the environment gave {what}", in_lane(*lane))]
    Broken {
        /// The environment's id.
        env: String,
        /// The lane; none where there is but one environment.
        lane: Option<usize>,
        /// What it gave.
        what: String,
    },
    /// A step after the end of an episode, or before the first has begun.
    #[error("{env}: the episode has ended: reset it before the next step")]
    Ended {
        /// The environment's id.
        env: String,
    },
    /// A specification that does not fit the types of its environment, or a batch without lanes.
    #[error("{env}: {why}")]
    Spec {
        /// The environment's id.
        env: String,
        /// What does not fit.
        why: String,
    },
    /// A map that cannot be read.
    #[error("map, line {line}, column {column}: {why}")]
    Map {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What is wrong there.
        why: String,
    },
    /// A saved state that cannot be put back.
    #[error("this state does not fit: {0}")]
    State(String),
    /// A wrapper that does not fit what it is put round.
    #[error("wrapper `{wrapper}`: {why}")]
    Wrapper {
        /// The wrapper.
        wrapper: &'static str,
        /// What does not fit.
        why: String,
    },
}

impl Error {
    /// The same of parameters that belong to somebody else.
    #[doc(hidden)]
    #[must_use]
    pub fn owned_by(mut self, name: &str) -> Self {
        if let Self::Parameter { owner, .. } | Self::UnknownParameter { owner, .. } = &mut self {
            name.clone_into(owner);
        }
        self
    }
}

fn in_lane(lane: Option<usize>) -> String {
    lane.map_or(String::new(), |lane| format!(", lane {lane}"))
}

fn suggestion(near: &[String]) -> String {
    if near.is_empty() { String::new() } else { format!(" (did you mean {}?)", near.join(", ")) }
}

/// The names that are nearest to a misspelt one, best first, at most three, none that is far off.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let wanted = name.to_lowercase();
    let mut scored: Vec<(f64, &str)> = known
        .into_iter()
        .map(|candidate| {
            let lower = candidate.to_lowercase();
            // A name of a letter or two stands in many others by chance.
            let stands_in = |short: &str, long: &str| short.len() >= 3 && long.contains(short);
            let contained = stands_in(&wanted, &lower) || stands_in(&lower, &wanted);
            (strsim::jaro_winkler(&wanted, &lower) + if contained { 0.5 } else { 0.0 }, candidate)
        })
        .filter(|(score, _)| *score > 0.78)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored.dedup_by(|a, b| a.1.eq_ignore_ascii_case(b.1));
    scored.into_iter().take(3).map(|(_, candidate)| candidate.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_its_name() {
        let known = ["CartPole-v1", "CliffWalking-v1", "Gridworld"];
        assert_eq!(nearest("cartpole", known), ["CartPole-v1"]);
        assert_eq!(nearest("GridWrold", known), ["Gridworld"]);
        assert!(nearest("zzz", known).is_empty());
        assert_eq!(nearest("learning-rate", ["n", "learning_rate"]), ["learning_rate"]);
    }
}
