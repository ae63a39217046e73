//! The taxonomy of reinforcement learning: what an agent knows, what it learns, and whose doing it learns from.
//!
//! Agents and solvers say at which branch they are leaves; a path names the branches on the way.

/// A branch, or a fork of branches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Branch {
    /// The way to it, with a `/` at every fork.
    pub path: &'static str,
    /// What it is called.
    pub title: &'static str,
    /// What is common to what grows there.
    pub about: &'static str,
}

const fn branch(path: &'static str, title: &'static str, about: &'static str) -> Branch {
    Branch { path, title, about }
}

/// All branches; those of a fork follow it.
pub static TREE: [Branch; 23] = [
    branch("bandit", "Bandits", "one decision at a time, whose consequence is its reward"),
    branch("bandit/values", "Action values", "what each arm pays is estimated"),
    branch("bandit/preferences", "Preferences", "how likely each arm is taken is learned"),
    branch("bandit/adversarial", "Adversarial", "nothing is assumed of how arms pay"),
    branch("bandit/contextual", "Contextual", "what an arm pays depends on what is seen"),
    branch("model", "Model-based", "what actions lead to is known or learned"),
    branch("model/given", "The model is given: dynamic programming", "values from a table of what happens"),
    branch("model/learned", "The model is learned", "imagined steps are learned from as real ones"),
    branch("value", "Model-free, value-based", "values are learned, and the policy follows from them"),
    branch("value/prediction", "Prediction", "the values of a policy that is given"),
    branch("value/prediction/monte-carlo", "Monte Carlo", "from whole returns"),
    branch("value/prediction/td", "Temporal difference", "from estimates of what comes next"),
    branch("value/prediction/linear", "Linear features", "values are a weighted sum of features"),
    branch("value/control", "Control", "values of a policy that gets better by them"),
    branch("value/control/monte-carlo", "Monte Carlo", "from whole returns"),
    branch("value/control/on-policy", "On-policy temporal difference", "learns of the policy it follows"),
    branch("value/control/off-policy", "Off-policy temporal difference", "learns of another policy than it follows"),
    branch("value/control/linear", "Linear features", "values are a weighted sum of features"),
    branch("value/control/deep", "Deep networks", "values are a network's output"),
    branch("policy", "Model-free, policy-based", "the policy itself is learned, by its gradient"),
    branch("policy/gradient", "Policy gradient", "from whole returns"),
    branch("policy/actor-critic", "Actor-critic", "from the estimates of a critic"),
    branch("offline", "Offline", "from data that somebody else gathered"),
];

/// The branch of that path.
pub fn find(path: &str) -> Option<&'static Branch> {
    TREE.iter().find(|branch| branch.path == path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::REGISTRY;

    #[test]
    fn branches_follow_their_forks() {
        for (at, branch) in TREE.iter().enumerate() {
            let fork = branch.path.rsplit_once('/').map(|(fork, _)| fork);
            assert!(fork.is_none_or(|fork| TREE[..at].iter().any(|other| other.path == fork)), "{branch:?}");
            assert!(std::ptr::eq(find(branch.path).unwrap(), branch));
        }
    }

    #[test]
    fn every_agent_is_at_a_branch() {
        for entry in REGISTRY {
            assert!(find(entry.branch).is_some(), "{}: no branch `{}`", entry.id, entry.branch);
        }
    }
}
