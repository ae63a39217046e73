//! The taxonomy of reinforcement learning: what an agent knows, what it learns, and whose doing it learns from.
//!
//! Agents and solvers say at which branch they are leaves; a path names the branches on the way.

use gymkhana_envs::grid::{Gridworld, Rules};

use crate::{
    entry::Entry,
    error::Error,
    planning::solver::{SOLVERS, Solver},
    probing,
    registry::REGISTRY,
};

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
pub static TREE: [Branch; 24] = [
    branch("bandit", "Bandits", "one decision at a time, whose consequence is its reward"),
    branch("bandit/values", "Action values", "what each arm pays is estimated"),
    branch("bandit/preferences", "Preferences", "how likely each arm is taken is learned"),
    branch("bandit/adversarial", "Adversarial", "nothing is assumed of how arms pay"),
    branch("bandit/contextual", "Contextual", "what an arm pays depends on what is seen"),
    branch("model", "Model-based", "what actions lead to is known or learned"),
    branch("model/given", "Dynamic programming", "the model is given, as a table of what happens"),
    branch("model/learned", "The model is learned", "imagined steps are learned from as real ones"),
    branch("value", "Model-free, value-based", "values are learned, and the policy follows from them"),
    branch("value/prediction", "Prediction", "the values of a policy that is given"),
    branch("value/prediction/monte-carlo", "Monte Carlo", "from whole returns"),
    branch("value/prediction/td", "Temporal difference", "from estimates of what comes next"),
    branch("value/prediction/linear", "Linear features", "values are a weighted sum of features"),
    branch("value/control", "Control", "values of a policy that gets better by them"),
    branch("value/control/monte-carlo", "Monte Carlo", "from whole returns"),
    branch("value/control/on-policy", "On-policy TD", "learns of the policy it follows"),
    branch("value/control/off-policy", "Off-policy TD", "learns of another policy than it follows"),
    branch("value/control/linear", "Linear features", "values are a weighted sum of features"),
    branch("value/control/deep", "Deep networks", "values are a network's output"),
    branch("policy", "Model-free, policy-based", "the policy itself is learned, by its gradient"),
    branch("policy/gradient", "Policy gradient", "from whole returns"),
    branch("policy/actor-critic", "Actor-critic", "from the estimates of a critic"),
    branch("policy/deep", "Deep networks", "policy and values are networks' outputs"),
    branch("offline", "Offline", "from data that somebody else gathered"),
];

/// What grows at a branch.
#[derive(Clone, Copy, Debug)]
pub enum Leaf {
    /// An agent of the registry.
    Agent(&'static Entry),
    /// A method of dynamic programming.
    Solver(&'static Solver),
}

impl Leaf {
    /// Its name.
    pub fn id(&self) -> &'static str {
        match self {
            Self::Agent(entry) => entry.id,
            Self::Solver(solver) => solver.id,
        }
    }

    /// One line on what it is.
    pub fn about(&self) -> &'static str {
        match self {
            Self::Agent(entry) => entry.about,
            Self::Solver(solver) => solver.about,
        }
    }

    /// Lets an agent take so many steps in the gym's probes that fit it, or a solver solve a small gridworld: whether it
    /// runs, not how well.
    ///
    /// # Errors
    /// If it does not.
    pub fn run(&self, steps: u64) -> Result<(), Error> {
        match self {
            Self::Agent(entry) => probing::faults_of_entry(entry, &[], steps).map(|_| ()),
            Self::Solver(solver) => {
                let table = Gridworld::new("S.G", Rules::default())?.table();
                (solver.solve)(&*table, &[("gamma", "0.9")], &mut || true).map(|_| ())
            }
        }
    }
}

impl Branch {
    /// The branches that follow this fork.
    pub fn branches(&self) -> impl Iterator<Item = &'static Self> {
        let path = self.path;
        TREE.iter().filter(move |branch| branch.path.rsplit_once('/').is_some_and(|(fork, _)| fork == path))
    }

    /// What grows here: agents, and solvers where the model is given.
    pub fn leaves(&self) -> impl Iterator<Item = Leaf> {
        let path = self.path;
        let agents = REGISTRY.iter().filter(move |entry| entry.branch == path).map(Leaf::Agent);
        let solvers = SOLVERS.iter().filter(move |_| path == "model/given").map(Leaf::Solver);
        solvers.chain(agents)
    }
}

/// The branches that no other one leads to.
pub fn roots() -> impl Iterator<Item = &'static Branch> {
    TREE.iter().filter(|branch| !branch.path.contains('/'))
}

/// The branch of that path.
pub fn find(path: &str) -> Option<&'static Branch> {
    TREE.iter().find(|branch| branch.path == path)
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn every_leaf_runs_and_every_branch_without_branches_has_one() {
        let mut leaves = 0;
        for branch in &TREE {
            // Without a tensor library there are no deep agents.
            let grows =
                branch.leaves().next().is_some() || cfg!(not(feature = "deep")) && branch.path.ends_with("deep");
            assert!(grows || branch.branches().next().is_some(), "nothing at {}", branch.path);
            for leaf in branch.leaves() {
                leaf.run(40).unwrap_or_else(|error| panic!("{}: {error}", leaf.id()));
                leaves += 1;
            }
        }
        assert_eq!(leaves, REGISTRY.len() + SOLVERS.len(), "each is at one branch");
        assert_eq!(roots().count(), 5);
    }
}
