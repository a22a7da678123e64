//! JUnit's XML: that it is what its readers take, that it is red where the run is, and what it says of it.

use super::{
    exports::{runs, text},
    fixture::Run,
};
use crate::report::{exports::Export, summary_v1::SummaryV1};
use quick_xml::{Reader, XmlVersion, events::Event};
use std::collections::{BTreeMap, BTreeSet};

/// An element of an XML document.
#[derive(Debug, Default)]
pub(super) struct Element {
    pub name: String,
    pub attributes: BTreeMap<String, String>,
    pub inner: Vec<Element>,
    pub text: String,
}

impl Element {
    fn parse(xml: &str) -> Self {
        let is_character = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
        assert!(xml.chars().all(is_character), "what XML 1.0 may not hold: {xml:?}");
        let mut reader = Reader::from_str(xml);
        let mut open = vec![Self::default()];
        loop {
            match reader.read_event().expect("well-formed") {
                Event::Start(start) => open.push(Self::new(&start)),
                Event::Empty(start) => open.last_mut().expect("one").inner.push(Self::new(&start)),
                Event::Text(text) => open.last_mut().expect("one").text += &text.decode().expect("UTF-8"),
                Event::GeneralRef(entity) => {
                    let entity = format!("&{};", entity.decode().expect("UTF-8"));
                    open.last_mut().expect("one").text +=
                        &quick_xml::escape::unescape(&entity).expect("an entity");
                }
                Event::End(_) => {
                    let closed = open.pop().expect("one");
                    open.last_mut().expect("one").inner.push(closed);
                }
                Event::Eof => break,
                _ => {}
            }
        }
        open.pop().expect("the document").inner.pop().expect("a root")
    }

    fn new(start: &quick_xml::events::BytesStart<'_>) -> Self {
        let attribute = |attribute: Result<quick_xml::events::attributes::Attribute<'_>, _>| {
            let attribute = attribute.expect("an attribute, once");
            let key = String::from_utf8(attribute.key.as_ref().to_vec()).expect("UTF-8");
            (key, attribute.normalized_value(XmlVersion::Implicit1_0).expect("escaped").into_owned())
        };
        let name = String::from_utf8(start.name().as_ref().to_vec()).expect("UTF-8");
        Self { name, attributes: start.attributes().map(attribute).collect(), ..Self::default() }
    }

    pub fn all(&self, name: &str) -> Vec<&Self> {
        let below = self.inner.iter().flat_map(|inner| inner.all(name));
        (self.name == name).then_some(self).into_iter().chain(below).collect()
    }

    pub fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }

    fn number(&self, name: &str) -> usize {
        self.attribute(name).parse().unwrap_or_else(|_| panic!("no {name} in {self:?}"))
    }
}

pub(super) fn junit(summary: &SummaryV1) -> Element {
    Element::parse(&text(Export::Junit, summary))
}

/// What an element may hold: its name, its attributes, and the elements in it, in this order. What Jenkins' schema
/// allows, and the `file` and `line` of test cases that GitLab, CircleCI and the reporters of GitHub read.
const GRAMMAR: [(&str, &[&str], &[&str]); 9] = [
    ("testsuites", &["name", "time", "tests", "failures", "errors", "skipped"], &["testsuite"]),
    (
        "testsuite",
        &["name", "time", "tests", "failures", "errors", "skipped", "timestamp"],
        &["properties", "testcase"],
    ),
    ("properties", &[], &["property"]),
    ("property", &["name", "value"], &[]),
    (
        "testcase",
        &["name", "classname", "time", "file", "line"],
        &["skipped", "failure", "error", "system-out"],
    ),
    ("failure", &["message", "type"], &[]),
    ("error", &["message", "type"], &[]),
    ("skipped", &["message", "type"], &[]),
    ("system-out", &[], &[]),
];

pub(super) fn assert_grammar(element: &Element) {
    let rule = GRAMMAR.iter().find(|rule| rule.0 == element.name);
    let (_, attributes, inner) = rule.unwrap_or_else(|| panic!("<{}> is not JUnit's", element.name));
    for attribute in element.attributes.keys() {
        assert!(attributes.contains(&attribute.as_str()), "{attribute} of {}", element.name);
    }
    let order: Vec<usize> = element
        .inner
        .iter()
        .map(|one| inner.iter().position(|name| *name == one.name).unwrap_or_else(|| panic!("{one:?}")))
        .collect();
    assert!(order.is_sorted(), "{element:?}");
    element.inner.iter().for_each(assert_grammar);
}

#[test]
fn every_report_is_junits_and_its_counts_are_those_of_its_cases() {
    for (name, run) in runs() {
        let summary = run.summary();
        let root = junit(&summary);
        assert_grammar(&root);
        for suite in [vec![&root], root.all("testsuite")].concat() {
            for (count, element) in
                [("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")]
            {
                assert_eq!(suite.number(count), suite.all(element).len(), "{name}: {count}");
            }
            let cases = suite.all("testcase").into_iter();
            let time: f64 = cases.map(|case| case.attribute("time").parse::<f64>().expect("seconds")).sum();
            assert_eq!(suite.attribute("time").parse(), Ok(time), "{name}");
        }
        let cases = root.all("testcase");
        let keys: BTreeSet<_> =
            cases.iter().map(|case| (case.attribute("classname"), case.attribute("name"))).collect();
        assert_eq!(keys.len(), cases.len(), "{name}: GitLab keeps only the first of a name");
        assert_eq!(cases.len(), 1 + summary.thresholds.len() + summary.checks.len(), "{name}");
    }
}

#[test]
fn a_report_is_red_exactly_where_the_run_does_not_pass() {
    for (name, run) in runs() {
        let summary = run.summary();
        let root = junit(&summary);
        let red = root.number("failures") + root.number("errors");
        assert_eq!(red == 0, summary.verdict.exit_code == 0, "{name}");
        let verdict = root.all("testcase")[0];
        assert_eq!((verdict.attribute("name"), verdict.attribute("classname")), ("verdict", "shop.run"));
        // 99 is a judgement; with anything else there was none to be had.
        let expected = match summary.verdict.exit_code {
            0 => "system-out",
            99 => "failure",
            _ => "error",
        };
        assert_eq!(verdict.inner[0].name, expected, "{name}");
    }
    // A failed threshold cannot be the only thing that makes it red, nor the verdict of a run without one.
    let saturated = junit(&Run::saturated().summary());
    assert_eq!((saturated.number("failures"), saturated.number("errors")), (0, 1));
    assert_eq!(saturated.all("error")[0].attribute("type"), "exit-code-96");
}

#[test]
fn a_threshold_that_did_not_hold_says_why() {
    let root = junit(&Run::rich().summary());
    let cases = root.all("testcase");
    let of = |class: &str| -> Vec<_> {
        let own = cases.iter().filter(|case| case.attribute("classname").starts_with(class));
        own.map(|case| (case.attribute("name"), case.inner[0].attribute("type"))).collect()
    };
    assert_eq!(
        of("shop.thresholds"),
        [
            ("http_req_duration p95 < 2s", ""),
            ("http_req_failed rate < 1%", "threshold-failed"),
            ("http_req_duration{name:never sent, task:login} p95 < 50ms", "no-data"),
            ("http_reqs rate >= 10/s", ""),
            ("vus_max value == 10", ""),
        ]
    );
    let failed = root.all("failure")[1];
    assert!(failed.attribute("message").starts_with("observed 1."), "{failed:?}");
    // Some readers show the attribute only, and some the text.
    assert!(failed.text.starts_with(failed.attribute("message")), "{failed:?}");
    assert!(failed.text.contains("shop.yaml:9") && failed.text.contains("95 % interval"), "{failed:?}");
    assert_eq!(
        of("shop.checks"),
        [
            ("status is 200", ""),
            ("status is 200", "did-not-hold"),
            ("body has a total", "did-not-hold"),
            ("token is there", "never-reached")
        ]
    );
}
