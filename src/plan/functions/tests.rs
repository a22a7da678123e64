//! Every function: known answers, shapes, refusals, and what follows from seed and user.

use super::{find, names};
use crate::{
    plan::{
        expression::Origin,
        files::Files,
        functions::UserFunctions,
        resolve::Compiled,
        scope::Scope,
        template::{Reference, Variables},
    },
    scenario::{Faults, Span, Spanned},
};
use serde_json::{Value as Json, json};
use std::{
    collections::{BTreeMap, HashSet},
    io::Read,
    time::Duration,
};

/// 2024-02-29T12:34:56.789Z.
const START: i64 = 1_709_210_096_789_000_000;

#[derive(Debug)]
struct Greeting;

impl Files for Greeting {
    fn open(&self, path: &str) -> Result<Box<dyn Read + Send>, String> {
        match path {
            "greeting.txt" => Ok(Box::new("hello\n".as_bytes())),
            "bytes.bin" => Ok(Box::new([0xFF, 0xFE].as_slice())),
            "endless" => Ok(Box::new(std::io::repeat(b'a'))),
            _ => Err(format!("there is no file `{path}`")),
        }
    }

    fn size(&self, path: &str) -> Result<u64, String> {
        Err(format!("nobody asks for the size of `{path}`"))
    }
}

fn compile(source: &str, is_user: bool) -> Result<Compiled, String> {
    let env = BTreeMap::new();
    let mut scope = Scope::constants(&env).with_files(&Greeting);
    scope.define("host", json!("example.com"));
    scope.define("list", json!(["a", "b", "c"]));
    if is_user {
        scope = scope.with_variables([("id".to_owned(), "here".to_owned())]);
        scope.assign("id");
    }
    let mut faults = Faults::default();
    let compiled = scope.expression(&Spanned::new(source.to_owned(), Span::default()), &mut faults);
    let faults = faults.into_sorted();
    match compiled {
        Some(compiled) if faults.is_empty() => Ok(compiled),
        _ => Err(faults.iter().map(|fault| format!("{}; {}", fault.message, fault.label)).collect()),
    }
}

fn value_for(source: &str, functions: &UserFunctions, now: Duration) -> Json {
    let slots = [Some(json!("é/1"))];
    let variables = Variables {
        slots: &slots,
        vu: 7,
        iteration: 2,
        functions: Some(functions),
        now,
        ..Variables::default()
    };
    match compile(source, true).unwrap_or_else(|faults| panic!("{source}: {faults}")) {
        Compiled::Constant(value) => value,
        Compiled::Dynamic(reference) => {
            reference.value(&variables).unwrap_or_else(|error| panic!("{error}")).into_owned()
        }
    }
}

fn value(source: &str) -> Json {
    value_for(source, &UserFunctions::new(1, 1, START), Duration::from_millis(1_500))
}

#[test]
fn known_answers() {
    for (source, expected) in [
        ("base64('user:päss')", json!("dXNlcjpww6Rzcw==")),
        ("base64_decode('dXNlcjpww6Rzcw==')", json!("user:päss")),
        ("base64_decode(' dXNlcjpww6Rzcw ')", json!("user:päss")),
        ("base64_decode('Pz8_')", json!("???")),
        ("url_encode('a b/ä?&=+~')", json!("a%20b%2F%C3%A4%3F%26%3D%2B~")),
        ("url_encode(id)", json!("%C3%A9%2F1")),
        // FIPS 180-2, appendix B.1, and of nothing.
        ("sha256('abc')", json!("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")),
        ("sha256('')", json!("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")),
        // RFC 4231, test case 2.
        (
            "hmac_sha256('Jefe', 'what do ya want for nothing?')",
            json!("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        ),
        ("json({'a': [1, 2.5, none, 'x\"y']})", json!(r#"{"a":[1,2.5,null,"x\"y"]}"#)),
        ("json(id)", json!("\"é/1\"")),
        ("file('greeting.txt')", json!("hello\n")),
        ("file('greeting.txt') | trim ~ id", json!("helloé/1")),
        ("now()", json!("2024-02-29T12:34:58.289Z")),
        ("timestamp()", json!(1_709_210_098)),
        ("timestamp_ms()", json!(1_709_210_098_289_i64)),
        ("date('%Y-%m-%d %H:%M:%S')", json!("2024-02-29 12:34:58")),
        ("date('%F', '1d')", json!("2024-03-01")),
        ("date('%F', '+1d')", json!("2024-03-01")),
        ("date('%FT%T%:z', '-1d2h30m')", json!("2024-02-28T10:04:58+00:00")),
        ("date('%s') | int + 2", json!(1_709_210_100)),
        ("random_int(5, 5)", json!(5)),
        ("random_choice(['x'])", json!("x")),
        ("random_string(0)", json!("")),
        ("fake.words(0)", json!("")),
    ] {
        assert_eq!(value(source), expected, "{source}");
    }
}

#[test]
fn shapes_of_what_is_random() {
    let functions = UserFunctions::new(3, 1, START);
    let text = |source: &str| {
        let value = value_for(source, &functions, Duration::ZERO);
        value.as_str().map(str::to_owned).unwrap_or_else(|| panic!("{source}: {value}"))
    };
    let matches = |source: &str, pattern: &str| {
        let pattern = regex::Regex::new(&format!("^(?:{pattern})$")).expect("a pattern");
        for _ in 0..200 {
            let text = text(source);
            assert!(pattern.is_match(&text), "{source}: {text}");
        }
    };
    matches("uuid()", "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
    matches("random_string(12)", "[A-Za-z0-9]{12}");
    matches("random_choice(list)", "[abc]");
    matches("fake.email()", r"[a-z]+\.[a-z]*\d{1,6}@example\.(com|net|org)");
    matches("fake.user_name()", r"[a-z]+\.[a-z]*\d{1,6}");
    matches("fake.phone()", r"\+1-\d{3}-555-01\d\d");
    matches("fake.ipv4()", r"(192\.0\.2|198\.51\.100|203\.0\.113)\.\d{1,3}");
    matches("fake.zip()", r"\d{5}");
    matches("fake.url()", r"https://\w+\.example\.com/\w+");
    matches("fake.color()", "#[0-9a-f]{6}");
    matches("fake.words(4)", r"\w+( \w+){3}");
    matches("fake.address()", r"\d+ .+, .+, [A-Z]{2} \d{5}");
    matches("fake.sentence()", r"[A-Z].*\.");
}

#[test]
fn random_numbers_stay_within_their_ends_and_reach_them() {
    let functions = UserFunctions::new(3, 1, START);
    let draws: Vec<i64> = (0..600)
        .filter_map(|_| value_for("random_int(-1, 4)", &functions, Duration::ZERO).as_i64())
        .collect();
    let all: HashSet<i64> = draws.iter().copied().collect();
    assert_eq!((draws.len(), all), (600, (-1..=4).collect()));
    for _ in 0..200 {
        let draw = value_for("random_float(0.5, 2)", &functions, Duration::ZERO).as_f64().expect("a number");
        assert!((0.5..2.0).contains(&draw), "{draw}");
    }
}

#[test]
fn every_random_function_follows_seed_and_user() {
    let arguments = |name: &str| match find(name).map(|function| function.parameters) {
        Some("a, b") => "1, 1000000000".to_owned(),
        Some("list") => "[1, 2, 3, 4, 5, 6, 7, 8, 9]".to_owned(),
        Some("n") => "8".to_owned(),
        _ => String::new(),
    };
    let random = names().filter(|name| name.contains('.') || name.starts_with("random") || *name == "uuid");
    for name in random {
        let source = format!("{name}({})", arguments(name));
        let draws = |seed, vu| {
            let functions = UserFunctions::new(seed, vu, START);
            (0..20).map(|_| value_for(&source, &functions, Duration::ZERO)).collect::<Vec<_>>()
        };
        assert_eq!(draws(1, 1), draws(1, 1), "{source}");
        assert_ne!(draws(1, 1), draws(1, 2), "{source}");
        assert_ne!(draws(1, 1), draws(2, 1), "{source}");
        let first = draws(1, 1);
        assert!(first.iter().any(|draw| *draw != first[0]), "{source} gives the same each time");
    }
}

#[test]
fn what_is_the_same_for_everybody_is_worked_out_before_the_run() {
    for source in ["base64('a:b')", "sha256(host)", "file('greeting.txt')", "json(list) | length", "1 + 1"] {
        assert!(matches!(compile(source, false), Ok(Compiled::Constant(_))), "{source}");
    }
    for source in ["uuid()", "now()", "base64(uuid())", "fake.name() | upper", "host ~ random_int(1, 2)"] {
        assert!(matches!(compile(source, true), Ok(Compiled::Dynamic(_))), "{source}");
        let fault = compile(source, false).map(drop).expect_err("refused among constants");
        assert!(fault.contains("a constant of the run"), "{source}: {fault}");
    }
}

#[test]
fn a_plain_name_never_reaches_the_template_engine() {
    for source in ["id", "id.name", "id.items[0].name", "vu", "iteration"] {
        let compiled = compile(source, true);
        let is_plain = matches!(
            compiled,
            Ok(Compiled::Dynamic(Reference::Slot { .. } | Reference::Vu | Reference::Iteration))
        );
        assert!(is_plain, "{source}");
    }
    assert!(matches!(compile("id | upper", true), Ok(Compiled::Dynamic(Reference::Computed(_)))));
    assert_ne!(Origin::Function, Origin::Vu);
}

#[test]
fn calls_that_cannot_be_are_found_before_the_run() {
    for (source, says) in [
        ("uuid", "`uuid` is a function"),
        ("fake", "`fake` is not a value"),
        ("fake.name", "did you mean `fake.name()`"),
        ("fake.nam()", "did you mean `fake.name()`"),
        ("uuid ~ 'x'", "`uuid` is a function"),
        ("uuid(1)", "takes no arguments"),
        ("random_int(6)", "takes 2 arguments, this call has 1"),
        ("date()", "takes 1 to 2 arguments, this call has none"),
        ("random_int(6, 1)", "write the smaller number first"),
        ("date('%F', '1 day')", "-7d"),
        ("random_int('a', 6)", "takes whole numbers"),
        ("random_int(1.5, 6)", "takes whole numbers"),
        ("random_int(a=1, b=6)", "without names"),
        ("random_choice(5)", "takes a list"),
        ("random_string(2000000)", "between 0 and 1048576"),
        ("date('%J')", "cannot use the format"),
        ("date('%F', '-1')", "has no unit"),
        ("date('%F', 1)", "\"1d\""),
        ("base64_decode('a!')", "not base64"),
        ("base64_decode('//8=')", "not a text"),
        ("file(host)", "a path in quotes"),
        ("file('absent.txt')", "there is no file"),
        ("file('bytes.bin')", "not a text in UTF-8"),
        ("file('endless')", "larger than 10 MiB"),
        ("rnd(6)", "there is no function `rnd`"),
        ("randomIntBetween(1, 2)", "random_int(a, b)"),
        ("__UUID()", "did you mean `uuid()`"),
        ("__VU", "did you mean `vu`"),
        ("Date.now()", "timestamp_ms()"),
        ("JSON.stringify(list)", "json(x)"),
        ("$randomInt", "random_int(a, b)"),
        ("host.toUpperCase()", "did you mean `| upper`"),
        ("host | shout", "there is no filter `shout`"),
        ("host | uper", "did you mean `upper`"),
        ("host | base64", "write `base64(x)`"),
        ("host is odder", "there is no test `odder`"),
        ("host()", "a value here, not a function"),
        ("upper(host)", "it is a filter"),
        ("a && b", "did you mean `and`"),
        ("a || b", "did you mean `or`"),
        ("!a", "did you mean `not`"),
        ("a ? 1 : 2", "`b if a else c`"),
        ("a === 1", "did you mean `==`"),
        ("{ host }", "did you mean `${host}`"),
        ("host + ", "something is missing"),
        ("host / 2", "between a text and a number"),
        ("1 / 0", "nothing can be divided by zero"),
        ("1e308 * 10", "not a finite number"),
        ("id = 1", "compare with `==`"),
        ("1 // 0", "nothing can be divided by zero"),
    ] {
        let fault = compile(source, true).map(drop).expect_err(source);
        assert!(fault.contains(says), "{source}: {fault}");
    }
}

#[test]
fn what_fails_while_running_says_why() {
    let slots = [Some(json!("x"))];
    let functions = UserFunctions::new(1, 1, START);
    let variables =
        Variables { slots: &slots, vu: 1, iteration: 0, functions: Some(&functions), ..Variables::default() };
    for (source, says) in [
        ("random_int(id, 5)", "`random_int` takes whole numbers, this is the text \"x\"; make a number"),
        ("random_choice(id)", "takes a list"),
        ("id / 2", "`/` cannot be used between a text and a number"),
        ("random_string(id.length)", "has no value"),
    ] {
        let Ok(Compiled::Dynamic(reference)) = compile(source, true) else { panic!("{source}") };
        let error = reference.value(&variables).expect_err(source).to_string();
        assert!(error.contains(says), "{source}: {error}");
    }
}
