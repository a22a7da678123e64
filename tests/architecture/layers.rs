//! Who may know whom: rooms, crates, the clock, the process's surroundings, written formats.

use crate::{
    source::{Fault, SourceFile, Tree},
    survey::{Form, Mention, Target},
    table::{Manifest, Table},
};
use std::collections::BTreeSet;

/// The one file that asks for the time.
const CLOCK: &str = "src/engine/clock.rs";
/// The room that shows everything to the outside; the binary's root counts as part of it.
const SHELL: &str = "cli";
/// Rooms that do no IO at all: files and the rest of the world reach them as values.
const PURE: [&str; 5] = ["model", "scenario", "plan", "measure", "judge"];
/// What only the shell names.
const SURROUNDINGS: [&str; 9] = [
    "std::env",
    "std::process::exit",
    "std::process::abort",
    "std::io::stdin",
    "std::io::stdout",
    "std::io::stderr",
    "tokio::io::stdin",
    "tokio::io::stdout",
    "tokio::io::stderr",
];
/// What of these anybody may name: facts about the build, not about the process.
const BUILD_FACTS: &str = "std::env::consts";
/// What a pure room does not name.
const IO: [&str; 6] = [
    "std::fs",
    "std::thread",
    "std::process",
    "std::net::TcpStream",
    "std::net::TcpListener",
    "std::net::UdpSocket",
];

/// The room a file answers for; none for the library's root, which only lists the rooms.
fn room_of(file: &SourceFile) -> Option<String> {
    if file.is_main() { Some(SHELL.to_owned()) } else { file.room() }
}

fn shown(mention: &Mention) -> String {
    mention.written.segments.join("::")
}

fn list<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

/// Every mention of every file, with the file and its room.
fn mentions(tree: &Tree) -> impl Iterator<Item = (&SourceFile, String, &Mention)> {
    tree.files.iter().filter_map(|file| Some((file, room_of(file)?))).flat_map(|(file, room)| {
        file.survey.mentions.iter().map(move |mention| (file, room.clone(), mention))
    })
}

/// The mentions that end up in the binary.
fn shipped(tree: &Tree) -> impl Iterator<Item = (&SourceFile, String, &Mention)> {
    mentions(tree).filter(|(file, _, mention)| !mention.in_test && !file.is_test)
}

/// The rooms that exist: top-level modules of `src/`.
pub fn rooms(tree: &Tree) -> BTreeSet<String> {
    tree.files.iter().filter_map(SourceFile::room).collect()
}

/// A room imports only what its row allows, tests included.
pub fn imports(tree: &Tree, table: &Table) -> Vec<Fault> {
    let existing = rooms(tree);
    let mut faults = Vec::new();
    for (file, room, mention) in mentions(tree) {
        let Target::Own(path) = &mention.target else { continue };
        let first = path.first().map(String::as_str);
        let line = mention.written.line;
        if matches!(first, None | Some("*")) && mention.written.form != Form::Inline {
            let problem =
                format!("`{}` imports the package's root, which hides what is used of it", shown(mention));
            faults.push(Fault::at(file, line, problem));
        }
        let Some(other) = first.filter(|name| table.rows.contains_key(*name) || existing.contains(*name))
        else {
            continue;
        };
        if !table.allows(&room, other) {
            let allowed = table.rows.get(&room).map(|row| list(&row.imports)).unwrap_or_default();
            let problem = format!(
                "`{}` leads into the room `{other}`, but `{room}` may import only {allowed} (rule table, \"may import\")",
                shown(mention)
            );
            faults.push(Fault::at(file, line, problem));
        }
    }
    faults
}

/// A name of another room is passed on only to rooms that may have it at first hand.
pub fn reexports(tree: &Tree, table: &Table) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (file, room, mention) in
        shipped(tree).filter(|(_, _, mention)| mention.written.form == Form::Reexport)
    {
        let Target::Own(path) = &mention.target else { continue };
        let Some(source) = path.first().filter(|name| **name != room && table.rows.contains_key(*name))
        else {
            continue;
        };
        let readers = table.rows.keys().filter(|reader| **reader != room && table.allows(reader, &room));
        let refused: Vec<&String> = readers.filter(|reader| !table.allows(reader, source)).collect();
        if !refused.is_empty() {
            let problem = format!(
                "`{}` passes on a name of `{source}` to {}, which may not import that room (rule table, \"may import\")",
                shown(mention),
                list(refused)
            );
            faults.push(Fault::at(file, mention.written.line, problem));
        }
    }
    faults
}

/// The crate that a mention names.
fn crate_of<'a>(mention: &'a Mention, manifest: &Manifest) -> Option<&'a str> {
    let Target::Foreign(path) = &mention.target else { return None };
    let first = path.first().filter(|first| manifest.knows(first))?;
    (mention.written.form != Form::Inline || path.len() > 1).then_some(first.as_str())
}

/// A room names only the crates of its row, a bound crate only in its one file.
pub fn crates(tree: &Tree, table: &Table, manifest: &Manifest) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (file, room, mention) in shipped(tree) {
        let Some(name) = crate_of(mention, manifest) else { continue };
        let row = table.rows.get(&room);
        let named = shown(mention);
        let problem = match row.and_then(|row| row.crates.get(name)) {
            None => {
                let allowed = row.map(|row| list(row.crates.keys())).unwrap_or_default();
                format!("`{named}` names the crate `{name}`, but `{room}` may name only {allowed}")
            }
            Some(Some(one)) if *one != file.path => {
                format!("`{named}` names the crate `{name}`, which `{room}` binds to {one}")
            }
            Some(Some(_)) if mention.written.form == Form::Reexport => {
                format!("`{named}` passes on the crate `{name}`, which is bound to this one file")
            }
            Some(_) => continue,
        };
        let problem = format!("{problem} (rule table, \"crates it may name\")");
        faults.push(Fault::at(file, mention.written.line, problem));
    }
    let lib = tree.files.iter().filter(|file| file.path == "src/lib.rs");
    for (file, mention) in
        lib.flat_map(|file| file.survey.mentions.iter().map(move |mention| (file, mention)))
    {
        if let Some(name) = crate_of(mention, manifest) {
            faults.push(Fault::at(
                file,
                mention.written.line,
                format!("the library's root names the crate `{name}`"),
            ));
        }
    }
    faults
}

/// Every room has a row.
pub fn rooms_have_rows(tree: &Tree, table: &Table) -> Vec<Fault> {
    let missing = rooms(tree).into_iter().filter(|room| !table.rows.contains_key(room));
    missing.map(|room| Fault::of(format!("src/{room}"), "this room has no row in the rule table")).collect()
}

/// Every dependency is in some row; once the shell exists, it is also used, and no row names a crate in vain.
pub fn dependencies(tree: &Tree, table: &Table, manifest: &Manifest) -> Vec<Fault> {
    let tabled: BTreeSet<&String> = table.rows.values().flat_map(|row| row.crates.keys()).collect();
    let mut faults = Vec::new();
    let unknown = manifest.dependencies.iter().filter(|name| !tabled.contains(name));
    faults.extend(unknown.map(|name| {
        Fault::of("Cargo.toml", format!("no row of the rule table names the dependency `{name}`"))
    }));
    if !rooms(tree).contains(SHELL) {
        return faults;
    }
    let used: BTreeSet<&str> =
        shipped(tree).filter_map(|(_, _, mention)| crate_of(mention, manifest)).collect();
    let idle = manifest.dependencies.iter().filter(|name| !used.contains(name.as_str()));
    faults.extend(
        idle.map(|name| Fault::of("Cargo.toml", format!("nothing under src/ names the dependency `{name}`"))),
    );
    let gone = tabled.into_iter().filter(|name| !manifest.dependencies.contains(*name));
    faults.extend(gone.map(|name| {
        Fault::of("ARCHITECTURE.md", format!("the rule table names `{name}`, which Cargo.toml does not have"))
    }));
    faults
}

/// Only the clock asks for the time; the demo, which is a target and not the generator, may with a reason.
pub fn clock(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (file, room, mention) in shipped(tree) {
        let (Target::Own(path) | Target::Foreign(path)) = &mention.target;
        let asks = path.last().is_some_and(|last| last == "now")
            && path.iter().rev().nth(1).is_some_and(|owner| {
                matches!(owner.as_str(), "Instant" | "SystemTime" | "Timestamp" | "Zoned")
            });
        if asks && file.path != CLOCK && !(room == "demo" && mention.is_excused) {
            let problem = format!("`{}` asks for the time: only {CLOCK} does", shown(mention));
            faults.push(Fault::at(file, mention.written.line, problem));
        }
    }
    faults
}

/// Whether a path is one of `banned`, lies in it, or is a glob that brings it.
fn reaches(path: &[String], banned: &str) -> bool {
    let banned: Vec<&str> = banned.split("::").collect();
    let (parts, is_glob) = match path.split_last() {
        Some((last, parts)) if last == "*" => (parts, true),
        _ => (path, false),
    };
    let common = parts.iter().zip(&banned).take_while(|(part, ban)| part == ban).count();
    common == banned.len() || (is_glob && common == parts.len())
}

/// Only the shell names the environment, the standard streams and the end of the process.
pub fn surroundings(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (file, room, mention) in shipped(tree).filter(|(_, room, _)| room != SHELL) {
        let Target::Foreign(path) = &mention.target else { continue };
        let Some(banned) = SURROUNDINGS.iter().find(|banned| reaches(path, banned)) else { continue };
        if !reaches(path, BUILD_FACTS) || path.last().is_some_and(|last| last == "*") {
            let problem =
                format!("`{}` reaches `{banned}` from `{room}`: only {SHELL} and main.rs do", shown(mention));
            faults.push(Fault::at(file, mention.written.line, problem));
        }
    }
    faults
}

/// The rooms that turn values into values do no IO.
pub fn purity(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (file, room, mention) in shipped(tree).filter(|(_, room, _)| PURE.contains(&room.as_str())) {
        let Target::Foreign(path) = &mention.target else { continue };
        if let Some(banned) = IO.iter().find(|banned| reaches(path, banned)) {
            let problem = format!("`{}` reaches `{banned}`, but `{room}` does no IO", shown(mention));
            faults.push(Fault::at(file, mention.written.line, problem));
        }
    }
    faults
}

/// Written formats have structs of their own: only these rooms derive for serde, only these for schemars.
pub fn written_formats(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in tree.files.iter().filter(|file| !file.is_test) {
        let room = room_of(file).unwrap_or_default();
        for derive in &file.survey.derives {
            let rooms: &[&str] = match derive.name.as_str() {
                "Serialize" | "Deserialize" => &["report", "demo"],
                "JsonSchema" => &["report", "scenario"],
                _ => continue,
            };
            if !rooms.contains(&room.as_str()) {
                let problem = format!(
                    "`derive({})` in `{room}`: no domain type is serialised, only {} derive it",
                    derive.name,
                    rooms.join(" and ")
                );
                faults.push(Fault::at(file, derive.line, problem));
            }
        }
    }
    faults
}
