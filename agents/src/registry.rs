//! The registry: a plain list of the agents there are. Nothing registers itself.

use gymkhana_envs::error::nearest;

use crate::{
    bandit::{epsilon_greedy, exp3, gradient, lin_ucb, thompson, ucb},
    error::Error,
    model_based::{dyna_q, dyna_q_plus, prioritized_sweeping, trajectory_sampling},
    offline::q_iteration,
    tabular::{
        control::{q_learning, sarsa},
        policy_gradient::{actor_critic, actor_critic_lambda, reinforce},
    },
};

pub use crate::entry::{AnyAgent, Build, Entry, Kinds, Scope};

/// All agents.
pub const REGISTRY: &[Entry] = &[
    epsilon_greedy::ENTRY,
    ucb::ENTRY,
    thompson::ENTRY,
    gradient::ENTRY,
    exp3::ENTRY,
    lin_ucb::ENTRY,
    sarsa::ENTRY,
    q_learning::ENTRY,
    reinforce::ENTRY,
    actor_critic::ENTRY,
    actor_critic_lambda::ENTRY,
    dyna_q::ENTRY,
    dyna_q_plus::ENTRY,
    prioritized_sweeping::ENTRY,
    trajectory_sampling::ENTRY,
    q_iteration::ENTRY,
    #[cfg(feature = "deep")]
    crate::value::dqn::ENTRY,
];

/// The entry of that name.
///
/// # Errors
/// With the nearest names if there is none.
pub fn find(id: &str) -> Result<&'static Entry, Error> {
    let known = || REGISTRY.iter().map(|entry| entry.id);
    REGISTRY.iter().find(|entry| entry.id.eq_ignore_ascii_case(id)).ok_or_else(|| {
        gymkhana_envs::Error::Unknown { kind: "agent", name: id.into(), near: nearest(id, known()) }.into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_can_be_found_and_documents_its_parameters() {
        for entry in REGISTRY {
            assert_eq!(find(&entry.id.to_uppercase()).unwrap().id, entry.id);
            let params = (entry.params)();
            assert!(params.iter().all(|param| !param.doc.is_empty()), "{}", entry.id);
            let values = (entry.check)(&[]).unwrap();
            assert_eq!(values.len(), params.len());
        }
        assert!(find("qlearning").unwrap_err().to_string().contains("did you mean q-learning"));
    }
}
