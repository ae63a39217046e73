//! One environment by itself, checked at every step.

use crate::{
    env::{Decode, Elem, Encode, Env, Step},
    error::Error,
    lanes::{bad_action, broken, check_observation, check_spec},
    rng::Rng,
    spec::Spec,
};

/// A single environment that refuses what a bare [`Env::step`] would trust: an action outside its space, a step after
/// the end, an observation or a reward that breaks the contract. It counts the time limit, as a batch does. An action type
/// of your own also implements [`Encode`], so that it can be looked at.
///
/// ```
/// use gymkhana_envs::{Checked, Rng, classic::CartPole};
///
/// let (mut env, mut rng) = (Checked::new(CartPole::default())?, Rng::new(0));
/// env.reset(&mut rng)?;
/// assert_eq!(env.step(2, &mut rng).unwrap_err().to_string(), "CartPole-v1: action [2] is not in Discrete(2)");
/// let steps = (1..).find(|_| env.step(0, &mut rng).is_ok_and(|step| step.terminated)).unwrap();
/// assert!(steps < 20);
/// assert!(env.step(0, &mut rng).unwrap_err().to_string().contains("the episode has ended: reset it"));
/// # Ok::<(), gymkhana_envs::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Checked<E: Env> {
    env: E,
    spec: Spec,
    /// steps of the running episode; none: no episode is running
    steps: Option<u32>,
    act: Vec<<E::Act as Decode>::Elem>,
    obs: Vec<<E::Obs as Encode>::Elem>,
}

impl<E> Checked<E>
where
    E: Env,
    E::Act: Encode<Elem = <E::Act as Decode>::Elem>,
{
    /// An environment, to be reset before its first step.
    ///
    /// # Errors
    /// If its specification does not fit its types.
    pub fn new(env: E) -> Result<Self, Error> {
        let spec = env.spec();
        check_spec::<E::Obs, E::Act>(&spec, 1)?;
        let act = vec![Default::default(); <E::Act as Decode>::WIDTH];
        let obs = vec![Default::default(); E::Obs::WIDTH];
        Ok(Self { env, spec, steps: None, act, obs })
    }

    /// The specification.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// The environment, to look at.
    pub fn env(&self) -> &E {
        &self.env
    }

    /// Begins an episode.
    ///
    /// # Errors
    /// If the observation is not in its space.
    pub fn reset(&mut self, rng: &mut Rng) -> Result<E::Obs, Error> {
        self.steps = None;
        let obs = self.env.reset(rng);
        self.look(&obs)?;
        self.steps = Some(0);
        Ok(obs)
    }

    /// Takes one step.
    ///
    /// # Errors
    /// If no episode is running or the action is not in its space, in which case nothing has moved; or if the
    /// environment breaks its contract, after which it must be reset.
    pub fn step(&mut self, action: E::Act, rng: &mut Rng) -> Result<Step<E::Obs>, Error> {
        let Some(steps) = self.steps else { return Err(Error::Ended { env: self.spec.id.clone() }) };
        action.encode(&mut self.act);
        if !<<E::Act as Decode>::Elem as Elem>::is_action(&self.spec.actions, &self.act) {
            return Err(bad_action(&self.spec, &self.act, true));
        }
        self.steps = None;
        let mut step = self.env.step(action, rng);
        self.look(&step.obs)?;
        if !step.reward.is_finite() {
            return Err(broken(&self.spec, None, format!("a reward of {}", step.reward)));
        }
        step.truncated |= self.spec.time_limit.is_some_and(|limit| steps.saturating_add(1) >= limit);
        if !(step.terminated | step.truncated) {
            self.steps = Some(steps.saturating_add(1));
        }
        Ok(step)
    }

    fn look(&mut self, obs: &E::Obs) -> Result<(), Error> {
        obs.encode(&mut self.obs);
        check_observation(&self.spec, None, &self.obs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Space, Spec};

    #[derive(Clone, Debug)]
    struct Ramp(f32);

    impl Env for Ramp {
        type Obs = [f32; 1];
        type Act = [f32; 1];
        fn spec(&self) -> Spec {
            Spec::new("Ramp", Space::unbounded(1), Space::cube(1, -1.0, 1.0)).time_limit(3)
        }
        fn reset(&mut self, _: &mut Rng) -> [f32; 1] {
            self.0 = 0.0;
            [0.0]
        }
        fn step(&mut self, [by]: [f32; 1], _: &mut Rng) -> Step<[f32; 1]> {
            self.0 += by.clamp(-1.0, 1.0);
            Step::on([1.0 / self.0], f64::from(self.0))
        }
    }

    #[test]
    fn what_would_be_wrong_is_refused() {
        let (mut env, mut rng) = (Checked::new(Ramp(0.0)).unwrap(), Rng::new(0));
        assert!(matches!(env.step([1.0], &mut rng), Err(Error::Ended { .. })), "before the first reset");
        env.reset(&mut rng).unwrap();
        let error = env.step([f32::NAN], &mut rng).unwrap_err().to_string();
        assert_eq!(error, "Ramp: action [NaN] is not in Box(1, -1 to 1)");
        assert_eq!(
            env.step([0.0], &mut rng).unwrap_err().to_string(),
            "Ramp: the environment gave the observation [inf], which is not in Box(1, -inf to inf)"
        );
        assert!(matches!(env.step([1.0], &mut rng), Err(Error::Ended { .. })), "after it broke its contract");
    }

    #[test]
    fn the_time_limit_is_counted() {
        let (mut env, mut rng) = (Checked::new(Ramp(0.0)).unwrap(), Rng::new(0));
        for _ in 0..2 {
            env.reset(&mut rng).unwrap();
            let cut: Vec<bool> = (0..3).map(|_| env.step([1.0], &mut rng).unwrap().truncated).collect();
            assert_eq!(cut, [false, false, true]);
            assert_eq!(
                env.step([1.0], &mut rng).unwrap_err().to_string(),
                "Ramp: the episode has ended: reset it before the next step"
            );
        }
    }
}
