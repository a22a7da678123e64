//! Files that were asked for and have to do with each other, by links and by the names that they have until they are whole:
//! what cannot work is refused before anything is sent, and what can is written where a link leads.

use super::{
    harness::Sandbox,
    target::{OK, Target, scenario},
};
use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

/// What is below a folder: links, and files with what is in them. What is printed is left out.
fn tree(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut tree = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let (path, kind) = (entry.path(), entry.file_type().unwrap());
            if kind.is_dir() {
                folders.push(path);
            } else if !entry.file_name().to_string_lossy().starts_with("std") {
                let is_link = kind.is_symlink();
                let text = if is_link { String::new() } else { fs::read_to_string(&path).unwrap() };
                tree.insert(path, text);
            }
        }
    }
    tree
}

#[test]
fn files_in_each_others_way_are_refused_before_anything_is_sent() {
    let (sandbox, target) = (Sandbox::new(), Target::answering(OK));
    let there = |name: &str| sandbox.path().join(name);
    sandbox.file(
        "scenario.yaml",
        scenario(&target.url(), 1, 300, "    body_file: body.part\n").replace("- get:", "- put:"),
    );
    sandbox.file("body.part", "what is sent");
    fs::create_dir(there("other")).unwrap();
    sandbox.file("other/file", "of an earlier run");
    symlink("other/file", there("link")).unwrap();
    symlink("other/none", there("dangling")).unwrap();
    symlink("loop", there("loop")).unwrap();
    symlink("other/file", there("kept.part")).unwrap();
    let before = tree(sandbox.path());
    for (arguments, says) in [
        (
            &["--out", "csv=a", "--out", "junit=a.part"][..],
            "`--out csv=a` has the name that the other has until",
        ),
        (&["--out", "junit=a.part", "--out", "samples=a"], "`--out samples=a` has the name"),
        (&["--out", "markdown=a", "--out", "html=a.part"], "`--out markdown=a` has the name"),
        (&["--out", "csv=a", "--out", "junit=a/b"], "is a file where the other needs a folder"),
        (
            &["--out", "samples=link", "--out", "junit=other/file"],
            "`--out samples=link` goes to the same file",
        ),
        (
            &["--out", "csv=dangling", "--out", "json=other/none"],
            "`--out csv=dangling` goes to the same file",
        ),
        (&["--out", "jsonl=dangling", "--out", "json=other/none.part"], "has the name that the other has"),
        (&["--out", "junit=loop"], "`--out junit=loop` cannot be written: "),
        (&["--out", "junit=kept"], "kept.part` is no file, and in its way"),
        (&["--out", "samples=body"], "in which it is until it is whole, is read here, and would be lost"),
        (
            &["--out", "junit=results"],
            "`--out junit=results` cannot be written: the results need a folder there",
        ),
        (&["--out", "csv=a", "--results", "a/b"], "the results need a folder there"),
    ] {
        let run = sandbox.run(&[&["run", "scenario.yaml"], arguments].concat());
        run.assert_code(2);
        run.assert_says(&[says]);
        assert_eq!(tree(sandbox.path()), before, "{arguments:?}");
    }
    assert_eq!(target.seen.requests(), 0);
}

#[test]
fn every_kind_of_file_is_written_where_its_link_leads() {
    let (sandbox, target) = (Sandbox::new(), Target::answering(OK));
    let there = |name: &str| sandbox.path().join(name);
    sandbox.file("scenario.yaml", scenario(&target.url(), 1, 600, ""));
    fs::create_dir(there("other")).unwrap();
    let kinds = ["csv", "samples", "junit", "markdown"];
    for kind in kinds {
        // One that leads to a file that is there, and one to where not even a folder is.
        sandbox.file(&format!("other/{kind}"), "old");
        symlink(format!("other/{kind}"), there(kind)).unwrap();
        symlink(format!("new/folder/{kind}"), there(&format!("to-{kind}"))).unwrap();
    }
    for (prefix, folder) in [("", "other"), ("to-", "new/folder")] {
        let outs = kinds.map(|kind| ["--out".to_owned(), format!("{kind}={prefix}{kind}")]).concat();
        let outs = outs.iter().map(String::as_str);
        let words: Vec<&str> = ["run", "scenario.yaml", "--no-results"].into_iter().chain(outs).collect();
        sandbox.run(&words).assert_code(0);
        for kind in kinds {
            let (link, file) = (there(&format!("{prefix}{kind}")), there(folder).join(kind));
            assert!(link.is_symlink() && !file.is_symlink(), "{prefix}{kind}");
            assert!(fs::read_to_string(&file).unwrap().len() > 50, "{prefix}{kind}");
        }
        assert_eq!(fs::read_dir(there(folder)).unwrap().count(), kinds.len(), "something else is left");
    }
    assert!(tree(sandbox.path()).keys().all(|path| path.extension().is_none_or(|part| part != "part")));
}

#[test]
fn results_that_are_worked_on_are_not_written_over() {
    let (sandbox, target) = (Sandbox::new(), Target::answering(OK));
    sandbox.file("scenario.yaml", scenario(&target.url(), 1, 300, ""));
    for results in ["a", "b"] {
        sandbox.run(&["run", "scenario.yaml", "--results", results]).assert_code(0);
        let folder = fs::read_dir(there(&sandbox, results)).unwrap().next().unwrap().unwrap().path();
        symlink(folder, there(&sandbox, &format!("of-{results}"))).unwrap();
    }
    let (before, sent) = (tree(sandbox.path()), target.seen.requests());
    let (report, merge) = (&["report", "of-a"][..], &["merge", "of-b", "of-a", "--results", "joined"][..]);
    let (run, by_file) = (
        &["run", "scenario.yaml", "--baseline", "of-a"][..],
        &["run", "scenario.yaml", "--baseline", "of-a/summary.json"][..],
    );
    for (command, outs) in [
        (report, &["csv=of-a/summary.json", "json=of-a/report.html", "json=of-a/journal.jsonl"][..]),
        (&["report", "of-a", "--baseline", "of-b"], &["json=of-b/summary.json", "html=of-b/report.html"]),
        (&["report", "of-a", "--baseline", "of-a"], &["json=of-a/summary.json"]),
        (merge, &["json=of-a/summary.json", "html=of-b/report.html", "csv=of-b/journal.jsonl"]),
        (run, &["samples=of-a/journal.jsonl", "html=of-a/report.html", "jsonl=of-a/summary.json"]),
        (by_file, &["samples=of-a/journal.jsonl", "html=of-a/report.html"]),
    ] {
        for out in outs {
            let run = sandbox.run(&[command, &["--out", out]].concat());
            run.assert_code(2);
            run.assert_says(&["read here", "would be lost"]);
            assert_eq!(tree(sandbox.path()), before, "{command:?} {out}");
        }
    }
    assert_eq!(target.seen.requests(), sent);
    let own =
        ["--out", "json=of-a/summary.json", "--out", "html=of-a/report.html", "--out", "csv=of-a/rows.csv"];
    sandbox.run(&[report, &own].concat()).assert_code(0);
    assert_eq!(tree(sandbox.path()).len(), before.len() + 1);
}

fn there(sandbox: &Sandbox, name: &str) -> PathBuf {
    sandbox.path().join(name)
}
