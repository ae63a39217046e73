//! A person plays: a key is an action.

use anyhow::{Context, Result, bail};
use console::{Key, Term};
use gymkhana_envs::{Elem, Rng, Space, View, registry::AnyBatch};

use super::{out::say, stage::Stage};
use crate::{
    interrupt,
    playing::{Act, Episode, Plan},
    usage::Usage,
};

/// Keys for choices that have no key of their own, in their order.
const KEYS: &str = "0123456789abcdefghijklmnoprstuvwxyz";

/// Plays with the keyboard. q ends it.
pub(super) fn play(
    stage: &mut Stage,
    batch: AnyBatch,
    names: &[&str],
    plan: &Plan,
    rng: &mut Rng,
) -> Result<Vec<Episode>> {
    let space = batch.spec().actions.clone();
    say(&help(&space, names)?)?;
    match batch {
        AnyBatch::IndexChoice(mut env) => {
            let mut hand = choosing(&space, names);
            stage.show(&mut *env, plan, rng, &mut hand)
        }
        AnyBatch::FeatureChoice(mut env) => {
            let mut hand = choosing(&space, names);
            stage.show(&mut *env, plan, rng, &mut hand)
        }
        AnyBatch::IndexControl(mut env) => {
            let mut hand = steering(&space);
            stage.show(&mut *env, plan, rng, &mut hand)
        }
        AnyBatch::FeatureControl(mut env) => {
            let mut hand = steering(&space);
            stage.show(&mut *env, plan, rng, &mut hand)
        }
    }
}

/// Which key does what.
fn help(space: &Space, names: &[&str]) -> Result<String> {
    match space {
        Space::Discrete(n) if *n <= KEYS.len() => {
            let keys = (0..*n).zip(KEYS.chars()).map(|(i, key)| match names.get(i) {
                Some(name) if arrow(name).is_some() => format!("{key} or arrow {name}"),
                Some(name) => format!("{key} {name}"),
                None => format!("{key}"),
            });
            Ok(format!("Keys: {}; q ends the play.\n", keys.collect::<Vec<_>>().join(", ")))
        }
        Space::Box { low, .. } if low.len() == 1 => {
            Ok("Keys: left and right arrow for the bounds, space for none, 1 to 9 in between; q ends the play.\n"
                .into())
        }
        _ => bail!(Usage(format!("actions in {space} have no keys: nobody can play this by hand"))),
    }
}

/// The arrow key for an action of that name.
fn arrow(name: &str) -> Option<Key> {
    Some(match name {
        "up" => Key::ArrowUp,
        "down" => Key::ArrowDown,
        "left" => Key::ArrowLeft,
        "right" => Key::ArrowRight,
        _ => return None,
    })
}

/// Waits for a key; q, Esc and Ctrl-C end the play.
fn key() -> Result<Option<Key>> {
    match Term::stdout().read_key() {
        Ok(Key::CtrlC) => {
            interrupt::request();
            Ok(None)
        }
        Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {
            interrupt::request();
            Ok(None)
        }
        Ok(Key::Char('q') | Key::Escape) => Ok(None),
        Ok(key) => Ok(Some(key)),
        Err(e) => Err(e).context("cannot read the keyboard"),
    }
}

fn choosing<O: Elem>(
    space: &Space,
    names: &[&str],
) -> impl FnMut(&View<'_, O>, &mut Rng, &mut [usize]) -> Result<Act> + 'static {
    let n = space.choices().unwrap_or(0);
    let arrows: Vec<Option<Key>> = (0..n).map(|i| names.get(i).and_then(|name| arrow(name))).collect();
    move |now, _, act| {
        while let Some(key) = key()? {
            if let Some(choice) = choice(&key, n, &arrows)
                && now.legal.is_none_or(|legal| legal.row(0)[choice])
            {
                act[0] = choice;
                return Ok(Act::Go);
            }
        }
        Ok(Act::Stop)
    }
}

/// What a key chooses among n actions.
fn choice(key: &Key, n: usize, arrows: &[Option<Key>]) -> Option<usize> {
    let by_arrow = || arrows.iter().position(|arrow| arrow.as_ref() == Some(key));
    let by_letter = || if let Key::Char(letter) = key { KEYS.find(*letter) } else { None };
    by_arrow().or_else(by_letter).filter(|choice| *choice < n)
}

fn steering<O: Elem>(space: &Space) -> impl FnMut(&View<'_, O>, &mut Rng, &mut [f32]) -> Result<Act> + 'static {
    let (low, high) = match space {
        Space::Box { low, high } => (low[0].max(-1e6), high[0].min(1e6)),
        _ => (-1.0, 1.0),
    };
    move |_, _, act| {
        while let Some(key) = key()? {
            if let Some(control) = control(&key, low, high) {
                act[0] = control;
                return Ok(Act::Go);
            }
        }
        Ok(Act::Stop)
    }
}

/// What a key does with a control.
fn control(key: &Key, low: f32, high: f32) -> Option<f32> {
    match key {
        Key::ArrowLeft | Key::ArrowDown => Some(low),
        Key::ArrowRight | Key::ArrowUp => Some(high),
        Key::Char(' ') => Some(0.0_f32.clamp(low, high)),
        Key::Char(digit @ '1'..='9') => {
            let share = (digit.to_digit(10)? - 1) as f32 / 8.0;
            Some(low + share * (high - low))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_actions() {
        let arrows = [Some(Key::ArrowLeft), None, Some(Key::ArrowRight)];
        let choose = |key| choice(&key, 3, &arrows);
        assert_eq!(
            [choose(Key::ArrowRight), choose(Key::Char('1')), choose(Key::Char('2'))],
            [Some(2), Some(1), Some(2)]
        );
        assert_eq!([choose(Key::Char('3')), choose(Key::ArrowUp), choose(Key::Char('q'))], [None; 3]);
        let steer = |key| control(&key, -2.0, 2.0);
        assert_eq!([steer(Key::ArrowLeft), steer(Key::Char(' ')), steer(Key::Char('9'))], [-2.0, 0.0, 2.0].map(Some));
    }

    #[test]
    fn what_has_keys_says_which() {
        let text = help(&Space::Discrete(2), &["left", "wait"]).unwrap();
        assert_eq!(text, "Keys: 0 or arrow left, 1 wait; q ends the play.\n");
        assert!(help(&Space::Discrete(1000), &[]).is_err() && help(&Space::unbounded(2), &[]).is_err());
    }
}
