//! Where a play is shown: in a terminal, in a pipe, on film.

use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use console::Term;
use gymkhana_envs::{Batch, Rng, Seeds, render::Text};

use super::out::{grid, say};
use crate::{
    playing::{Actor, Episode, Moment, play},
    sections::Table,
    show::{Film, blocks, coloured, raster, written},
    store::atomic,
};

/// Where a play is shown: a terminal, a pipe, a film.
pub(super) struct Stage {
    screen: Screen,
    film: Option<Film>,
    gif: Option<PathBuf>,
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
        Self { screen, film: None, gif: gif.map(PathBuf::from), fps, names, due: Instant::now(), drawn: 0 }
    }

    /// Plays episodes and shows each moment.
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
        if self.gif.is_some() {
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
                let frame = text.map_or_else(|| "(a picture: see --gif)".into(), Text::plain);
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
    pub(super) fn finish(self, title: String, played: &[Episode]) -> Result<()> {
        let row = |(i, episode): (usize, &Episode)| {
            vec![
                (i + 1).to_string(),
                format!("{:.2}", episode.total),
                episode.steps.to_string(),
                episode.end.to_string(),
            ]
        };
        let header = ["episode", "return", "steps", "ended"].map(String::from).into();
        say(&grid(&Table { title, header, rows: played.iter().enumerate().map(row).collect() }))?;
        if played.len() > 1 {
            let mean = played.iter().map(|episode| episode.total).sum::<f64>() / played.len() as f64;
            say(&format!("mean return {mean:.3}"))?;
        }
        if let (Some(path), Some(film)) = (&self.gif, self.film) {
            let frames = film.frames();
            path.parent().filter(|parent| !parent.as_os_str().is_empty()).map_or(Ok(()), atomic::create_dir)?;
            atomic::write(path, &film.finish()?)?;
            say(&format!("{} · {frames} frames", path.display()))?;
        }
        Ok(())
    }
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
    if short.contains('.') { short.trim_end_matches('0').trim_end_matches('.').into() } else { short }
}
