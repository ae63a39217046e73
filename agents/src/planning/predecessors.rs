//! Which states lead to a state: what sweeps that go backwards follow.

use gymkhana_envs::tabular::TabularModel;

/// For every state, those from which an action can lead there without an end, each once, with the greatest probability
/// of that: maxₐ p(s′ | s, a).
#[derive(Clone, Debug)]
pub struct Predecessors {
    begins: Vec<u32>,
    states: Vec<(u32, f32)>,
}

impl Predecessors {
    /// Of all states of a model. None where they are too many to be counted in 32 bits.
    pub fn of(model: &dyn TabularModel) -> Option<Self> {
        u32::try_from(model.states()).ok()?;
        let (mut begins, mut total) = (vec![0_u32; model.states() + 1], 0_u64);
        each(model, |_, next, _| {
            begins[next + 1] = begins[next + 1].wrapping_add(1);
            total += 1;
        });
        u32::try_from(total).ok()?;
        for i in 1..begins.len() {
            begins[i] += begins[i - 1];
        }
        let mut states = vec![(0, 0.0); total as usize];
        each(model, |state, next, share| {
            // Rounded up, so that a bound that is made of it stays one.
            states[begins[next] as usize] = (state as u32, (share as f32).next_up());
            begins[next] += 1;
        });
        // Each has moved on to where the next begins.
        begins.rotate_right(1);
        begins[0] = 0;
        Some(Self { begins, states })
    }

    /// The states that lead to this one, with the greatest probability of it.
    #[inline]
    pub fn to(&self, state: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let range = self.begins[state] as usize..self.begins[state + 1] as usize;
        self.states[range].iter().map(|(state, share)| (*state as usize, f64::from(*share)))
    }
}

/// Calls for every state with each state that it leads to.
fn each(model: &dyn TabularModel, mut call: impl FnMut(usize, usize, f64)) {
    // The probability of each next state: of the action that is looked at, and the greatest so far.
    let (mut now, mut most) = (vec![0.0; model.states()], vec![0.0_f64; model.states()]);
    let (mut of_action, mut of_state) = (Vec::new(), Vec::new());
    for state in 0..model.states() {
        for action in 0..model.actions() {
            for outcome in model.outcomes(state, action) {
                if outcome.probability > 0.0 && !outcome.terminated {
                    if now[outcome.next] == 0.0 {
                        of_action.push(outcome.next);
                    }
                    now[outcome.next] += outcome.probability;
                }
            }
            for next in of_action.drain(..) {
                if most[next] == 0.0 {
                    of_state.push(next);
                }
                most[next] = most[next].max(std::mem::take(&mut now[next]));
            }
        }
        of_state.drain(..).for_each(|next| call(state, next, std::mem::take(&mut most[next])));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_envs::grid::{Gridworld, Rules};

    #[test]
    fn neighbours_lead_to_a_cell() {
        let table = Gridworld::new("S..G", Rules { success_rate: 0.5, ..Rules::default() }).unwrap().table();
        let all = Predecessors::of(&*table).unwrap();
        let to = |state| all.to(state).map(|(from, share)| (from, (share * 1e6).round() / 1e6)).collect::<Vec<_>>();
        // Up and down stay with ½, and slip to either side with ¼; right from 0 goes on with ½ and stays with twice ¼;
        // left from 0 stays for sure. The step into G ends the episode and leads nowhere.
        assert_eq!(to(0), [(0, 1.0), (1, 0.5)]);
        assert_eq!(to(1), [(0, 0.5), (1, 0.5), (2, 0.5)]);
        assert_eq!(to(2), [(1, 0.5), (2, 0.5)]);
        assert_eq!(to(3), []);
    }
}
