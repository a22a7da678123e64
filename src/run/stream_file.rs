//! The sink that writes a run's seconds to a file, in one of the formats of `report::streams`.

use super::{
    places::{Place, Writer, read_enough},
    sinks::{Begun, Sink},
};
use crate::{
    measure::Interval,
    report::streams::{Encoder, Stream, StreamedRun},
};
use std::{io, path::Path, sync::Arc};

/// A file that grows with the run.
pub(super) struct StreamFile {
    stream: Stream,
    /// Nothing once it is finished.
    place: Option<Place>,
    /// Nothing until something is written.
    writer: Option<Writer>,
    run: Option<(Arc<Begun>, Box<dyn Encoder>)>,
}

impl StreamFile {
    /// One at this place.
    ///
    /// # Errors
    /// Nothing can be written there: why, and what would help.
    pub fn open(path: &Path, stream: Stream) -> Result<Box<dyn Sink>, String> {
        let place = Place::of(path).map_err(|no_place| no_place.to_string())?;
        Ok(Box::new(Self { stream, place: Some(place), writer: None, run: None }))
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(place) = &self.place else { return Ok(()) };
        let writer = match &mut self.writer {
            Some(writer) => writer,
            None => self.writer.insert(place.way()?.open()?),
        };
        read_enough(writer.append(bytes))
    }
}

impl Sink for StreamFile {
    fn begin(&mut self, run: &Arc<Begun>) -> io::Result<()> {
        let Begun { info, catalog, interval, wall } = &**run;
        let started_unix_ms = wall.nanos() / 1_000_000;
        let run_now = StreamedRun { info, catalog, interval: *interval, started_unix_ms };
        let mut encoder = self.stream.encoder(&run_now);
        let head = encoder.head();
        self.run = Some((Arc::clone(run), encoder));
        self.write(&head)
    }

    fn take(&mut self, second: &Interval) -> io::Result<()> {
        let Some((run, encoder)) = &mut self.run else { return Ok(()) };
        let at = run.wall.rfc3339(second.start(run.interval));
        let bytes = encoder.second(second, &at);
        self.write(&bytes)
    }

    fn end(&mut self) -> io::Result<()> {
        self.place.take().map_or(Ok(()), Place::finish)
    }
}
