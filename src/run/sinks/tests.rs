//! Sinks that block, fail and crash: the run goes on, nothing is missing, and what became of each is told.

use super::*;
use crate::run::{load::Tick, queue::MOST_WAITING};
use std::{
    path::PathBuf,
    sync::mpsc::{Receiver, Sender, channel},
};

#[derive(Default)]
struct Notes(Vec<String>);

impl Watch for Notes {
    fn tick(&mut self, _: &Tick<'_>) {}

    fn note(&mut self, text: &str) {
        self.0.push(text.to_owned());
    }
}

/// Says what it is given, and waits for a word before each second where it is to.
struct Probe {
    says: Sender<String>,
    held: Option<Receiver<()>>,
    fails_at: Option<u64>,
}

impl Sink for Probe {
    fn begin(&mut self, run: &Arc<Begun>) -> io::Result<()> {
        let _ = self.says.send(format!("begin {}", run.info.id));
        Ok(())
    }

    fn take(&mut self, second: &Interval) -> io::Result<()> {
        if let Some(held) = &self.held {
            let _ = held.recv();
        }
        let _ = self.says.send(format!("{}-{}", second.number - second.joined, second.number));
        match self.fails_at {
            Some(0) => panic!("made to crash"),
            Some(number) if number == second.number => Err(io::ErrorKind::StorageFull.into()),
            _ => Ok(()),
        }
    }

    fn end(&mut self) -> io::Result<()> {
        let _ = self.says.send("end".to_owned());
        Ok(())
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        let _ = self.says.send("dropped".to_owned());
    }
}

fn opened(name: &str, probe: Probe) -> Opened {
    Opened { output: format!("csv={name}").parse().expect("an output"), sink: Box::new(probe) }
}

fn begun() -> Begun {
    let info =
        RunInfo { id: "a".into(), started_at: "2026-03-01T12:00:00.000Z".into(), ..RunInfo::default() };
    Begun::new(info, Catalog::default(), Duration::from_secs(1))
}

fn second(number: u64) -> Arc<Interval> {
    Arc::new(Interval { number, ..Interval::default() })
}

/// Ends them.
fn finish(sinks: &mut Sinks, patience: Duration, notes: &mut Notes) -> Written {
    sinks.end();
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut signals = Signals::listen().expect("signals");
        sinks.finish(patience, &mut signals, notes).await
    })
}

const LONG: Duration = Duration::from_secs(600);

#[test]
fn each_sink_is_given_all_of_the_run_in_order() {
    let ((says, said), (says_too, said_too)) = (channel(), channel());
    let probe = |says| Probe { says, held: None, fails_at: None };
    let mut notes = Notes::default();
    let mut sinks = Sinks::start(vec![opened("one", probe(says)), opened("two", probe(says_too))]);
    sinks.begin(&Arc::new(begun()));
    (0..3).for_each(|number| sinks.take(&second(number), &mut notes));
    let written = finish(&mut sinks, LONG, &mut notes);
    assert_eq!((written.files, written.problems), (["one", "two"].map(PathBuf::from).to_vec(), vec![]));
    assert_eq!(notes.0, Vec::<String>::new());
    for said in [said, said_too] {
        let said: Vec<String> = said.iter().collect();
        assert_eq!(said, ["begin a", "0-0", "1-1", "2-2", "end", "dropped"]);
    }
}

#[test]
fn a_sink_that_blocks_keeps_nobody_waiting_and_no_second_is_missing() {
    let ((says, said), (let_go, held)) = (channel(), channel());
    let mut notes = Notes::default();
    let mut sinks = Sinks::start(vec![opened("slow", Probe { says, held: Some(held), fails_at: None })]);
    sinks.begin(&Arc::new(begun()));
    let seconds: Vec<Arc<Interval>> = (0..100).map(second).collect();
    seconds.iter().for_each(|second| sinks.take(second, &mut notes));
    // What others share is not changed by joining.
    assert!(seconds.iter().all(|second| second.joined == 0));
    assert_eq!(notes.0, ["csv=slow is slower than the run: seconds that wait for it are joined"]);
    drop(let_go);
    let written = finish(&mut sinks, LONG, &mut notes);
    assert_eq!((written.files.len(), written.problems.len()), (1, 0));
    assert!(notes.0.len() == 2 && notes.0[1].contains("joined to those before"), "{:?}", notes.0);
    let said: Vec<String> = said.iter().collect();
    let spans = said.iter().filter_map(|text| text.split_once('-'));
    let spans: Vec<(u64, u64)> =
        spans.map(|(from, to)| (from.parse().expect("a number"), to.parse().expect("a number"))).collect();
    assert!((2..=MOST_WAITING + 2).contains(&spans.len()), "{said:?}");
    assert!(spans.windows(2).all(|pair| pair[1].0 == pair[0].1 + 1), "{said:?}");
    assert_eq!((spans[0].0, spans[spans.len() - 1].1), (0, 99));
}

#[test]
fn a_sink_that_fails_is_told_once_and_the_others_go_on() {
    let ((says, said), (others_say, others_said)) = (channel(), channel());
    let mut notes = Notes::default();
    let mut sinks = Sinks::start(vec![
        opened("full", Probe { says, held: None, fails_at: Some(1) }),
        opened("fine", Probe { says: others_say, held: None, fails_at: None }),
    ]);
    sinks.begin(&Arc::new(begun()));
    (0..2).for_each(|number| sinks.take(&second(number), &mut notes));
    // It says so before its thread ends, and is given up after that.
    assert!(said.iter().any(|text| text == "dropped"));
    while sinks.lanes[0].result.is_none() {
        sinks.take(&second(2), &mut notes);
    }
    (3..6).for_each(|number| sinks.take(&second(number), &mut notes));
    let written = finish(&mut sinks, LONG, &mut notes);
    assert_eq!(written.files, [PathBuf::from("fine")]);
    assert!(written.problems.len() == 1 && written.problems[0].starts_with("full could not be written"));
    let told = notes.0.iter().filter(|note| note.contains("csv=full cannot be written")).count();
    assert_eq!(told, 1, "{:?}", notes.0);
    assert!(said.iter().next().is_none(), "it was given more");
    assert!(others_said.iter().any(|text| text == "end"));
}

#[test]
fn a_sink_that_crashes_or_hangs_is_given_up() {
    let ((says, _said), (let_go, held)) = (channel(), channel());
    let mut notes = Notes::default();
    let mut sinks = Sinks::start(vec![
        opened("hangs", Probe { says: says.clone(), held: Some(held), fails_at: None }),
        opened("crashes", Probe { says, held: None, fails_at: Some(0) }),
    ]);
    sinks.begin(&Arc::new(begun()));
    sinks.take(&second(0), &mut notes);
    while sinks.lanes[1].result.is_none() {
        sinks.take(&second(1), &mut notes);
    }
    assert!(notes.0.iter().any(|note| note.contains("csv=crashes cannot be written: its thread crashed")));
    let written = finish(&mut sinks, Duration::from_millis(1), &mut notes);
    assert_eq!(written.files, Vec::<PathBuf>::new());
    let [hangs, crashes] = &written.problems[..] else { panic!("{:?}", written.problems) };
    assert!(hangs.contains("it takes no more, and was given up"), "{hangs}");
    assert!(crashes.contains("its thread crashed"), "{crashes}");
    drop(let_go);
}

#[test]
fn a_run_that_is_given_up_ends_its_sinks_without_their_end() {
    let (says, said) = channel();
    let sinks = Sinks::start(vec![opened("one", Probe { says, held: None, fails_at: None })]);
    sinks.begin(&Arc::new(begun()));
    drop(sinks);
    assert_eq!(said.iter().collect::<Vec<_>>(), ["begin a", "dropped"]);
}

#[test]
fn what_is_fed_from_a_journal_is_waited_for() {
    let ((says, said), (fails, failed)) = (channel(), channel());
    let probe = |says, fails_at| Probe { says, held: None, fails_at };
    let mut feed =
        Feed::begin(vec![opened("fine", probe(says, None)), opened("full", probe(fails, Some(2)))], begun());
    (0..50).for_each(|number| feed.take(&second(number)));
    let written = feed.end();
    assert_eq!((written.files.len(), written.problems.len()), (1, 1));
    assert_eq!(said.iter().count(), 53);
    assert_eq!(failed.iter().collect::<Vec<_>>(), ["begin a", "0-0", "1-1", "2-2", "dropped"]);
}
