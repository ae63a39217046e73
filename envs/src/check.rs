//! Does an environment keep its contract? For tests of your own environment, for the command line, and for every
//! registered one.

use std::fmt;

use crate::{
    batch::{Batch, Transitions},
    env::Elem,
    error::Error,
    rng::{Rng, Seeds},
    space::Space,
    spec::Spec,
};

/// What was looked at, and what was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What should hold.
    pub rule: Rule,
    /// Whether it does.
    pub verdict: Verdict,
}

/// How a rule stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    Holds,
    /// It could not be looked at, or holds in part, for a reason that is no fault.
    Note(String),
    /// It does not hold: what was found.
    Broken(String),
}

/// What holds of every environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The specification fits the types, and an episode begins.
    Begins,
    /// Observations are in their space.
    Observations,
    /// Rewards are finite numbers.
    Rewards,
    /// The same seed and actions give the same run.
    SameSeed,
    /// After an end the next episode begins, in the same step, and is marked.
    BeginsAnew,
    /// The time limit truncates; nothing else is needed for an episode to end.
    Ends,
    /// An action outside its space is refused and moves nothing.
    BadActions,
    /// Controls beyond their bounds are taken, as the environment clips them.
    WildControls,
    /// At least one action is legal where the environment masks actions.
    Masks,
    /// A state taken out and put back has the same future.
    State,
}

impl Rule {
    /// All of them, in the order in which they are looked at.
    pub const ALL: [Self; 10] = [
        Self::Begins,
        Self::Observations,
        Self::Rewards,
        Self::SameSeed,
        Self::BeginsAnew,
        Self::Ends,
        Self::BadActions,
        Self::WildControls,
        Self::Masks,
        Self::State,
    ];

    /// What should hold, in a few words.
    pub fn what(self) -> &'static str {
        match self {
            Self::Begins => "the specification fits the types, and an episode begins",
            Self::Observations => "observations are in their space",
            Self::Rewards => "rewards are finite",
            Self::SameSeed => "the same seed and actions give the same run",
            Self::BeginsAnew => "after an end the next episode begins",
            Self::Ends => "episodes end",
            Self::BadActions => "an action outside its space is refused and moves nothing",
            Self::WildControls => "controls beyond their bounds are taken",
            Self::Masks => "at least one action is legal",
            Self::State => "a state taken out and put back has the same future",
        }
    }

    /// What to do about it if it does not.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Begins => {
                "`spec` must name spaces of the same kind and width as the types `Obs` and `Act`, and `reset` must give \
                 an observation in that space"
            }
            Self::Observations => {
                "either the space in `spec` is too narrow, or `reset` or `step` gives what it should not: agents scale \
                 and index by the space"
            }
            Self::Rewards => {
                "a reward that is NaN or infinite spoils every value it reaches: look for a division or a root"
            }
            Self::SameSeed => {
                "all randomness must be drawn from the `rng` that is handed to `reset` and `step`; hash maps, clocks and \
                 what copies share make runs differ"
            }
            Self::BeginsAnew => "`reset` must set everything that an episode changes, and `step` must go on after it",
            Self::Ends => {
                "give the `Spec` a time limit, or let `step` terminate: without an end no return can be measured"
            }
            Self::BadActions => "a batch checks every lane's action before any moves",
            Self::WildControls => "clip controls in `step`: exploring agents go beyond the bounds",
            Self::Masks => "a state in which no action is legal must be terminal",
            Self::State => {
                "`state` must hold everything that the next `step` depends on, and `set_state` must put all of it back"
            }
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.verdict {
            Verdict::Holds => write!(f, "{}", self.rule.what()),
            Verdict::Note(note) => write!(f, "{}: {note}", self.rule.what()),
            Verdict::Broken(found) => write!(f, "not so: {}: {found}", self.rule.what()),
        }
    }
}

/// Looks at every [`Rule`] in turn, by stepping batches that `make` makes with random actions.
pub fn examine<B: Batch>(mut make: impl FnMut(&Seeds) -> Result<B, Error>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for rule in Rule::ALL {
        let verdict = look(rule, &mut make);
        findings.push(Finding { rule, verdict });
        if rule == Rule::Begins && matches!(findings[0].verdict, Verdict::Broken(_)) {
            break; // there is nothing to look at
        }
    }
    findings
}

/// As [`examine`], for tests: the first rule that does not hold is an error.
///
/// # Errors
/// What should hold, and what was found.
pub fn check<B: Batch>(make: impl FnMut(&Seeds) -> Result<B, Error>) -> Result<(), String> {
    let broken = examine(make).into_iter().find(|finding| matches!(finding.verdict, Verdict::Broken(_)));
    broken.map_or(Ok(()), |finding| Err(finding.to_string()))
}

/// Steps of each look.
const STEPS: usize = 600;

fn look<B: Batch>(rule: Rule, make: &mut impl FnMut(&Seeds) -> Result<B, Error>) -> Verdict {
    let found = match rule {
        Rule::Begins => make(&Seeds::from(7)).map(|_| Verdict::Holds).map_err(Fault::Batch),
        Rule::Observations => each_step(make, observations),
        Rule::Rewards => each_step(make, rewards),
        Rule::BeginsAnew => each_step(make, begins_anew),
        Rule::Masks => each_step(make, masks),
        Rule::SameSeed => same_seed(make),
        Rule::Ends => ends(make),
        Rule::BadActions => bad_actions(make),
        Rule::WildControls => wild_controls(make),
        Rule::State => state(make),
    };
    found.unwrap_or_else(|fault| match fault {
        Fault::Found(found) => Verdict::Broken(found),
        // What a batch itself finds broken is told by the rule that it breaks, and hides what the others look at.
        Fault::Batch(Error::Broken { what, .. }) => {
            let broken = if what.starts_with("a reward") { Rule::Rewards } else { Rule::Observations };
            if rule == broken || rule == Rule::Begins {
                Verdict::Broken(format!("it gave {what}"))
            } else {
                Verdict::Note(format!("not looked at, since it gave {what}"))
            }
        }
        Fault::Batch(error) => Verdict::Broken(error.to_string()),
    })
}

/// Why a look came to nothing good.
enum Fault {
    /// The rule does not hold.
    Found(String),
    /// A batch could not be made or stepped.
    Batch(Error),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Batch(error)
    }
}

impl From<String> for Fault {
    fn from(found: String) -> Self {
        Self::Found(found)
    }
}

/// Random actions for all lanes of a batch.
struct Acting<A> {
    rng: Rng,
    act: Vec<A>,
    space: Space,
}

impl<A: Elem> Acting<A> {
    fn new<B: Batch<A = A>>(batch: &B) -> Self {
        let space = batch.spec().actions.clone();
        Self { rng: Rng::new(3), act: vec![A::default(); batch.lanes() * space.width()], space }
    }

    fn step<B: Batch<A = A>>(&mut self, batch: &mut B) -> Result<(), Error> {
        batch.now().act_at_random(&self.space, &mut self.rng, &mut self.act);
        batch.step(&self.act)
    }
}

type Looking<B> = fn(&Spec, &Transitions<'_, <B as Batch>::O, <B as Batch>::A>, usize) -> Result<(), String>;

/// Looks at each step of each lane.
fn each_step<B: Batch>(
    make: &mut impl FnMut(&Seeds) -> Result<B, Error>,
    looking: Looking<B>,
) -> Result<Verdict, Fault> {
    let mut batch = make(&Seeds::from(7))?;
    let (spec, mut acting) = (batch.spec().clone(), Acting::new(&batch));
    for step in 1..=STEPS {
        acting.step(&mut batch)?;
        let seen = batch.seen(&acting.act);
        for i in 0..seen.lanes() {
            looking(&spec, &seen, i).map_err(|found| format!("step {step}: {found}"))?;
        }
    }
    Ok(Verdict::Holds)
}

fn observations<O: Elem, A: Elem>(spec: &Spec, seen: &Transitions<'_, O, A>, i: usize) -> Result<(), String> {
    for row in [seen.was.obs.row(i), seen.next(i), seen.now.obs.row(i)] {
        if !O::is_member(&spec.observations, row) {
            return Err(format!("{row:?} is not in {}", spec.observations));
        }
    }
    Ok(())
}

fn rewards<O: Elem, A: Elem>(_: &Spec, seen: &Transitions<'_, O, A>, i: usize) -> Result<(), String> {
    if seen.reward[i].is_finite() { Ok(()) } else { Err(format!("a reward of {}", seen.reward[i])) }
}

fn begins_anew<O: Elem, A: Elem>(_: &Spec, seen: &Transitions<'_, O, A>, i: usize) -> Result<(), String> {
    match (seen.ended(i), seen.now.first[i]) {
        (true, false) => Err("the episode ended, and what follows is not marked as a first observation".into()),
        (false, true) => Err("a first observation in the middle of an episode".into()),
        _ => Ok(()),
    }
}

fn masks<O: Elem, A: Elem>(_: &Spec, seen: &Transitions<'_, O, A>, i: usize) -> Result<(), String> {
    let any = |legal: Option<&[bool]>| legal.is_none_or(|legal| legal.contains(&true));
    let open = any(seen.now.legal.map(|legal| legal.row(i))) && (seen.terminated[i] || any(seen.next_legal(i)));
    if open { Ok(()) } else { Err(format!("no action is legal in {:?}", seen.now.obs.row(i))) }
}

fn same_seed<B: Batch>(make: &mut impl FnMut(&Seeds) -> Result<B, Error>) -> Result<Verdict, Fault> {
    // The second batch has lived before: a reset must leave nothing of that.
    let (mut one, mut two) = (make(&Seeds::from(7))?, make(&Seeds::from(8))?);
    let mut acting = Acting::new(&two);
    (0..STEPS / 10).try_for_each(|_| acting.step(&mut two))?;
    for batch in [&mut one, &mut two] {
        batch.reset(&Seeds::from(7))?;
    }
    if let Some(i) = (0..one.lanes()).find(|&i| one.now().obs.row(i) != two.now().obs.row(i)) {
        let (a, b) = (one.now().obs.row(i).to_vec(), two.now().obs.row(i).to_vec());
        let found = format!("an episode began with {a:?}, and again, after another run, with {b:?}");
        return Err(found.into());
    }
    together(&mut one, &mut two, STEPS)
}

/// Steps two batches with the same actions: they must give the same.
fn together<B: Batch>(one: &mut B, two: &mut B, steps: usize) -> Result<Verdict, Fault> {
    let mut acting = Acting::new(one);
    for step in 1..=steps {
        acting.step(one)?;
        two.step(&acting.act)?;
        let (a, b) = (one.seen(&acting.act), two.seen(&acting.act));
        for i in 0..a.lanes() {
            let told = |seen: &Transitions<'_, B::O, B::A>| {
                let (next, now) = (seen.next(i), seen.now.obs.row(i));
                format!("{next:?} {now:?} {} {} {}", seen.reward[i], seen.terminated[i], seen.truncated[i])
            };
            let same = a.next(i) == b.next(i)
                && a.now.obs.row(i) == b.now.obs.row(i)
                && (a.reward[i], a.terminated[i], a.truncated[i]) == (b.reward[i], b.terminated[i], b.truncated[i]);
            if !same {
                let found = format!("step {step} gave {} and, again, {}: other numbers", told(&a), told(&b));
                return Err(found.into());
            }
        }
    }
    Ok(Verdict::Holds)
}

fn ends<B: Batch>(make: &mut impl FnMut(&Seeds) -> Result<B, Error>) -> Result<Verdict, Fault> {
    /// Steps until an episode without a time limit should have ended.
    const PATIENCE: usize = 10_000;
    let mut batch = make(&Seeds::from(7))?;
    let (limit, mut acting) = (batch.spec().time_limit, Acting::new(&batch));
    let mut length = vec![0_u32; batch.lanes()];
    let mut ended = false;
    for _ in 0..limit.map_or(PATIENCE, |limit| (limit as usize).saturating_add(STEPS).min(PATIENCE)) {
        acting.step(&mut batch)?;
        let seen = batch.seen(&acting.act);
        for (i, length) in length.iter_mut().enumerate() {
            *length += 1;
            if limit.is_some_and(|limit| *length >= limit && !seen.truncated[i]) {
                return Err(format!("after {length} steps the time limit did not truncate").into());
            }
            if seen.ended(i) {
                (*length, ended) = (0, true);
            }
        }
    }
    Ok(match (ended, limit) {
        (true, _) => Verdict::Holds,
        (false, Some(limit)) => Verdict::Note(format!("none did in {PATIENCE} steps; the limit is {limit}")),
        (false, None) => Verdict::Note(format!("none did in {PATIENCE} random steps, and there is no time limit")),
    })
}

fn bad_actions<B: Batch>(make: &mut impl FnMut(&Seeds) -> Result<B, Error>) -> Result<Verdict, Fault> {
    let mut batch = make(&Seeds::from(7))?;
    let mut acting = Acting::new(&batch);
    acting.step(&mut batch)?;
    let before = batch.state();
    let mut refuses = |act: &[B::A], what: &str| {
        if batch.step(act).is_ok() {
            return Err(format!("{what} was taken"));
        }
        if batch.state() == before { Ok(()) } else { Err(format!("{what} was refused, but something moved")) }
    };
    refuses(&acting.act[1..], "a step with too few numbers")?;
    if let Some(bad) = B::A::outside(&acting.space) {
        let last = acting.act.len() - 1;
        acting.act[last] = bad;
        refuses(&acting.act, &format!("the action {bad:?}"))?;
    }
    Ok(Verdict::Holds)
}

fn wild_controls<B: Batch>(make: &mut impl FnMut(&Seeds) -> Result<B, Error>) -> Result<Verdict, Fault> {
    let mut batch = make(&Seeds::from(7))?;
    let (spec, mut acting) = (batch.spec().clone(), Acting::new(&batch));
    for step in 0..100 {
        let Some(wild) = B::A::wild(step) else {
            return Ok(Verdict::Note("actions are choices".into()));
        };
        acting.act.fill(wild);
        batch.step(&acting.act).map_err(|e| format!("controls of {wild:?}: {e}"))?;
        let seen = batch.seen(&acting.act);
        for i in 0..seen.lanes() {
            observations(&spec, &seen, i).map_err(|found| format!("controls of {wild:?}: {found}"))?;
        }
    }
    Ok(Verdict::Holds)
}

fn state<B: Batch>(make: &mut impl FnMut(&Seeds) -> Result<B, Error>) -> Result<Verdict, Fault> {
    let (mut one, mut two) = (make(&Seeds::from(7))?, make(&Seeds::from(8))?);
    if !one.resumes_exactly() {
        return Ok(Verdict::Note("it offers none: interrupted runs go on at the start of an episode".into()));
    }
    let mut acting = Acting::new(&one);
    (0..STEPS / 2).try_for_each(|_| acting.step(&mut one))?;
    two.set_state(&one.state())?;
    together(&mut one, &mut two, STEPS / 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use crate::{Env, Lanes, State, Step};

    /// Walks up and down between 0 and 9; each fault can be switched on.
    #[derive(Clone, Debug, Default)]
    struct Faulty {
        at: usize,
        fault: &'static str,
    }

    /// What a faulty environment draws from instead of its stream.
    static AMBIENT: AtomicUsize = AtomicUsize::new(0);

    impl Env for Faulty {
        type Obs = [f32; 1];
        type Act = usize;
        fn spec(&self) -> Spec {
            let spec = Spec::new("Faulty", Space::cube(1, 0.0, 9.0), Space::Discrete(2));
            if self.fault == "never ends" { spec } else { spec.time_limit(20) }
        }
        fn reset(&mut self, rng: &mut Rng) -> [f32; 1] {
            self.at = if self.fault == "reset" { AMBIENT.fetch_add(1, Ordering::Relaxed) % 10 } else { rng.below(10) };
            [self.at as f32]
        }
        fn step(&mut self, action: usize, _: &mut Rng) -> Step<[f32; 1]> {
            self.at = if action == 1 { (self.at + 1).min(9) } else { self.at.saturating_sub(1) };
            let obs = match self.fault {
                "outside" if self.at == 9 => 10.0,
                "NaN" if self.at == 9 => f32::NAN,
                _ => self.at as f32,
            };
            let reward = match self.fault {
                "reward" if self.at == 9 => f64::INFINITY,
                "step" => AMBIENT.fetch_add(1, Ordering::Relaxed) as f64,
                _ => 1.0,
            };
            Step::on([obs], reward)
        }
        fn state(&self) -> Option<State> {
            Some(State::of(&if self.fault == "state" { 0 } else { self.at }))
        }
        fn set_state(&mut self, state: &State) -> Result<(), Error> {
            self.at = state.get()?;
            Ok(())
        }
    }

    fn broken(fault: &'static str) -> Vec<(Rule, String)> {
        let env = Faulty { fault, ..Faulty::default() };
        let findings = examine(|seeds| Lanes::new(env.clone(), 2, seeds));
        let broken = findings.into_iter().filter_map(|finding| match finding.verdict {
            Verdict::Broken(found) => Some((finding.rule, found)),
            _ => None,
        });
        broken.collect()
    }

    #[test]
    fn each_fault_is_found_and_told_by_its_rule() {
        assert_eq!(broken(""), []);
        let found = |fault, rule| {
            let broken = broken(fault);
            let (_, found) = broken.iter().find(|(broken, _)| *broken == rule).unwrap_or_else(|| panic!("{broken:?}"));
            found.clone()
        };
        assert!(found("outside", Rule::Observations).contains("[10.0] is not in Box(1, 0 to 9)"));
        assert!(found("NaN", Rule::Observations).contains("NaN"));
        assert!(found("reward", Rule::Rewards).contains("a reward of inf"));
        assert!(found("reset", Rule::SameSeed).contains("an episode began with"));
        assert!(found("step", Rule::SameSeed).contains("other numbers"));
        assert!(found("state", Rule::State).contains("other numbers"));
    }

    #[test]
    fn what_is_no_fault_is_a_note() {
        let env = Faulty { fault: "never ends", ..Faulty::default() };
        let findings = examine(|seeds| Lanes::new(env.clone(), 1, seeds));
        let notes = findings.iter().filter(|finding| matches!(finding.verdict, Verdict::Note(_)));
        assert!(notes.map(|finding| finding.rule).eq([Rule::Ends, Rule::WildControls]));
        assert!(check(|seeds| Lanes::new(env.clone(), 1, seeds)).is_ok());
    }
}
