//! The shape of files and functions: names, sizes, documentation, what an index may hold.

use crate::{
    source::{Fault, SourceFile, Tree},
    survey::{Function, is_test_only, item_attributes},
};
use syn::{Item, spanned::Spanned};

/// Names under which anything could be put, and so everything is.
const MAGNETS: [&str; 7] = ["utils", "util", "common", "helpers", "helper", "errors", "misc"];
const MAIN_LINES: usize = 30;
const FILE_LINES: usize = 500;
const FUNCTION_LINES: usize = 70;
const FUNCTION_LINES_P90: usize = 30;

/// No file and no module is a magnet for odds and ends.
pub fn names(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in &tree.files {
        let own = file.path.trim_end_matches(".rs").split('/').map(|part| (1, part));
        let declared = file.survey.modules.iter().map(|(line, name)| (*line, name.as_str()));
        for (line, name) in own.chain(declared).filter(|(_, name)| MAGNETS.contains(name)) {
            let problem = format!("`{name}` says nothing about what belongs there: name the thing");
            faults.push(Fault::at(file, line, problem));
        }
    }
    faults
}

/// A `mod.rs` and the library's root name what there is and do nothing.
pub fn indexes(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in tree.files.iter().filter(|file| file.is_index()) {
        for item in file.ast.items.iter().filter(|item| is_logic(item)) {
            let line = item.span().start().line;
            let problem = "holds more than `mod`, `use` and `macro_rules!`: move it into a file with a name";
            faults.push(Fault::at(file, line, problem));
        }
    }
    faults
}

fn is_logic(item: &Item) -> bool {
    let allowed = match item {
        Item::Mod(module) => module.content.is_none(),
        Item::Use(_) => true,
        Item::Macro(call) => call.mac.path.is_ident("macro_rules"),
        _ => false,
    };
    !allowed && !item_attributes(item).iter().any(is_test_only)
}

/// `main.rs` maps an outcome to an exit code, which takes no room.
pub fn main_is_thin(tree: &Tree) -> Vec<Fault> {
    let mains = tree.files.iter().filter(|file| file.is_main());
    let long = mains.filter(|file| file.text.lines().count() > MAIN_LINES);
    long.map(|file| Fault::at(file, MAIN_LINES + 1, format!("main.rs has more than {MAIN_LINES} lines")))
        .collect()
}

/// A file stays readable in one sitting, its tests not counted.
pub fn file_sizes(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in tree.files.iter().filter(|file| !file.is_test) {
        let lines = lines_without_tests(file);
        if lines > FILE_LINES {
            let problem = format!("{lines} lines without tests, at most {FILE_LINES}");
            faults.push(Fault::of(&file.path, problem));
        }
    }
    faults
}

fn lines_without_tests(file: &SourceFile) -> usize {
    let is_test = |item: &&Item| item_attributes(item).iter().any(is_test_only);
    let extent = |item: &Item| item.span().end().line - item.span().start().line + 1;
    let tests: usize = file.ast.items.iter().filter(is_test).map(extent).sum();
    file.text.lines().count() - tests
}

/// No function is long, and few are longer than a screen's half.
pub fn function_sizes(tree: &Tree) -> Vec<Fault> {
    let shipped = tree.files.iter().filter(|file| !file.is_test);
    let mut all: Vec<(&SourceFile, &Function)> = shipped
        .flat_map(|file| file.survey.functions.iter().map(move |function| (file, function)))
        .filter(|(_, function)| !function.in_test)
        .collect();
    let mut faults = Vec::new();
    for (file, function) in all.iter().filter(|(_, function)| function.lines > FUNCTION_LINES) {
        let problem =
            format!("function `{}` has {} lines, at most {FUNCTION_LINES}", function.name, function.lines);
        faults.push(Fault::at(file, function.line, problem));
    }
    all.sort_by_key(|(_, function)| function.lines);
    if let Some((_, p90)) = (all.len() * 9).div_ceil(10).checked_sub(1).and_then(|rank| all.get(rank))
        && p90.lines > FUNCTION_LINES_P90
    {
        let longest: Vec<String> = all
            .iter()
            .rev()
            .take(10)
            .map(|(file, function)| {
                format!("{}:{} {} ({})", file.path, function.line, function.name, function.lines)
            })
            .collect();
        let problem = format!(
            "p90 of function lengths is {} lines, at most {FUNCTION_LINES_P90}; the longest: {}",
            p90.lines,
            longest.join(", ")
        );
        faults.push(Fault::of("src", problem));
    }
    faults
}

/// Every file says first what it is for.
pub fn documentation<P: AsRef<str>, T: AsRef<str>>(sources: &[(P, T)]) -> Vec<Fault> {
    let bare = sources.iter().filter(|(_, text)| !text.as_ref().starts_with("//!"));
    bare.map(|(path, _)| Fault::of(format!("{}:1", path.as_ref()), "no `//!` that says what the file is for"))
        .collect()
}

/// Nothing is hidden from this check.
pub fn nothing_hidden(tree: &Tree) -> Vec<Fault> {
    let hiding = tree.files.iter().flat_map(|file| file.survey.hiding.iter().map(move |found| (file, found)));
    hiding.map(|(file, (line, problem))| Fault::at(file, *line, problem)).collect()
}
