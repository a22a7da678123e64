//! What machine this is, for the report: Linux tells in /proc, elsewhere the figures stay unknown.

use crate::model::HostInfo;
use std::{env::consts, fs, thread};

/// Looks at the machine.
pub(super) fn describe() -> HostInfo {
    HostInfo {
        os: format!("{} {}", consts::OS, consts::ARCH),
        cpu: field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned()),
        cores: thread::available_parallelism().map_or(1, usize::from),
        memory_bytes: field("/proc/meminfo", "MemTotal").and_then(|text| kilobytes(&text)).unwrap_or(0),
    }
}

/// The value of `key: value` in a file of such lines.
fn field(path: &str, key: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(key))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn kilobytes(text: &str) -> Option<u64> {
    Some(text.strip_suffix(" kB")?.trim().parse::<u64>().ok()? * 1024)
}
