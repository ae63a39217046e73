//! Playing: a policy acts in one lane, and somebody looks on.

use anyhow::Result;
use gymkhana_envs::{Batch, Rng, Seeds, View, render::Frame, render::Text};

use crate::interrupt::{self, Interrupted};

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
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Terminated => "terminated",
            Self::Truncated => "truncated",
            Self::Both => "terminated and truncated",
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
    /// How it ended.
    pub end: End,
}

/// Plays whole episodes in lane 0; `watch` is shown each moment, the first of every episode included. Fewer episodes come
/// back if the actor stops.
///
/// # Errors
/// If the environment breaks its contract, somebody who acts or watches fails, or the program is interrupted.
pub fn play<B: Batch + ?Sized>(
    batch: &mut B,
    episodes: usize,
    seeds: &Seeds,
    rng: &mut Rng,
    actor: &mut Actor<'_, B::O, B::A>,
    watch: &mut dyn FnMut(&Moment) -> Result<()>,
) -> Result<Vec<Episode>> {
    let mut act = vec![B::A::default(); batch.lanes() * batch.spec().actions.width()];
    let mut played = Vec::new();
    batch.reset(seeds)?;
    while played.len() < episodes {
        let episode = played.len() + 1;
        let (mut step, mut total) = (0, 0.0);
        let frame = look(batch, false);
        watch(&Moment { frame, episode, step, action: None, reward: 0.0, total, end: None })?;
        loop {
            if interrupt::wanted() {
                return Err(Interrupted { step: 0 }.into());
            }
            if actor(&batch.now(), rng, &mut act)? == Act::Stop {
                return Ok(played);
            }
            batch.step(&act)?;
            let seen = batch.seen(&act);
            let (reward, end) = (seen.earned[0], end(seen.terminated[0], seen.truncated[0]));
            let action = seen.act.row(0).iter().map(|x| format!("{x:?}")).collect::<Vec<_>>().join(" ");
            (step, total) = (step + 1, total + reward);
            let frame = look(batch, end.is_some());
            watch(&Moment { frame, episode, step, action: Some(action), reward, total, end })?;
            if let Some(end) = end {
                played.push(Episode { total, steps: step, end });
                break;
            }
        }
    }
    Ok(played)
}

fn end(terminated: bool, truncated: bool) -> Option<End> {
    match (terminated, truncated) {
        (false, false) => None,
        (true, false) => Some(End::Terminated),
        (false, true) => Some(End::Truncated),
        (true, true) => Some(End::Both),
    }
}

/// What lane 0 looks like, or looked like when its episode ended. Where an environment cannot be looked at, what an
/// agent sees of it.
fn look<B: Batch + ?Sized>(batch: &B, ended: bool) -> Frame {
    let frames = batch.frames(0);
    let frame = frames.and_then(|frames| if ended { frames.last } else { Some(frames.now) });
    frame.unwrap_or_else(|| {
        let what = if ended { "the episode has ended; the next begins with" } else { "observation" };
        Text::line(format!("{what} {:?}", batch.now().obs.row(0))).into()
    })
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
        let (seeds, mut rng) = (Seeds::from(0), Rng::new(0));
        let mut right = |_: &View<'_, usize>, _: &mut Rng, act: &mut [usize]| {
            act[0] = 1;
            Ok(Act::Go)
        };
        let mut watch = |moment: &Moment| {
            moments.push(moment.clone());
            Ok(())
        };
        let played = play(&mut *corridor(), 2, &seeds, &mut rng, &mut right, &mut watch).unwrap();
        assert_eq!(played, [Episode { total: 0.96, steps: 2, end: End::Terminated }; 2]);
        let steps: Vec<_> = moments.iter().map(|m| (m.episode, m.step, m.end.is_some())).collect();
        assert_eq!(steps, [(1, 0, false), (1, 1, false), (1, 2, true), (2, 0, false), (2, 1, false), (2, 2, true)]);
        assert!(moments[2].frame != moments[0].frame, "the end is shown, not the next beginning");
        assert_eq!(moments[1].action.as_deref(), Some("1"));
    }

    #[test]
    fn whoever_acts_can_stop() {
        let mut stop = |_: &View<'_, usize>, _: &mut Rng, _: &mut [usize]| Ok(Act::Stop);
        let played = play(&mut *corridor(), 2, &Seeds::from(0), &mut Rng::new(0), &mut stop, &mut |_| Ok(()));
        assert!(played.unwrap().is_empty());
    }
}
