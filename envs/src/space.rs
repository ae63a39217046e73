//! Spaces: what observations and actions can be, as data.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The set that observations or actions are in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Space {
    /// One of n: a state index or a choice, 0..n.
    Discrete(usize),
    /// One of nᵢ for each i.
    MultiDiscrete(Vec<usize>),
    /// n bits, each 0 or 1.
    MultiBinary(usize),
    /// Real numbers within bounds, which may be infinite; `low` and `high` are of one length.
    Box {
        /// Lower bounds.
        #[serde(with = "bounds")]
        low: Vec<f32>,
        /// Upper bounds.
        #[serde(with = "bounds")]
        high: Vec<f32>,
    },
}

impl Space {
    /// A box with the same bounds in each of `n` dimensions.
    pub fn cube(n: usize, low: f32, high: f32) -> Self {
        Self::Box { low: vec![low; n], high: vec![high; n] }
    }

    /// A box without bounds.
    pub fn unbounded(n: usize) -> Self {
        Self::cube(n, f32::NEG_INFINITY, f32::INFINITY)
    }

    /// How many numbers a member of the space takes in a row.
    pub fn width(&self) -> usize {
        match self {
            Self::Discrete(_) => 1,
            Self::MultiDiscrete(n) => n.len(),
            Self::MultiBinary(n) => *n,
            Self::Box { low, .. } => low.len(),
        }
    }

    /// Whether members are indices (`usize` rows); otherwise they are features (`f32` rows).
    pub fn is_index(&self) -> bool {
        !matches!(self, Self::Box { .. })
    }

    /// n for a space of n choices, otherwise nothing.
    pub fn choices(&self) -> Option<usize> {
        match self {
            Self::Discrete(n) => Some(*n),
            _ => None,
        }
    }

    /// How many members a space of indices has; nothing for real numbers, or if there are more than a `usize` counts.
    pub fn members(&self) -> Option<usize> {
        match self {
            Self::Discrete(n) => Some(*n),
            Self::MultiDiscrete(n) => n.iter().try_fold(1_usize, |product, n| product.checked_mul(*n)),
            Self::MultiBinary(n) => 1_usize.checked_shl(u32::try_from(*n).ok()?),
            Self::Box { .. } => None,
        }
    }

    /// The number of a member among all [`members`](Self::members): the row's digits, the first in front.
    #[inline]
    pub fn index(&self, row: &[usize]) -> usize {
        match self {
            Self::MultiDiscrete(n) => row.iter().zip(n).fold(0, |index, (x, n)| index * n + x),
            Self::MultiBinary(_) => row.iter().fold(0, |index, x| index * 2 + x),
            Self::Discrete(_) | Self::Box { .. } => row[0],
        }
    }

    /// Whether a row of indices is in the space.
    #[inline]
    pub fn contains_indices(&self, row: &[usize]) -> bool {
        match self {
            Self::Discrete(n) => row.len() == 1 && row[0] < *n,
            Self::MultiDiscrete(n) => row.len() == n.len() && row.iter().zip(n).all(|(x, n)| x < n),
            Self::MultiBinary(n) => row.len() == *n && row.iter().all(|x| *x < 2),
            Self::Box { .. } => false,
        }
    }

    /// Brings rows of controls within their bounds, number by number. What is no number stays, to be refused; a space of
    /// indices has no controls.
    #[inline]
    pub fn clip(&self, rows: &mut [f32]) {
        let Self::Box { low, high } = self else { return };
        for row in rows.chunks_exact_mut(low.len().max(1)) {
            for ((x, low), high) in row.iter_mut().zip(low).zip(high) {
                *x = if *x < *low { *low } else { *x };
                *x = if *x > *high { *high } else { *x };
            }
        }
    }

    /// Whether a row of features is in the space.
    #[inline]
    pub fn contains_features(&self, row: &[f32]) -> bool {
        match self {
            Self::Box { low, high } => {
                row.len() == low.len() && row.iter().zip(low).zip(high).all(|((x, low), high)| low <= x && x <= high)
            }
            _ => false,
        }
    }
}

impl fmt::Display for Space {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Discrete(n) => write!(f, "Discrete({n})"),
            Self::MultiDiscrete(n) => write!(f, "MultiDiscrete({n:?})"),
            Self::MultiBinary(n) => write!(f, "MultiBinary({n})"),
            Self::Box { low, high } => {
                let (Some(l), Some(h)) = (low.first(), high.first()) else { return write!(f, "Box(0)") };
                if low.iter().all(|x| x == l) && high.iter().all(|x| x == h) {
                    write!(f, "Box({}, {l} to {h})", low.len())
                } else {
                    write!(f, "Box({}, {low:?} to {high:?})", low.len())
                }
            }
        }
    }
}

/// Bounds as JSON and its like can say them: those that are infinite are the words `inf` and `-inf`.
mod bounds {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Bound {
        Number(f32),
        Word(String),
    }

    pub(super) fn serialize<S: Serializer>(bounds: &[f32], serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return bounds.serialize(serializer);
        }
        let word = |&x: &f32| if x.is_finite() { Bound::Number(x) } else { Bound::Word(x.to_string()) };
        serializer.collect_seq(bounds.iter().map(word))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f32>, D::Error> {
        if !deserializer.is_human_readable() {
            return Vec::deserialize(deserializer);
        }
        let number = |bound| match bound {
            Bound::Number(x) => Ok(x),
            Bound::Word(word) => word.parse().map_err(|_| D::Error::custom(format!("`{word}` is no bound"))),
        };
        Vec::<Bound>::deserialize(deserializer)?.into_iter().map(number).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn membership() {
        assert!(Space::Discrete(2).contains_indices(&[1]) && !Space::Discrete(2).contains_indices(&[2]));
        assert!(Space::MultiDiscrete(vec![2, 3]).contains_indices(&[1, 2]));
        assert!(!Space::MultiBinary(2).contains_indices(&[0, 2]));
        assert!(Space::cube(2, -1.0, 1.0).contains_features(&[1.0, -1.0]));
        assert!(!Space::unbounded(1).contains_features(&[f32::NAN]));
    }

    #[test]
    fn controls_are_clipped_number_by_number() {
        let space = Space::Box { low: vec![-2.0, f32::NEG_INFINITY], high: vec![2.0, 0.0] };
        let mut rows = [-2.5, -9.0, 1.5, 3.0, f32::NAN, 0.0];
        space.clip(&mut rows);
        assert_eq!(rows[..4], [-2.0, -9.0, 1.5, 0.0]);
        assert!(rows[4].is_nan() && rows[5] == 0.0);
    }

    #[test]
    fn members_are_numbered() {
        let space = Space::MultiDiscrete(vec![32, 11, 2]);
        assert_eq!((space.members(), space.index(&[13, 2, 1])), (Some(704), (13 * 11 + 2) * 2 + 1));
        assert_eq!((Space::MultiBinary(3).members(), Space::MultiBinary(3).index(&[1, 0, 1])), (Some(8), 5));
        assert_eq!((Space::Discrete(4).index(&[3]), Space::unbounded(1).members()), (3, None));
        assert_eq!(Space::MultiBinary(64).members(), None);
    }

    #[test]
    fn written_and_read_again_with_infinite_bounds() {
        let space = Space::Box { low: vec![-4.8, f32::NEG_INFINITY], high: vec![0.418_879_03, f32::INFINITY] };
        let json = serde_json::to_string(&space).unwrap();
        assert_eq!(json, r#"{"Box":{"low":[-4.8,"-inf"],"high":[0.41887903,"inf"]}}"#);
        assert_eq!(serde_json::from_str::<Space>(&json).unwrap(), space);
        assert_eq!(crate::State::of(&space).get::<Space>().unwrap(), space);
        assert!(serde_json::from_str::<Space>(r#"{"Box":{"low":["low"],"high":[1]}}"#).is_err());
    }

    #[test]
    fn what_a_person_reads() {
        assert_eq!(Space::Discrete(4).to_string(), "Discrete(4)");
        assert_eq!(Space::unbounded(2).to_string(), "Box(2, -inf to inf)");
    }
}
