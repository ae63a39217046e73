//! Reading a map: a symbol per cell, rows separated by line breaks or `/`.

use crate::error::Error;

/// All symbols: `S` start, `.` or `F` free, `#` wall, `G` goal, `H` hole, `C` cliff, teleports from `A B D E` to
/// `a b d e`.
pub const SYMBOLS: &str = "S.F#GHCABDEabde";

/// The cells from which teleports lead, in the order of their rewards.
pub const SOURCES: [u8; 4] = *b"ABDE";

/// A map that was read. Cells are numbered row by row from the top left; free ones are `.`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Map {
    cells: Vec<u8>,
    columns: usize,
}

impl Map {
    /// Reads a map of any [symbols](SYMBOLS).
    ///
    /// # Errors
    /// If a row is shorter or longer than the first, a symbol is unknown, or a teleport has not exactly one source and
    /// one destination.
    pub fn read(text: &str) -> Result<Self, Error> {
        Self::read_of(text, SYMBOLS)
    }

    /// Reads a map of some of the symbols only.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_of(text: &str, symbols: &str) -> Result<Self, Error> {
        let wrong = |line, column, why: String| Err(Error::Map { line: line + 1, column: column + 1, why });
        let rows = text.split(['\n', '/']).enumerate().filter(|(_, row)| !row.trim().is_empty());
        let (mut columns, mut cells, mut letters) = (None, Vec::with_capacity(text.len()), Vec::new());
        for (line, text) in rows {
            let (row, indent) = (text.trim(), text.chars().take_while(|symbol| symbol.is_whitespace()).count());
            let before = cells.len();
            for (column, symbol) in row.chars().enumerate() {
                if !symbols.contains(symbol) {
                    let known = symbols.chars().map(String::from).collect::<Vec<_>>().join(" ");
                    return wrong(line, indent + column, format!("`{symbol}` is none of {known}"));
                }
                if SOURCES.contains(&(symbol.to_ascii_uppercase() as u8)) {
                    letters.push((symbol, line, indent + column));
                }
                cells.push(if symbol == 'F' { b'.' } else { symbol as u8 });
            }
            let found = cells.len() - before;
            let columns = *columns.get_or_insert(found);
            if found != columns {
                let why = format!("{found} cells, where the first row has {columns}");
                return wrong(line, indent + found.min(columns), why);
            }
        }
        for (i, &(symbol, line, column)) in letters.iter().enumerate() {
            if letters[..i].iter().any(|(other, ..)| *other == symbol) {
                return wrong(
                    line,
                    column,
                    format!("a second `{symbol}`: a teleport has one source and one destination"),
                );
            }
            let (from, to) = (symbol.to_ascii_uppercase(), symbol.to_ascii_lowercase());
            let missing = if symbol == from { to } else { from };
            if !letters.iter().any(|(other, ..)| *other == missing) {
                return wrong(
                    line,
                    column,
                    format!("`{symbol}` without `{missing}`: a teleport leads from {from} to {to}"),
                );
            }
        }
        Ok(Self { cells, columns: columns.unwrap_or_default() })
    }

    /// An error about the map as a whole.
    pub(super) fn lacks(what: &str) -> Error {
        Error::Map { line: 1, column: 1, why: format!("the map has no {what}") }
    }

    /// The same map with another symbol in a cell, which is no teleport's.
    pub(super) fn with(mut self, cell: usize, symbol: u8) -> Self {
        self.cells[cell] = symbol;
        self
    }

    /// The cells' symbols, row by row.
    pub fn cells(&self) -> &[u8] {
        &self.cells
    }

    /// How many columns there are.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.cells.len().checked_div(self.columns).unwrap_or(0)
    }

    /// The first cell with that symbol.
    pub fn find(&self, symbol: u8) -> Option<usize> {
        self.cells.iter().position(|&cell| cell == symbol)
    }

    /// The row and column of a cell, from 0.
    pub fn place(&self, cell: usize) -> (usize, usize) {
        (cell / self.columns, cell % self.columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_numbered_row_by_row() {
        let map = Map::read("SF#\n  .HG\r\n").unwrap();
        assert_eq!((map.cells(), map.rows(), map.columns()), (&b"S.#.HG"[..], 2, 3));
        assert_eq!((map.find(b'G'), map.place(5)), (Some(5), (1, 2)));
    }

    #[test]
    fn maps_that_cannot_be_read_say_where() {
        let message = |map| Map::read(map).unwrap_err().to_string();
        assert_eq!(message("S.\n.x"), "map, line 2, column 2: `x` is none of S . F # G H C A B D E a b d e");
        assert_eq!(message("S.G/.."), "map, line 2, column 3: 2 cells, where the first row has 3");
        assert_eq!(message("\nS.G\n  .é."), "map, line 3, column 4: `é` is none of S . F # G H C A B D E a b d e");
    }

    #[test]
    fn a_teleport_has_one_source_and_one_destination() {
        let message = |map| Map::read(map).unwrap_err().to_string();
        assert_eq!(message("SG/.A"), "map, line 2, column 2: `A` without `a`: a teleport leads from A to a");
        assert_eq!(message("SG/.e"), "map, line 2, column 2: `e` without `E`: a teleport leads from E to e");
        assert_eq!(
            message("AGa/A.S"),
            "map, line 2, column 1: a second `A`: a teleport has one source and one destination"
        );
        assert!(Map::read("AbG/BaS").is_ok());
    }

    #[test]
    fn other_symbols_can_be_refused() {
        let message = Map::read_of("SC", "SFGH").unwrap_err().to_string();
        assert_eq!(message, "map, line 1, column 2: `C` is none of S F G H");
    }
}
