//! Small pieces of source that break one rule each, and lawful ones beside them: what the check sees and what
//! it lets pass.

use crate::{
    layers, shape,
    source::{Fault, Tree},
    table::{Manifest, Table},
};

const DOCUMENT: &str = "
| other | table |
|---|---|
| with | things |

| room | holds | may import | crates it may name |
|---|---|---|---|
| `model` | nouns | – | `thiserror` |
| `plan` | what will happen | model | `regex`, `minijinja` (one file: `plan/expression.rs`) |
| `engine` | doing it | model, plan | `tokio`, `reqwest` (one file: `engine/http.rs`), `http` |
| `report` | bytes | model | `serde` |
| `demo` | a target | model | `serde`, `tokio` |
| `cli` | arguments | all | `clap`, `tokio` |

Text after the table.
";

const MANIFEST: &str = r#"
[package]
name = "loadgen"
[dependencies]
clap = { version = "4" }
http = "1"
minijinja = "3"
regex = "1"
reqwest = "0.13"
serde = "1"
thiserror = "2"
tokio = "1"
[dev-dependencies]
rust-dev = "1"
"#;

fn table() -> Table {
    Table::parse(DOCUMENT).unwrap_or_else(|error| panic!("{error}"))
}

fn tree(sources: &[(&str, &str)]) -> Tree {
    Tree::parse(sources).unwrap_or_else(|fault| panic!("{fault}"))
}

fn imports(tree: &Tree) -> Vec<Fault> {
    layers::imports(tree, &table())
}

fn reexports(tree: &Tree) -> Vec<Fault> {
    layers::reexports(tree, &table())
}

fn crates(tree: &Tree) -> Vec<Fault> {
    layers::crates(tree, &table(), &Manifest::parse(MANIFEST))
}

type Rule = fn(&Tree) -> Vec<Fault>;

/// Each source breaks the rule at the given place.
#[track_caller]
fn breaks(rule: Rule, specimens: &[(&str, &str, usize)]) {
    for (path, source, line) in specimens {
        let faults: Vec<String> = rule(&tree(&[(path, source)])).iter().map(Fault::to_string).collect();
        let place = format!("{path}:{line}: ");
        assert!(
            faults.iter().any(|fault| fault.starts_with(&place)),
            "no fault at {place}in\n{source}\n{faults:?}"
        );
    }
}

/// None of the sources breaks the rule.
#[track_caller]
fn keeps(rule: Rule, specimens: &[(&str, &str)]) {
    for (path, source) in specimens {
        let faults: Vec<String> = rule(&tree(&[(path, source)])).iter().map(Fault::to_string).collect();
        assert!(faults.is_empty(), "{path}\n{source}\n{faults:?}");
    }
}

#[test]
fn an_upper_room_is_seen_in_every_form_of_path() {
    breaks(
        imports,
        &[
            ("src/model/a.rs", "use crate::engine::Run;", 1),
            ("src/model/a.rs", "use crate::{\n    model::X,\n    engine::{self, Run},\n};", 3),
            ("src/model/a.rs", "use crate::engine as motor;", 1),
            ("src/model/a.rs", "use super::super::engine::Run;", 1),
            ("src/model/mod.rs", "use super::engine::Run;", 1),
            ("src/model/a.rs", "\nfn f() { crate::engine::run() }", 2),
            ("src/model/a.rs", "fn f(_: &crate::engine::Run) {}", 1),
            ("src/model/a.rs", "struct S { x: Vec<crate::engine::Run> }", 1),
            ("src/model/a.rs", "impl crate::engine::Go for S {}", 1),
            ("src/model/a.rs", "fn f() { vec![1,\n crate::engine::run()]; }", 2),
            ("src/model/a.rs", "macro_rules! m { () => { $crate::engine::run() } }", 1),
            ("src/model/a.rs", "m! { use crate::{model::X, engine::Run}; }", 1),
            ("src/model/a.rs", "#[given(with = \"crate::engine::with\")] struct S;", 1),
            ("src/model/a.rs", "use super::super as top;\nfn f() { top::engine::run() }", 2),
            ("src/model/a.rs", "mod inner { fn f() { super::super::super::engine::run() } }", 1),
            ("src/model/a.rs", "pub(crate) use crate::engine::Run;", 1),
            ("src/model/a.rs", "use crate::r#engine::Run;", 1),
            ("src/model/a.rs", "use loadgen::engine::Run;", 1),
            ("src/plan.rs", "fn f() { let _ = |x: u8| crate::report::show(x); }", 1),
            ("src/report/a.rs", "use crate::model::{X, Y}; use crate::cli::X;", 1),
        ],
    );
}

#[test]
fn tests_may_not_look_up_either() {
    breaks(
        imports,
        &[
            ("src/plan/a.rs", "#[cfg(test)]\nmod tests {\n    use crate::engine::Run;\n}", 3),
            ("src/plan/a.rs", "#[test]\nfn t() { crate::engine::run() }", 2),
        ],
    );
}

#[test]
fn the_root_is_not_imported_whole() {
    breaks(
        imports,
        &[
            ("src/cli/a.rs", "use crate::*;", 1),
            ("src/engine/mod.rs", "use super::*;", 1),
            ("src/engine/a.rs", "use crate as all;", 1),
            ("src/engine/a.rs", "extern crate self as all;", 1),
        ],
    );
}

#[test]
fn lawful_imports_pass() {
    keeps(
        imports,
        &[
            ("src/engine/a.rs", "use crate::{model::X, plan::{Y, z::*}, engine::W};"),
            ("src/engine/a.rs", "use super::b; mod tests { use super::*; use super::super::b; }"),
            ("src/engine/a.rs", "pub(in crate::engine) fn f() { crate::plan::x() }"),
            ("src/model/a.rs", "//! As [`crate::engine`] does it.\n/// See crate::engine::Run.\nfn f() {}"),
            ("src/model/a.rs", "fn f() { log(\"crate::engine::Run\") }"),
            ("src/model/a.rs", "fn f() { engine::x() }"),
            ("src/cli/a.rs", "use crate::engine::Run;"),
            ("src/main.rs", "fn main() { loadgen::cli::main() }"),
            ("src/lib.rs", "pub mod model; pub use model::X;"),
        ],
    );
}

#[test]
fn a_name_is_not_passed_on_around_the_table() {
    let table = "\n| room | holds | may import | crates it may name |\n|---|---|---|---|
        | low | – | – | – |\n| middle | – | low | – |\n| high | – | middle | – |\n| side | – | low | – |\n";
    let table = Table::parse(table).unwrap_or_else(|error| panic!("{error}"));
    let faults = layers::reexports(&tree(&[("src/middle/mod.rs", "pub use crate::low::X;")]), &table);
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].problem.contains("passes on a name of `low` to high"), "{}", faults[0]);
    let lawful =
        tree(&[("src/middle/mod.rs", "use crate::low::X;"), ("src/side/mod.rs", "pub use crate::low::X;")]);
    assert_eq!(layers::reexports(&lawful, &table), []);
    keeps(reexports, &[("src/plan/mod.rs", "pub use crate::model::X; pub use self::a::Y;")]);
}

#[test]
fn a_foreign_crate_is_seen_in_every_form_of_path() {
    breaks(
        crates,
        &[
            ("src/model/a.rs", "use regex::Regex;", 1),
            ("src/model/a.rs", "use {std::fmt, regex::Regex as R};", 1),
            ("src/model/a.rs", "use ::regex;", 1),
            ("src/model/a.rs", "extern crate regex;", 1),
            ("src/model/a.rs", "\nfn f(_: regex::Regex) {}", 2),
            ("src/model/a.rs", "fn f() { tokio::select! {} }", 1),
            ("src/model/a.rs", "fn f() { assert!(regex::x()) }", 1),
            ("src/model/a.rs", "#[derive(serde::Serialize)] struct S;", 1),
            ("src/model/a.rs", "#[tokio::main]\nfn f() {}", 1),
            ("src/model/a.rs", "use ::http::Method;\nmod http { }", 1),
            ("src/main.rs", "use regex::Regex;", 1),
            ("src/lib.rs", "pub use regex::Regex;", 1),
        ],
    );
}

#[test]
fn a_bound_crate_stays_in_its_file() {
    breaks(
        crates,
        &[
            ("src/engine/user.rs", "use reqwest::Client;", 1),
            ("src/engine/http/mod.rs", "use reqwest::Client;", 1),
            ("src/engine/http.rs", "pub(super) use reqwest::Client;", 1),
            ("src/plan/check.rs", "fn f() { minijinja::render() }", 1),
        ],
    );
}

#[test]
fn lawful_crates_pass() {
    keeps(
        crates,
        &[
            ("src/engine/http.rs", "use reqwest::Client; use http::Method;"),
            ("src/engine/mod.rs", "mod http; pub use self::http::X; fn f() { http::x() }"),
            ("src/report/a.rs", "use super::http; fn f() { http::x() }"),
            ("src/model/a.rs", "fn f(regex: u8) -> u8 { let http = regex; http }"),
            ("src/model/a.rs", "#[derive(thiserror::Error)] enum E {}"),
            ("src/model/a.rs", "#[cfg(test)] mod tests { use rust_dev::x; use regex::Regex; }"),
            ("src/model/a.rs", "#[tokio::test]\nasync fn t() { tokio::spawn(x) }"),
            ("src/main.rs", "use clap::Parser;"),
        ],
    );
    let sources =
        [("src/model/mod.rs", "#[cfg(test)] mod trials;"), ("src/model/trials/a.rs", "use regex::Regex;")];
    assert_eq!(crates(&tree(&sources)), []);
}

#[test]
fn rooms_and_dependencies_are_in_the_table() {
    let faults = layers::rooms_have_rows(&tree(&[("src/attic/mod.rs", ""), ("src/model.rs", "")]), &table());
    assert_eq!(faults.iter().map(|fault| fault.place.as_str()).collect::<Vec<_>>(), ["src/attic"]);

    let extra = Manifest::parse(&MANIFEST.replace("[dev-", "rust-extra.version = \"1\"\n[dev-"));
    let growing = layers::dependencies(&tree(&[("src/model/mod.rs", "")]), &table(), &extra);
    assert_eq!(growing.len(), 1, "{growing:?}");
    assert!(growing[0].problem.contains("`rust_extra`"), "{}", growing[0]);

    let less = Manifest::parse(&MANIFEST.replace("regex = \"1\"", ""));
    let cli = "use clap::x; use http::x; use minijinja::x; use serde::x; use thiserror::x; use tokio::x;";
    let grown = layers::dependencies(&tree(&[("src/cli/mod.rs", cli)]), &table(), &less);
    let grown: Vec<String> = grown.iter().map(Fault::to_string).collect();
    assert_eq!(
        grown,
        [
            "Cargo.toml: nothing under src/ names the dependency `reqwest`",
            "ARCHITECTURE.md: the rule table names `regex`, which Cargo.toml does not have"
        ]
    );
}

#[test]
fn a_bad_table_is_refused() {
    let row =
        |row: &str| format!("| room | holds | may import | crates it may name |\n|---|---|---|---|\n{row}\n");
    assert!(Table::parse("no table").is_err());
    assert!(Table::parse(&row("| a | x | – |")).is_err());
    assert!(Table::parse(&row("| a | x | – | – |\n| a | x | – | – |")).is_err());
    assert!(Table::parse(&row("| a | x | – | serde (two files) |")).is_err());
    let faults = |rows: &str| Table::parse(&row(rows)).map(|table| table.faults()).unwrap_or_default();
    assert_eq!(faults("| a | x | b | – |").len(), 1, "an unknown room");
    assert_eq!(faults("| a | x | b | – |\n| b | x | c | – |\n| c | x | a | – |").len(), 3, "a cycle");
    assert_eq!(faults("| a | x | b, c | – |\n| b | x | c | – |\n| c | x | – | – |").len(), 0);
}

#[test]
fn the_clock_is_the_only_clock() {
    breaks(
        layers::clock,
        &[
            ("src/engine/a.rs", "use std::time::Instant;\nfn f() { Instant::now(); }", 2),
            ("src/engine/a.rs", "fn f() { std::time::SystemTime::now(); }", 1),
            ("src/engine/a.rs", "use std::time::Instant as I;\nfn f() { I::now(); }", 2),
            ("src/run/a.rs", "fn f() { jiff::Timestamp::now(); jiff::Zoned::now(); }", 1),
            ("src/run/a.rs", "fn f() { x.get_or_insert_with(Instant::now); log!(Instant::now()); }", 1),
            ("src/demo/a.rs", "fn f() { Instant::now(); }", 1),
            ("src/demo/a.rs", "#[expect(clippy::disallowed_methods)] fn f() { Instant::now(); }", 1),
            (
                "src/run/a.rs",
                "#[expect(clippy::disallowed_methods, reason = \"x\")] fn f() { Instant::now(); }",
                1,
            ),
        ],
    );
    keeps(
        layers::clock,
        &[
            ("src/engine/clock.rs", "fn f() { Instant::now(); }"),
            ("src/engine/a.rs", "fn f(clock: &Clock) { clock.now(); Clock::now(clock); }"),
            ("src/engine/a.rs", "#[cfg(all(test, unix))] mod tests { fn f() { Instant::now(); } }"),
            (
                "src/demo/a.rs",
                "#[expect(clippy::disallowed_methods, reason = \"x\")] fn f() { Instant::now(); }",
            ),
            (
                "src/demo/a.rs",
                "fn f() { #[expect(clippy::disallowed_methods, reason = \"x\")] let t = Instant::now(); }",
            ),
        ],
    );
}

#[test]
fn only_the_shell_has_surroundings() {
    breaks(
        layers::surroundings,
        &[
            ("src/run/a.rs", "use std::env;", 1),
            ("src/run/a.rs", "fn f() { std::env::var(\"X\"); }", 1),
            ("src/run/a.rs", "use std::io;\nfn f() { io::stdout(); }", 2),
            ("src/run/a.rs", "use std::io::{self, Write};\nfn f() { io::stderr(); }", 2),
            ("src/run/a.rs", "use std::io::*;", 1),
            ("src/run/a.rs", "use std::env::*;", 1),
            ("src/run/a.rs", "use std::process;\nfn f() { process::exit(1) }", 2),
            ("src/run/a.rs", "fn f() { writeln!(std::io::stdin(), 1); }", 1),
        ],
    );
    keeps(
        layers::surroundings,
        &[
            ("src/cli/a.rs", "use std::{env, io::stdout}; fn f() { std::process::exit(1) }"),
            ("src/main.rs", "fn main() { std::process::exit(1) }"),
            ("src/run/a.rs", "use std::io::{self, Write, prelude::*}; fn f() -> io::Result<()> { x }"),
            ("src/run/a.rs", "fn f() { env!(\"X\"); std::env::consts::OS; std::process::id(); }"),
        ],
    );
}

#[test]
fn pure_rooms_are_pure() {
    breaks(
        layers::purity,
        &[
            ("src/plan/feed.rs", "use std::fs;", 1),
            ("src/plan/feed.rs", "fn f() { std::fs::read(\"x\"); }", 1),
            ("src/judge/a.rs", "use std::thread;", 1),
            ("src/scenario/a.rs", "use std::net::{IpAddr, TcpStream};", 1),
        ],
    );
    keeps(
        layers::purity,
        &[
            ("src/plan/feed.rs", "use std::{io::Read, net::IpAddr, path::Path};"),
            ("src/run/a.rs", "use std::{fs, thread};"),
            ("src/plan/a.rs", "#[cfg(test)] mod tests { use std::fs; }"),
        ],
    );
}

#[test]
fn domain_types_are_not_serialised() {
    breaks(
        layers::written_formats,
        &[
            ("src/model/a.rs", "#[derive(Debug, Serialize)] struct S;", 1),
            ("src/engine/a.rs", "\n#[derive(serde::Deserialize)] enum S {}", 2),
            ("src/engine/a.rs", "#[cfg_attr(x, derive(Serialize))] struct S;", 1),
            ("src/plan/a.rs", "#[derive(schemars::JsonSchema)] struct S;", 1),
        ],
    );
    keeps(
        layers::written_formats,
        &[
            ("src/report/a.rs", "#[derive(Serialize, JsonSchema)] struct S;"),
            ("src/demo/a.rs", "#[derive(Deserialize)] struct S;"),
            ("src/scenario/a.rs", "#[derive(JsonSchema)] struct S;"),
            ("src/model/a.rs", "#[derive(Debug, Clone)] struct S;"),
        ],
    );
}

#[test]
fn magnets_and_logic_in_indexes_are_seen() {
    breaks(
        shape::names,
        &[
            ("src/utils/mod.rs", "", 1),
            ("src/engine/helpers.rs", "", 1),
            ("src/engine/a.rs", "\nmod common {}", 2),
            ("src/engine/mod.rs", "mod errors;", 1),
        ],
    );
    keeps(shape::names, &[("src/engine/error.rs", "mod commons {}")]);
    breaks(
        shape::indexes,
        &[
            ("src/engine/mod.rs", "mod a;\nfn f() {}", 2),
            ("src/engine/mod.rs", "struct S;", 1),
            ("src/engine/mod.rs", "impl S {}", 1),
            ("src/engine/mod.rs", "enum E {}", 1),
            ("src/engine/mod.rs", "const X: u8 = 1;", 1),
            ("src/engine/mod.rs", "type T = u8;", 1),
            ("src/engine/mod.rs", "mod inline { }", 1),
            ("src/engine/mod.rs", "generate!();", 1),
            ("src/lib.rs", "fn f() {}", 1),
        ],
    );
    keeps(
        shape::indexes,
        &[
            (
                "src/engine/mod.rs",
                "//! Docs.\n#![warn(x)]\nmod a;\npub use a::B;\nmacro_rules! m { () => {} }",
            ),
            ("src/engine/mod.rs", "#[cfg(test)] mod tests { fn t() {} }"),
            ("src/engine/a.rs", "fn f() {}"),
        ],
    );
}

#[test]
fn sizes_are_counted() {
    let lines = |count: usize| "// x\n".repeat(count);
    breaks(shape::main_is_thin, &[("src/main.rs", &lines(31), 31)]);
    keeps(shape::main_is_thin, &[("src/main.rs", &lines(30)), ("src/cli/a.rs", &lines(31))]);

    let tested = format!("{}#[cfg(test)]\nmod tests {{\n{}}}\n", lines(500), lines(300));
    keeps(shape::file_sizes, &[("src/model/a.rs", &lines(500)), ("src/model/a.rs", &tested)]);
    let early = format!("#[cfg(test)]\nuse x::y;\n{}", lines(501));
    for long in [lines(501), early] {
        let faults = shape::file_sizes(&tree(&[("src/model/a.rs", &long)]));
        assert_eq!(faults, [Fault::of("src/model/a.rs", "501 lines without tests, at most 500")]);
    }

    let function = |name: &str, inner: usize| format!("fn {name}() {{\n{}}}\n", lines(inner));
    breaks(shape::function_sizes, &[("src/model/a.rs", &function("long", 69), 1)]);
    let method = format!("impl S {{\n{}}}\ntrait T {{\n{}}}", function("m", 69), function("n", 69));
    breaks(shape::function_sizes, &[("src/model/a.rs", &method, 2), ("src/model/a.rs", &method, 75)]);
    let test = format!("#[cfg(test)]\nmod tests {{\n{}}}", function("t", 100));
    keeps(shape::function_sizes, &[("src/model/a.rs", &test)]);

    let mixed = |long: usize| {
        let short: String = (0..10 - long).map(|n| function(&format!("s{n}"), 3)).collect();
        short + &(0..long).map(|n| function(&format!("l{n}"), 40)).collect::<String>()
    };
    keeps(shape::function_sizes, &[("src/model/a.rs", &mixed(1))]);
    let faults = shape::function_sizes(&tree(&[("src/model/a.rs", &mixed(2))]));
    assert!(
        faults.len() == 1 && faults[0].problem.starts_with("p90 of function lengths is 42"),
        "{faults:?}"
    );
}

#[test]
fn bare_files_and_hidden_code_are_seen() {
    let sources =
        [("src/a.rs", "// not a doc\n//! late"), ("src/b.rs", "//! For b.\n"), ("src/c.rs", "\n//! late")];
    let places: Vec<String> = shape::documentation(&sources).into_iter().map(|fault| fault.place).collect();
    assert_eq!(places, ["src/a.rs:1", "src/c.rs:1"]);
    breaks(
        shape::nothing_hidden,
        &[
            ("src/model/a.rs", "#[path = \"../engine/a.rs\"]\nmod b;", 2),
            ("src/model/a.rs", "include!(\"x.rs\");", 1),
        ],
    );
    keeps(shape::nothing_hidden, &[("src/model/a.rs", "mod b; const X: &str = include_str!(\"x\");")]);
    assert!(Tree::parse(&[("src/model/a.rs", "fn {")]).is_err());
}
