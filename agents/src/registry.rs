//! The registry: a plain list of the agents there are. Nothing registers itself.

use gymkhana_envs::error::nearest;

use crate::{
    bandit::{epsilon_greedy, exp3, gradient, lin_ucb, thompson, ucb},
    error::Error,
    linear::{
        prediction::{semi_gradient_td, tdc},
        semi_gradient_sarsa,
    },
    model_based::{dyna_q, dyna_q_plus, prioritized_sweeping, trajectory_sampling},
    offline::q_iteration,
    tabular::{
        control::{
            double_q_learning, expected_sarsa, n_step_sarsa, q_learning, q_sigma, sarsa, sarsa_lambda, tree_backup,
            watkins_q_lambda,
        },
        monte_carlo::{
            mc_control, mc_exploring_starts, mc_prediction, off_policy_mc_control, off_policy_mc_prediction,
        },
        policy_gradient::{actor_critic, actor_critic_lambda, reinforce},
        prediction::{batch, n_step_td, offline_lambda_return, td_0, td_lambda, true_online_td_lambda},
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
    mc_prediction::ENTRY,
    off_policy_mc_prediction::ENTRY,
    batch::MC,
    td_0::ENTRY,
    n_step_td::ENTRY,
    td_lambda::ENTRY,
    true_online_td_lambda::ENTRY,
    offline_lambda_return::ENTRY,
    batch::TD,
    semi_gradient_td::ENTRY,
    tdc::ENTRY,
    mc_exploring_starts::ENTRY,
    mc_control::ENTRY,
    off_policy_mc_control::ENTRY,
    sarsa::ENTRY,
    expected_sarsa::ENTRY,
    n_step_sarsa::ENTRY,
    sarsa_lambda::ENTRY,
    q_learning::ENTRY,
    double_q_learning::ENTRY,
    tree_backup::ENTRY,
    q_sigma::ENTRY,
    watkins_q_lambda::ENTRY,
    semi_gradient_sarsa::ENTRY,
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
    #[cfg(feature = "deep")]
    crate::policy_gradient::reinforce::ENTRY,
    #[cfg(feature = "deep")]
    crate::policy_gradient::a2c::ENTRY,
    #[cfg(feature = "deep")]
    crate::policy_gradient::ppo::ENTRY,
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
