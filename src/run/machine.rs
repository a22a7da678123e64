//! What the system tells of this process and its machine: Linux in /proc, elsewhere nothing, which is `None` here.
//!
//! Reading is apart from understanding, so that the texts of /proc can be tested anywhere.

use std::{collections::BTreeSet, fs, time::Duration};

/// The kernel's unit of processor time in /proc, `USER_HZ`, which is a hundredth of a second wherever Rust runs on Linux.
const TICK: Duration = Duration::from_millis(10);

/// What a processor did since the machine started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Core {
    /// Its number.
    pub number: u32,
    /// All its time.
    pub all: Duration,
    /// Not idle.
    pub busy: Duration,
    /// Given to other machines by the hypervisor.
    pub stolen: Duration,
}

/// What was read at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Machine {
    /// The processors that this process may use.
    pub cores: Option<Vec<Core>>,
    /// What the process used of them so far.
    pub process: Option<Duration>,
    pub open_files: Option<u64>,
    pub open_files_limit: Option<u64>,
    pub ports: Option<u64>,
    pub ports_limit: Option<u64>,
    pub memory_bytes: Option<u64>,
}

impl Machine {
    /// Reads them all.
    pub fn look() -> Self {
        let read = |path: &str| fs::read_to_string(path).ok();
        let status = read("/proc/self/status").unwrap_or_default();
        let allowed = field(&status, "Cpus_allowed_list").map(numbers);
        Self {
            cores: read("/proc/stat").and_then(|text| cores(&text, allowed.as_ref())),
            process: read("/proc/self/stat").and_then(|text| process_time(&text)),
            open_files: open_files(),
            open_files_limit: read("/proc/self/limits").and_then(|text| open_files_limit(&text)),
            ports: read("/proc/net/sockstat")
                .and_then(|text| ports(&text, read("/proc/net/sockstat6").as_deref())),
            ports_limit: read("/proc/sys/net/ipv4/ip_local_port_range").and_then(|text| ports_limit(&text)),
            memory_bytes: field(&status, "VmRSS").and_then(kilobytes),
        }
    }
}

/// How long the machine is up, the time that it slept included.
pub(super) fn uptime() -> Option<Duration> {
    parse_uptime(&fs::read_to_string("/proc/uptime").ok()?)
}

fn parse_uptime(text: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(text.split_whitespace().next()?.parse().ok()?).ok()
}

/// Newer kernels say it as the folder's size, older ones have it counted; that opens the folder itself, too.
fn open_files() -> Option<u64> {
    const FOLDER: &str = "/proc/self/fd";
    match fs::metadata(FOLDER).ok()?.len() {
        0 => Some((fs::read_dir(FOLDER).ok()?.count() as u64).saturating_sub(1)),
        open => Some(open),
    }
}

/// The value of `key: value` in a text of such lines.
fn field<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':')).map(str::trim)
}

fn kilobytes(text: &str) -> Option<u64> {
    Some(text.strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1_024)
}

/// A list such as `0-2,5`.
fn numbers(list: &str) -> BTreeSet<u32> {
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some(first.trim().parse::<u32>().ok()?..=last.trim().parse().ok()?)
    };
    list.split(',').filter_map(range).flatten().collect()
}

/// The processors of /proc/stat that are allowed; all of them where that is not known.
fn cores(stat: &str, allowed: Option<&BTreeSet<u32>>) -> Option<Vec<Core>> {
    let may = |core: &Core| allowed.is_none_or(|allowed| allowed.contains(&core.number));
    let known: Vec<Core> = stat.lines().filter_map(core).filter(may).collect();
    (!known.is_empty()).then_some(known)
}

/// A line such as `cpu0 user nice system idle iowait irq softirq steal guest guest_nice`; what guests had is part of
/// user and nice already.
fn core(line: &str) -> Option<Core> {
    let mut words = line.split_whitespace();
    let number = words.next()?.strip_prefix("cpu")?.parse().ok()?;
    let ticks: Vec<u64> = words.take(8).map_while(|word| word.parse().ok()).collect();
    let at = |index: usize| ticks.get(index).copied().unwrap_or(0);
    let all: u64 = ticks.iter().sum();
    let idle = ticks.get(3)? + at(4);
    Some(Core { number, all: in_ticks(all), busy: in_ticks(all - idle), stolen: in_ticks(at(7)) })
}

fn in_ticks(ticks: u64) -> Duration {
    Duration::from_millis(ticks.saturating_mul(TICK.as_millis() as u64))
}

/// User and system time of /proc/self/stat. The name of the program before them may have anything in it.
fn process_time(stat: &str) -> Option<Duration> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut times = after_name.split_whitespace().skip(11).map(|word| word.parse::<u64>().ok());
    Some(in_ticks(times.next()?? + times.next()??))
}

fn open_files_limit(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    // The soft one; the word `unlimited` is no number.
    line.split_whitespace().next()?.parse().ok()
}

/// Sockets that hold a port: those in use, and those that wait until nothing of them can be under way any more.
fn ports(sockstat: &str, sockstat6: Option<&str>) -> Option<u64> {
    let value = |line: &str, key: &str| {
        let mut words = line.split_whitespace().skip_while(|word| *word != key);
        words.nth(1)?.parse::<u64>().ok()
    };
    let tcp = field(sockstat, "TCP")?;
    let tcp6 = sockstat6.and_then(|text| value(field(text, "TCP6")?, "inuse"));
    Some(value(tcp, "inuse")? + value(tcp, "tw").unwrap_or(0) + tcp6.unwrap_or(0))
}

fn ports_limit(range: &str) -> Option<u64> {
    let mut ends = range.split_whitespace().map(|word| word.parse::<u64>().ok());
    let (first, last) = (ends.next()??, ends.next()??);
    Some(last.checked_sub(first)? + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str = "cpu  330 0 80 1500 20 1 2 70 5 0\n\
        cpu0 300 10 50 600 10 1 2 27 5 0\n\
        cpu1 30 0 30 900 10 0 0 30 0 0\n\
        cpu12 1 2 3 4\n\
        intr 12345 0 9\nctxt 99\n";

    fn ticks(number: u32, all: u64, busy: u64, stolen: u64) -> Core {
        Core { number, all: in_ticks(all), busy: in_ticks(busy), stolen: in_ticks(stolen) }
    }

    #[test]
    fn processors_are_those_that_may_be_used() {
        let all = [ticks(0, 1_000, 390, 27), ticks(1, 1_000, 90, 30), ticks(12, 10, 6, 0)];
        for (allowed, expected) in
            [(None, &all[..]), (Some("0-12"), &all), (Some("1,12"), &all[1..]), (Some("0"), &all[..1])]
        {
            let allowed = allowed.map(numbers);
            assert_eq!(cores(STAT, allowed.as_ref()).as_deref(), Some(expected), "{allowed:?}");
        }
        assert_eq!(cores(STAT, Some(&numbers("3"))), None);
        assert_eq!(cores("intr 5\ncpu 1 2 3 4\ncpu0 1 2\n", None), None);
    }

    #[test]
    fn lists_of_numbers() {
        for (text, expected) in
            [("0", &[0][..]), ("0-2,5", &[0, 1, 2, 5]), ("7, 1-1", &[1, 7]), ("", &[]), ("a-b,4", &[4])]
        {
            assert_eq!(numbers(text).into_iter().collect::<Vec<_>>(), expected, "{text:?}");
        }
    }

    #[test]
    fn process_times_are_behind_a_name_that_may_be_anything() {
        for (name, expected) in [("loadgen", Some(1_230)), ("a) R 1 2 (b", Some(1_230))] {
            let text = format!("77 ({name}) R 1 2 3 4 5 6 7 8 9 10 100 23 0 0 20");
            assert_eq!(process_time(&text), expected.map(Duration::from_millis), "{text}");
        }
        for broken in ["", "77 (x", "77 (x) R 1 2 3 4 5 6 7 8 9 10 100", "77 (x) R 1 2 3 4 5 6 7 8 9 10 a b"]
        {
            assert_eq!(process_time(broken), None, "{broken}");
        }
    }

    #[test]
    fn limits_of_files_and_ports() {
        let limits = |soft: &str| {
            format!(
                "Limit                     Soft Limit           Hard Limit           Units\n\
                 Max processes             100                  200                  processes\n\
                 Max open files            {soft}                 1048576              files\n"
            )
        };
        assert_eq!(open_files_limit(&limits("1024")), Some(1_024));
        assert_eq!(open_files_limit(&limits("unlimited")), None);
        assert_eq!(open_files_limit("Max processes 1 2"), None);
        for (range, expected) in [
            ("32768\t60999\n", Some(28_232)),
            ("40000 40009", Some(10)),
            ("9 8", None),
            ("9", None),
            ("", None),
        ] {
            assert_eq!(ports_limit(range), expected, "{range:?}");
        }
    }

    #[test]
    fn ports_are_in_use_or_wait() {
        let v4 = "sockets: used 300\nTCP: inuse 7 orphan 1 tw 20 alloc 9 mem 2\nUDP: inuse 3 mem 1\n";
        let v6 = "TCP6: inuse 4\nUDP6: inuse 2\n";
        assert_eq!(
            (ports(v4, None), ports(v4, Some(v6)), ports(v4, Some(""))),
            (Some(27), Some(31), Some(27))
        );
        assert_eq!((ports("UDP: inuse 3", Some(v6)), ports("TCP: inuse 7", None)), (None, Some(7)));
    }

    #[test]
    fn memory_and_uptime() {
        let status = "Name:\tloadgen\nVmHWM:\t    9 kB\nVmRSS:\t   2048 kB\nCpus_allowed:\t3\nCpus_allowed_list:\t0-1\n";
        assert_eq!(field(status, "VmRSS").and_then(kilobytes), Some(2_048 * 1_024));
        assert_eq!(field(status, "Cpus_allowed_list"), Some("0-1"));
        assert_eq!(field(status, "VmSwap"), None);
        assert_eq!(parse_uptime("12345.67 999.0\n"), Some(Duration::from_millis(12_345_670)));
        assert_eq!((parse_uptime(""), parse_uptime("-1 2")), (None, None));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_machine_can_be_read() {
        let seen = Machine::look();
        assert!(seen.cores.is_some_and(|cores| cores.iter().all(|core| core.busy <= core.all)));
        assert!(seen.process.is_some() && uptime().is_some());
        assert!(seen.open_files >= Some(3) && seen.memory_bytes > Some(1 << 16), "{:?}", seen.open_files);
    }
}
