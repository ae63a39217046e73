//! Playing: a policy acts in one lane, and somebody looks on.

use anyhow::Result;
use gymkhana_envs::{Batch, Rng, Seeds, View, render::Frame, render::Text};

use crate::interrupt;

/// What acts: fills in an action for what is seen, or ends the play.
pub type Actor<'a, O, A> = dyn FnMut(&View<'_, O>, &mut Rng, &mut [A]) -> Result<Act> + 'a;

/// Whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The action is chosen.
    Go,
    /// Nobody wants to go on.
    Stop,
}

/// One moment of a play.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// What it looks like.
    pub frame: Frame,
    /// The episode, from 1.
    pub episode: usize,
    /// Steps since it began.
    pub step: u32,
    /// The last action, as it was given to the batch; nothing where an episode begins.
    pub action: Option<String>,
    /// The reward of the last step, the environment's own.
    pub reward: f64,
    /// The rewards of this episode so far.
    pub total: f64,
    /// How the episode ended, if it did.
    pub end: Option<End>,
}

/// How an episode ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// By itself.
    Terminated,
    /// Cut off.
    Truncated,
    /// Both at the same step.
    Both,
    /// Given up after as many steps as were granted; the environment would go on.
    GivenUp,
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Terminated => "terminated",
            Self::Truncated => "truncated",
            Self::Both => "terminated and truncated",
            Self::GivenUp => "given up",
        })
    }
}

/// How an episode went.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Episode {
    /// The sum of its rewards, the environment's own.
    pub total: f64,
    /// Its steps.
    pub steps: u32,
    /// How it ended; nothing where the play was stopped before.
    pub end: Option<End>,
}

/// What is to be played.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How many episodes.
    pub episodes: usize,
    /// Where the lanes take their random streams from.
    pub seeds: Seeds,
    /// The environment's own time limit. Where the batch has a lower one, episodes that reach it are given up.
    pub own_limit: Option<u32>,
}

/// Plays episodes in lane 0; `watch` is shown each moment, the first of every episode included. Where the actor stops or
/// the program is interrupted, the last episode has no end.
///
/// # Errors
/// If the environment breaks its contract, or somebody who acts or watches fails.
pub fn play<B: Batch + ?Sized>(
    batch: &mut B,
    plan: &Plan,
    rng: &mut Rng,
    actor: &mut Actor<'_, B::O, B::A>,
    watch: &mut dyn FnMut(&Moment) -> Result<()>,
) -> Result<Vec<Episode>> {
    let mut act = vec![B::A::default(); batch.lanes() * batch.spec().actions.width()];
    let granted = batch.spec().time_limit.filter(|granted| plan.own_limit.is_none_or(|own| own > *granted));
    let mut played = Vec::new();
    batch.reset(&plan.seeds)?;
    while played.len() < plan.episodes {
        let episode = played.len() + 1;
        let (mut step, mut total) = (0, 0.0);
        let frame = look(batch, None);
        watch(&Moment { frame, episode, step, action: None, reward: 0.0, total, end: None })?;
        loop {
            if interrupt::wanted() || actor(&batch.now(), rng, &mut act)? == Act::Stop {
                played.push(Episode { total, steps: step, end: None });
                return Ok(played);
            }
            batch.step(&act)?;
            let seen = batch.seen(&act);
            let reward = seen.earned[0];
            (step, total) = (step + 1, total + reward);
            let end = match (seen.terminated[0], seen.truncated[0]) {
                (false, false) => None,
                (true, false) => Some(End::Terminated),
                (true, true) => Some(End::Both),
                (false, true) if Some(step) == granted => Some(End::GivenUp),
                (false, true) => Some(End::Truncated),
            };
            let action = seen.act.row(0).iter().map(|x| format!("{x:?}")).collect::<Vec<_>>().join(" ");
            let frame = look(batch, end.map(|_| seen.next(0)));
            watch(&Moment { frame, episode, step, action: Some(action), reward, total, end })?;
            if end.is_some() {
                played.push(Episode { total, steps: step, end });
                break;
            }
        }
    }
    Ok(played)
}

/// What lane 0 looks like, or looked like when its episode ended with the observation `last`. Where an environment cannot
/// be looked at, what an agent sees of it.
fn look<B: Batch + ?Sized>(batch: &B, last: Option<&[B::O]>) -> Frame {
    let frames = batch.frames(0);
    let frame = frames.and_then(|frames| if last.is_some() { frames.last } else { Some(frames.now) });
    let row = last.unwrap_or_else(|| batch.now().obs.row(0));
    frame.unwrap_or_else(|| Text::line(format!("observation {row:?}")).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_envs::registry::{AnyBatch, find};

    fn corridor() -> Box<dyn Batch<O = usize, A = usize>> {
        let made = (find("Gridworld").unwrap().make)(&[("map", "S.G"), ("slip", "0")]).unwrap();
        match made.watched_batch(1, &Seeds::from(0)).unwrap().unwrap() {
            AnyBatch::IndexChoice(batch) => batch,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_moment_is_shown_the_last_of_an_episode_too() {
        let mut moments = Vec::new();
        let (plan, mut rng) = (Plan { episodes: 2, seeds: Seeds::from(0), own_limit: Some(1000) }, Rng::new(0));
        let mut right = |_: &View<'_, usize>, _: &mut Rng, act: &mut [usize]| {
            act[0] = 1;
            Ok(Act::Go)
        };
        let mut watch = |moment: &Moment| {
            moments.push(moment.clone());
            Ok(())
        };
        let played = play(&mut *corridor(), &plan, &mut rng, &mut right, &mut watch).unwrap();
        assert_eq!(played, [Episode { total: 0.96, steps: 2, end: Some(End::Terminated) }; 2]);
        let steps: Vec<_> = moments.iter().map(|m| (m.episode, m.step, m.end.is_some())).collect();
        assert_eq!(steps, [(1, 0, false), (1, 1, false), (1, 2, true), (2, 0, false), (2, 1, false), (2, 2, true)]);
        assert!(moments[2].frame != moments[0].frame, "the end is shown, not the next beginning");
        assert_eq!(moments[1].action.as_deref(), Some("1"));
    }

    #[test]
    fn whoever_acts_can_stop_and_what_takes_too_long_is_given_up() {
        let plan = |own_limit| Plan { episodes: 1, seeds: Seeds::from(0), own_limit };
        let play = |own_limit, actor: &mut Actor<'_, usize, usize>| {
            let mut batch = corridor();
            batch.limit_to(3);
            play(&mut *batch, &plan(own_limit), &mut Rng::new(0), actor, &mut |_| Ok(())).unwrap()[0]
        };
        let stopped = play(None, &mut |_, _, _| Ok(Act::Stop));
        assert_eq!(stopped, Episode { total: 0.0, steps: 0, end: None });
        let mut up = |_: &View<'_, usize>, _: &mut Rng, act: &mut [usize]| {
            act[0] = 0;
            Ok(Act::Go)
        };
        assert_eq!(play(Some(1000), &mut up).end, Some(End::GivenUp));
        assert_eq!(play(Some(3), &mut up).end, Some(End::Truncated), "the environment's own limit");
    }
}
