//! Rows of data feeds while users run: who gets which, for how long, and what happens at their end.

use super::{
    fake::Reply,
    run::{Run, Sim, ms},
};
use loadgen::{
    engine::Common,
    model::FailureKind,
    plan::{Files, Hand, Inputs, Plan, build},
    scenario::{Options, parse},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read,
    mem::size_of,
    sync::Arc,
};

/// A CSV file of so many rows `0,a0`, `1,a1` …
fn csv(rows: usize) -> String {
    let rows: String = (0..rows).map(|row| format!("{row},a{row}\n")).collect();
    format!("n,name\n{rows}")
}

/// Four users that take a row each second, ten times.
fn dealing(how: &str, rows: usize) -> Sim {
    let yaml = format!(
        "
data: {{ rows: {{ file: rows.csv{how} }} }}
load: {{ users: 4, duration: 10s }}
think_time: 800ms
flow: [ {{ get: '/a/${{rows.n}}' }}, {{ think: 200ms }}, {{ get: '/b/${{rows.name}}' }} ]
"
    );
    Sim::of(&yaml).file("rows.csv", &csv(rows))
}

/// The rows that each user had, in order.
fn rows(run: &Run) -> BTreeMap<u64, Vec<usize>> {
    let mut users: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for sent in run.sent.iter().filter(|sent| sent.path().starts_with("/base/a/")) {
        users.entry(sent.vu).or_default().push(sent.path()["/base/a/".len()..].parse().unwrap());
    }
    users
}

fn all(run: &Run) -> Vec<usize> {
    let mut all: Vec<usize> = rows(run).into_values().flatten().collect();
    all.sort_unstable();
    all
}

/// A row is the same through the whole iteration, and the sums are right.
fn assert_held(run: &Run) {
    let row = |at: &str| {
        let found = run.sent.iter().filter_map(|sent| {
            let row = sent.path().strip_prefix(at)?;
            Some(((sent.vu, sent.iteration), row.trim_start_matches('a').to_owned()))
        });
        found.collect::<BTreeMap<_, _>>()
    };
    assert_eq!(row("/base/a/"), row("/base/b/"));
    run.requests_add_up();
}

#[tokio::test(start_paused = true)]
async fn every_way_to_pick_deals_rows_out_over_all_users() {
    for workers in [1, 2, 4] {
        for (how, rows_in_file, expected) in [
            ("", 40, (0..40).collect::<Vec<_>>()),
            ("", 20, (0..20).flat_map(|row| [row, row]).collect()),
            (", pick: shuffle", 40, (0..40).collect()),
            (", pick: shuffle", 10, (0..10).flat_map(|row| [row; 4]).collect()),
            (", pick: unique", 40, (0..40).collect()),
            (", pick: unique", 1000, (0..40).collect()),
            (", pick: unique", 23, (0..23).collect()),
            (", on_end: stop_user", 23, (0..23).collect()),
            (", pick: shuffle, on_end: stop_user", 23, (0..23).collect()),
        ] {
            let run = dealing(how, rows_in_file).workers(workers).run(|_| Reply::status(200)).await;
            assert_eq!(all(&run), expected, "{how} of {rows_in_file} on {workers} workers");
            assert_eq!(run.iterations(loadgen::model::IterationEnd::Completed) as usize, expected.len());
            let stopped =
                run.lines.iter().filter(|(_, line)| line.contains("`rows` has no more rows")).count();
            assert_eq!(stopped, if expected.len() == 23 { 4 } else { 0 }, "{how}: {:?}", run.lines);
            assert_held(&run);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn shuffling_and_chance_follow_from_the_seed() {
    for how in
        [", pick: shuffle", ", pick: random", ", pick: shuffle, per: user", ", pick: random, per: user"]
    {
        let mut seen = BTreeSet::new();
        for seed in [3, 3, 4] {
            let sim = |workers| {
                let yaml = format!(
                    "data: {{ rows: {{ file: rows.csv{how} }} }}\nload: {{ users: 4, duration: 10s }}\nthink_time: 1s\nflow: [ {{ get: '/a/${{rows.n}}' }} ]"
                );
                Sim::seeded(&yaml, seed).file("rows.csv", &csv(1000)).workers(workers)
            };
            let run = sim(1).run(|_| Reply::status(200)).await;
            if how != ", pick: shuffle" {
                let several = sim(3).run(|_| Reply::status(200)).await;
                assert_eq!(rows(&several), rows(&run), "{how}: the number of workers changes nothing");
            }
            seen.insert(rows(&run));
        }
        assert_eq!(seen.len(), 2, "{how}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_row_per_user_is_kept_and_follows_from_its_number() {
    for workers in [1, 2, 3] {
        for how in [", per: user", ", pick: unique, per: user"] {
            let run = dealing(how, 10).workers(workers).run(|_| Reply::status(200)).await;
            let expected: BTreeMap<u64, Vec<usize>> =
                (1..=4).map(|vu| (vu, vec![vu as usize - 1; 10])).collect();
            assert_eq!(rows(&run), expected, "{how} on {workers} workers");
            assert_held(&run);
        }
        // Two rows for four users.
        let run = dealing(", per: user", 2).workers(workers).run(|_| Reply::status(200)).await;
        assert_eq!(rows(&run).values().map(|rows| rows[0]).collect::<Vec<_>>(), [0, 1, 0, 1]);
        let run = dealing(", pick: unique, per: user", 2).workers(workers).run(|_| Reply::status(200)).await;
        assert_eq!(rows(&run).keys().copied().collect::<Vec<_>>(), [1, 2], "the others have none, and stop");
        assert_eq!((run.ends(), run.seen.vus_max), ((20, 0, 0), 4));
    }
}

#[tokio::test(start_paused = true)]
async fn own_rows_that_recycle_stay_with_their_user() {
    let run = dealing(", pick: unique, on_end: recycle", 10).workers(2).run(|_| Reply::status(200)).await;
    let mut owners: BTreeMap<usize, u64> = BTreeMap::new();
    for (vu, rows) in rows(&run) {
        assert_eq!(rows.len(), 10);
        for row in rows {
            assert_eq!(*owners.entry(row).or_insert(vu), vu, "row {row}");
        }
    }
    assert_eq!(owners.len(), 10);
    assert_held(&run);
}

#[tokio::test(start_paused = true)]
async fn a_feed_that_must_not_end_stops_the_run() {
    for how in [", on_end: fail", ", pick: unique, on_end: fail", ", pick: shuffle, on_end: fail"] {
        let run = dealing(how, 10).workers(2).run(|_| Reply::status(200)).await;
        assert_eq!((all(&run), run.ends()), ((0..10).collect(), (10, 0, 0)), "{how}");
        let reasons: BTreeSet<&str> = run.stops.iter().map(|(_, reason)| reason.as_str()).collect();
        assert_eq!(
            reasons,
            BTreeSet::from(["the feed `rows` has no more rows, which stopped the run"]),
            "{how}"
        );
        assert_eq!(run.took, ms(2_200), "{how}: the third round's other iterations finish");
        let kinds: Vec<FailureKind> = run.seen.total.failures().map(|(_, kind, _)| kind).collect();
        assert_eq!(kinds, [FailureKind::Feed], "{how}");
        assert_held(&run);
    }
}

#[tokio::test(start_paused = true)]
async fn rows_of_several_feeds_in_every_place_of_a_users_life() {
    let yaml = r#"
data:
  users: { file: users.jsonl, pick: unique }
  items: { rows: [ { id: 1, of: [ { sku: a } ] }, { id: 2, of: [ { sku: b } ] } ] }
workloads:
  idle: { load: { users: 2, duration: 1s }, think_time: 1s, flow: [ { get: /idle } ] }
  shop:
    load: { users: 3, duration: 3s }
    think_time: 1s
    on_start: [ { post: /login, json: { name: "${users.login.name}", roles: "${users.roles}" } } ]
    on_stop: [ { post: "/logout/${users.login.name}" } ]
    tasks:
      - name: buy
        steps: [ { post: "/buy/${users.login.name}", json: { sku: "${items.of[0].sku}", id: "${items.id * 10}" } } ]
"#;
    let users: String = (0..30)
        .map(|n| format!("{{\"login\": {{\"name\": \"u{n}\"}}, \"roles\": [{n}, \"r\"]}}\n"))
        .collect();
    let run = Sim::of(yaml).file("users.jsonl", &users).workers(2).run(|_| Reply::status(200)).await;
    let logins: BTreeSet<String> = run.bodies("/login").into_iter().collect();
    assert!(logins.len() == 3 && logins.contains(r#"{"name":"u0","roles":[0,"r"]}"#), "{logins:?}");
    let named = |path: &'static str| run.sent.iter().filter_map(move |sent| sent.path().strip_prefix(path));
    assert_eq!((named("/base/buy/").count(), named("/base/logout/").count()), (9, 3));
    // A row for each iteration, for the start and for the end: fifteen rows, and none twice.
    let had: BTreeSet<&str> = named("/base/buy/").chain(named("/base/logout/")).collect();
    assert_eq!(had.len(), 12);
    assert!(had.iter().all(|name| !logins.iter().any(|login| login.contains(&format!("\"{name}\"")))));
    let bodies =
        run.sent.iter().filter(|sent| sent.path().starts_with("/base/buy")).map(|sent| sent.body.as_str());
    assert_eq!(
        bodies.collect::<BTreeSet<_>>(),
        BTreeSet::from([r#"{"sku":"a","id":10}"#, r#"{"sku":"b","id":20}"#])
    );
    run.requests_add_up();
}

#[tokio::test(start_paused = true)]
async fn a_start_that_is_tried_again_keeps_its_row() {
    let yaml = "
data: { users: { file: rows.csv, pick: unique } }
load: { users: 2, duration: 20s }
think_time: 30s
on_start: [ { post: '/login/${users.n}' } ]
flow: [ { get: /a } ]
";
    let run =
        Sim::of(yaml)
            .file("rows.csv", &csv(2))
            .run(|sent| {
                if sent.nth < 3 && sent.path() != "/base/a" { Reply::status(503) } else { Reply::status(200) }
            })
            .await;
    assert_eq!(
        (run.times("/login/0"), run.times("/login/1")),
        (vec![0, 1_000, 3_000, 7_000], vec![0, 1_000, 3_000, 7_000])
    );
    assert_eq!((run.start_failures(), run.ends()), (6, (2, 0, 0)));
    run.adds_up("/a");
}

/// One file of a known size.
#[derive(Debug)]
struct Large(usize);

impl Files for Large {
    fn open(&self, _path: &str) -> Result<Box<dyn Read + Send>, String> {
        let rows: String = (0..self.0).map(|row| format!("{row},{row:0>100}\n")).collect();
        Ok(Box::new(std::io::Cursor::new(format!("n,text\n{rows}").into_bytes())))
    }

    fn size(&self, path: &str) -> Result<u64, String> {
        std::io::copy(&mut self.open(path)?, &mut std::io::sink()).map_err(|error| error.to_string())
    }
}

fn with_feed(rows: usize) -> Plan {
    let source = "
target: http://target.test
data: { rows: { file: rows.csv } }
load: { users: 10000, duration: 1s }
flow: [ { get: '/${rows.text}' } ]
";
    let scenario = parse(source, &Options::default()).unwrap();
    build(&scenario, &Inputs { files: Arc::new(Large(rows)), ..Inputs::default() }).unwrap()
}

/// What ten thousand users hold of a feed does not depend on how large it is.
#[test]
fn rows_are_shared_and_never_copied() {
    let (small, large) = (Arc::new(with_feed(10)), Arc::new(with_feed(20_000)));
    assert!(large.feeds[0].file_bytes() > 2_000_000);
    let commons: Vec<Common> = (0..10_000).map(|_| Common::new(&large, Vec::new())).take(3).collect();
    // The plan, and each deal: no user, no worker has one of its own.
    assert_eq!(Arc::strong_count(&large.feeds[0]), 1 + commons.len());
    let deal = loadgen::plan::Deal::new(&large.feeds, 1);
    let mut hands: Vec<Hand> = (0..10_000).map(|vu| deal.hand(vu + 1, vu)).collect();
    for hand in &mut hands {
        deal.take(0, hand).unwrap();
    }
    assert_eq!(Arc::strong_count(&large.feeds[0]), 2 + commons.len(), "hands hold numbers of rows");
    assert!(size_of::<Hand>() <= 96, "{}", size_of::<Hand>());
    let text = |hand: &Hand| format!("{hand:?}").len();
    let small_hand = loadgen::plan::Deal::new(&small.feeds, 1).hand(1, 0);
    assert!(text(&hands[0]) < text(&small_hand) + 20);
}
