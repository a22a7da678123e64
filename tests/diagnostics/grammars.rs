//! The small grammars: what is printed reads back as the same, and what is a literal stays one.

use super::plan_of;
use loadgen::{
    model::{
        Aggregation, Condition, Limit, Metric, MetricKind, Operator, Percent, format_duration, parse_bytes,
        parse_duration, parse_rate, parse_share,
    },
    plan::{Body, Inputs, Plan, StepKind, Variables},
    scenario::Options,
};
use proptest::prelude::*;
use std::time::Duration;

const HEAD: &str = "\
target: http://127.0.0.1:8080
load: { users: 1, duration: 1s }
";

fn plan(rest: &str) -> Plan {
    let source = format!("{HEAD}{rest}");
    plan_of(&source, &Options::default(), &Inputs::default())
        .unwrap_or_else(|faults| panic!("{source}\n{faults:?}"))
}

/// The body of a plan's only request, as the first user sends it.
fn body_of(plan: &Plan) -> String {
    let StepKind::Request(request) = &plan.workloads[0].tasks[0].steps[0].kind else { panic!("a request") };
    let variables = Variables { slots: &[], vu: 1, iteration: 0, ..Variables::default() };
    let rendered = match &request.body {
        Body::Empty => None,
        body => body.render(&variables).unwrap(),
    };
    String::from_utf8(rendered.map_or_else(Vec::new, |body| body.as_whole().unwrap().to_vec())).unwrap()
}

/// What a body written so becomes.
fn rendered(text: &str) -> String {
    // JSON's strings are YAML's double-quoted ones.
    let quoted = serde_json::Value::from(text).to_string();
    body_of(&plan(&format!("variables: {{ name: Ann }}\nflow: [ {{ post: /a, body: {quoted} }} ]\n")))
}

#[test]
fn dollars_and_braces() {
    for (written, sent) in [
        ("plain", "plain"),
        ("$5 and {x}", "$5 and {x}"),
        ("${name}", "Ann"),
        ("${ name }", "Ann"),
        ("<${name}${name}>", "<AnnAnn>"),
        ("$${name}", "${name}"),
        ("$${", "${"),
        ("$$${name}", "$${name}"),
        ("$${name} is ${name}", "${name} is Ann"),
        ("${name}$${name}", "Ann${name}"),
        ("${name}$", "Ann$"),
        ("$$", "$$"),
        ("${'}'}", "}"),
        ("${\"${\"}", "${"),
        ("${{'a': '}'}.a}", "}"),
        ("${name | upper}", "ANN"),
        ("${1 + 1}", "2"),
        ("${vu}", "1"),
        ("é${name}ü", "éAnnü"),
    ] {
        assert_eq!(rendered(written), sent, "{written}");
    }
}

proptest! {
    #[test]
    fn a_text_without_expressions_is_sent_as_it_is(text in "[a-zé $%{}\\[\\]:#&*\"'\\\\/|>-]{1,40}") {
        // What would open an expression is written with one more dollar.
        let escaped = text.replace("${", "$${");
        prop_assert_eq!(rendered(&escaped), text);
    }

    #[test]
    fn a_duration_reads_back_as_it_was_printed(
        amount in 0u64..1_000_000,
        unit in prop::sample::select(vec![1u64, 1_000, 1_000_000, 1_000_000_000]),
    ) {
        let duration = Duration::from_nanos(amount * unit);
        let printed = format_duration(duration);
        let read = parse_duration(&printed).map_err(|error| TestCaseError::fail(format!("{printed}: {error}")))?;
        // Three digits behind the point of its unit are printed: whole nanoseconds, microseconds, milliseconds.
        let resolution = match duration.as_nanos() {
            0..1_000_000 => 1,
            1_000_000..1_000_000_000 => 1_000,
            _ => 1_000_000,
        };
        prop_assert!(read.abs_diff(duration).as_nanos() <= resolution, "{printed} of {duration:?}");
        if duration.as_nanos().is_multiple_of(resolution) {
            prop_assert_eq!(read, duration, "{}", printed);
        }
        // And what was read prints the same: printing is stable.
        prop_assert_eq!(format_duration(read), printed);
    }

    #[test]
    fn nothing_that_is_no_duration_is_read_as_one(text in "[0-9a-zµ. _-]{0,12}") {
        if let Ok(duration) = parse_duration(&text) {
            prop_assert!(text.chars().any(|c| c.is_ascii_digit()), "{}", text);
            prop_assert!(text.trim().ends_with(|c: char| c.is_alphabetic()), "{}", text);
            prop_assert!(!text.contains('-'), "{} is {:?}", text, duration);
        }
    }

    #[test]
    fn rates_sizes_and_shares_are_what_they_say(number in 0u32..1_000_000, thousandths in 0u32..1_000) {
        let (whole, decimal) = (f64::from(number), f64::from(number) + f64::from(thousandths) / 1e3);
        for (unit, seconds) in [("s", 1.0), ("m", 60.0), ("h", 3600.0)] {
            let rate = parse_rate(&format!("{number}.{thousandths:03}/{unit}"));
            let rate = rate.map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert!((rate.per_second - decimal / seconds).abs() < 1e-9);
        }
        for (unit, bytes) in [("B", 1u64), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)] {
            prop_assert_eq!(parse_bytes(&format!("{number}{unit}")).ok(), Some(u64::from(number) * bytes));
        }
        let percent = whole / 1e4;
        let share = parse_share(&format!("{percent}%")).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert!((share - percent / 100.0).abs() < 1e-12);
        // Without its unit none of them is read.
        let bare = number.to_string();
        prop_assert!(parse_rate(&bare).is_err() && parse_bytes(&bare).is_err() && parse_duration(&bare).is_err());
    }

    #[test]
    fn no_quantity_panics(text in "[0-9a-zA-Z%/.µ _+-]{0,12}|\\PC{0,8}") {
        for problem in [
            parse_duration(&text).err(), parse_rate(&text).err(), parse_bytes(&text).err(), parse_share(&text).err(),
        ].into_iter().flatten() {
            prop_assert!(!problem.problem.is_empty() && !problem.help.is_empty(), "{}", text);
        }
    }

    #[test]
    fn a_condition_reads_back_as_it_was_printed((metric, condition) in condition()) {
        let plan = plan(&format!(
            "flow: [ {{ get: /a, check: status == 200 }} ]\nthresholds:\n  {metric}: \"{condition}\"\n"
        ));
        prop_assert_eq!(plan.thresholds.len(), 1);
        prop_assert_eq!(plan.thresholds[0].condition, condition, "{}", condition);
        prop_assert_eq!((plan.thresholds[0].metric, plan.thresholds[0].line), (metric, 5));
        prop_assert_eq!(plan.thresholds[0].condition.to_string(), condition.to_string());
    }
}

fn aggregation() -> impl Strategy<Value = Aggregation> {
    prop_oneof![
        4 => (1u64..=100_000).prop_map(|thousandths| Aggregation::Percentile(Percent::from_thousandths(thousandths))),
        7 => prop::sample::select(vec![
            Aggregation::Avg,
            Aggregation::Med,
            Aggregation::Min,
            Aggregation::Max,
            Aggregation::StdDev,
            Aggregation::Count,
            Aggregation::Rate,
            Aggregation::Value,
        ]),
    ]
}

/// A condition that a scenario can state, and a metric that has it.
fn condition() -> impl Strategy<Value = (Metric, Condition)> {
    // The scenario around it has no group.
    let occurs = |metric: &Metric| *metric != Metric::GroupDuration;
    let metrics: Vec<Metric> = Metric::ALL.iter().copied().filter(occurs).collect();
    let operators = vec![
        Operator::Less,
        Operator::LessOrEqual,
        Operator::Greater,
        Operator::GreaterOrEqual,
        Operator::Equal,
        Operator::NotEqual,
    ];
    let amounts = (0u32..10_000_000, 0u32..=1_000_000);
    (prop::sample::select(metrics), aggregation(), prop::sample::select(operators), amounts)
        .prop_filter("a metric has some aggregations", |(metric, aggregation, ..)| {
            aggregation.fits(metric.kind())
        })
        .prop_map(|(metric, aggregation, operator, (number, millionths))| {
            let limit = match (metric.kind(), aggregation) {
                (MetricKind::Trend, Aggregation::Count) | (MetricKind::Gauge, _) => {
                    Limit::Number(f64::from(number))
                }
                (MetricKind::Trend, _) => Limit::Time(Duration::from_millis(u64::from(number))),
                // Written in percent with up to four digits behind the point.
                (MetricKind::Rate, _) => Limit::Share(f64::from(millionths) / 1e4 / 100.0),
                (MetricKind::Counter, Aggregation::Rate) => Limit::PerSecond(f64::from(number) / 1000.0),
                (MetricKind::Counter, _) => Limit::Number(f64::from(number)),
            };
            (metric, Condition { aggregation, operator, limit })
        })
}

#[test]
fn conditions_in_the_words_of_other_tools() {
    for (metric, written, printed) in [
        ("http_req_duration", "p(95)<200ms", "p95 < 200ms"),
        ("http_req_duration", "p(99.9) <= 1.5s", "p99.9 <= 1.5s"),
        ("http_req_duration", "p50<1m", "p50 < 1m"),
        ("http_req_failed", "rate<0.01", "rate < 1%"),
        ("http_req_failed", "rate == 0%", "rate == 0%"),
        ("http_reqs", "rate >= 30/m", "rate >= 0.5/s"),
        ("http_reqs", "count>1_000", "count > 1000"),
        ("vus", "max<=100", "max <= 100"),
    ] {
        let plan = plan(&format!("flow: [ {{ get: /a }} ]\nthresholds:\n  {metric}: {written}\n"));
        assert_eq!(plan.thresholds[0].condition.to_string(), printed, "{written}");
    }
}
