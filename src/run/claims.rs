//! What files that were asked for have to do with each other, with what is read, and with the folder of the results: which
//! of them would be lost, or could not be put in their place in the end. Nothing is written here; whether a place can be
//! written at all is the business of `places`.

use super::places::{NoPlace, led_to, part_of};
use std::{
    fs,
    path::{Component, Path, PathBuf},
};

/// A file that was asked for, and the names that nobody else may have. A folder has none: it is refused anyhow.
#[derive(Debug)]
pub(super) struct Claim {
    asked: String,
    /// Where it is when it is whole.
    whole: Option<PathBuf>,
    /// Where it is until then; nothing for a pipe or a device.
    part: Option<PathBuf>,
}

impl Claim {
    /// That of a file that was `asked` for at this path.
    pub fn new(asked: String, path: &Path) -> Self {
        let found = fs::metadata(path);
        let is_folder = found.as_ref().is_ok_and(fs::Metadata::is_dir);
        let is_direct = found.is_ok_and(|found| !found.is_file());
        let whole = resolved(path).ok().filter(|_| !is_folder);
        let part = whole.as_deref().filter(|_| !is_direct).map(part_of);
        Self { asked, whole, part }
    }

    /// As it was asked for.
    pub fn asked(&self) -> &str {
        &self.asked
    }

    fn names(&self) -> impl Iterator<Item = &Path> + Clone {
        self.whole.iter().chain(&self.part).map(PathBuf::as_path)
    }

    /// Why it cannot be written beside one that was asked for before it, and what would help.
    pub fn beside(&self, earlier: &Self) -> Option<String> {
        let other = &earlier.asked;
        if self.whole.is_some() && self.whole == earlier.whole {
            return Some(format!("`--out {other}` goes to the same file; give each its own"));
        }
        let pairs = || self.names().flat_map(|mine| earlier.names().map(move |other| (mine, other)));
        if pairs().any(|(mine, other)| mine == other) {
            return Some(format!(
                "one of it and `--out {other}` has the name that the other has until it is whole (`FILE.part`); choose \
                 another file"
            ));
        }
        let is_nested = pairs().any(|(mine, other)| mine.starts_with(other) || other.starts_with(mine));
        is_nested.then(|| {
            format!(
                "one of it and `--out {other}` is a file where the other needs a folder; choose another place"
            )
        })
    }

    /// Why it cannot be written where these files are read, and what would help.
    pub fn over(&self, read: &[PathBuf]) -> Option<String> {
        let is_read = |name: &Option<PathBuf>| name.as_ref().is_some_and(|name| read.contains(name));
        let lost = "is read here, and would be lost; choose another place";
        match &self.part {
            _ if is_read(&self.whole) => Some(format!("this file {lost}")),
            Some(part) if is_read(&self.part) => {
                Some(format!("`{}`, in which it is until it is whole, {lost}", part.display()))
            }
            _ => None,
        }
    }

    /// Why it cannot be one of these files of results, and what would help.
    pub fn among(&self, results: &[PathBuf]) -> Option<String> {
        let is_one = self.whole.as_ref().is_some_and(|whole| results.contains(whole));
        is_one.then(|| {
            "this file is read here, or belongs to results that are, and would be lost; choose another place"
                .to_owned()
        })
    }

    /// Why it cannot be written where results go to a folder in this one, and what would help.
    pub fn before(&self, results: &Path) -> Option<String> {
        let results = real(results);
        let in_its_way = self.names().any(|name| results.starts_with(name));
        in_its_way.then(|| "the results need a folder there; choose another place".to_owned())
    }
}

/// The name of what a path leads to, for which no other path stands.
///
/// # Errors
/// It leads nowhere.
pub(super) fn resolved(path: &Path) -> Result<PathBuf, NoPlace> {
    led_to(path).map(|path| real(&path))
}

/// The name of a place for which no other path stands. Of what is not there yet, the folders will be.
fn real(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let there = path.ancestors().find_map(|folder| Some((folder, fs::canonicalize(folder).ok()?)));
    let Some((folder, mut real)) = there else { return path };
    for component in path.strip_prefix(folder).unwrap_or(Path::new("")).components() {
        match component {
            Component::Normal(name) => real.push(name),
            Component::ParentDir => {
                real.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::CurDir => {}
        }
    }
    real
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    /// A folder with a file, links to files that are there and are not, and a pipe.
    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("there")).expect("made");
        fs::write(at("there/file"), "").expect("written");
        for (target, link) in [
            ("there/file", "to-file"),
            ("there/none", "dangling"),
            ("dangling", "to-dangling"),
            ("loop", "loop"),
            ("there", "to-there"),
        ] {
            symlink(target, at(link)).expect("made");
        }
        let made = std::process::Command::new("mkfifo").arg(at("pipe")).status().expect("mkfifo");
        assert!(made.success());
        folder
    }

    #[test]
    fn two_files_are_not_in_each_others_way() {
        const SAME: &str = "goes to the same file";
        const PART: &str = "has until it is whole";
        const NESTED: &str = "needs a folder";
        let folder = folder();
        let claim = |name: &str| Claim::new(format!("csv={name}"), &folder.path().join(name));
        for (one, other, says) in [
            ("a", "a", SAME),
            ("a", "there/../a", SAME),
            ("new/a", "new/./a", SAME),
            ("to-file", "there/file", SAME),
            ("dangling", "there/none", SAME),
            ("to-dangling", "to-there/none", SAME),
            ("pipe", "there/../pipe", SAME),
            ("a", "a.part", PART),
            ("dangling", "there/none.part", PART),
            ("to-file", "to-there/file.part", PART),
            ("a", "a/b", NESTED),
            ("a", "a.part/b/c", NESTED),
            ("dangling", "there/none/b", NESTED),
            ("a", "b", ""),
            ("a", "ab", ""),
            ("a.part", "a.part.part.part", ""),
            ("pipe", "pipe.part", ""),
            ("there", "there/a", ""),
            ("loop", "loop", ""),
            ("new/../a", "a", ""),
        ] {
            for (one, other) in [(one, other), (other, one)] {
                let told = claim(other).beside(&claim(one)).unwrap_or_default();
                assert!(told.contains(says) && told.is_empty() == says.is_empty(), "{one} {other}: {told}");
                assert!(says.is_empty() || told.contains(&format!("`--out csv={one}`")), "{told}");
            }
        }
        let null = || Claim::new("csv=/dev/null".to_owned(), Path::new("/dev/null"));
        assert!(null().beside(&null()).is_some_and(|told| told.contains(SAME)));
    }

    #[test]
    fn what_is_read_is_not_written_over() {
        let folder = folder();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("read.part"), "").expect("written");
        let read = ["there/file", "read.part"].map(|name| fs::canonicalize(at(name)).expect("there"));
        let over = |name: &str| Claim::new(name.to_owned(), &at(name)).over(&read).unwrap_or_default();
        assert!(over("to-file").starts_with("this file is read here"));
        assert!(over("read.part").starts_with("this file is read here"));
        let part = over("there/../read");
        assert!(part.contains("read.part`, in which it is until it is whole, is read here"), "{part}");
        assert_eq!((over("a"), over("dangling"), over("there")), Default::default());
    }

    #[test]
    fn results_have_their_folder() {
        let folder = folder();
        let at = |name: &str| folder.path().join(name);
        let told =
            |name: &str, results: &str| Claim::new(name.to_owned(), &at(name)).before(&at(results)).is_some();
        for (name, results, is_refused) in [
            ("results", "results", true),
            ("a", "there/../a/results", true),
            ("a", "a.part", true),
            ("results/a", "results", false),
            ("a", "results", false),
            ("there", "there", false),
        ] {
            assert_eq!(told(name, results), is_refused, "{name} {results}");
        }
    }
}
