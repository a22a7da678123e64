//! The rules of `ARCHITECTURE.md`, held: who may import whom, who may name which crate, and the shape of files.
//!
//! The rule table is read out of the document itself, so the two cannot drift apart. `specimens` breaks each
//! rule on purpose, so that this check is known to be able to fail. What the compiler and clippy can hold is
//! left to them (`clippy.toml`, `[workspace.lints]` in `Cargo.toml`).

#[path = "architecture/layers.rs"]
mod layers;
#[path = "architecture/resolve.rs"]
mod resolve;
#[path = "architecture/shape.rs"]
mod shape;
#[path = "architecture/source.rs"]
mod source;
#[path = "architecture/specimens.rs"]
mod specimens;
#[path = "architecture/survey.rs"]
mod survey;
#[path = "architecture/table.rs"]
mod table;
#[path = "architecture/tokens.rs"]
mod tokens;

use source::{Fault, Tree, rust_files};
use std::{fs, path::Path};
use table::{Manifest, Table};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn table() -> Table {
    Table::parse(&read("ARCHITECTURE.md")).unwrap_or_else(|error| panic!("ARCHITECTURE.md: {error}"))
}

fn tree() -> Tree {
    Tree::read(root()).unwrap_or_else(|fault| panic!("{fault}"))
}

#[track_caller]
fn assert_none(faults: &[Fault]) {
    let lines: Vec<String> = faults.iter().map(Fault::to_string).collect();
    assert!(lines.is_empty(), "{} broken rules:\n{}", lines.len(), lines.join("\n"));
}

#[test]
fn the_table_is_acyclic_and_complete() {
    assert_eq!(table().faults(), Vec::<String>::new());
    assert_none(&layers::rooms_have_rows(&tree(), &table()));
}

#[test]
fn rooms_import_only_what_the_table_allows() {
    assert_none(&layers::imports(&tree(), &table()));
    assert_none(&layers::reexports(&tree(), &table()));
}

#[test]
fn rooms_name_only_the_crates_that_the_table_allows() {
    assert_none(&layers::crates(&tree(), &table(), &Manifest::parse(&read("Cargo.toml"))));
}

#[test]
fn dependencies_are_in_the_table_and_used() {
    assert_none(&layers::dependencies(&tree(), &table(), &Manifest::parse(&read("Cargo.toml"))));
}

#[test]
fn only_the_clock_asks_for_the_time() {
    assert_none(&layers::clock(&tree()));
}

#[test]
fn only_the_shell_touches_the_process() {
    assert_none(&layers::surroundings(&tree()));
}

#[test]
fn pure_rooms_do_no_io() {
    assert_none(&layers::purity(&tree()));
}

#[test]
fn no_domain_type_is_serialised() {
    assert_none(&layers::written_formats(&tree()));
}

#[test]
fn names_say_what_belongs_there() {
    assert_none(&shape::names(&tree()));
}

#[test]
fn indexes_hold_no_logic() {
    assert_none(&shape::indexes(&tree()));
    assert_none(&shape::main_is_thin(&tree()));
}

#[test]
fn files_and_functions_are_short() {
    assert_none(&shape::file_sizes(&tree()));
    assert_none(&shape::function_sizes(&tree()));
}

#[test]
fn nothing_hides_from_this_check() {
    assert_none(&shape::nothing_hidden(&tree()));
}

#[test]
fn every_file_says_what_it_is_for() {
    for folder in ["src", "tests", "benches", "examples", "fuzz/src", "fuzz/targets"] {
        let files = rust_files(root(), folder).unwrap_or_else(|error| panic!("{folder}: {error}"));
        assert_none(&shape::documentation(&files));
    }
}
