//! The moves there are on a grid.

use std::ops::RangeBounds;

use crate::params::Value;

/// (down, right), clockwise from up.
const EIGHT: [(isize, isize); 8] = [(-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1)];

/// Which actions there are on a grid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Moves {
    /// 0 up, 1 right, 2 down, 3 left.
    #[default]
    Four,
    /// FrozenLake's order: 0 left, 1 down, 2 right, 3 up.
    Lake,
    /// King's moves: 0 up, 1 up and right, 2 right and so on, clockwise.
    King,
    /// King's moves, and 8: stay.
    KingStay,
}

impl Moves {
    const ALL: [(&str, &str, Self); 4] = [
        ("four", "4", Self::Four),
        ("king", "8", Self::King),
        ("king-stay", "9", Self::KingStay),
        ("lake", "", Self::Lake),
    ];

    /// The number of actions.
    pub fn actions(self) -> usize {
        self.directions() + usize::from(self == Self::KingStay)
    }

    /// The number of actions that lead somewhere. They come first, each turned by the same angle from the one before.
    pub fn directions(self) -> usize {
        match self {
            Self::Four | Self::Lake => 4,
            Self::King | Self::KingStay => 8,
        }
    }

    /// What the actions are called.
    pub fn names(self) -> &'static [&'static str] {
        const KING: [&str; 9] =
            ["up", "up-right", "right", "down-right", "down", "down-left", "left", "up-left", "stay"];
        match self {
            Self::Four => &["up", "right", "down", "left"],
            Self::Lake => &["left", "down", "right", "up"],
            Self::King => &KING[..8],
            Self::KingStay => &KING,
        }
    }

    /// How far an action leads: (down, right).
    ///
    /// # Panics
    /// If there is no such action.
    pub fn step(self, action: usize) -> (isize, isize) {
        match self {
            Self::Four => EIGHT[2 * action],
            Self::Lake => EIGHT[6 - 2 * action],
            Self::KingStay if action == 8 => (0, 0),
            Self::King | Self::KingStay => EIGHT[action],
        }
    }
}

impl Value for Moves {
    type Bound = String;
    fn kind() -> String {
        "four, king, king-stay or lake".into()
    }
    fn parse(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|(name, count, _)| text == *name || (text == *count && !count.is_empty()));
        let right = "none of four (4), king (8), king-stay (9), lake (four, in FrozenLake's order)";
        found.map(|(.., moves)| *moves).ok_or_else(|| right.into())
    }
    fn show(&self) -> String {
        let name = Self::ALL.iter().find(|(.., moves)| moves == self).map_or("four", |(name, ..)| name);
        name.into()
    }
    fn within(&self, range: &impl RangeBounds<String>) -> bool {
        range.contains(&self.show())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_goes_where_it_says() {
        let steps = |moves: Moves| (0..moves.actions()).map(|action| moves.step(action)).collect::<Vec<_>>();
        assert_eq!(steps(Moves::Four), [(-1, 0), (0, 1), (1, 0), (0, -1)]);
        assert_eq!(steps(Moves::Lake), [(0, -1), (1, 0), (0, 1), (-1, 0)]);
        assert_eq!(steps(Moves::King), EIGHT);
        assert_eq!((steps(Moves::KingStay).len(), Moves::KingStay.step(8)), (9, (0, 0)));
    }

    #[test]
    fn names_and_numbers_are_read_and_names_written() {
        for (name, count, moves) in Moves::ALL {
            assert_eq!((Moves::parse(name), moves.show().as_str()), (Ok(moves), name));
            assert_eq!(Moves::parse(count).is_ok(), !count.is_empty());
        }
        assert!(Moves::parse("five").unwrap_err().starts_with("none of four (4)"));
    }
}
