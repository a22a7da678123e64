//! Files to rows.

use super::{
    super::{
        csv::{self, MOST_BYTES},
        input::Input,
        json,
        report::Report,
        table::Table,
    },
    *,
};
use crate::{
    plan::template::Key,
    scenario::{Span, Spanned},
};
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use std::borrow::Cow;

fn key(name: &str) -> Vec<Key> {
    vec![Key::Name(name.to_owned())]
}

fn cells(feed: &Feed, column: &str) -> Vec<Option<String>> {
    let cell = |row| feed.value(row, &key(column)).map(|value| value.as_str().unwrap().to_owned());
    (0..feed.row_count().get()).map(cell).collect()
}

fn some(texts: &[&str]) -> Vec<Option<String>> {
    texts.iter().map(|text| Some((*text).to_owned())).collect()
}

#[test]
fn csv_files_are_read_however_they_are_written() {
    for (content, wanted) in [
        (&b"a,b\n1,x\n2,y\n"[..], ["x", "y"]),
        (b"a,b\r\n1,x\r\n2,y\r\n", ["x", "y"]),
        (b"a,b\n1,x\n2,y", ["x", "y"]),
        (b"\xEF\xBB\xBFb,a\nx,1\ny,2", ["x", "y"]),
        (b"\n\na,b\n\n1,x\n\r\n2,y\n\n", ["x", "y"]),
        (b" a , b \n1,x\n2,y", ["x", "y"]),
        (b"a,b\n1,\"x \"\"1\"\"\"\n2,\"y,\r\nz\"", ["x \"1\"", "y,\r\nz"]),
        (b"a,b\n1,\n2,\"\"", ["", ""]),
        ("a,b\n1,Zo\u{eb}\n2,\u{1F600}".as_bytes(), ["Zo\u{eb}", "\u{1F600}"]),
    ] {
        let text = String::from_utf8_lossy(content).into_owned();
        assert_eq!(cells(&csv(content).unwrap(), "b"), some(&wanted), "{text:?}");
    }
}

#[test]
fn delimiters_are_those_of_the_feed_or_of_the_files_name() {
    for (words, path, content) in [
        ("file: f.csv, delimiter: \";\"", "f.csv", "a;b\n1;x,y\n"),
        ("file: f.csv, delimiter: tab", "f.csv", "a\tb\n1\tx,y\n"),
        ("file: f.csv, delimiter: \\t", "f.csv", "a\tb\n1\tx,y\n"),
        ("file: f.csv, delimiter: \"\\t\"", "f.csv", "a\tb\n1\tx,y\n"),
        ("file: f.tsv", "f.tsv", "a\tb\n1\tx,y\n"),
        ("file: f.CSV", "f.CSV", "a,b\n1,\"x,y\"\n"),
    ] {
        assert_eq!(cells(&load(words, path, content.as_bytes()).unwrap(), "b"), some(&["x,y"]), "{words}");
    }
}

#[test]
fn lines_and_rows_of_faults_are_those_of_the_file() {
    for (content, says) in [
        (&b"a,b\n1,2\n3\n"[..], "`f.csv`, line 3: row 2 has 1 field, the header has 2"),
        (b"a,b\r\n1,2\r\n3\r\n", "`f.csv`, line 3: row 2 has 1 field, the header has 2"),
        (b"a,b\r\n\r\n1,\"x\r\ny\"\r\n3,4,5\r\n", "`f.csv`, line 5: row 2 has 3 fields, the header has 2"),
        (b"\xEF\xBB\xBFa,b\n\n\n1\n", "`f.csv`, line 4: row 1 has 1 field, the header has 2"),
        (b"a,b\n1,\"x\ny\n", "`f.csv`, line 2: a `\"` in this row is never closed"),
        (b"a,b\n1,x\n2,M\xFCller\n", "`f.csv`, line 3: row 2 is not UTF-8: byte 0xFC in `b`"),
        // Both halves together would be one character.
        (b"a,b\n\xC3,\xA9\n", "`f.csv`, line 2: row 1 is not UTF-8: byte 0xC3 in `a`"),
        (b"a,,a\n1,2,3\n", "`f.csv`, line 1: column 2 has no name"),
        (b"", "`f.csv` is empty"),
        (b"\xEF\xBB\xBF\n\n", "`f.csv` is empty"),
        (b"a,b\n", "`f.csv` has a header and no rows"),
        (b"\xFF\xFEa\0,\0", "`f.csv` is UTF-16"),
    ] {
        let told = csv(content).unwrap_err();
        assert_eq!(told.first().map(String::as_str), Some(says), "{told:?}");
    }
}

#[test]
fn the_first_faults_of_a_file_are_told_and_the_others_counted() {
    let content = format!("a,b\n{}", "1\n".repeat(13));
    let told = csv(content.as_bytes()).unwrap_err();
    assert_eq!(told.len(), 11);
    assert_eq!(told[9], "`f.csv`, line 11: row 10 has 1 field, the header has 2");
    assert_eq!(told[10], "`f.csv`: … and 3 more rows are wrong");
}

/// What is told of a file that may have `most` bytes.
fn limited(most: u64, read: impl FnOnce(u64, Report<'_>) -> bool) -> Vec<String> {
    let mut faults = Faults::default();
    let sound = read(most, Report::new("f", Span::default(), &mut faults));
    let told: Vec<String> = faults.into_sorted().into_iter().map(|fault| fault.message).collect();
    assert_eq!(sound, told.is_empty());
    told
}

#[test]
fn files_have_a_largest_size() {
    let csv_of = |most, report: Report<'_>| csv::read(&b"a\n12345\n"[..], b',', most, report).is_some();
    assert_eq!(limited(8, csv_of), Vec::<String>::new());
    assert_eq!(limited(7, csv_of), ["`f` is larger than 7 B, the most that a CSV feed can have"]);
    let json_of = |most, report: Report<'_>| json::read_list(&b"[{}, {}]"[..], most, report).is_some();
    assert_eq!(limited(8, json_of), Vec::<String>::new());
    assert_eq!(limited(7, json_of), ["`f` is larger than 7 B, the most that a JSON feed can have"]);
    assert!(u32::try_from(MOST_BYTES).is_ok());
}

/// A source that gives as few bytes at a time as it may.
struct Dribble<'b>(&'b [u8]);

impl Read for Dribble<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
        (buffer[0], self.0) = (*first, rest);
        Ok(1)
    }
}

/// Texts with everything in them that CSV has to quote.
fn cell() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        prop_oneof![Just("\""), Just(","), Just("\n"), Just("\r\n"), Just(" "), Just("é"), Just("x")],
        0..6,
    )
    .prop_map(|parts| parts.concat())
}

fn table() -> impl Strategy<Value = Vec<Vec<String>>> {
    (1usize..5)
        .prop_flat_map(|width| proptest::collection::vec(proptest::collection::vec(cell(), width), 1..20))
}

fn written(rows: &[Vec<String>], end: &str) -> String {
    let header: Vec<String> = (0..rows[0].len()).map(|column| format!("c{column}")).collect();
    let quote = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
    let line = |row: &Vec<String>| row.iter().map(quote).collect::<Vec<_>>().join(",") + end;
    std::iter::once(&header).chain(rows).map(line).collect()
}

fn read_table(source: impl Read) -> Table {
    let mut faults = Faults::default();
    let table = csv::read(source, b',', MOST_BYTES, Report::new("f", Span::default(), &mut faults));
    table.unwrap_or_else(|| panic!("{:?}", faults.into_sorted()))
}

proptest! {
    #[test]
    fn what_was_written_as_csv_is_read_back(rows in table(), crlf: bool) {
        let text = written(&rows, if crlf { "\r\n" } else { "\n" });
        for table in [read_table(text.as_bytes()), read_table(Dribble(text.as_bytes()))] {
            prop_assert_eq!(table.rows(), rows.len());
            for (at, row) in rows.iter().enumerate() {
                for (column, cell) in row.iter().enumerate() {
                    prop_assert_eq!(table.cell(at, column), Some(cell.as_str()));
                }
                prop_assert_eq!(table.cell(at, row.len()), None);
            }
        }
    }

    #[test]
    fn no_bytes_bring_the_reader_down(bytes in proptest::collection::vec(any::<u8>(), 0..200), quotes: bool) {
        let bytes = if quotes { bytes.iter().map(|byte| b"\",\n\ra\xEF"[*byte as usize % 6]).collect() } else { bytes };
        let _ = csv(&bytes);
        let _ = load("file: f.json", "f.json", &bytes);
        let _ = load("file: f.jsonl", "f.jsonl", &bytes);
        let mut input = Input::new(&bytes[..], b',', MOST_BYTES);
        let _ = input.start();
        let mut before = 0;
        while let Ok(Some(record)) = input.record() {
            prop_assert!(record.line >= before);
            before = record.line;
            prop_assert_eq!(record.cells().map(<[u8]>::len).sum::<usize>(), record.text.len());
        }
    }
}

#[test]
fn a_table_holds_its_text_and_four_bytes_for_a_cell() {
    let rows: Vec<Vec<String>> = (0..10_000)
        .map(|row| vec![format!("user{row}@example.com"), "secret".to_owned(), String::new()])
        .collect();
    let table = read_table(written(&rows, "\n").as_bytes());
    let text: usize = rows.iter().flatten().map(String::len).sum();
    assert!(table.bytes() <= text + 4 * 30_000 + 256, "{} for {text}", table.bytes());
}

#[test]
fn a_large_field_is_read_in_pieces() {
    let long = "x".repeat(1_000_000);
    let wide: Vec<String> = (0..1000).map(|column| format!("c{column}")).collect();
    let feed = csv(format!("{}\n{}{long}\n", wide.join(","), "v,".repeat(999)).as_bytes()).unwrap();
    assert_eq!(cells(&feed, "c999"), some(&[long.as_str()]));
    assert_eq!(feed.columns().len(), 1000);
}

#[test]
fn values_keep_their_type() {
    let list =
        br#"[{"id": 7, "tags": ["a", "b"], "at": {"city": "Bonn"}}, {"id": null, "tags": [], "at": {}}]"#;
    let lines: &[u8] = b"\xEF\xBB\xBF{\"id\": 7, \"tags\": [\"a\", \"b\"], \"at\": {\"city\": \"Bonn\"}}\r\n\r\n{\"id\": null}\n";
    for feed in
        [load("file: f.json", "f.json", list).unwrap(), load("file: f.ndjson", "f.ndjson", lines).unwrap()]
    {
        let value = |row, path: &[Key]| feed.value(row, path).map(Cow::into_owned);
        let (tags, city) =
            (Key::Name("tags".to_owned()), [Key::Name("at".to_owned()), Key::Name("city".to_owned())]);
        assert_eq!(value(0, &key("id")), Some(json!(7)));
        assert_eq!(value(1, &key("id")), Some(Json::Null));
        assert_eq!(value(0, &[tags, Key::Index(1)]), Some(json!("b")));
        assert_eq!((value(0, &city), value(1, &city)), (Some(json!("Bonn")), None));
        assert_eq!(value(0, &[]).unwrap()["at"], json!({"city": "Bonn"}));
        assert_eq!(value(2, &[]), None);
    }
}

#[test]
fn inline_rows_may_use_constants() {
    let rows = "rows: [ { sku: \"a-${env.REGION}\", n: 1 }, { sku: \"${env.REGION}\" } ]";
    let feed = load(rows, "", b"").unwrap();
    assert_eq!(feed.value(0, &[]).map(Cow::into_owned), Some(json!({"sku": "a-eu", "n": 1})));
    assert_eq!(feed.value(1, &key("sku")).map(Cow::into_owned), Some(json!("eu")));
}

#[test]
fn a_row_of_a_csv_file_is_a_map_of_texts() {
    let feed = csv(b"b,a\n1,x\n").unwrap();
    assert_eq!(feed.value(0, &[]).map(Cow::into_owned), Some(json!({"b": "1", "a": "x"})));
    let mut out = String::from("> ");
    assert!(feed.write(0, &key("a"), &mut out) && feed.write(0, &[], &mut out));
    assert!(!feed.write(0, &key("c"), &mut out) && !feed.write(1, &key("a"), &mut out));
    assert_eq!(out, "> x{\"b\":\"1\",\"a\":\"x\"}");
}

/// What is said of a path: message and label.
fn of_path(feed: &Feed, path: &[Key]) -> Option<(String, String)> {
    let mut faults = Faults::default();
    let passed = feed.check_path(path, &Spanned::new("f…".to_owned(), Span::default()), &mut faults);
    let told = faults.into_sorted().pop().map(|fault| (fault.message, fault.label + &fault.help.concat()));
    assert_eq!(passed.is_none(), told.is_some());
    told
}

#[test]
fn paths_that_not_every_row_has_are_refused() {
    let name = |name: &str| Key::Name(name.to_owned());
    let table = csv(b"email,password\nx,y\n").unwrap();
    let semicolons = csv(b"email;password\nx;y\n").unwrap();
    let objects = br#"[{"id": 1, "at": {"city": "x"}, "p": [1]}, {"id": 2, "at": {}, "q": 1, "p": [1]}]"#;
    let objects = load("file: f.json", "f.json", objects).unwrap();
    for (feed, path, says) in [
        (&table, vec![], None),
        (&table, key("email"), None),
        (&table, key("emial"), Some(("the feed `f` has no `emial`", "did you mean `email`?"))),
        (&table, key("zip"), Some(("the feed `f` has no `zip`", "it has `email` or `password`"))),
        (
            &table,
            vec![Key::Index(0)],
            Some(("a row of the feed `f` is a map", "it has `email` or `password`")),
        ),
        (&table, vec![name("email"), name("x")], Some(("`f.email` is a text", "has nothing inside"))),
        (&semicolons, key("email"), Some(("the feed `f` has no `email`", "is `delimiter: \";\"` missing"))),
        (&objects, key("id"), None),
        (&objects, vec![name("p"), Key::Index(0)], None),
        (&objects, key("q"), Some(("is undefined in row 1", "give every row one"))),
        (&objects, vec![name("at"), name("city")], Some(("is undefined in row 2", "give every row one"))),
        (&objects, vec![name("id"), name("x")], Some(("is undefined in row 1", "give every row one"))),
    ] {
        let told = of_path(feed, &path);
        let fits = match (&told, says) {
            (None, None) => true,
            (Some((message, label)), Some(says)) => message.contains(says.0) && label.contains(says.1),
            _ => false,
        };
        assert!(fits, "{path:?}: {told:?}");
    }
}
