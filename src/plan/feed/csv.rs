//! A CSV file to a table, or what is wrong with it, row by row.

use super::{
    input::{Input, Record, Stop},
    report::Report,
    table::Table,
};
use std::io::Read;

/// Most bytes of a CSV file: what a cell's four bytes can tell apart, and then some.
pub(super) const MOST_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// Said of whatever is not UTF-8.
const SAVE_AS_UTF8: &str = "save the file as UTF-8; spreadsheets call it `CSV UTF-8`";

/// Reads the rows; `None` where there was anything wrong, which is reported.
pub(super) fn read(source: impl Read, delimiter: u8, most: u64, mut report: Report<'_>) -> Option<Table> {
    let mut input = Input::new(source, delimiter, most);
    let table = match table(&mut input, &mut report) {
        Ok(table) => table,
        Err(stop) => {
            stopped(&stop, most, &mut report);
            None
        }
    };
    let sound = report.finish();
    table.filter(|_| sound)
}

fn stopped(stop: &Stop, most: u64, report: &mut Report<'_>) {
    match stop {
        Stop::Failed(error) => {
            report.file(&format!("could not be read to its end: {error}"));
        }
        Stop::TooLarge => {
            let most = crate::model::format_bytes(most);
            let fault = report.file(&format!("is larger than {most}, the most that a CSV feed can have"));
            fault.label("take fewer rows, or leave out columns");
        }
        Stop::Unclosed(line) => {
            if let Some(fault) = report.row(&format!("line {line}"), "a `\"` in this row is never closed") {
                fault
                    .label("close it in the file")
                    .help("a `\"` inside a quoted field is written twice: `\"\"`");
            }
        }
    }
}

fn table<R: Read>(input: &mut Input<R>, report: &mut Report<'_>) -> Result<Option<Table>, Stop> {
    let start = input.start()?;
    if start.starts_with(&[0xFF, 0xFE]) || start.starts_with(&[0xFE, 0xFF]) {
        report.file("is UTF-16").label("it must be UTF-8").help(SAVE_AS_UTF8);
        return Ok(None);
    }
    let Some(header) = input.record()? else {
        let fault = report.file("is empty");
        fault.label("a header row and at least one row are wanted").help("the first row names the columns");
        return Ok(None);
    };
    let Some(names) = header_names(&header, report) else { return Ok(None) };
    let mut table = Table::new(names);
    let mut number = 0u64;
    while let Some(record) = input.record()? {
        number += 1;
        row(&record, number, &mut table, report);
    }
    if number == 0 {
        let fault = report.file("has a header and no rows");
        fault.label("at least one row is wanted below the header");
    }
    table.shrink();
    Ok(Some(table))
}

/// The names of the columns, without blanks around them.
fn header_names(header: &Record<'_>, report: &mut Report<'_>) -> Option<Vec<String>> {
    let place = format!("line {}", header.line);
    let mut names: Vec<String> = Vec::new();
    let mut sound = true;
    for (index, cell) in header.cells().enumerate() {
        let name = std::str::from_utf8(cell).map(str::trim);
        let column = index + 1;
        let problem = match name {
            Err(_) => Some(format!("the name of column {column} is not UTF-8")),
            Ok("") => Some(format!("column {column} has no name")),
            Ok(name) => names
                .iter()
                .position(|known| known == name)
                .map(|first| format!("columns {} and {column} are both called `{name}`", first + 1)),
        };
        if let Some(problem) = problem {
            sound = false;
            if let Some(fault) = report.row(&place, &problem) {
                fault.label("the first row of the file names its columns");
                if name.is_err() {
                    fault.help(SAVE_AS_UTF8);
                }
            }
        }
        names.push(name.unwrap_or_default().to_owned());
    }
    sound.then_some(names)
}

fn row(record: &Record<'_>, number: u64, table: &mut Table, report: &mut Report<'_>) {
    let place = || format!("line {}", record.line);
    let (found, wanted) = (record.ends.len(), table.names().len());
    if found != wanted {
        let fields = if found == 1 { "field" } else { "fields" };
        let problem = format!("row {number} has {found} {fields}, the header has {wanted}");
        if let Some(fault) = report.row(&place(), &problem) {
            fault.label(format!("every row needs {wanted} {}", if wanted == 1 { "field" } else { "fields" }));
            if found > wanted {
                fault.help("a field that contains the delimiter is written in quotes: `\"a,b\"`");
            }
        }
        return;
    }
    if let Err((column, byte)) = table.push(record) {
        let name = &table.names()[column];
        let problem = format!("row {number} is not UTF-8: byte 0x{byte:02X} in `{name}`");
        if let Some(fault) = report.row(&place(), &problem) {
            fault.label("it must be UTF-8").help(SAVE_AS_UTF8);
        }
    }
}
