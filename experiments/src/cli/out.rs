//! Writing for a person, or for a pipe that may close.

use std::io::{ErrorKind, Write};

use anyhow::{Context, Result};
use comfy_table::{CellAlignment, Table as Grid, presets};

use crate::sections::Table;

/// Writes a line, or several, to standard output. A reader who has read enough (`gymkhana list | head -1`) is no error.
pub(super) fn say(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(e) if e.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other.context("cannot write to standard output"),
    }
}

/// Writes a line to standard error; if that fails there is nobody left to tell.
pub(super) fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// A table with aligned columns, the first to the left; numbers to the right.
pub(super) fn grid(table: &Table) -> String {
    let mut grid = Grid::new();
    grid.load_style(presets::NOTHING).set_header(&table.header);
    for row in &table.rows {
        grid.add_row(row);
    }
    for (i, column) in grid.column_iter_mut().enumerate() {
        let numbers = table.rows.iter().all(|row| row.get(i).is_some_and(|cell| cell.parse::<f64>().is_ok()));
        if i > 0 && numbers && !table.rows.is_empty() {
            column.set_cell_alignment(CellAlignment::Right);
        }
        column.set_padding((0, 2));
    }
    let lines: Vec<_> = grid.lines().map(|line| line.trim_end().to_owned()).collect();
    if table.title.is_empty() { lines.join("\n") } else { format!("{}\n{}", table.title, lines.join("\n")) }
}

/// A table of text columns without a title.
pub(super) fn columns(header: &[&str], rows: Vec<Vec<String>>) -> String {
    grid(&Table { title: String::new(), header: header.iter().map(|&name| name.to_owned()).collect(), rows })
}
