//! The rule table of `ARCHITECTURE.md` and the dependency list of `Cargo.toml`, read into values.
//!
//! Both readers are small on purpose: they know the shape these two files have, and refuse any other.

use std::collections::{BTreeMap, BTreeSet};

/// The header that marks the rule table among the document's tables.
const HEADER: [&str; 4] = ["room", "holds", "may import", "crates it may name"];

/// One row: a room and what it may know.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// The rooms it may import.
    pub imports: BTreeSet<String>,
    /// The crates it may name, each with the one file it is bound to, if any.
    pub crates: BTreeMap<String, Option<String>>,
}

/// The rule table.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// Rows by room.
    pub rows: BTreeMap<String, Row>,
}

impl Table {
    /// Reads the table out of the document.
    pub fn parse(document: &str) -> Result<Self, String> {
        let mut lines = document.lines().skip_while(|line| cells(line).is_none_or(|found| found != HEADER));
        lines
            .next()
            .ok_or("the document has no table headed | room | holds | may import | crates it may name |")?;
        let mut table = Self::default();
        let mut all = Vec::new();
        for line in lines.skip(1).map_while(cells) {
            let [room, _holds, imports, crates] = line.as_slice() else {
                return Err(format!(
                    "a row of the rule table has {} cells instead of 4: {line:?}",
                    line.len()
                ));
            };
            if imports == "all" {
                all.push(room.clone());
            }
            let row = Row { imports: names(imports), crates: crate_rules(crates)? };
            if table.rows.insert(room.clone(), row).is_some() {
                return Err(format!("the rule table has two rows for `{room}`"));
            }
        }
        for room in all {
            let others = table.rows.keys().filter(|other| **other != room).cloned().collect();
            table.rows.entry(room).or_default().imports = others;
        }
        Ok(table)
    }

    /// Whether `room` may import `other`. A room may always import itself.
    pub fn allows(&self, room: &str, other: &str) -> bool {
        room == other || self.rows.get(room).is_some_and(|row| row.imports.contains(other))
    }

    /// What is wrong with the table itself: rooms that it does not have, and cycles.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (room, row) in &self.rows {
            for import in row.imports.iter().filter(|import| !self.rows.contains_key(*import)) {
                faults.push(format!("`{room}` may import `{import}`, which has no row"));
            }
            if row.imports.iter().any(|import| self.reaches(import, room, &mut BTreeSet::new())) {
                faults.push(format!("`{room}` imports itself by way of other rooms: the table has a cycle"));
            }
        }
        faults
    }

    fn reaches<'a>(&'a self, from: &'a str, goal: &str, seen: &mut BTreeSet<&'a str>) -> bool {
        if from == goal {
            return true;
        }
        let fresh = seen.insert(from);
        fresh
            && self
                .rows
                .get(from)
                .is_some_and(|row| row.imports.iter().any(|next| self.reaches(next, goal, seen)))
    }
}

/// The cells of a table line, without the emphasis and code marks.
fn cells(line: &str) -> Option<Vec<String>> {
    let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    Some(inner.split('|').map(|cell| cell.replace(['`', '*'], "").trim().to_owned()).collect())
}

fn names(cell: &str) -> BTreeSet<String> {
    cell.split(',')
        .map(str::trim)
        .filter(|name| !matches!(*name, "" | "–" | "-"))
        .map(str::to_owned)
        .collect()
}

fn crate_rules(cell: &str) -> Result<BTreeMap<String, Option<String>>, String> {
    let mut rules = BTreeMap::new();
    for entry in names(cell) {
        let Some((name, note)) = entry.split_once('(') else {
            rules.insert(normalised(&entry), None);
            continue;
        };
        let file = note.strip_suffix(')').and_then(|note| note.strip_prefix("one file:"));
        let file = file.ok_or_else(|| format!("`{entry}` is neither `NAME` nor `NAME (one file: PATH)`"))?;
        rules.insert(normalised(name), Some(format!("src/{}", file.trim())));
    }
    Ok(rules)
}

/// A crate's name as code writes it.
pub fn normalised(name: &str) -> String {
    name.trim().replace('-', "_")
}

/// What `Cargo.toml` depends on, under the names that code uses.
#[derive(Debug, Clone, Default)]
pub struct Manifest {
    /// Of the library and the binary.
    pub dependencies: BTreeSet<String>,
    /// Of tests only.
    pub dev_dependencies: BTreeSet<String>,
}

impl Manifest {
    /// Reads the dependency sections: one `name = …` a line, or a section `[dependencies.NAME]` each.
    pub fn parse(text: &str) -> Self {
        let mut manifest = Self::default();
        let mut section = String::new();
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                section = name.to_owned();
                if let Some((parent, dependency)) = name.rsplit_once("dependencies.") {
                    manifest.add(&format!("{parent}dependencies"), dependency);
                }
            } else if let Some((name, _)) = line.split_once('=') {
                manifest.add(&section, name.split('.').next().unwrap_or(name));
            }
        }
        manifest
    }

    fn add(&mut self, section: &str, name: &str) {
        let name = normalised(name.trim().trim_matches('"'));
        if section.ends_with("dev-dependencies") {
            self.dev_dependencies.insert(name);
        } else if section.ends_with("dependencies") {
            self.dependencies.insert(name);
        }
    }

    /// Whether code that starts a path with `name` means a crate.
    pub fn knows(&self, name: &str) -> bool {
        self.dependencies.contains(name) || self.dev_dependencies.contains(name)
    }
}
