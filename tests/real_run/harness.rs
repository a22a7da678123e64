//! Running the binary in a folder of its own, and reading back what it left.
//!
//! Output goes to files and not to pipes, so that nothing waits for a reader.

use super::summary::Summary;
use std::{
    cell::Cell,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Longer than any run of these tests takes: what takes longer hangs.
const LIMIT: Duration = Duration::from_secs(40);

const PROXIES: [&str; 6] =
    ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"];

#[expect(clippy::disallowed_methods, reason = "tests that wait need to know how long they have waited")]
pub fn now() -> Instant {
    Instant::now()
}

/// Polls until `ready` gives something; panics where that looks like never.
#[track_caller]
pub fn wait_for<T>(what: &str, mut ready: impl FnMut() -> Option<T>) -> T {
    let start = now();
    loop {
        if let Some(value) = ready() {
            return value;
        }
        assert!(start.elapsed() < LIMIT, "{what}: not in {LIMIT:?}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// nextest runs each of these tests alone. Where a single process runs them side by side, those that measure
/// still wait for the others.
static MACHINE: RwLock<()> = RwLock::new(());

enum Turn {
    Shared { _turn: RwLockReadGuard<'static, ()> },
    Alone { _turn: RwLockWriteGuard<'static, ()> },
}

/// A folder in which the binary runs. A test has one at a time: two would wait for each other.
pub struct Sandbox {
    dir: TempDir,
    runs: Cell<u32>,
    env: Vec<(String, String)>,
    /// Whether a run fails whose generator was saturated, as it does for people.
    strict: bool,
    _turn: Turn,
}

impl Sandbox {
    pub fn new() -> Self {
        Self::in_turn(Turn::Shared { _turn: MACHINE.read().unwrap_or_else(PoisonError::into_inner) })
    }

    /// One for a test that measures.
    pub fn alone() -> Self {
        Self::in_turn(Turn::Alone { _turn: MACHINE.write().unwrap_or_else(PoisonError::into_inner) })
    }

    fn in_turn(turn: Turn) -> Self {
        let (dir, runs) = (tempfile::tempdir().unwrap(), Cell::new(0));
        Self { dir, runs, env: Vec::new(), strict: false, _turn: turn }
    }

    /// One whose runs fail with a saturated generator. Elsewhere they may not: a machine that takes the processors away
    /// is nothing that a test of something else should fail for.
    pub fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    /// Sets a variable for the runs to come.
    pub fn with_env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// The binary, not started yet.
    pub fn command(&self, arguments: &[&str]) -> Command {
        self.command_under(&[], arguments)
    }

    /// The same as an argument of another program, which becomes it.
    fn command_under(&self, wrapper: &[&str], arguments: &[&str]) -> Command {
        let mut words = [wrapper, &[env!("CARGO_BIN_EXE_loadgen")], arguments].concat();
        if !self.strict && arguments.first() == Some(&"run") {
            words.insert(wrapper.len() + 2, "--allow-saturated");
        }
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).current_dir(self.path()).stdin(Stdio::null());
        for proxy in PROXIES {
            command.env_remove(proxy);
        }
        // Tests can run in a workflow of GitHub's.
        command.env_remove("GITHUB_ACTIONS");
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    pub fn start(&self, arguments: &[&str]) -> Running {
        self.start_under(&[], arguments)
    }

    /// Starts the binary by way of a program such as `prlimit`, whose arguments end with it.
    pub fn start_under(&self, wrapper: &[&str], arguments: &[&str]) -> Running {
        self.runs.set(self.runs.get() + 1);
        let output = |stream: &str| self.path().join(format!("{stream}-{}", self.runs.get()));
        let (stdout, stderr) = (output("stdout"), output("stderr"));
        let mut command = self.command_under(wrapper, arguments);
        command.stdout(File::create(&stdout).unwrap()).stderr(File::create(&stderr).unwrap());
        let started = now();
        Running {
            child: command.spawn().unwrap(),
            stdout,
            stderr,
            results: self.path().join("results"),
            started,
        }
    }

    pub fn run(&self, arguments: &[&str]) -> Finished {
        self.start(arguments).wait()
    }

    /// Starts `loadgen run` on this text.
    pub fn start_scenario(&self, text: &str, arguments: &[&str]) -> Running {
        self.file("scenario.yaml", text);
        self.start(&[&["run", "scenario.yaml"], arguments].concat())
    }

    /// Runs `loadgen run` on this text to its end.
    pub fn run_scenario(&self, text: &str) -> Finished {
        self.start_scenario(text, &[]).wait()
    }
}

/// Runs a scenario in a folder that is gone afterwards.
pub fn run_scenario(text: &str) -> Finished {
    Sandbox::new().run_scenario(text)
}

/// A process under way; it is killed where a test gives up on it.
pub struct Running {
    pub child: Child,
    stdout: PathBuf,
    stderr: PathBuf,
    results: PathBuf,
    started: Instant,
}

impl Running {
    /// Sends a signal such as `INT`.
    pub fn signal(&self, name: &str) {
        let line = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &line]).status().unwrap().success(), "{line}");
    }

    pub fn stdout(&self) -> String {
        fs::read_to_string(&self.stdout).unwrap()
    }

    pub fn stderr(&self) -> String {
        fs::read_to_string(&self.stderr).unwrap()
    }

    #[track_caller]
    pub fn wait(self) -> Finished {
        self.wait_for_peak().0
    }

    /// Waits, and says how much memory it had at the most, in KiB (Linux; elsewhere 0).
    #[track_caller]
    pub fn wait_for_peak(mut self) -> (Finished, u64) {
        let (proc, mut peak) = (format!("/proc/{}/status", self.child.id()), 0);
        let status = wait_for("the end of the process", || {
            // There is none any more once it has ended; until then it only grows.
            peak = peak.max(peak_of(&fs::read_to_string(&proc).unwrap_or_default()));
            self.child.try_wait().unwrap()
        });
        let elapsed = self.started.elapsed();
        let (stdout, stderr) = (self.stdout(), self.stderr());
        let Some(code) = status.code() else { panic!("ended by a signal: {status}\n{stdout}\n{stderr}") };
        assert!(!stderr.contains("panicked"), "{stderr}");
        for text in [&stdout, &stderr] {
            assert!(!text.contains('\u{1b}'), "escape codes where there is no terminal: {text:?}");
        }
        (Finished { code, stdout, stderr, elapsed, summaries: summaries(&self.results) }, peak)
    }
}

/// The peak of what was in memory, of a process's status.
fn peak_of(status: &str) -> u64 {
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|peak| peak.trim().strip_suffix("kB")?.trim().parse().ok()).unwrap_or(0)
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already, but for the test that fails.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn summaries(results: &Path) -> Vec<Summary> {
    let Ok(folders) = fs::read_dir(results) else { return Vec::new() };
    let files = folders.map(|entry| entry.unwrap().path().join("summary.json"));
    // A run that could not write it has its journal, perhaps.
    let mut files: Vec<PathBuf> = files.filter(|file| file.exists()).collect();
    files.sort();
    files.iter().map(|file| Summary::parse(&fs::read_to_string(file).unwrap())).collect()
}

/// What a process left behind.
pub struct Finished {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
    pub elapsed: Duration,
    summaries: Vec<Summary>,
}

impl Finished {
    /// The summary of the one run that this folder has, consistent in itself and with the exit code.
    #[track_caller]
    pub fn summary(&self) -> &Summary {
        assert_eq!(self.summaries.len(), 1, "{}", self.both());
        let summary = &self.summaries[0];
        summary.assert_consistent();
        assert_eq!(summary.at("/verdict/exit_code"), self.code, "{}", self.both());
        summary
    }

    pub fn has_no_results(&self) -> bool {
        self.summaries.is_empty()
    }

    pub fn both(&self) -> String {
        format!("exit code {}\n-- stdout\n{}\n-- stderr\n{}", self.code, self.stdout, self.stderr)
    }

    #[track_caller]
    pub fn assert_code(&self, code: i32) {
        assert_eq!(self.code, code, "{}", self.both());
    }

    #[track_caller]
    pub fn assert_says(&self, texts: &[&str]) {
        let said = format!("{}\n{}", self.stdout, self.stderr);
        // Wrapped lines say the same.
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        for text in texts {
            assert!(said.contains(text), "no {text:?} in: {}", self.both());
        }
    }
}
