//! One file out of markup, styles, scripts and data, and the policy that lets nothing else run or load.

use super::{bounded, clip::clip, island::Island, lists::LONG};
use crate::report::{exports::Exported, text::inert};
use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};

const SKELETON: &str = include_str!("assets/page.html");
/// The chart library and its styles, as published; `assets/uplot/README.md` says which.
const UPLOT: &str = include_str!("assets/uplot/uPlot.iife.min.js");
const UPLOT_STYLE: &str = include_str!("assets/uplot/uPlot.min.css");
const STYLES: [&str; 4] = [
    include_str!("assets/style/theme.css"),
    include_str!("assets/style/page.css"),
    include_str!("assets/style/charts.css"),
    include_str!("assets/style/print.css"),
];
/// In the order in which they are run: each uses only what stands before it.
const SCRIPTS: [&str; 12] = [
    include_str!("assets/script/data.js"),
    include_str!("assets/script/dom.js"),
    include_str!("assets/script/format.js"),
    include_str!("assets/script/table.js"),
    include_str!("assets/script/verdict.js"),
    include_str!("assets/script/chart.js"),
    include_str!("assets/script/over_time.js"),
    include_str!("assets/script/heat.js"),
    include_str!("assets/script/distribution.js"),
    include_str!("assets/script/tables.js"),
    include_str!("assets/script/about.js"),
    include_str!("assets/script/main.js"),
];

/// The page.
pub(in crate::report::exports) fn page(exported: &Exported<'_>) -> Vec<u8> {
    let style = format!("{UPLOT_STYLE}\n{}", STYLES.concat());
    let script = format!("(() => {{\n\"use strict\";\n{}}})();\n", SCRIPTS.concat());
    let data = Island::new(exported).to_json();
    let run = &exported.summary.run;
    let verdict = bounded::verdict(&exported.summary.verdict);
    let name = clip(&run.name, LONG);
    let outcome = if verdict.passed { "Passed" } else { "Failed" };
    let parts = [
        ("policy", policy(&[UPLOT, &script], &style)),
        ("title", escaped(&inert(&format!("{name} · {}", verdict.reason)))),
        ("outcome", escaped(&inert(&format!("{outcome}: {}", verdict.reason)))),
        ("style", style),
        ("data", data),
        ("uplot", UPLOT.to_owned()),
        ("script", script),
    ];
    filled(SKELETON, &parts).into_bytes()
}

/// What the browser may do: run these scripts, use this style, and nothing else.
fn policy(scripts: &[&str], style: &str) -> String {
    let hashes = |texts: &[&str]| {
        let hashes = texts.iter().map(|text| format!(" 'sha256-{}'", hash(text)));
        hashes.collect::<String>()
    };
    let (scripts, style) = (hashes(scripts), hashes(&[style]));
    format!(
        "default-src 'none'; script-src{scripts}; style-src{style}; img-src data:; base-uri 'none'; form-action 'none'"
    )
}

fn hash(text: &str) -> String {
    BASE64_STANDARD.encode(Sha256::digest(text))
}

/// `skeleton` with `<!--NAME-->` replaced. What is put in is not looked through again.
fn filled(skeleton: &str, parts: &[(&str, String)]) -> String {
    let mut page = String::new();
    let mut rest = skeleton;
    while let Some((before, behind)) = rest.split_once("<!--") {
        let (name, after) = behind.split_once("-->").unwrap_or((behind, ""));
        page += before;
        if let Some((_, text)) = parts.iter().find(|(part, _)| *part == name) {
            page += text;
        }
        rest = after;
    }
    page + rest
}

/// Text as HTML has it, in elements and in quoted attributes.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '&' => escaped += "&amp;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&#39;",
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `assets/uplot/README.md` says of the published files.
    #[test]
    fn the_chart_library_is_the_published_one() {
        let note = include_str!("assets/uplot/README.md");
        let licence = include_str!("assets/uplot/LICENSE");
        for (file, text) in
            [("uPlot.iife.min.js", UPLOT), ("uPlot.min.css", UPLOT_STYLE), ("LICENSE", licence)]
        {
            let digest = Sha256::digest(text);
            let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            assert!(note.contains(&format!("`{file}`: sha256 `{hex}`")), "{file}: {hex}");
        }
        assert!(UPLOT.starts_with("/*! https://github.com/leeoniya/uPlot (v1.6.32) */"));
    }

    #[test]
    fn what_is_put_in_is_not_looked_through_again() {
        let parts = [("a", "<!--b-->".to_owned()), ("b", "2".to_owned())];
        assert_eq!(filled("1<!--a-->3<!--b-->4<!--c-->", &parts), "1<!--b-->324");
        assert_eq!(escaped("<a href='x'>\"&"), "&lt;a href=&#39;x&#39;&gt;&quot;&amp;");
    }

    /// An end tag or the start of a comment would end a script before its end, and then nothing matches its hash.
    #[test]
    fn nothing_of_ours_ends_its_own_element() {
        for text in SCRIPTS.iter().chain(&STYLES).chain(&[UPLOT, UPLOT_STYLE]) {
            let lower = text.to_lowercase();
            assert!(["</script", "</style", "<!--", "\r"].iter().all(|end| !lower.contains(end)));
        }
    }

    /// Markup is made nowhere, and no address is asked for anything.
    #[test]
    fn scripts_make_no_markup_and_ask_nobody() {
        let ways = [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "Function(",
            "fetch(",
            "XMLHttpRequest",
            "WebSocket",
            "EventSource",
            "sendBeacon",
            "import(",
            "http://",
            "https://",
            "setAttribute(\"style",
        ];
        for text in SCRIPTS.iter().chain(&STYLES).chain(&[SKELETON]) {
            for way in ways {
                assert!(!text.contains(way), "{way}");
            }
            assert!(!text.contains("url(") && !text.contains("@import"));
        }
    }
}
