//! Rows for people: aligned columns, without lines around them, so that tools can cut them as well.

use comfy_table::{ContentArrangement, Table, presets};

use super::error::Error;
use super::escape::shown;
use super::output::{is_read_by_people, print, remark};

/// Writes a table, or that there is nothing.
pub(super) fn show(heads: &[&str], rows: Vec<Vec<String>>, none: &str) -> Result<(), Error> {
    if rows.is_empty() {
        remark(none);
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(heads.iter().map(|head| head.to_uppercase()));
    // What is piped on has one line per row, however long.
    if is_read_by_people() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    // Before they are aligned: what is escaped is wider.
    table.add_rows(rows.iter().map(|row| row.iter().map(|cell| shown(cell))));
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let text: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    print(&text.join("\n"))
}
