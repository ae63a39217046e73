//! `gymkhana check-env ENV`

use std::{
    panic::{self, AssertUnwindSafe},
    time::{Duration, Instant},
};

use anyhow::Result;
use gymkhana_envs::{
    Batch, Elem, Error, Registry, Rng, Seeds,
    check::{Finding, Verdict, examine},
    registry::{AnyBatch, Made},
    wrappers,
};
use serde_json::json;

use super::{ChecksFailed, out::say, settings::read_env};
use crate::launch::{env_values, pairs};

/// Check whether an environment keeps its contract, and how fast it is
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  gymkhana check-env CartPole-v1
  gymkhana check-env Gridworld --set env.map=@map.txt --wrap one-hot

Each rule is PASS, NOTE (it could not be looked at, or is worth knowing) or FAIL, with what was found and what to do.
The exit status is 1 if one fails. The same check for your own tests is `gymkhana::envs::check::check`.")]
pub(super) struct Args {
    /// The environment
    env: String,
    /// A parameter of the environment; KEY=@FILE takes what a file says
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// A wrapper round the environment, innermost first
    #[arg(long = "wrap", value_name = "WRAPPER")]
    wrappers: Vec<String>,
    /// As JSON, for programs
    #[arg(long)]
    json: bool,
}

/// Lanes that are looked at.
const LANES: usize = 3;

pub(super) fn main(envs: &Registry, args: &Args) -> Result<()> {
    let entry = envs.find(&args.env)?;
    let settings = env_values(envs, entry.id, &read_env(&args.settings)?)?;
    let made = (entry.make)(&pairs(&settings))?;
    let make = |lanes: usize, seeds: &Seeds| wrapped(&made, &args.wrappers, lanes, seeds);
    let spec = match quietly(|| make(1, &Seeds::from(0)).map(|batch| batch.spec().clone())) {
        Ok(Ok(spec)) => spec,
        Ok(Err(error)) if is_wrapper(&error) => return Err(error.into()),
        _ => made.spec().clone(),
    };

    let looked = quietly(|| examined(|seeds| make(LANES, seeds)));
    let (findings, panicked) = match looked {
        Ok(findings) => (findings, None),
        Err(message) => (Vec::new(), Some(message)),
    };
    let broken = |finding: &Finding| matches!(finding.verdict, Verdict::Broken(_));
    let failed = panicked.is_some() || findings.iter().any(broken);
    let pace = |n| quietly(|| speed(|| make(n, &Seeds::from(0)))).ok().flatten();
    let speeds = if failed { Vec::new() } else { [1, 1024].map(|n| (n, pace(n))).into() };

    if args.json {
        let one = |finding: &Finding| {
            let (verdict, found) = told(finding);
            json!({ "rule": finding.rule.what(), "verdict": verdict, "found": found, "advice": finding.rule.advice() })
        };
        let speed = |(lanes, speed): &(usize, Option<f64>)| json!({ "lanes": lanes, "steps_per_second": speed });
        let value = json!({
            "env": entry.id, "wrappers": args.wrappers, "passes": !failed, "panic": panicked,
            "findings": findings.iter().map(one).collect::<Vec<_>>(),
            "speed": speeds.iter().map(speed).collect::<Vec<_>>(),
        });
        say(&serde_json::to_string_pretty(&value)?)?;
    } else {
        let limit = spec.time_limit.map_or("none".into(), |limit| format!("{limit} steps"));
        let stack = std::iter::once(&spec.id).chain(&args.wrappers).map(String::as_str).collect::<Vec<_>>().join(" · ");
        say(&format!(
            "{stack}: observations in {}, actions in {}, time limit: {limit}\n",
            spec.observations, spec.actions
        ))?;
        for finding in &findings {
            let (verdict, found) = told(finding);
            let found = found.map_or(String::new(), |found| format!("\n      {found}"));
            let advice = if broken(finding) { format!("\n      → {}", finding.rule.advice()) } else { String::new() };
            say(&format!("{verdict}  {}{found}{advice}", finding.rule.what()))?;
        }
        if let Some(message) = &panicked {
            say(&format!(
                "FAIL  no panic\n      {message}\n      → an environment says what is wrong by an error, or takes it"
            ))?;
        }
        for (lanes, speed) in speeds.iter().filter_map(|(lanes, speed)| Some((lanes, (*speed)?))) {
            let of = if *lanes == 1 { "1 lane".into() } else { format!("{lanes} lanes") };
            say(&format!("      {} steps per second with {of}, random actions, one thread", millions(speed)))?;
        }
    }
    if failed { Err(ChecksFailed.into()) } else { Ok(()) }
}

fn wrapped(made: &Made, wraps: &[String], lanes: usize, seeds: &Seeds) -> Result<AnyBatch, Error> {
    wraps.iter().try_fold(made.batch(lanes, seeds)?, |batch, text| wrappers::wrap(batch, text))
}

/// Whether the wrapper is at fault, not the environment.
fn is_wrapper(error: &Error) -> bool {
    matches!(
        error,
        Error::Wrapper { .. } | Error::Unknown { .. } | Error::UnknownParameter { .. } | Error::Parameter { .. }
    )
}

fn told(finding: &Finding) -> (&'static str, Option<&str>) {
    match &finding.verdict {
        Verdict::Holds => ("PASS", None),
        Verdict::Note(note) => ("NOTE", Some(note)),
        Verdict::Broken(found) => ("FAIL", Some(found)),
    }
}

/// The check, whatever the kinds of number.
fn examined(make: impl Fn(&Seeds) -> Result<AnyBatch, Error>) -> Vec<Finding> {
    macro_rules! examine_as {
        ($($kind:ident)*) => {
            match make(&Seeds::from(0)) {
                $(Ok(AnyBatch::$kind(_)) => examine(|seeds| match make(seeds)? {
                    AnyBatch::$kind(batch) => Ok(batch),
                    other => Err(Error::Spec { env: other.spec().id.clone(), why: "its kinds have changed".into() }),
                }),)*
                // Whatever kind it would have been: it cannot be made.
                Err(error) => examine(|_| Err::<Box<dyn Batch<O = usize, A = usize>>, _>(error.clone())),
            }
        };
    }
    examine_as!(IndexChoice IndexControl FeatureChoice FeatureControl)
}

/// Runs somebody else's code: a panic in it is told, not passed on.
fn quietly<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    panic::set_hook(hook);
    done.map_err(|payload| {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
        format!("it panicked: {}", text.unwrap_or_else(|| "without a word".into()))
    })
}

/// Steps per second, random actions drawn within the time.
fn speed(make: impl FnOnce() -> Result<AnyBatch, Error>) -> Option<f64> {
    Some(match make().ok()? {
        AnyBatch::IndexChoice(batch) => pace(batch),
        AnyBatch::IndexControl(batch) => pace(batch),
        AnyBatch::FeatureChoice(batch) => pace(batch),
        AnyBatch::FeatureControl(batch) => pace(batch),
    })
}

fn pace<O: Elem, A: Elem>(mut batch: Box<dyn Batch<O = O, A = A>>) -> f64 {
    const TIME: Duration = Duration::from_millis(200);
    let (space, lanes) = (batch.spec().actions.clone(), batch.lanes());
    let (mut rng, mut act) = (Rng::new(1), vec![A::default(); lanes * space.width()]);
    let (begun, mut steps) = (Instant::now(), 0_u64);
    loop {
        for _ in 0..(4096 / lanes).max(1) {
            batch.now().act_at_random(&space, &mut rng, &mut act);
            if batch.step(&act).is_err() {
                return 0.0;
            }
            steps += lanes as u64;
        }
        let time = begun.elapsed();
        if time >= TIME {
            return steps as f64 / time.as_secs_f64();
        }
    }
}

/// As people say large numbers.
pub(super) fn millions(x: f64) -> String {
    if x >= 1e7 {
        format!("{:.0} million", x / 1e6)
    } else if x >= 1e6 {
        format!("{:.1} million", x / 1e6)
    } else if x < 100.0 {
        format!("{x:.2}")
    } else {
        format!("{x:.0}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_envs::{Env, Space, Spec, Step, registry::Entry};

    #[test]
    fn a_panic_is_told() {
        assert_eq!(quietly(|| 3), Ok(3));
        assert_eq!(quietly(|| -> u8 { panic!("index {}", 7) }), Err("it panicked: index 7".into()));
    }

    #[test]
    fn an_environment_that_panics_fails_and_takes_nobody_with_it() {
        const ENTRY: Entry = Entry {
            id: "Pit",
            family: "test",
            about: "it falls in",
            details: "",
            source: "",
            params: Vec::new,
            check: |_| Ok(Vec::new()),
            make: |_| Ok(Made::of(Pit)),
        };
        #[derive(Clone)]
        struct Pit;
        impl Env for Pit {
            type Obs = usize;
            type Act = usize;
            fn spec(&self) -> Spec {
                Spec::new("Pit", Space::Discrete(1), Space::Discrete(1))
            }
            fn reset(&mut self, _: &mut Rng) -> usize {
                panic!("no ground")
            }
            fn step(&mut self, _: usize, _: &mut Rng) -> Step<usize> {
                Step::on(0, 0.0)
            }
        }
        let envs = Registry::standard().with([ENTRY]).unwrap();
        let args = Args { env: "Pit".into(), settings: Vec::new(), wrappers: Vec::new(), json: false };
        assert!(main(&envs, &args).unwrap_err().is::<ChecksFailed>());
    }

    #[test]
    fn large_numbers() {
        assert_eq!([512.0, 2.34e6, 1.5e8].map(millions), ["512", "2.3 million", "150 million"]);
    }
}
