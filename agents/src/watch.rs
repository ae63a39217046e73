//! Watching over an agent's numbers: where they are no longer finite, learning ends with an error that says what was
//! found, where, and by which settings.

use std::fmt;

use crate::error::Error;

/// A number that is no longer finite.
#[derive(Debug, Clone, PartialEq)]
pub struct Divergence {
    /// The agent.
    pub agent: &'static str,
    /// The quantity.
    pub what: &'static str,
    /// Its value.
    pub value: f64,
    /// Environment steps so far.
    pub step: u64,
    /// Updates so far, where the agent counts them.
    pub update: Option<u64>,
    /// Settings that decide how far an update goes, as they are now.
    pub settings: Vec<(&'static str, f64)>,
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { agent, what, value, step, update, settings } = self;
        write!(f, "{agent} diverged: {what} is {value} at step {step}")?;
        if let Some(update) = update {
            write!(f, ", after {update} updates")?;
        }
        if settings.is_empty() {
            return f.write_str("; a smaller step size may help");
        }
        let settings: Vec<_> = settings.iter().map(|(name, value)| format!("{name} = {value:?}")).collect();
        write!(f, ", with {}: smaller ones may help", settings.join(" and "))
    }
}

/// Where an agent with parameters is in its learning when its numbers are looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Watch {
    /// The agent.
    pub agent: &'static str,
    /// Environment steps so far.
    pub step: u64,
    /// Updates so far.
    pub update: u64,
    /// Its step size now.
    pub learning_rate: f64,
    /// The greatest norm of its gradient, if it is clipped.
    pub max_grad_norm: Option<f64>,
}

impl Watch {
    /// The value of a quantity ("the loss"), if it is finite.
    ///
    /// # Errors
    /// [`Error::Diverged`] if it is not.
    pub fn number(&self, what: &'static str, value: f64) -> Result<f64, Error> {
        if value.is_finite() {
            return Ok(value);
        }
        let clipped = self.max_grad_norm.map(|norm| ("max_grad_norm", norm));
        let settings = [("learning_rate", self.learning_rate)].into_iter().chain(clipped).collect();
        let Self { agent, step, update, .. } = *self;
        Err(Error::Diverged(Box::new(Divergence { agent, what, value, step, update: Some(update), settings })))
    }

    /// The same for all numbers of a vector ("a parameter of Q"): the first that is not finite is the value.
    ///
    /// # Errors
    /// [`Error::Diverged`] if one is not finite.
    pub fn numbers(&self, what: &'static str, values: &[f32]) -> Result<(), Error> {
        let wrong = values.iter().find(|value| !value.is_finite());
        wrong.map_or(Ok(()), |value| self.number(what, f64::from(*value)).map(|_| ()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WATCH: Watch =
        Watch { agent: "dqn", step: 3_344, update: 811, learning_rate: 1.0, max_grad_norm: Some(1e30) };

    #[test]
    fn what_is_finite_passes_and_what_is_not_says_where_and_by_what() {
        assert_eq!(WATCH.number("the loss", 0.5), Ok(0.5));
        assert_eq!(WATCH.numbers("a parameter of Q", &[0.0, f32::MAX]), Ok(()));
        assert_eq!(
            WATCH.number("the loss", f64::INFINITY).unwrap_err().to_string(),
            "dqn diverged: the loss is inf at step 3344, after 811 updates, with learning_rate = 1.0 and max_grad_norm = \
             1e30: smaller ones may help"
        );
        let one = Watch { max_grad_norm: None, ..WATCH };
        assert_eq!(
            one.numbers("a parameter of Q", &[0.0, f32::NAN]).unwrap_err().to_string(),
            "dqn diverged: a parameter of Q is NaN at step 3344, after 811 updates, with learning_rate = 1.0: smaller ones \
             may help"
        );
    }

    #[test]
    fn tables_say_where_and_no_more() {
        let told = Error::finite("sarsa", "an action value", f64::NAN, 12).unwrap_err().to_string();
        assert_eq!(told, "sarsa diverged: an action value is NaN at step 12; a smaller step size may help");
    }
}
