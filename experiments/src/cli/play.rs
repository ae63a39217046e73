//! `gymkhana play ENV`

use std::{
    io::IsTerminal,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use console::Term;
use gymkhana_agents::{Mode, Policy, planning::value_iteration, registry::AnyAgent};
use gymkhana_envs::{
    Batch, Elem, Registry, Rng, Seeds, Space, View,
    registry::{AnyBatch, Made},
    wrappers,
};

use super::{
    human,
    out::{grid, say},
    settings::read_env,
};
use crate::{
    config::Values,
    launch::{env_values, pairs},
    playing::{Act, Actor, Episode, Moment, play},
    saved::{SavedPolicy, load_named},
    sections::Table,
    show::{Film, blocks, coloured, raster, written},
    store::{
        atomic,
        run_dir::{BEST_POLICY, FINAL_POLICY, runs_at},
    },
    streams::Streams,
    usage::Usage,
};

/// Watch a policy in an environment, or play it yourself
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  gymkhana play FrozenLake-v1 --policy optimal
  gymkhana play CartPole-v1 --policy results/runs/cart --gif cart.gif
  gymkhana play CliffWalking-v1 --policy human
  gymkhana play Gridworld --set env.map=@map.txt --text

In a terminal frames follow one another in place; elsewhere they are printed one below the other. Pictures are shown
where an environment has them and the terminal has colours, text otherwise and with --text.")]
pub(super) struct Args {
    /// The environment
    env: String,
    /// Who acts: random, optimal (finite environments are solved), human, or a run's directory
    #[arg(long, value_name = "WHO", default_value = "random")]
    policy: String,
    /// The policy of the best evaluation during the run, instead of the final one
    #[arg(long)]
    best: bool,
    /// How many episodes
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    episodes: u32,
    /// The seed
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u64,
    /// A parameter of the environment; KEY=@FILE takes what a file says
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// A wrapper round the environment, innermost first
    #[arg(long = "wrap", value_name = "WRAPPER")]
    wrappers: Vec<String>,
    /// Give an episode up after so many steps
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    steps: u32,
    /// The discount that `--policy optimal` is optimal for
    #[arg(long, value_name = "G", default_value_t = 0.999)]
    gamma: f64,
    /// Write a film
    #[arg(long, value_name = "FILE")]
    gif: Option<PathBuf>,
    /// Text instead of pictures
    #[arg(long)]
    text: bool,
    /// Frames per second; without it, 30 for pictures and 4 for text
    #[arg(long, value_name = "N", value_parser = frames_per_second)]
    fps: Option<f64>,
}

fn frames_per_second(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|fps| (0.01..=1000.0).contains(fps)).ok_or_else(|| "not from 0.01 to 1000".into())
}

/// Sweeps after which value iteration gives up.
const MOST_SWEEPS: usize = 100_000;
const TOLERANCE: f64 = 1e-9;

pub(super) fn main(envs: &Registry, args: &Args) -> Result<()> {
    if let Some(path) = args.gif.as_ref().filter(|path| path.extension().is_none_or(|end| end != "gif")) {
        bail!(Usage(format!("{} does not end in .gif", path.display())));
    }
    let entry = envs.find(&args.env)?;
    let saved = match args.policy.as_str() {
        "random" | "optimal" | "human" => None,
        dir => Some(saved(envs, dir, entry.id, args)?),
    };
    let (mut settings, mut wraps) = (Values::new(), args.wrappers.clone());
    if let Some(saved) = &saved {
        settings.clone_from(&saved.config().env_settings);
        wraps = saved.config().wrappers.iter().cloned().chain(wraps).collect();
    }
    settings.extend(read_env(&args.settings)?);
    let made = (entry.make)(&pairs(&env_values(envs, entry.id, &settings)?))?;

    let (seeds, mut rng) = Streams::new(args.seed).later_evaluation();
    let batch = made.watched_batch(1, &seeds).unwrap_or_else(|| made.batch(1, &seeds))?;
    let mut batch = wraps.iter().try_fold(batch, |batch, text| wrappers::wrap(batch, text))?;
    batch.layer().limit_to(args.steps);
    batch.layer().freeze();
    if let Some(saved) = &saved {
        batch.layer().set_statistics(saved.statistics())?;
    }

    let (mut stage, n) = (Stage::new(args, &made)?, args.episodes as usize);
    let space = batch.spec().actions.clone();
    let played = match (args.policy.as_str(), batch) {
        ("random", AnyBatch::IndexChoice(mut env)) => stage.show(&mut *env, &seeds, &mut rng, &mut random(&space), n),
        ("random", AnyBatch::FeatureChoice(mut env)) => stage.show(&mut *env, &seeds, &mut rng, &mut random(&space), n),
        ("random", AnyBatch::IndexControl(mut env)) => stage.show(&mut *env, &seeds, &mut rng, &mut random(&space), n),
        ("random", AnyBatch::FeatureControl(mut env)) => {
            stage.show(&mut *env, &seeds, &mut rng, &mut random(&space), n)
        }
        ("optimal", AnyBatch::IndexChoice(mut env)) => {
            let mut solution = optimal(&made, args)?;
            stage.show(&mut *env, &seeds, &mut rng, &mut following(&mut solution), n)
        }
        ("optimal", _) => Err(no_table(&made)),
        ("human", batch) => human::play(&mut stage, batch, made.action_names(), &seeds, &mut rng, n),
        (_, batch) => {
            let saved = saved.context("a run directory was loaded")?;
            match (saved.agent(), batch) {
                (AnyAgent::IndexChoice(agent), AnyBatch::IndexChoice(mut env)) => {
                    let mut policy = agent.policy(Mode::Greedy);
                    stage.show(&mut *env, &seeds, &mut rng, &mut following(&mut *policy), n)
                }
                (AnyAgent::FeatureChoice(agent), AnyBatch::FeatureChoice(mut env)) => {
                    let mut policy = agent.policy(Mode::Greedy);
                    stage.show(&mut *env, &seeds, &mut rng, &mut following(&mut *policy), n)
                }
                (_, batch) => bail!(Usage(format!("{} does not fit {}", saved.config().agent, batch.spec().id))),
            }
        }
    }?;
    stage.finish(args, &played)
}

/// The policy that a run left; the run was on this environment.
fn saved(envs: &Registry, dir: &str, env: &str, args: &Args) -> Result<SavedPolicy> {
    let path = PathBuf::from(dir);
    if !path.exists() {
        bail!(Usage(format!("`--policy {dir}` is none of random, optimal and human, and no run's directory")));
    }
    let run = match runs_at(&path)?.as_slice() {
        [run] => run.clone(),
        several => {
            let names: Vec<_> = several.iter().map(|run| run.display().to_string()).collect();
            bail!(Usage(format!("{dir} holds several runs: choose one of {}", names.join(", "))));
        }
    };
    let saved = load_named(envs, &run, if args.best { BEST_POLICY } else { FINAL_POLICY })?;
    if !saved.config().env.eq_ignore_ascii_case(env) {
        bail!(Usage(format!("the run in {} is on {}, not on {env}", run.display(), saved.config().env)));
    }
    Ok(saved)
}

/// Solves a finite environment.
fn optimal(made: &Made, args: &Args) -> Result<impl Policy<usize, usize>> {
    let model = made.model().ok_or_else(|| no_table(made))?;
    if made.spec().observations != Space::Discrete(model.states()) || !args.wrappers.is_empty() {
        let what = if args.wrappers.is_empty() { "its states cannot be seen" } else { "wrappers hide its states" };
        bail!(Usage(format!("{}: {what}, so that a policy on states cannot act", made.spec().id)));
    }
    let solution = value_iteration(model, args.gamma, TOLERANCE, MOST_SWEEPS)?;
    if solution.change > TOLERANCE {
        bail!(Usage(format!("with γ = {} the values do not settle: give a lower `--gamma`", args.gamma)));
    }
    let start: f64 = model.start().iter().zip(&solution.values).map(|(p, v)| p * v).sum();
    let (n, sweeps, id) = (model.states(), solution.sweeps, &made.spec().id);
    say(&format!(
        "{id} solved: {n} states, {sweeps} sweeps, expected discounted return from the start {start:.4} (γ = {})\n",
        args.gamma
    ))?;
    Ok(solution)
}

fn no_table(made: &Made) -> anyhow::Error {
    Usage(format!("{} has no transition table, so that it cannot be solved", made.spec().id)).into()
}

/// Acts at random, legally.
fn random<O: Elem, A: Elem>(space: &Space) -> impl FnMut(&View<'_, O>, &mut Rng, &mut [A]) -> Result<Act> + 'static {
    let space = space.clone();
    move |now, rng, act| {
        now.act_at_random(&space, rng, act);
        Ok(Act::Go)
    }
}

/// Acts as a policy does.
fn following<O: Elem, A: Elem, P: Policy<O, A> + ?Sized>(
    policy: &mut P,
) -> impl FnMut(&View<'_, O>, &mut Rng, &mut [A]) -> Result<Act> {
    |now, rng, act| {
        policy.act(now, rng, act);
        Ok(Act::Go)
    }
}

/// Where a play is shown: a terminal, a pipe, a film.
pub(super) struct Stage {
    screen: Screen,
    film: Option<Film>,
    filming: bool,
    fps: Option<f64>,
    names: &'static [&'static str],
    due: Instant,
    /// lines of the last frame on the terminal
    drawn: usize,
}

/// What becomes of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Screen {
    /// Drawn in place, with colours: pictures too, if they are wanted.
    Terminal { pictures: bool, colours: bool },
    /// Printed one below the other.
    Pipe,
    /// Not shown.
    Dark,
}

impl Stage {
    fn new(args: &Args, made: &Made) -> Result<Self> {
        let terminal = std::io::stdout().is_terminal() && !console::is_dumb();
        if args.policy == "human" && !(terminal && std::io::stdin().is_terminal()) {
            bail!(Usage("`--policy human` needs a terminal".into()));
        }
        let screen = match (terminal, &args.gif) {
            (_, Some(_)) if !args.text && args.policy != "human" => Screen::Dark,
            (true, _) => Screen::Terminal { pictures: !args.text, colours: console::colors_enabled() },
            (false, _) => Screen::Pipe,
        };
        Ok(Self {
            screen,
            film: None,
            filming: args.gif.is_some(),
            fps: args.fps,
            names: made.action_names(),
            due: Instant::now(),
            drawn: 0,
        })
    }

    pub(super) fn show<B: Batch + ?Sized>(
        &mut self,
        env: &mut B,
        seeds: &Seeds,
        rng: &mut Rng,
        actor: &mut Actor<'_, B::O, B::A>,
        episodes: usize,
    ) -> Result<Vec<Episode>> {
        let cursor = matches!(self.screen, Screen::Terminal { .. });
        if cursor {
            Term::stdout().hide_cursor().context("cannot write to the terminal")?;
        }
        let played = play(env, episodes, seeds, rng, actor, &mut |moment| self.see(moment));
        if cursor {
            Term::stdout().show_cursor().context("cannot write to the terminal")?;
        }
        played
    }

    /// Shows a moment: draws or prints its frame, and adds it to the film.
    fn see(&mut self, moment: &Moment) -> Result<()> {
        let picture = moment.frame.picture.as_ref().map(raster);
        let caption = caption(moment, self.names);
        let text = moment.frame.text.as_ref();
        if self.filming {
            let image = match (&picture, text) {
                (Some(image), _) => image.clone(),
                (None, text) => raster(&written(&text.cloned().unwrap_or_default())),
            };
            let fps = self.fps.unwrap_or(if picture.is_some() { 30.0 } else { 4.0 });
            match &mut self.film {
                Some(film) => film.push(image)?,
                none => *none = Some(Film::new(&image, fps)?),
            }
        }
        match self.screen {
            Screen::Dark => Ok(()),
            Screen::Pipe => {
                let frame = text.map_or_else(|| "(a picture: see --gif)".into(), gymkhana_envs::render::Text::plain);
                say(&format!("{frame}\n{caption}\n"))
            }
            Screen::Terminal { pictures, colours } => {
                let term = Term::stdout();
                let (rows, columns) = term.size();
                // Text that is a drawing of its own says more than blocks do.
                let drawing = text.is_some_and(|text| text.lines.len() > 2);
                let (frame, fps) = match (&picture, text) {
                    (Some(image), _) if pictures && colours && !drawing => {
                        let (columns, rows) = (usize::from(columns), usize::from(rows).saturating_sub(3));
                        (blocks(image, columns.min(100), rows, console::true_colors_enabled()), 30.0)
                    }
                    (_, Some(text)) if colours => (coloured(text), 4.0),
                    (_, Some(text)) => (text.plain(), 4.0),
                    (_, None) => ("(a picture: see --gif)".into(), 30.0),
                };
                let told = format!("{frame}\n{caption}");
                self.wait(self.fps.unwrap_or(fps));
                let write = || -> std::io::Result<()> {
                    if self.drawn > 0 {
                        term.clear_last_lines(self.drawn)?;
                    }
                    term.write_line(&told)
                };
                write().context("cannot write to the terminal")?;
                self.drawn = if moment.end.is_some() { 0 } else { told.lines().count() };
                Ok(())
            }
        }
    }

    /// Until the next frame is due.
    fn wait(&mut self, fps: f64) {
        thread::sleep(self.due.saturating_duration_since(Instant::now()));
        self.due = Instant::now() + Duration::from_secs_f64(1.0 / fps);
    }

    /// Says how the episodes went, and writes the film.
    fn finish(self, args: &Args, played: &[Episode]) -> Result<()> {
        let row = |(i, episode): (usize, &Episode)| {
            vec![
                (i + 1).to_string(),
                format!("{:.2}", episode.total),
                episode.steps.to_string(),
                episode.end.to_string(),
            ]
        };
        let header = ["episode", "return", "steps", "ended"].map(String::from).into();
        let title = format!("{}, {}", args.env, args.policy);
        say(&grid(&Table { title, header, rows: played.iter().enumerate().map(row).collect() }))?;
        if played.len() > 1 {
            let mean = played.iter().map(|episode| episode.total).sum::<f64>() / played.len() as f64;
            say(&format!("mean return {mean:.3}"))?;
        }
        if let (Some(path), Some(film)) = (&args.gif, self.film) {
            let frames = film.frames();
            path.parent().filter(|parent| !parent.as_os_str().is_empty()).map_or(Ok(()), atomic::create_dir)?;
            atomic::write(path, &film.finish()?)?;
            say(&format!("{} · {frames} frames", path.display()))?;
        }
        Ok(())
    }
}

/// What happened, in a line.
fn caption(moment: &Moment, names: &[&str]) -> String {
    let mut parts = vec![format!("episode {}", moment.episode), format!("step {}", moment.step)];
    if let Some(action) = &moment.action {
        let name = action.parse().ok().and_then(|action: usize| names.get(action));
        parts.push(name.map_or_else(|| format!("action {action}"), |name| format!("action {name} ({action})")));
        parts.push(format!("reward {}", number(moment.reward)));
        parts.push(format!("return {}", number(moment.total)));
    }
    parts.extend(moment.end.map(|end| end.to_string()));
    parts.join(" · ")
}

fn number(x: f64) -> String {
    let short = format!("{x:.3}");
    if short.contains('.') { short.trim_end_matches('0').trim_end_matches('.').into() } else { short }
}
