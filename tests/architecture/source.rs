//! The files under `src/` as parsed trees, each with the room it stands in.

use crate::survey::{self, Survey};
use std::{fs, path::Path};

/// A broken rule: where, what was found, and which rule forbids it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// `src/room/file.rs:12`, or the file alone.
    pub place: String,
    /// What was found, and the rule that forbids it.
    pub problem: String,
}

impl Fault {
    /// A fault at a line of a file.
    pub fn at(file: &SourceFile, line: usize, problem: impl Into<String>) -> Self {
        Self { place: format!("{}:{line}", file.path), problem: problem.into() }
    }

    /// A fault of a whole file.
    pub fn of(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { place: place.into(), problem: problem.into() }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)
    }
}

/// One file of the package.
pub struct SourceFile {
    /// Path from the package's root, with `/`.
    pub path: String,
    /// The text.
    pub text: String,
    /// The syntax tree.
    pub ast: syn::File,
    /// Everything the rules ask about.
    pub survey: Survey,
    /// Whether the file belongs to a module that only tests compile.
    pub is_test: bool,
}

impl SourceFile {
    fn parse(path: &str, text: &str) -> Result<Self, Fault> {
        let ast = syn::parse_file(text).map_err(|error| {
            let line = error.span().start().line;
            Fault::of(format!("{path}:{line}"), format!("cannot be parsed: {error}"))
        })?;
        let survey = survey::of(&ast, module_path(path));
        Ok(Self { path: path.to_owned(), text: text.to_owned(), ast, survey, is_test: false })
    }

    /// The top-level module of `src/` that the file stands in; none for the crate roots.
    pub fn room(&self) -> Option<String> {
        module_path(&self.path).first().cloned()
    }

    /// Whether it is the binary's root.
    pub fn is_main(&self) -> bool {
        self.path == "src/main.rs"
    }

    /// Whether it may only name what its module has: the library's root or a `mod.rs`.
    pub fn is_index(&self) -> bool {
        self.path == "src/lib.rs" || self.path.ends_with("/mod.rs")
    }
}

/// `src/engine/http.rs` is `engine::http`, `src/engine/mod.rs` is `engine`, the crate roots are nothing.
pub fn module_path(path: &str) -> Vec<String> {
    let inner = path.strip_prefix("src/").unwrap_or(path);
    let stem = inner.strip_suffix(".rs").unwrap_or(inner);
    let mut modules: Vec<String> = stem.split('/').map(str::to_owned).collect();
    if matches!(stem, "lib" | "main") || modules.last().is_some_and(|last| last == "mod") {
        modules.pop();
    }
    modules
}

/// All files under `src/`.
pub struct Tree {
    /// The files, by path.
    pub files: Vec<SourceFile>,
}

impl Tree {
    /// Parses files given as path and text.
    pub fn parse<P: AsRef<str>, T: AsRef<str>>(sources: &[(P, T)]) -> Result<Self, Fault> {
        let parsed = sources.iter().map(|(path, text)| SourceFile::parse(path.as_ref(), text.as_ref()));
        let mut files = parsed.collect::<Result<Vec<_>, _>>()?;
        let test_modules: Vec<_> = files.iter().flat_map(|file| file.survey.test_modules.clone()).collect();
        for file in &mut files {
            let module = module_path(&file.path);
            file.is_test = file.survey.is_test || test_modules.iter().any(|tests| module.starts_with(tests));
        }
        Ok(Self { files })
    }

    /// Reads and parses every `.rs` file under `root/src`.
    pub fn read(root: &Path) -> Result<Self, Fault> {
        Self::parse(&rust_files(root, "src").map_err(|error| Fault::of("src", error.to_string()))?)
    }
}

/// Path and text of every `.rs` file under `root/folder`, sorted; none where the folder is missing.
pub fn rust_files(root: &Path, folder: &str) -> std::io::Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        if !root.join(&folder).is_dir() {
            continue;
        }
        for entry in fs::read_dir(root.join(&folder))? {
            let entry = entry?;
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else if path.ends_with(".rs") {
                found.push((path, fs::read_to_string(entry.path())?));
            }
        }
    }
    found.sort();
    Ok(found)
}
