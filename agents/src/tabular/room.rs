//! How large a table has to be for the spaces of an environment.

use gymkhana_envs::{Space, Spec};

use crate::error::Error;

/// Entries that a table has at most: 0.8 GB.
const MOST: usize = 100_000_000;

/// Refuses an environment for what it has, and says what is needed.
fn misfit(agent: &str, spec: &Spec, needs: &str, has: String, bridge: Option<&'static str>) -> Error {
    Error::Misfit { agent: agent.into(), env: spec.id.clone(), needs: needs.into(), has, bridge }
}

/// The number of states that can be observed, each of which has `per_state` entries.
///
/// # Errors
/// If observations are not indices, or there are more than 10⁸ entries.
pub(super) fn states(agent: &str, spec: &Spec, per_state: usize) -> Result<usize, Error> {
    let space = &spec.observations;
    if !space.is_index() {
        let (needs, has) = ("observations that are indices", format!("observations in {space}"));
        return Err(misfit(agent, spec, needs, has, Some("discretize:bins=8")));
    }
    let fits = |states: &usize| states.checked_mul(per_state).is_some_and(|entries| entries <= MOST);
    space.members().filter(fits).ok_or_else(|| {
        let has = match space.members() {
            Some(states) => format!("{states} in {space} by {per_state} actions"),
            None => format!("more than can be counted in {space}"),
        };
        misfit(agent, spec, "at most 100,000,000 pairs of observation and action", has, None)
    })
}

/// The number of actions.
///
/// # Errors
/// If actions are not one choice.
pub(crate) fn actions(agent: &str, spec: &Spec) -> Result<usize, Error> {
    spec.actions.choices().ok_or_else(|| Error::needs_choices(agent, &spec.id, &spec.actions))
}

/// The number of the state that is observed as `row`.
#[inline]
pub(super) fn state(space: &Space, row: &[usize]) -> usize {
    if let &[state] = row { state } else { space.index(row) }
}
