//! What is sent: templates with what a user has, typed where JSON has types; and what is kept of responses.

use super::{fake::Reply, run::Sim};
use loadgen::model::FailureKind;
use serde_json::{Value as Json, json};

const TYPED: &str = "\
variables: { plan: { name: gold, limits: [ 5, 7.5 ] }, greeting: \"hi $${you}\" }
load: { users: 2, duration: 1s }
think_time: 1s
on_start:
  - get: /who
    extract:
      id: json $.id
      price: json $.price
      name: json $.name
      active: json $.active
      tags: json $.tags
      nobody: json $.nobody
      etag: header etag
      code: status
      digits: regex /code=(\\d+)/
flow:
  - post: /items/${id}/${name}
    query: { page: \"${id}\", q: \"a b&${name}\", fixed: x=y }
    headers: { authorization: \"Bearer ${name}\", x-etag: \"${etag}\", x-next: \"${id + 1}\" }
    json:
      id: ${id}
      price: ${price}
      name: ${name}
      active: ${active}
      tags: ${tags}
      first: ${tags[0]}
      nobody: ${nobody}
      code: ${code}
      digits: ${digits}
      text: \"id ${id}, price ${price}\"
      sum: ${id + 1}
      user: ${vu}
      iteration: ${iteration}
      plan: ${plan}
      limit: ${plan.limits[1]}
      greeting: ${greeting}
      task: ${task}
      written: [ 1, 1.5, \"1\", true, null, ~, \"no\" ]
  - post: /form
    headers: { content-type: text/plain }
    body: \"${name} has ${tags}, $${id} is ${id}\"
";

const WHO: &str = r#"{"id": 41, "price": 2.50, "name": "Zoë \"Z\"", "active": true, "tags": ["a", {"b": 1}],
    "nobody": null, "note": "code=0042"}"#;

#[tokio::test(start_paused = true)]
async fn values_keep_their_type_where_there_are_types() {
    let run = Sim::of(TYPED).run(|_| Reply::text(200, WHO).with("etag", "W/1")).await;
    assert_eq!((run.ends(), run.failed()), ((2, 0, 0), 0));
    let sent = run.of_user(2).find(|sent| sent.method == "POST").expect("a post");
    let body: Json =
        serde_json::from_str(&sent.body).unwrap_or_else(|error| panic!("{error}: {}", sent.body));
    let expected = json!({
        "id": 41,
        "price": 2.5,
        "name": "Zoë \"Z\"",
        "active": true,
        "tags": ["a", { "b": 1 }],
        "first": "a",
        "nobody": null,
        "code": 200,
        "digits": "0042",
        "text": "id 41, price 2.5",
        "sum": 42,
        "user": 2,
        "iteration": 0,
        "plan": { "name": "gold", "limits": [5, 7.5] },
        "limit": 7.5,
        "greeting": "hi ${you}",
        "task": "flow",
        "written": [1, 1.5, "1", true, null, null, "no"],
    });
    assert_eq!(body, expected);
    // The keys' order is the file's.
    assert!(sent.body.starts_with(r#"{"id":41,"price":2.5,"name":"Zo"#), "{}", sent.body);
    run.requests_add_up();
}

#[tokio::test(start_paused = true)]
async fn urls_headers_and_texts_are_rendered() {
    let run = Sim::of(TYPED).run(|_| Reply::text(200, WHO).with("etag", "W/1")).await;
    let sent: Vec<_> = run.of_user(1).collect();
    assert_eq!(
        sent[1].url.as_str(),
        "http://target.test/base/items/41/Zo%C3%AB%20%22Z%22?page=41&q=a+b%26Zo%C3%AB+%22Z%22&fixed=x%3Dy"
    );
    assert_eq!(sent[1].headers["authorization"].as_bytes(), "Bearer Zoë \"Z\"".as_bytes());
    assert_eq!((sent[1].header("x-etag"), sent[1].header("x-next")), (Some("W/1"), Some("42")));
    assert_eq!(sent[1].header("content-type"), Some("application/json"));
    assert_eq!(sent[2].header("content-type"), Some("text/plain"));
    assert_eq!(sent[2].body, r#"Zoë "Z" has ["a",{"b":1}], ${id} is 41"#);
    assert!(
        sent.iter().all(|sent| sent.header("user-agent").is_some_and(|agent| agent.starts_with("loadgen/")))
    );
}

#[tokio::test(start_paused = true)]
async fn headers_of_the_request_win_over_those_of_the_file() {
    let yaml = "\
load: { users: 1, duration: 1s }
think_time: 1s
flow: [ { get: /a, headers: { X-VU: \"7\", Accept: text/html, user-agent: mine } } ]
";
    let run = Sim::of(yaml).run(|_| Reply::status(200)).await;
    let sent = &run.sent[0];
    let values: Vec<&[u8]> = sent.headers.get_all("x-vu").iter().map(|value| value.as_bytes()).collect();
    assert_eq!(
        (values, sent.header("accept"), sent.header("user-agent")),
        (vec![b"7".as_slice()], Some("text/html"), Some("mine"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_variable_belongs_to_its_user() {
    let yaml = "\
load: { users: 5, duration: 10s }
think_time: 300ms
flow:
  - { get: /next, extract: { mine: json $.n } }
  - { get: \"/use/${mine}\" }
";
    let run = Sim::of(yaml)
        .run(|sent| Reply::json(&json!({ "n": sent.vu * 1000 + sent.nth as u64 })).after(50))
        .await;
    let uses: Vec<_> = run.sent.iter().filter(|sent| sent.path().starts_with("/base/use/")).collect();
    assert!(uses.len() > 100);
    for sent in uses {
        assert_eq!(sent.path(), format!("/base/use/{}", sent.vu * 1000 + sent.iteration));
    }
    run.adds_up("/next");
}

#[tokio::test(start_paused = true)]
async fn an_extract_without_a_match_ends_the_iteration_and_names_the_variable() {
    let yaml = "\
load: { users: 2, duration: 10s }
think_time: 1s
flow:
  - get: /order
    extract: { order_id: json $.order.id, state: json $.state }
  - get: /order/${order_id}
";
    let run = Sim::of(yaml).run(|_| Reply::text(200, r#"{"state": "empty"}"#)).await;
    assert_eq!((run.ends(), run.requests(), run.failed()), ((0, 20, 0), 20, 0));
    let failure = run.failure("GET /order", FailureKind::Extract).expect("a sample");
    assert_eq!((failure.count, failure.first_at.as_secs()), (20, 0));
    for part in ["`order_id`", "$.order.id", r#"{"state": "empty"}"#] {
        assert!(failure.sample.contains(part), "{}", failure.sample);
    }
    assert_eq!(run.sent.len(), 20, "the second request was never sent");
    run.adds_up("/order");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_rendered_is_not_sent_and_says_why() {
    let yaml = "\
load: { users: 2, duration: 10s }
think_time: 1s
flow:
  - { get: /me, extract: { me: json $ } }
  - { get: \"/teams/${me.team.id}\", name: team }
";
    let run = Sim::of(yaml).run(|_| Reply::text(200, r#"{"name": "Ann"}"#)).await;
    assert_eq!((run.ends(), run.requests(), run.sent.len()), ((0, 20, 0), 20, 20));
    let failure = run.failure("team", FailureKind::Template).expect("a sample");
    assert_eq!(failure.count, 20);
    assert!(failure.sample.contains("me.team.id"), "{}", failure.sample);
    run.adds_up("/me");
}

#[tokio::test(start_paused = true)]
async fn bodies_are_kept_only_where_something_reads_them() {
    let yaml = "\
load: { users: 1, duration: 1s }
think_time: 1s
flow:
  - { get: /kept, check: body contains x }
  - { get: /counted, check: size == 8B }
";
    let run = Sim::of(yaml).run(|_| Reply::text(200, "xxxxxxxx")).await;
    assert_eq!((run.check("body contains x"), run.check("size == 8B")), ((1, 0), (1, 0)));
    let received: u64 = run.seen.total.requests().map(|(_, stats)| stats.received_bytes).sum();
    assert_eq!(received, 16, "what is not kept is counted all the same");
    run.adds_up("/kept");
}

#[tokio::test(start_paused = true)]
async fn checks_compare_in_the_type_of_the_value() {
    let yaml = "\
variables: { five: 5, text: \"5\", list: [ 1, 2 ], hundred: 100, yes_: true, nothing: null }
load: { users: 1, duration: 1s }
think_time: 1s
on_start: [ { get: /start, extract: { seen: json $.n } } ]
flow:
  - get: /a
    check:
      number is number: json $.n == ${five}
      number is not text: json $.n != ${text}
      text is text: json $.t == ${text}
      text is not number: json $.t != ${five}
      list is list: json $.l == ${list}
      flag is flag: json $.b == ${yes_}
      null is null: json $.z == ${nothing}
      of the user: json $.n == ${seen}
      computed: json $.n == ${seen - 1 + 1}
      status has an order: status > ${hundred}
      size has an order: size < ${hundred}
      null has none: json $.n < ${nothing}
      in quotes: json $.c in [\"a,b\", x]
";
    let body = r#"{"n": 5, "t": "5", "l": [1, 2], "b": true, "z": null, "c": "a,b"}"#;
    let run = Sim::of(yaml).run(move |_| Reply::text(200, body)).await;
    for check in run.plan.catalog.checks.iter().map(|check| check.name.as_str()) {
        let expected = if check == "null has none" { (0, 1) } else { (1, 0) };
        assert_eq!(run.check(check), expected, "{check}");
    }
}
