//! The journal of a run: a file that takes each second as it is over, so that a run which is cut off leaves more than
//! nothing.
//!
//! A thread of its own writes it, and nothing in the run waits for that. Where the disk is slow, seconds that wait are
//! joined into one, so that memory is bounded; where it refuses, the half line is cut off and the second is written with
//! the next one, as soon as there is room again. What it writes is `report::journal_v1`'s to decide.

use super::{
    load::Watch,
    queue::{Joins, Queue},
};
use crate::{
    measure::Interval,
    model::{Catalog, RunInfo},
    plan::Plan,
    report::journal_v1::{End, Header, Start, end_line, header_line, interval_line, start_line},
};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

/// The file's name in the results folder.
pub const JOURNAL: &str = "journal.jsonl";
/// So many lines, which is to say seconds, are brought to the disk together.
const LINES_PER_SYNC: u32 = 3;
/// How long the end waits for a disk that does not answer. The results themselves were on it before.
const PATIENCE: Duration = Duration::from_secs(1);

/// The first line of the journal of this plan's run.
pub(super) fn header(info: RunInfo, plan: &Plan, interval: Duration, allow_saturated: bool) -> Header {
    let catalog = plan.catalog.clone();
    let thresholds = plan.thresholds.clone();
    Header { info, catalog, thresholds, interval, allow_saturated }
}

/// The journal, as the run sees it.
#[derive(Debug)]
pub(super) struct Journal {
    desk: Option<Arc<Desk>>,
}

/// Between the run and the thread that writes.
#[derive(Debug, Default)]
struct Desk {
    queue: Queue<Item>,
    trouble: Mutex<Trouble>,
}

impl Journal {
    /// One that takes nothing.
    pub fn none() -> Self {
        Self { desk: None }
    }

    /// Makes the file with its first line.
    pub fn create(path: &Path, header: &Header, watcher: &mut dyn Watch) -> Self {
        match Self::begin(path, header) {
            Ok(desk) => Self { desk: Some(desk) },
            Err(error) => {
                watcher.warn(&trouble(&error));
                Self::none()
            }
        }
    }

    fn begin(path: &Path, header: &Header) -> io::Result<Arc<Desk>> {
        let lines = Lines::create(path, header)?;
        let desk = Arc::new(Desk::default());
        let (its, catalog) = (Arc::clone(&desk), header.catalog.clone());
        thread::Builder::new().name("journal".to_owned()).spawn(move || {
            let mut writer = Writer { lines, catalog, held: None };
            while let Some(item) = its.queue.next() {
                if let Err(error) = writer.write(item).and_then(|()| writer.lines.settle()) {
                    its.failed(&error);
                }
            }
            its.queue.done();
            // Whoever ends the run need not wait for this.
            let _ = writer.lines.sync();
        })?;
        Ok(desk)
    }

    /// The load begins.
    pub fn start(&self, start: &Start) {
        if let Some(desk) = &self.desk {
            desk.queue.push(Item::Line(start_line(start)));
        }
    }

    /// Takes an interval, and says once if the journal cannot be written.
    pub fn push(&self, interval: Arc<Interval>, watcher: &mut dyn Watch) {
        if let Some(desk) = &self.desk {
            desk.queue.push(Item::Interval(interval));
            desk.tell(watcher);
        }
    }

    /// Ends the journal, and waits until it is written, but not for a disk that does not answer.
    pub fn end(&self, end: &End, watcher: &mut dyn Watch) {
        if let Some(desk) = &self.desk {
            desk.queue.push(Item::Line(end_line(end)));
            desk.queue.close();
            desk.wait();
            desk.tell(watcher);
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        if let Some(desk) = &self.desk {
            desk.queue.close();
        }
    }
}

fn trouble(error: &io::Error) -> String {
    format!(
        "the journal cannot be written: {error}; the run goes on, but if it is cut off its results cannot be rebuilt \
         from here on"
    )
}

/// What is to be written.
#[derive(Debug)]
enum Item {
    Line(Vec<u8>),
    Interval(Arc<Interval>),
}

impl Joins for Item {
    fn join(&mut self, next: Self) -> Option<Self> {
        match (self, next) {
            (Self::Interval(last), Self::Interval(next)) => {
                Arc::make_mut(last).absorb(&next);
                None
            }
            (_, next) => Some(next),
        }
    }
}

/// What is to be told.
#[derive(Debug, Default)]
struct Trouble {
    text: Option<String>,
    told: bool,
}

impl Desk {
    fn trouble(&self) -> MutexGuard<'_, Trouble> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, error: &io::Error) {
        self.trouble().text = Some(trouble(error));
    }

    /// Tells the first trouble, and that only.
    fn tell(&self, watcher: &mut dyn Watch) {
        let mut trouble = self.trouble();
        if trouble.told {
            return;
        }
        if let Some(text) = trouble.text.take() {
            trouble.told = true;
            drop(trouble);
            watcher.warn(&text);
        }
    }

    /// Waits until everything is written.
    fn wait(&self) {
        if !self.queue.wait(PATIENCE) && self.trouble().text.is_none() {
            self.failed(&io::Error::new(io::ErrorKind::TimedOut, "the disk does not answer"));
        }
    }
}

/// The thread's own state.
struct Writer<W> {
    lines: Lines<W>,
    catalog: Catalog,
    /// What the disk did not take.
    held: Option<Arc<Interval>>,
}

impl<W: Output> Writer<W> {
    fn write(&mut self, item: Item) -> io::Result<()> {
        match item {
            Item::Interval(interval) => {
                match &mut self.held {
                    Some(held) => Arc::make_mut(held).absorb(&interval),
                    held => *held = Some(interval),
                }
                self.write_held()
            }
            // Behind a second that is missing no end may stand.
            Item::Line(line) => self.write_held().and_then(|()| self.lines.write(&line)),
        }
    }

    fn write_held(&mut self) -> io::Result<()> {
        if let Some(held) = &self.held {
            self.lines.write(&interval_line(held, &self.catalog))?;
            self.held = None;
        }
        Ok(())
    }
}

/// What lines are written to.
pub(super) trait Output: Write {
    /// Cuts off what lies behind this length.
    fn cut(&mut self, length: u64) -> io::Result<()>;
    /// Brings what was written to the disk.
    fn sync(&mut self) -> io::Result<()>;
}

impl Output for File {
    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}

/// A file of whole lines.
pub(super) struct Lines<W> {
    output: W,
    /// Length of the lines that are whole.
    whole: u64,
    unsynced: u32,
    /// Whether a half line stands at the end and cannot be cut off: behind it nothing could be read.
    torn: bool,
}

impl Lines<File> {
    /// Makes a journal with its first line.
    pub fn create(path: &Path, header: &Header) -> io::Result<Self> {
        let mut lines = Self::new(OpenOptions::new().append(true).create_new(true).open(path)?);
        let begun = lines.write(&header_line(header));
        if begun.is_err() {
            // Nothing can be read from a journal without its first line. The first error is the one that matters.
            let _ = fs::remove_file(path);
        }
        begun.map(|()| lines)
    }
}

impl<W: Output> Lines<W> {
    fn new(output: W) -> Self {
        Self { output, whole: 0, unsynced: 0, torn: false }
    }

    /// Writes a line, completely or not at all.
    pub fn write(&mut self, line: &[u8]) -> io::Result<()> {
        if self.torn {
            self.torn = self.output.cut(self.whole).is_err();
        }
        if self.torn {
            return Err(io::Error::other("half a line stands at its end and cannot be cut off"));
        }
        if let Err(error) = self.output.write_all(line) {
            self.torn = self.output.cut(self.whole).is_err();
            return Err(error);
        }
        self.whole += line.len() as u64;
        self.unsynced += 1;
        Ok(())
    }

    /// Every few lines, brings them to the disk.
    fn settle(&mut self) -> io::Result<()> {
        if self.unsynced < LINES_PER_SYNC { Ok(()) } else { self.sync() }
    }

    /// Brings what was written to the disk.
    pub fn sync(&mut self) -> io::Result<()> {
        self.unsynced = 0;
        self.output.sync()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        report::journal_v1::{Entry, read_line},
        run::queue::MOST_WAITING,
    };
    use std::{cell::RefCell, rc::Rc};

    /// A disk that has room for so many bytes.
    #[derive(Default, Clone)]
    struct Disk {
        bytes: Rc<RefCell<Vec<u8>>>,
        room: Rc<RefCell<usize>>,
        keeps_what_is_torn: bool,
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let left = self.room.borrow().saturating_sub(self.bytes.borrow().len());
            if left == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            let taken = bytes.len().min(left);
            self.bytes.borrow_mut().extend_from_slice(&bytes[..taken]);
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Output for Disk {
        fn cut(&mut self, length: u64) -> io::Result<()> {
            if self.keeps_what_is_torn {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.bytes.borrow_mut().truncate(length as usize);
            Ok(())
        }

        fn sync(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn interval(number: u64) -> Item {
        Item::Interval(Arc::new(Interval { number, made_users: 1, ..Interval::default() }))
    }

    fn writer(disk: &Disk) -> Writer<Disk> {
        Writer { lines: Lines::new(disk.clone()), catalog: Catalog::default(), held: None }
    }

    /// The numbers of the intervals that were written; every line is whole.
    fn numbers(disk: &Disk) -> Vec<u64> {
        let bytes = disk.bytes.borrow();
        let lines = bytes.split_inclusive(|byte| *byte == b'\n');
        let numbers = lines.map(|line| match read_line(line, &Catalog::default()) {
            Ok(Entry::Interval(interval)) => interval.number,
            other => panic!("{other:?}"),
        });
        numbers.collect()
    }

    #[test]
    fn what_a_full_disk_did_not_take_is_written_when_there_is_room_again() {
        let disk = Disk::default();
        *disk.room.borrow_mut() = 100_000;
        let mut writer = writer(&disk);
        writer.write(interval(0)).expect("room");
        *disk.room.borrow_mut() = disk.bytes.borrow().len() + 10;
        for number in 1..4 {
            assert!(writer.write(interval(number)).is_err());
            assert_eq!(numbers(&disk), [0]);
        }
        // No end behind what is missing.
        assert!(writer.write(Item::Line(b"end\n".to_vec())).is_err());
        *disk.room.borrow_mut() = 100_000;
        writer.write(interval(4)).expect("room");
        writer.write(interval(5)).expect("room");
        assert_eq!(numbers(&disk), [0, 4, 5]);
    }

    #[test]
    fn nothing_is_written_behind_half_a_line_that_cannot_be_cut_off() {
        let disk = Disk { keeps_what_is_torn: true, ..Disk::default() };
        *disk.room.borrow_mut() = 10;
        let mut writer = writer(&disk);
        assert!(writer.write(interval(0)).is_err());
        *disk.room.borrow_mut() = 100_000;
        assert!(writer.write(interval(1)).is_err());
        assert_eq!(disk.bytes.borrow().len(), 10);
    }

    #[test]
    fn seconds_that_wait_for_the_disk_are_bounded() {
        let queue = Queue::default();
        queue.push(Item::Line(b"start\n".to_vec()));
        (0..1_000).for_each(|number| assert!(queue.push(interval(number)) || number < 15));
        queue.push(Item::Line(b"end\n".to_vec()));
        queue.close();
        let mut last = None;
        let mut count = 0;
        while let Some(item) = queue.next() {
            count += 1;
            if let Item::Interval(interval) = item {
                assert!(last < Some(interval.number));
                last = Some(interval.number);
            }
        }
        assert_eq!((count, last), (MOST_WAITING + 1, Some(999)));
    }
}
