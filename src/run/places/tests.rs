//! Places that can be written, places that cannot, and what becomes of what was written.

use super::*;
use std::os::unix::fs::symlink;

fn write(path: &Path, text: &str) -> io::Result<()> {
    let place = Place::of(path)?;
    place.way()?.open()?.append(text.as_bytes())?;
    place.finish()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("there")
}

#[test]
fn what_is_there_is_replaced_only_by_something_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, part) = (folder.path().join("new/rows.csv"), folder.path().join("new/rows.csv.part"));
    write(&path, "one\n").expect("written");
    let place = Place::of(&path).expect("a place");
    let mut writer = place.way().and_then(Way::open).expect("a writer");
    writer.append(b"half").expect("written");
    assert_eq!(read(&path), "one\n");
    assert_eq!(read(&part), "half");
    assert!(Place::of(&path).expect_err("taken").to_string().contains("another"));
    drop((place, writer));
    assert!(!part.exists());
    // What a killed run has left is longer.
    fs::write(&part, "rubbish of a killed run").expect("written");
    write(&path, "two\n").expect("written");
    assert_eq!(read(&path), "two\n");
    assert!(!part.exists());
}

#[test]
fn links_stay_and_what_they_lead_to_is_replaced_or_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let there = |name: &str| folder.path().join(name);
    fs::create_dir(there("of")).expect("made");
    fs::write(there("file"), "old").expect("written");
    for (link, target, led_to) in [
        ("whole", there("file"), "file"),
        ("relative", PathBuf::from("file"), "file"),
        ("of/up", PathBuf::from("../file"), "file"),
        ("dangling", PathBuf::from("of/none"), "of/none"),
        ("of/folders", PathBuf::from("new/folder/none"), "of/new/folder/none"),
        ("again", PathBuf::from("of/folders"), "of/new/folder/none"),
    ] {
        symlink(&target, there(link)).expect("made");
        let place = Place::of(&there(link)).expect("a place");
        let part = fs::canonicalize(place.part().expect("a file")).expect("there");
        assert_eq!(
            part,
            fs::canonicalize(folder.path()).expect("there").join(format!("{led_to}.part")),
            "{link}"
        );
        drop(place);
        write(&there(link), link).expect("written");
        assert_eq!((read(&there(led_to)).as_str(), there(link).is_symlink()), (link, true));
        let followed = super::led_to(&there(link));
        assert!(followed.is_ok_and(|path| !path.is_symlink()), "{link}");
    }
    symlink("two", there("one")).expect("made");
    symlink("one", there("two")).expect("made");
    assert!(Place::of(&there("one")).expect_err("a loop").to_string().contains("lead to each other"));
}

#[test]
fn what_is_not_whole_is_kept_where_that_is_wanted_and_nothing_of_others_is_touched() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, part) = (folder.path().join("rows"), folder.path().join("rows.part"));
    let place = Place::of(&path).expect("a place");
    place.way().and_then(Way::open).and_then(|mut writer| writer.append(b"half")).expect("written");
    place.keep();
    assert_eq!((read(&part).as_str(), path.exists()), ("half", false));
    for ends in [
        |place: Place| place.finish().is_err(),
        |mut place: Place| place.put().is_err(),
        |place| {
            drop(place);
            true
        },
    ] {
        let place = Place::of(&path).expect("what was kept is nobody's");
        fs::remove_file(&part).expect("removed");
        fs::write(&part, "of another").expect("written");
        assert!(ends(place), "what another has written is no file of this");
        assert_eq!((read(&part).as_str(), path.exists()), ("of another", false));
    }
}

#[test]
fn what_is_written_in_one_go_waits_for_another_that_does_that() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("rows");
    let mut attempts = 0;
    let first = Place::of(&path).expect("a place");
    let mut first = Some(first);
    let second = soon(|| {
        attempts += 1;
        if attempts == 3 {
            first.take().expect("not yet").finish().expect("written");
        }
        Place::of(&path)
    });
    assert!(second.is_ok() && attempts == 3);
    // Many at once: each is whole, and one of them stays.
    let texts: Vec<String> = (0..4).map(|n| n.to_string().repeat(100_000)).collect();
    thread::scope(|scope| {
        for text in &texts {
            let path = folder.path().join("of all");
            scope.spawn(move || {
                // On a disk that is busy the others may take longer than anybody waits.
                while let Err(error) = crate::run::write_over(&path, text.as_bytes()) {
                    assert!(error.to_string().contains("another run"), "{error}");
                }
            });
        }
    });
    assert!(texts.contains(&read(&folder.path().join("of all"))));
}

#[test]
fn places_that_cannot_be_written_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let there = |name: &str| folder.path().join(name);
    fs::write(there("file"), "").expect("written");
    fs::create_dir(there("rows.csv.part")).expect("made");
    // To write there would be to write over what it leads to.
    symlink("file", there("linked.part")).expect("made");
    let _socket = std::os::unix::net::UnixListener::bind(there("socket")).expect("made");
    // Another name of a file that a stream leads into, as `/dev/stdout` is where it was redirected.
    let held = File::create(there("held")).expect("made");
    let stream = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&held));
    symlink(&stream, there("to-stream")).expect("made");
    symlink("to-stream", there("to-link")).expect("made");
    symlink("none/../new", there("up")).expect("made");
    for (path, says) in [
        (folder.path().to_owned(), "it is a folder"),
        (there("file/rows.csv"), "choose another place"),
        (there("rows.csv"), "in its way"),
        (there("linked"), "in its way"),
        (there("socket"), "it is a socket"),
        (PathBuf::from(stream), "name that file"),
        (there("to-stream"), "name that file"),
        (there("to-link"), "name that file"),
        (there("none/../new"), "name the folder without `..`"),
        (there("none/../file"), "name the folder without `..`"),
        (there("up"), "name the folder without `..`"),
    ] {
        let refused = Place::of(&path).expect_err("no place").to_string();
        assert!(refused.contains(says), "{}: {refused}", path.display());
    }
    assert!(matches!(Place::of(Path::new("/dev/null")), Ok(Place::Direct(_))));
    assert!(!there("none").exists());
    fs::create_dir(there("of")).expect("made");
    write(&there("of/../of/../up-from-there"), "one").expect("a folder that is there is left again");
}

#[test]
fn what_cannot_be_put_in_its_place_stays_and_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, part) = (folder.path().join("rows"), folder.path().join("rows.part"));
    for ends in [|place: Place| place.finish(), |mut place: Place| place.put()] {
        let place = Place::of(&path).expect("a place");
        place.way().and_then(Way::open).and_then(|mut writer| writer.append(b"all")).expect("written");
        // As a mount point does, it lets nothing take its place.
        fs::create_dir(&path).expect("made");
        let told = ends(place).expect_err("a folder is in its place").to_string();
        assert!(told.ends_with(&format!("; all of it is in {}", part.display())), "{told}");
        assert_eq!(read(&part), "all");
        fs::remove_dir(&path).expect("removed");
    }
}

#[test]
fn what_a_killed_run_left_stays_until_something_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, part) = (folder.path().join("rows"), folder.path().join("rows.part"));
    fs::write(&part, "of a killed run").expect("written");
    drop(Place::of(&path).expect("a place"));
    assert_eq!(read(&part), "of a killed run");
    let place = Place::of(&path).expect("a place");
    let way = place.way().expect("a way");
    assert_eq!(read(&part), "");
    drop((place, way));
    assert!(!part.exists(), "what was begun and given up is not what was left");
    // Finished without a word, it is empty.
    fs::write(&part, "of a killed run").expect("written");
    Place::of(&path).and_then(|place| Ok(place.finish()?)).expect("finished");
    assert_eq!((read(&path).as_str(), part.exists()), ("", false));
}
