//! The registry of solvers: a plain list. Nothing registers itself.

use gymkhana_envs::{
    Param, Params,
    error::nearest,
    registry::{Settings, Values, typed, values},
    tabular::TabularModel,
};

use super::{
    Solution, backward_induction, exact_evaluation, modified_policy_iteration, policy_evaluation, policy_iteration,
    prioritized_sweeps, soft_policy_iteration, value_iteration,
};
use crate::error::Error;

/// Asked now and then whether to go on; `false` ends a solver early.
pub type GoOn<'a> = &'a mut dyn FnMut() -> bool;

/// A method of dynamic programming with its parameters fixed.
pub trait Solve: Params {
    /// Solves a table. A solver that `go_on` has ended gives what it has, not settled.
    ///
    /// # Errors
    /// If a parameter is out of range, or the method does not work with this table.
    fn solve(&self, model: &dyn TabularModel, go_on: GoOn<'_>) -> Result<Solution, Error>;
}

/// A line of the registry.
#[derive(Clone, Copy, Debug)]
pub struct Solver {
    /// The name.
    pub id: &'static str,
    /// One line on what it is.
    pub about: &'static str,
    /// Its equations, in Unicode.
    pub equations: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// Its parameters.
    pub params: fn() -> Vec<Param>,
    /// All its parameters' values under some settings, for the record; fails at the first setting that is wrong.
    pub check: fn(Settings<'_>) -> Result<Values, Error>,
    /// Solves a table.
    pub solve: fn(&dyn TabularModel, Settings<'_>, GoOn<'_>) -> Result<Solution, Error>,
}

impl Solver {
    /// The line of a method; name, parameters and what it does are its config's.
    pub const fn of<C: Solve>(about: &'static str, equations: &'static str, source: &'static str) -> Self {
        let check: fn(Settings<'_>) -> Result<Values, Error> = |settings| Ok(values::<C>(settings)?);
        let solve: fn(&dyn TabularModel, Settings<'_>, GoOn<'_>) -> Result<Solution, Error> =
            |model, settings, go_on| typed::<C>(settings)?.solve(model, go_on);
        Self { id: C::OWNER, about, equations, source, params: C::list, check, solve }
    }
}

/// All solvers.
pub const SOLVERS: &[Solver] = &[
    policy_evaluation::SOLVER,
    exact_evaluation::SOLVER,
    policy_iteration::SOLVER,
    value_iteration::SOLVER,
    modified_policy_iteration::SOLVER,
    prioritized_sweeps::SOLVER,
    soft_policy_iteration::SOLVER,
    backward_induction::SOLVER,
];

/// The solver of that name.
///
/// # Errors
/// With the nearest names if there is none.
pub fn find(id: &str) -> Result<&'static Solver, Error> {
    let known = || SOLVERS.iter().map(|solver| solver.id);
    SOLVERS.iter().find(|solver| solver.id.eq_ignore_ascii_case(id)).ok_or_else(|| {
        gymkhana_envs::Error::Unknown { kind: "solver", name: id.into(), near: nearest(id, known()) }.into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_envs::grid::{Gridworld, Rules};

    #[test]
    fn every_solver_can_be_found_and_documents_its_parameters() {
        for solver in SOLVERS {
            assert_eq!(find(&solver.id.to_uppercase()).unwrap().id, solver.id);
            let params = (solver.params)();
            assert!(!params.is_empty() && params.iter().all(|param| !param.doc.is_empty()), "{}", solver.id);
            assert_eq!((solver.check)(&[]).unwrap().len(), params.len());
        }
        assert!(find("value-iteratoin").unwrap_err().to_string().contains("did you mean value-iteration"));
    }

    #[test]
    fn those_that_look_for_the_best_policy_agree() {
        let rules = Rules { success_rate: 0.8, step_reward: -0.04, ..Rules::default() };
        let table = Gridworld::new("...G/.#.H/S...", rules).unwrap().table();
        let settings = [("gamma", "0.9")];
        let solved = |id: &str| (find(id).unwrap().solve)(&*table, &settings, &mut || true).unwrap();
        let best = solved("value-iteration");
        for id in ["policy-iteration", "modified-policy-iteration", "prioritized-sweeps"] {
            let found = solved(id);
            let off = found.values.iter().zip(&best.values).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(found.settled && off < 2e-8 && found.policy == best.policy, "{id}: {off}");
            assert!(found.backups > 0 && found.residuals.sweeps() == found.sweeps, "{id}");
        }
    }

    #[test]
    fn each_can_be_ended_and_refuses_a_discount_above_1() {
        let table = Gridworld::new("S..G", Rules::default()).unwrap().table();
        for solver in SOLVERS {
            let error = (solver.solve)(&*table, &[("gamma", "1.5")], &mut || true).unwrap_err().to_string();
            assert_eq!(error, format!("{}: `gamma=1.5`: must be from 0 to 1", solver.id));
            if solver.id != "exact-evaluation" {
                let ended = (solver.solve)(&*table, &[], &mut || false).unwrap();
                assert!(!ended.settled && ended.values[..3] == [ended.values[0]; 3], "{}", solver.id);
            }
        }
    }
}
