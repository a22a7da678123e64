//! Every request of the load, for whoever asked for that. Each worker fills a batch of its own and hands it over when it is
//! full, and at the end of each interval. It never waits: where batches are not taken as fast as they are filled, one that
//! is full is dropped, and its requests are counted. What becomes of batches is not known here.

use super::{actor::Actor, outlet::Outlet, transport::Transports};
use crate::measure::{Recorder, RequestObservation, Sample};
use std::{
    mem,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    time::Duration,
};

/// Requests of a full batch.
const BATCH: usize = 1_024;
/// Most batches that wait to be taken: 131,072 requests, and less than 50 MB.
const MOST_WAITING: usize = 128;
/// Emptied batches that a worker keeps.
const MOST_SPARE: usize = 4;

/// A bounded way from the workers to whoever wants every request.
pub fn sample_queue() -> (SampleSender, SampleReceiver) {
    bounded(MOST_WAITING)
}

fn bounded(most_waiting: usize) -> (SampleSender, SampleReceiver) {
    let (queue, taken) = sync_channel(most_waiting);
    let counts = SampleCounts::default();
    (SampleSender { queue, counts: counts.clone() }, SampleReceiver { queue: taken, counts })
}

/// How many requests there were, and how many of them nobody took. Complete once the workers are done.
#[derive(Debug, Clone, Default)]
pub struct SampleCounts(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    seen: AtomicU64,
    dropped: AtomicU64,
    /// Why they are not taken any more.
    trouble: OnceLock<String>,
    told: AtomicBool,
}

impl SampleCounts {
    /// Requests of the load so far, but for those that are in a batch not yet handed over.
    pub fn seen(&self) -> u64 {
        self.0.seen.load(Ordering::SeqCst)
    }

    /// Those of them that were dropped, because nobody took them in time.
    pub fn dropped(&self) -> u64 {
        self.0.dropped.load(Ordering::SeqCst)
    }

    /// What should be told now, the first time that there is something.
    fn to_tell(&self) -> Option<String> {
        let trouble = self.0.trouble.get().cloned();
        let slow = || "requests are left out of the samples: they are not written fast enough".to_owned();
        let text = trouble.or_else(|| (self.dropped() > 0).then(slow))?;
        (!self.0.told.swap(true, Ordering::SeqCst)).then_some(text)
    }
}

/// The workers' end of the queue.
#[derive(Debug, Clone)]
pub struct SampleSender {
    queue: SyncSender<SampleBatch>,
    counts: SampleCounts,
}

/// The other end.
#[derive(Debug)]
pub struct SampleReceiver {
    queue: Receiver<SampleBatch>,
    counts: SampleCounts,
}

impl SampleReceiver {
    /// The next batch, waited for; `None` when there will be none.
    pub fn next(&self) -> Option<SampleBatch> {
        self.queue.recv().ok()
    }

    /// The next batch, if there is one now.
    pub fn ready(&self) -> Option<SampleBatch> {
        self.queue.try_recv().ok()
    }

    /// How many there were.
    pub fn counts(&self) -> SampleCounts {
        self.counts.clone()
    }

    /// Takes no more: what comes from now on is dropped. Why is told once, while the load goes on.
    pub fn give_up(self, why: String) {
        // The first reason is the one that matters.
        let _ = self.counts.0.trouble.set(why);
    }
}

/// Requests of one worker, in the order in which they ended.
#[derive(Debug)]
pub struct SampleBatch {
    samples: Vec<Sample>,
    home: SyncSender<Vec<Sample>>,
}

impl SampleBatch {
    /// The requests.
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// Gives the memory back to the worker.
    pub fn reuse(mut self) {
        self.samples.clear();
        // One that has enough of it, or is done, needs no more.
        let _ = self.home.try_send(self.samples);
    }
}

/// A worker's own part: the batch that it fills.
#[derive(Debug)]
pub(super) struct Sampler {
    samples: Vec<Sample>,
    sender: SampleSender,
    home: SyncSender<Vec<Sample>>,
    spares: Receiver<Vec<Sample>>,
}

impl Sampler {
    pub fn new(sender: SampleSender) -> Self {
        let (home, spares) = sync_channel(MOST_SPARE);
        Self { samples: Vec::with_capacity(BATCH), sender, home, spares }
    }

    fn keep(&mut self, sample: Sample) {
        self.samples.push(sample);
        if self.samples.len() >= BATCH {
            self.hand_over(true);
        }
    }

    /// Hands over what there is, so that whoever reads along is a second behind, and says what should be known.
    pub fn interval_ended(&mut self, last: bool, outlet: &Outlet) {
        self.hand_over(last);
        if let Some(text) = self.sender.counts.to_tell() {
            outlet.log(text);
        }
    }

    /// Hands the batch over. Where there is no room for it, it is dropped if it must go, and else filled further.
    fn hand_over(&mut self, must_go: bool) {
        if self.samples.is_empty() {
            return;
        }
        let count = self.samples.len() as u64;
        let batch = SampleBatch { samples: mem::take(&mut self.samples), home: self.home.clone() };
        let counts = &self.sender.counts.0;
        match self.sender.queue.try_send(batch) {
            Ok(()) => {
                self.samples = self.spares.try_recv().unwrap_or_else(|_| Vec::with_capacity(BATCH));
            }
            Err(TrySendError::Full(batch)) if !must_go => {
                self.samples = batch.samples;
                return;
            }
            Err(TrySendError::Full(batch) | TrySendError::Disconnected(batch)) => {
                counts.dropped.fetch_add(count, Ordering::SeqCst);
                self.samples = batch.samples;
                self.samples.clear();
            }
        }
        counts.seen.fetch_add(count, Ordering::SeqCst);
    }
}

/// What a worker that ends badly has seen is handed over, too.
impl Drop for Sampler {
    fn drop(&mut self) {
        self.hand_over(true);
    }
}

impl<F: Transports> Actor<F> {
    /// Counts a request that was ready at `began`, and keeps it where every one is asked for.
    pub(super) fn count(&self, recorder: &mut Recorder, seen: &RequestObservation, began: Duration) {
        recorder.request(seen);
        if let Some(sampler) = &self.shared.sampler {
            let (vu, iteration) = (self.vu, self.iteration.get());
            sampler.borrow_mut().keep(Sample { seen: *seen, began, vu, iteration });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        measure::RequestKey,
        model::{ConnectionUse, PhaseTimes, RequestId, StageId},
    };
    use std::{collections::HashSet, thread};

    fn sample(vu: u64, iteration: u64) -> Sample {
        let (request, stage) = (RequestId(0), StageId(0));
        let key = RequestKey { request, stage, status: 200, error: None, protocol: None, failed: false };
        let seen = RequestObservation {
            key,
            service_time: Duration::ZERO,
            response_time: Duration::ZERO,
            ended_at: Duration::ZERO,
            sent_bytes: 0,
            received_bytes: 0,
            phases: PhaseTimes::default(),
            connection: ConnectionUse::default(),
            trace_id: None,
        };
        Sample { seen, began: Duration::ZERO, vu, iteration }
    }

    fn fill(sampler: &mut Sampler, count: usize) {
        (0..count).for_each(|n| sampler.keep(sample(1, n as u64)));
    }

    #[test]
    fn what_finds_no_room_is_dropped_and_counted() {
        let (sender, receiver) = bounded(2);
        let counts = receiver.counts();
        let mut sampler = Sampler::new(sender);
        fill(&mut sampler, BATCH * 2);
        assert_eq!((counts.seen(), counts.dropped()), (2_048, 0));
        // Not full: kept for the time being, and nothing is lost.
        fill(&mut sampler, 10);
        sampler.hand_over(false);
        assert_eq!((counts.seen(), counts.dropped(), sampler.samples.len()), (2_048, 0, 10));
        fill(&mut sampler, BATCH - 10);
        assert_eq!((counts.seen(), counts.dropped(), sampler.samples.len()), (3_072, 1_024, 0));
        // Room again.
        receiver.next().expect("a batch").reuse();
        fill(&mut sampler, 5);
        sampler.hand_over(false);
        assert_eq!((counts.seen(), counts.dropped()), (3_077, 1_024));
        // The end: what finds no room then is lost.
        fill(&mut sampler, 3);
        drop(sampler);
        assert_eq!((counts.seen(), counts.dropped()), (3_080, 1_027));
        let taken: Vec<usize> =
            std::iter::from_fn(|| receiver.next()).map(|batch| batch.samples().len()).collect();
        assert_eq!(taken, [1_024, 5]);
    }

    #[test]
    fn memory_goes_round() {
        let (sender, receiver) = bounded(2);
        let mut sampler = Sampler::new(sender);
        let mut places = HashSet::new();
        for _ in 0..20 {
            fill(&mut sampler, BATCH);
            let batch = receiver.next().expect("a batch");
            places.insert(batch.samples().as_ptr());
            batch.reuse();
        }
        assert_eq!(places.len(), 2, "one is filled while the other is taken");
        // A batch that is dropped is filled anew where it is.
        fill(&mut sampler, BATCH * 2);
        let place = sampler.samples.as_ptr();
        fill(&mut sampler, BATCH * 3);
        assert_eq!((sampler.samples.as_ptr(), sampler.samples.capacity()), (place, BATCH));
        assert!(size_of::<Sample>() * BATCH * MOST_WAITING < 50_000_000, "{}", size_of::<Sample>());
    }

    #[test]
    fn where_nobody_takes_them_any_more_they_are_counted_and_it_is_told_once() {
        let (sender, receiver) = bounded(2);
        let counts = receiver.counts();
        let mut sampler = Sampler::new(sender);
        assert_eq!(counts.to_tell(), None);
        receiver.give_up("the disk is full".to_owned());
        fill(&mut sampler, 7);
        sampler.hand_over(false);
        assert_eq!((counts.seen(), counts.dropped()), (7, 7));
        assert_eq!(counts.to_tell().as_deref(), Some("the disk is full"));
        assert_eq!(counts.to_tell(), None);
    }

    #[test]
    fn every_request_of_every_worker_is_taken_or_dropped() {
        let (sender, receiver) = bounded(3);
        let counts = receiver.counts();
        let workers: Vec<_> = (0..4_u64)
            .map(|vu| {
                let sender = sender.clone();
                thread::spawn(move || {
                    let mut sampler = Sampler::new(sender);
                    (0..50_000).for_each(|n| {
                        sampler.keep(sample(vu, n));
                        if n % 700 == 0 {
                            sampler.hand_over(false);
                        }
                    });
                })
            })
            .collect();
        drop(sender);
        let (mut taken, mut last) = (0, [None; 4]);
        while let Some(batch) = receiver.next() {
            taken += batch.samples().len() as u64;
            for sample in batch.samples() {
                let before = last[sample.vu as usize].replace(sample.iteration);
                assert!(before < Some(sample.iteration), "each one once, and in order");
            }
            batch.reuse();
        }
        workers.into_iter().for_each(|worker| worker.join().expect("it ended"));
        assert_eq!((counts.seen(), taken + counts.dropped()), (200_000, 200_000));
    }
}
