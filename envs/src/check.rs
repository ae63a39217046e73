//! Does an environment keep its contract? For tests of your own environment, and of every registered one.

use crate::{
    batch::Batch,
    env::Elem,
    rng::{Rng, Seeds},
};

/// Steps a batch with random actions and finds what does not hold.
///
/// Checked: the same seed gives the same numbers; observations are in their space (features: finite); a finished lane
/// begins anew, and its mark says so; the time limit truncates; a wrong number of actions is refused and moves no lane;
/// a state taken out and put back gives the same future (where there is a state).
///
/// # Errors
/// What was expected and what was found.
pub fn check<B: Batch>(mut make: impl FnMut(&Seeds) -> Result<B, crate::Error>) -> Result<(), String> {
    const STEPS: usize = 600;
    let say = |e: crate::Error| e.to_string();
    let (seeds, lanes) = (Seeds::from(7), make(&Seeds::from(7)).map_err(say)?.lanes());
    let (mut one, mut two) = (make(&seeds).map_err(say)?, make(&seeds).map_err(say)?);
    let spec = one.spec().clone();
    let width = spec.actions.width();
    let (mut rng, mut act) = (Rng::new(3), vec![B::A::default(); lanes * width]);
    let mut since_reset = vec![0_u32; lanes];

    for step in 0..STEPS {
        if step == STEPS / 2 && one.resumes_exactly() {
            let state = one.state();
            two = make(&Seeds::from(8)).map_err(say)?;
            two.set_state(&state).map_err(say)?;
        }
        act.chunks_exact_mut(width).for_each(|row| B::A::random_action(&spec.actions, &mut rng, row));
        one.step(&act).map_err(say)?;
        two.step(&act).map_err(say)?;
        let (seen, again) = (one.seen(&act), two.seen(&act));
        for (i, since_reset) in since_reset.iter_mut().enumerate() {
            *since_reset += 1;
            if seen.next(i) != again.next(i) || seen.reward[i] != again.reward[i] || seen.ended(i) != again.ended(i) {
                return Err(format!("{}: step {step}: the same seed and actions gave other numbers", spec.id));
            }
            for row in [seen.next(i), seen.now.obs.row(i)] {
                if !B::O::is_observation(&spec.observations, row) {
                    return Err(format!("{}: step {step}: {row:?} is not in {}", spec.id, spec.observations));
                }
            }
            if seen.now.first[i] != seen.ended(i) {
                return Err(format!("{}: step {step}: an episode's first observation is not marked", spec.id));
            }
            if spec.time_limit.is_some_and(|limit| *since_reset >= limit && !seen.truncated[i]) {
                return Err(format!("{}: step {step}: the time limit did not truncate", spec.id));
            }
            if seen.ended(i) {
                *since_reset = 0;
            }
        }
    }
    let before = one.state();
    if one.step(&act[1..]).is_ok() || one.state() != before {
        return Err(format!("{}: a step with too few actions was taken", spec.id));
    }
    Ok(())
}
