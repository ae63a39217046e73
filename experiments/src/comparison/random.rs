//! What a policy earns that knows nothing.

use anyhow::Result;
use gymkhana_envs::{Batch, Elem, Registry, Rng, SeedSequence, Seeds, registry::AnyBatch};

use crate::{
    config::RunConfig,
    evaluate::{Random, evaluate, lanes_for},
    launch,
};

/// The mean return of a random policy over as many episodes as a final evaluation has, on the environment itself.
///
/// # Errors
/// If there is no such environment, or it breaks its contract.
pub(super) fn random_return(registry: &Registry, config: &RunConfig) -> Result<f64> {
    let plan = config.evaluation;
    let seeds = Seeds::Spawned(SeedSequence::new(0));
    let env = launch::environment(registry, config)?;
    let own_limit = env.spec().time_limit;
    let mut batch = env.batch(lanes_for(plan.final_episodes), &seeds)?;
    batch.layer().limit_to(plan.cap);
    match batch {
        AnyBatch::IndexChoice(batch) => mean(batch, plan.final_episodes, own_limit, &seeds),
        AnyBatch::IndexControl(batch) => mean(batch, plan.final_episodes, own_limit, &seeds),
        AnyBatch::FeatureChoice(batch) => mean(batch, plan.final_episodes, own_limit, &seeds),
        AnyBatch::FeatureControl(batch) => mean(batch, plan.final_episodes, own_limit, &seeds),
    }
}

fn mean<O: Elem, A: Elem>(
    mut batch: Box<dyn Batch<O = O, A = A>>,
    episodes: usize,
    own_limit: Option<u32>,
    seeds: &Seeds,
) -> Result<f64> {
    let mut policy = Random(batch.spec().actions.clone());
    Ok(evaluate(&mut *batch, &mut policy, episodes, own_limit, seeds, &mut Rng::new(0))?.mean())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::configure::tuned;

    #[test]
    fn a_random_policy_earns_what_is_known() {
        let envs = Registry::standard();
        let of = |agent: &str, env: &str| random_return(&envs, &tuned(&envs, agent, env).unwrap()).unwrap();
        // 22.25, with a deviation of 12 per episode.
        assert!((of("dqn", "CartPole-v1") - 22.25).abs() < 5.0, "{}", of("dqn", "CartPole-v1"));
        assert_eq!(of("dqn", "MountainCar-v0"), -200.0);
        assert!(of("ppo", "Pendulum-v1") < -900.0);
    }
}
