//! FrozenLake's maps: Gymnasium's two, and those that it generates.

use std::ops::RangeBounds;

use crate::{params::Value, rng::Rng};

pub(super) const SMALL_MAP: &str = "SFFF/FHFH/FFFH/HFFG";
pub(super) const LARGE_MAP: &str = "SFFFFFFF/FFFFFFFF/FFFHFFFF/FFFFFHFF/FFFHFFFF/FHHFFFHF/FHFFHFHF/FFFHFFFG";

/// Which map FrozenLake is played on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LakeMap {
    /// Gymnasium's 4×4.
    Small,
    /// Gymnasium's 8×8.
    Large,
    /// A generated one.
    Random,
}

impl Value for LakeMap {
    type Bound = String;
    fn kind() -> String {
        "4x4, 8x8 or random".into()
    }
    fn parse(text: &str) -> Result<Self, String> {
        let found = [Self::Small, Self::Large, Self::Random].into_iter().find(|map| map.show() == text);
        found.ok_or_else(|| "none of 4x4, 8x8, random; a map of your own is `desc`".into())
    }
    fn show(&self) -> String {
        match self {
            Self::Small => "4x4",
            Self::Large => "8x8",
            Self::Random => "random",
        }
        .into()
    }
    fn within(&self, range: &impl RangeBounds<String>) -> bool {
        range.contains(&self.show())
    }
}

/// So many cells are drawn at most before a map without a path is given up; at least one map is drawn.
const MOST_DRAWN: usize = 20_000_000;

/// Gymnasium's `generate_random_map(size, frozen, seed)`: cells are frozen with probability `frozen`, holes otherwise;
/// maps are drawn until one has a path from the upper left to the lower right. `None`: none was found.
pub(super) fn generate(size: usize, frozen: f64, seed: u64) -> Option<String> {
    let mut rng = Rng::new(seed);
    // NumPy's `choice` compares with sums that are divided by the last of them.
    let share = frozen / (frozen + (1.0 - frozen));
    let (mut cells, mut reached, mut open) = (vec![b'F'; size * size], Vec::new(), Vec::new());
    for _ in 0..(MOST_DRAWN / (size * size)).max(1) {
        cells.fill_with(|| if rng.unit() < share { b'F' } else { b'H' });
        (cells[0], cells[size * size - 1]) = (b'S', b'G');
        if path(&cells, size, &mut reached, &mut open) {
            let rows: Vec<_> = cells.chunks(size).map(String::from_utf8_lossy).collect();
            return Some(rows.join("/"));
        }
    }
    None
}

/// Whether the goal can be reached from the first cell, in the room of two lists.
fn path(cells: &[u8], size: usize, reached: &mut Vec<bool>, open: &mut Vec<usize>) -> bool {
    reached.clear();
    reached.resize(cells.len(), false);
    open.clear();
    open.push(0);
    while let Some(cell) = open.pop() {
        if cells[cell] == b'G' {
            return true;
        }
        if cells[cell] == b'H' || std::mem::replace(&mut reached[cell], true) {
            continue;
        }
        let (row, column) = (cell / size, cell % size);
        let neighbours = [
            (row > 0).then(|| cell - size),
            (column > 0).then(|| cell - 1),
            (row + 1 < size).then(|| cell + size),
            (column + 1 < size).then(|| cell + 1),
        ];
        open.extend(neighbours.into_iter().flatten().filter(|&next| !reached[next]));
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generated_maps_are_gymnasiums() {
        // Written by generate_random_map of Gymnasium 1.4.0.
        assert_eq!(generate(4, 0.8, 0).unwrap(), "SFFF/HHFF/FHHF/HFFG");
        assert_eq!(
            generate(8, 0.8, 42).unwrap(),
            "SFHFFHFF/FFFHFHFF/FFHFFFHH/FFFFFFFH/FFFFFFFF/FHFFHHFF/FFFFFFFF/FFFFFFFG"
        );
        assert_eq!(generate(5, 0.3, 7).unwrap(), "SFFFF/HFHFH/FHHFH/HHHFF/HFHHG");
        assert_eq!(generate(6, 0.9, 123).unwrap(), "SFFFFF/HFFFFF/FFFFHF/FFFFFF/FFFFHF/HFFFFG");
        assert_eq!(
            generate(8, 0.8, 0).unwrap(),
            "SFFFHHFF/FHHFHFFF/HFFFFFFF/FFHHFFFF/FFFFFHHF/FFFFFHFF/FHFFHFFF/FFFFFFFG"
        );
    }

    #[test]
    fn a_map_that_cannot_be_is_given_up() {
        assert_eq!(generate(3, 0.0, 0), None);
        assert_eq!(generate(2, 0.0, 0), None);
        assert_eq!(generate(2, 1.0, 0).unwrap(), "SF/FG");
    }
}
