//! Where a play is shown: in a terminal, in a pipe, on film.

use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use console::Term;
use gymkhana_envs::{Batch, Rng, render::Text};

use super::out::{grid, say};
use crate::{
    playing::{Actor, Episode, Moment, Plan, play},
    sections::Table,
    show::{Reel, blocks, coloured, fitted, is_drawing, pace, raster},
    store::atomic,
};

/// Where a play is shown: a terminal, a pipe, a film.
pub(super) struct Stage {
    screen: Screen,
    reel: Option<(PathBuf, Reel)>,
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
    /// A film alone is made in the dark, unless it is to be `lit`; `text` instead of pictures.
    pub(super) fn new(
        gif: Option<&Path>,
        lit: bool,
        text: bool,
        fps: Option<f64>,
        names: &'static [&'static str],
    ) -> Self {
        let screen = match gif {
            Some(_) if !lit => Screen::Dark,
            _ if is_terminal() => Screen::Terminal { pictures: !text, colours: console::colors_enabled() },
            _ => Screen::Pipe,
        };
        let reel = gif.map(|path| (path.into(), Reel::new(fps)));
        Self { screen, reel, fps, names, due: Instant::now(), drawn: 0 }
    }

    /// Plays episodes and shows each moment.
    pub(super) fn show<B: Batch + ?Sized>(
        &mut self,
        env: &mut B,
        plan: &Plan,
        rng: &mut Rng,
        actor: &mut Actor<'_, B::O, B::A>,
    ) -> Result<Vec<Episode>> {
        let cursor = matches!(self.screen, Screen::Terminal { .. });
        if cursor {
            Term::stdout().hide_cursor().context("cannot write to the terminal")?;
        }
        let played = play(env, plan, rng, actor, &mut |moment| self.see(moment));
        if cursor {
            Term::stdout().show_cursor().context("cannot write to the terminal")?;
        }
        played
    }

    /// Shows a moment: draws or prints its frame, and adds it to the film.
    fn see(&mut self, moment: &Moment) -> Result<()> {
        let (frame, caption) = (&moment.frame, caption(moment, self.names));
        if let Some((_, reel)) = &mut self.reel {
            reel.push(frame, moment.end.is_some())?;
        }
        match self.screen {
            Screen::Dark => Ok(()),
            Screen::Pipe => {
                let text = frame.text.as_ref().map_or_else(|| "(a picture: see --gif)".into(), Text::plain);
                say(&format!("{text}\n{caption}\n"))
            }
            Screen::Terminal { pictures, colours } => {
                let (rows, columns) = Term::stdout().size();
                let (rows, columns) = (usize::from(rows).saturating_sub(1), usize::from(columns));
                let told = match (&frame.picture, &frame.text) {
                    // Text that is a drawing of its own says more than blocks do.
                    (Some(picture), _) if pictures && colours && !is_drawing(frame) => {
                        let rows = rows.saturating_sub(2);
                        blocks(&raster(picture), columns.min(100), rows, console::true_colors_enabled())
                    }
                    (_, Some(text)) if colours => coloured(text),
                    (_, Some(text)) => text.plain(),
                    (_, None) => "(a picture: see --gif)".into(),
                };
                self.wait(self.fps.unwrap_or(pace(frame)));
                self.draw(&fitted(&format!("{told}\n{caption}"), columns, rows))?;
                if moment.end.is_some() {
                    self.drawn = 0; // the end of an episode stays
                }
                Ok(())
            }
        }
    }

    /// Draws over what was drawn before.
    fn draw(&mut self, told: &str) -> Result<()> {
        let term = Term::stdout();
        let cleared = if self.drawn > 0 { term.clear_last_lines(self.drawn) } else { Ok(()) };
        self.drawn = told.lines().count();
        cleared.and_then(|()| term.write_line(told)).context("cannot write to the terminal")
    }

    /// Until the next frame is due.
    fn wait(&mut self, fps: f64) {
        thread::sleep(self.due.saturating_duration_since(Instant::now()));
        self.due = Instant::now() + Duration::from_secs_f64(1.0 / fps);
    }

    /// Says how the episodes went, and writes the film.
    pub(super) fn finish(self, title: String, played: &[Episode]) -> Result<()> {
        let row = |(i, episode): (usize, &Episode)| {
            let end = episode.end.map_or_else(|| "stopped".into(), |end| end.to_string());
            vec![(i + 1).to_string(), hundredths(episode.total), episode.steps.to_string(), end]
        };
        let header = ["episode", "return", "steps", "ended"].map(String::from).into();
        say(&grid(&Table { title, header, rows: played.iter().enumerate().map(row).collect() }))?;
        let whole: Vec<_> = played.iter().filter(|episode| episode.end.is_some()).collect();
        if whole.len() > 1 {
            let mean = whole.iter().map(|episode| episode.total).sum::<f64>() / whole.len() as f64;
            say(&format!("mean return {mean:.3}"))?;
        }
        if let Some((path, reel)) = self.reel
            && let Some((bytes, frames)) = reel.finish()?
        {
            atomic::write(&path, &bytes)?;
            say(&format!("{} · {frames} frames", path.display()))?;
        }
        Ok(())
    }
}

/// Two decimals, without −0.
fn hundredths(x: f64) -> String {
    let text = format!("{x:.2}");
    if text == "-0.00" { "0.00".into() } else { text }
}

/// Whether somebody sees what is drawn in place.
pub(super) fn is_terminal() -> bool {
    std::io::stdout().is_terminal() && !console::is_dumb()
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
    let short = short.trim_end_matches('0').trim_end_matches('.');
    if short == "-0" { "0".into() } else { short.into() }
}
