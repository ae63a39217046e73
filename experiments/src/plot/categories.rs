//! Names along a horizontal axis, written so that none touches the next.

use super::font;
use super::frame::{PAD, TICK, TICK_ROW, TICKS};
use super::scene::{Align, Scene};
use super::theme::{MUTED, TICK_SIZE};

/// Height of a row of a name that takes several.
const ROW: f64 = 14.0;
const MOST_ROWS: usize = 3;
/// Least room between two names.
const APART: f64 = 5.0;
/// A name written upwards is cut to this length.
const LONGEST: f64 = 90.0;
/// Names of so few letters are numbers, or nearly so: some are left out before any is turned.
const SHORT: usize = 4;

/// Names, and how they are written.
#[derive(Debug)]
pub(super) struct Categories {
    rows: Vec<Vec<String>>,
    upwards: bool,
    /// One of so many is written.
    every: usize,
    height: f64,
}

impl Categories {
    /// The names of slots of these widths: in one row where they fit, else over several, else upwards; short ones
    /// rather with some left out.
    pub(super) fn new<'a>(names: impl IntoIterator<Item = (&'a str, f64)>) -> Self {
        let names: Vec<(String, f64)> =
            names.into_iter().map(|(name, slot)| (font::fit(name, TICKS, f64::INFINITY), slot)).collect();
        let fits = |name: &str, slot: f64| name.is_empty() || font::width(name, TICKS) + APART <= slot;
        let plain = |name: &(String, f64)| vec![name.0.clone()];
        if names.iter().all(|(name, slot)| fits(name, *slot)) {
            return Self::lying(names.iter().map(plain).collect(), 1);
        }
        let narrowest = names.iter().fold(f64::INFINITY, |least, (_, slot)| least.min(*slot)).max(0.1);
        let longest = names.iter().map(|(name, _)| font::width(name, TICKS)).fold(0.0, f64::max);
        if names.iter().all(|(name, _)| name.chars().count() <= SHORT) {
            let every = ((longest + APART) / narrowest).ceil().max(1.0) as usize;
            return Self::lying(names.iter().map(plain).collect(), every);
        }
        let wrapped: Vec<_> = names.iter().map(|(name, slot)| wrapped(name, |row| fits(row, *slot))).collect();
        if wrapped.iter().all(Option::is_some) {
            return Self::lying(wrapped.into_iter().flatten().collect(), 1);
        }
        Self {
            rows: names.iter().map(|(name, _)| vec![font::fit(name, TICKS, LONGEST)]).collect(),
            upwards: true,
            every: ((TICK_SIZE + 1.0) / narrowest).ceil().max(1.0) as usize,
            height: longest.min(LONGEST) + 2.0 * PAD,
        }
    }

    fn lying(rows: Vec<Vec<String>>, every: usize) -> Self {
        let most = rows.iter().map(Vec::len).max().unwrap_or(1).max(1);
        let height = if rows.iter().flatten().all(String::is_empty) { 2.0 } else { TICK_ROW + (most - 1) as f64 * ROW };
        Self { rows, upwards: false, every, height }
    }

    /// Room they take below the ticks.
    pub(super) fn height(&self) -> f64 {
        self.height
    }

    /// Writes them below an axis, each under its middle.
    pub(super) fn draw(&self, middles: impl IntoIterator<Item = f64>, axis: f64, scene: &mut Scene) {
        for (rows, x) in self.rows.iter().zip(middles).step_by(self.every) {
            if self.upwards {
                let half = rows.first().map_or(0.0, |row| font::width(row, TICKS)) / 2.0;
                scene.text((x, axis + TICK + PAD + half), rows.concat(), TICKS, MUTED, Align::Upwards);
                continue;
            }
            for (row, number) in rows.iter().zip(0..) {
                let y = axis + TICK + PAD + TICK_SIZE / 2.0 + f64::from(number) * ROW;
                scene.text((x, y), row, TICKS, MUTED, Align::Middle);
            }
        }
    }
}

/// A name broken between its words, `None` where that does not do.
fn wrapped(name: &str, fits: impl Fn(&str) -> bool) -> Option<Vec<String>> {
    let mut rows: Vec<String> = vec![String::new()];
    for word in name.split_whitespace() {
        let row = rows.last_mut()?;
        let longer = if row.is_empty() { word.to_owned() } else { format!("{row} {word}") };
        if fits(&longer) {
            *row = longer;
        } else if fits(word) {
            rows.push(word.to_owned());
        } else {
            return None;
        }
    }
    (rows.len() <= MOST_ROWS).then_some(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(names: &[&str], slot: f64) -> Categories {
        font::register().unwrap();
        Categories::new(names.iter().map(|name| (*name, slot)))
    }

    #[test]
    fn names_are_broken_before_they_are_turned_or_cut() {
        let names = ["Sarsa", "Expected Sarsa"];
        assert_eq!(written(&names, 200.0).rows, [vec!["Sarsa"], vec!["Expected Sarsa"]]);
        let broken = written(&names, 70.0);
        assert_eq!(broken.rows, [vec!["Sarsa"], vec!["Expected", "Sarsa"]]);
        assert_eq!((broken.upwards, broken.height), (false, 32.0));
        let turned = written(&names, 30.0);
        assert!(turned.upwards && turned.every == 1 && turned.height > 80.0, "{turned:?}");
        let cut = written(&["a policy with a name longer than there is any room for"], 20.0);
        assert!(cut.rows[0][0].ends_with('…') && cut.height <= LONGEST + 8.0, "{cut:?}");
    }

    #[test]
    fn numbers_are_thinned() {
        let names: Vec<String> = (0..21).map(|number: i32| number.to_string()).collect();
        let thin = written(&names.iter().map(String::as_str).collect::<Vec<_>>(), 12.0);
        assert!(!thin.upwards && thin.every == 2, "{thin:?}");
    }
}
