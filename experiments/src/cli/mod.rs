//! The command line: a file per command.

mod bench;
mod cells;
mod check_env;
mod compare;
mod eval;
mod export;
mod human;
mod list;
mod out;
mod parity;
mod play;
mod plot;
mod report;
mod run;
mod settings;
mod show;
mod solve;
mod stage;
mod sweep;
mod train;
mod trained;
mod verdicts;

use std::{path::Path, process::ExitCode, time::Duration};

use anyhow::Context;
use clap::{Parser, Subcommand};
use gymkhana_envs::Registry;

use crate::{
    interrupt::{self, Interrupted},
    usage::Usage,
};

/// Gymkhana, a reinforcement learning gym and algorithm zoo.
#[derive(Parser, Debug)]
#[command(name = "gymkhana", version, about = "Gymkhana, a reinforcement learning gym and algorithm zoo", after_help = EXAMPLES)]
#[command(propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  gymkhana run 5.4.2                          what section 5.4.2 teaches, with its numbers and figure
  gymkhana train q-learning CliffWalking-v1   one agent on one environment
  gymkhana list                               what there is";

#[derive(Subcommand, Debug)]
enum Command {
    List(list::Args),
    Show(show::Args),
    Run(run::Args),
    Train(train::Args),
    Eval(eval::Args),
    Export(export::Args),
    Compare(compare::Args),
    Sweep(sweep::Args),
    Plot(plot::Args),
    Report(report::Args),
    Play(play::Args),
    Solve(solve::Args),
    Parity(parity::Args),
    CheckEnv(check_env::Args),
    Bench(bench::Args),
}

/// Checks were made and one failed: exit status 1, and everything has been said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ChecksFailed;

impl std::fmt::Display for ChecksFailed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a check failed")
    }
}

impl std::error::Error for ChecksFailed {}

/// What went wrong has been said; its exit status is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Told(u8);

impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exit status {}", self.0)
    }
}

impl std::error::Error for Told {}

/// Runs the program: 0 for success, 1 for a run that failed, 2 for wrong use, 130 when interrupted.
pub fn main() -> ExitCode {
    main_with(Registry::standard())
}

/// Runs the program with environments of your own: every command knows them as it knows the others.
///
/// ```no_run
/// use gymkhana::envs::{Registry, registry::Entry};
///
/// const MINE: &[Entry] = &[]; // your entries
///
/// fn main() -> std::process::ExitCode {
///     gymkhana::cli::main_with(Registry::standard().with(MINE.iter().copied()).expect("names of their own"))
/// }
/// ```
#[expect(clippy::needless_pass_by_value, reason = "a program has one registry and is done with it")]
pub fn main_with(envs: Registry) -> ExitCode {
    let (cli, envs) = (Cli::parse(), &envs);
    let done = interrupt::listen().and_then(|()| match cli.command {
        Command::List(args) => list::main(envs, &args),
        Command::Show(args) => show::main(envs, &args),
        Command::Run(args) => run::main(envs, &args),
        Command::Train(args) => train::main(envs, &args),
        Command::Eval(args) => eval::main(envs, &args),
        Command::Export(args) => export::main(envs, &args),
        Command::Compare(args) => compare::main(envs, &args),
        Command::Sweep(args) => sweep::main(envs, &args),
        Command::Plot(args) => plot::main(&args),
        Command::Report(args) => report::main(envs, &args),
        Command::Play(args) => play::main(envs, &args),
        Command::Solve(args) => solve::main(envs, &args),
        Command::Parity(args) => parity::main(envs, &args),
        Command::CheckEnv(args) => check_env::main(envs, &args),
        Command::Bench(args) => bench::main(&args),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let status = status(&error);
            if !error.is::<Told>() {
                out::complain(&format!("error: {error:#}{}", hint(&error)));
                if status == interrupt::STATUS {
                    out::complain("the same command goes on");
                }
            }
            ExitCode::from(status)
        }
    }
}

/// The error for a name that is not of the kind that a command takes: where it is of another, what it is and which
/// command takes it.
fn of_another_kind(envs: &Registry, name: &str, error: impl Into<anyhow::Error>) -> anyhow::Error {
    let told = if gymkhana_agents::registry::find(name).is_ok() {
        format!("{name} is an agent: gymkhana train {name} ENV")
    } else if gymkhana_agents::planning::solver::find(name).is_ok() {
        format!("{name} is a solver: gymkhana solve {name} ENV")
    } else if envs.find(name).is_ok() {
        format!("{name} is an environment: gymkhana train AGENT {name}, gymkhana play {name}")
    } else if let Ok(crate::sections::Named::One(section)) = crate::sections::find(name) {
        format!("{name} is in section {}: gymkhana run {}", section.id, section.id)
    } else {
        return error.into();
    };
    Usage(told).into()
}

/// A count as people write it: `50000`, `50_000`, `5e4`.
fn count(text: &str) -> Result<u64, String> {
    gymkhana_envs::params::Value::parse(text)
}

/// A time that was given as a number of seconds.
fn seconds(option: &str, seconds: f64) -> anyhow::Result<Duration> {
    Duration::try_from_secs_f64(seconds).map_err(|_| Usage(format!("`{option} {seconds}` is no time")).into())
}

/// Opens a page as the system does.
fn open(page: &Path) -> anyhow::Result<()> {
    ::open::that_detached(page).with_context(|| format!("cannot open {} in a browser", page.display()))
}

/// Where to look for a name that is not near any.
fn hint(error: &anyhow::Error) -> &'static str {
    let unknown =
        |error: &gymkhana_envs::Error| matches!(error, gymkhana_envs::Error::Unknown { near, .. } if near.is_empty());
    let found = error.chain().any(|cause| {
        cause.downcast_ref().is_some_and(unknown)
            || cause
                .downcast_ref()
                .is_some_and(|error| matches!(error, gymkhana_agents::Error::Env(error) if unknown(error)))
    });
    if found { "; `gymkhana list` has all names" } else { "" }
}

/// The exit status that an error stands for.
fn status(error: &anyhow::Error) -> u8 {
    use gymkhana_agents::Error as Agents;
    use gymkhana_envs::Error as Envs;
    let wrong_name_or_value = |error: &Envs| {
        matches!(
            error,
            Envs::Unknown { .. }
                | Envs::UnknownParameter { .. }
                | Envs::Parameter { .. }
                | Envs::Map { .. }
                | Envs::Wrapper { .. }
                | Envs::Spec { .. }
        )
    };
    if let Some(Told(status)) = error.downcast_ref() {
        return *status;
    }
    // What was added to an error as its context is not among its causes.
    if error.is::<Usage>() {
        return 2;
    }
    for cause in error.chain() {
        if cause.is::<Interrupted>() {
            return interrupt::STATUS;
        }
        let wrong_use = cause.is::<Usage>()
            || cause.downcast_ref::<Envs>().is_some_and(wrong_name_or_value)
            || cause.downcast_ref::<Agents>().is_some_and(|error| match error {
                Agents::Env(error) => wrong_name_or_value(error),
                Agents::Misfit { .. } | Agents::Unsolvable { .. } | Agents::DeviceNotBuilt(_) => true,
                _ => false,
            });
        if wrong_use {
            return 2;
        }
    }
    1
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn wrong_use_and_failed_runs_have_their_own_status() {
        let unknown = crate::launch::environment(
            &Registry::standard(),
            &crate::config::RunConfig { env: "CartPol".into(), ..crate::config::tests::example() },
        );
        assert_eq!(status(&unknown.unwrap_err()), 2);
        assert_eq!(status(&anyhow::Error::new(Usage("so not".into())).context("seed 3")), 2);
        assert_eq!(status(&anyhow::anyhow!("no such file").context(Usage("so not".into())).context("seed 3")), 2);
        assert_eq!(status(&anyhow::anyhow!("disk full")), 1);
        assert_eq!(status(&Interrupted { step: 3 }.into()), 130);
    }
}
