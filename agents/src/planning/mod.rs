//! Dynamic programming: planning with a finite model that is known.
//!
//! Every method reads a [`TabularModel`](gymkhana_envs::tabular::TabularModel) and gives a [`Solution`]. What they share
//! is in [`backup`]: the value of an action given the values of the states,
//!
//! ```text
//! q(s, a) = Σ p(s′, r | s, a) [r + γ v(s′)]        without the second term where s′ ends the episode
//! ```
//!
//! [`solver::SOLVERS`] lists them.

pub mod backup;
pub mod backward_induction;
pub mod blackjack;
pub mod convergence;
pub mod exact_evaluation;
mod heap;
pub mod initial;
pub mod modified_policy_iteration;
pub mod order;
pub mod policy_evaluation;
pub mod policy_iteration;
pub mod policy_table;
pub mod predecessors;
pub mod prioritized_sweeps;
pub mod soft_policy_iteration;
pub mod solution;
pub mod solver;
pub mod value_iteration;

pub use backward_induction::{BackwardInduction, StagedPolicy, value_within};
pub use convergence::History;
pub use exact_evaluation::{ExactEvaluation, evaluate, expected_steps};
pub use initial::Initial;
pub use modified_policy_iteration::ModifiedPolicyIteration;
pub use order::Order;
pub use policy_evaluation::PolicyEvaluation;
pub use policy_iteration::PolicyIteration;
pub use policy_table::PolicyTable;
pub use prioritized_sweeps::PrioritizedSweeps;
pub use soft_policy_iteration::SoftPolicyIteration;
pub use solution::Solution;
pub use solver::{GoOn, SOLVERS, Solve, Solver};
pub use value_iteration::ValueIteration;
