//! Secrets kept out of whatever is printed or written: every spelling of a secret in a text becomes `***`.
//!
//! It finds what was written of a secret, also where it was escaped for JSON, for a URL, or encoded as base64
//! or hexadecimal; it cannot know what a server made of it otherwise.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use std::{borrow::Cow, collections::BTreeSet, fmt};

/// What stands for a secret.
const MASK: &str = "***";
/// Secrets shorter than this many bytes are found only as they are, and where no letter or digit stands beside
/// them: they, and even more their encodings, are parts of everything. And so
/// many bytes of a longer one are recognised at the end of a text that was cut.
const LEAST: usize = 4;
/// What stands where an excerpt was cut, also within a character.
const CUTS: [&str; 2] = ["…", "\u{FFFD}"];
/// How often what is found may have been escaped for JSON.
const MOST_TIMES: usize = 3;
/// More bytes than the longest escape and a mark behind it have.
const LONGEST_ESCAPE: usize = 24;

/// The first characters of a text that is too long to be shown, with the mark by which a mask knows the beginning of a
/// secret that was cut.
pub fn excerpt(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => Cow::Borrowed(text),
        Some((end, _)) => Cow::Owned(format!("{}{}", &text[..end], CUTS[0])),
    }
}

/// What hides secrets. Without any it costs nothing.
#[derive(Clone, Default)]
pub struct Mask {
    needles: Vec<Needle>,
    /// Which bytes can begin one of them.
    starts: Vec<bool>,
}

/// One spelling to look for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Needle {
    bytes: Vec<u8>,
    /// Whether its characters may be escaped, each on its own.
    is_escapable: bool,
    /// Whether it is so short that it counts only where it stands alone.
    is_word: bool,
    /// Whether it is base64 whose first neighbour holds bits of the secret as well.
    shares_before: bool,
    /// The same of the neighbour behind it.
    shares_after: bool,
}

impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mask").field("spellings", &self.needles.len()).finish()
    }
}

impl Mask {
    /// What hides these values. Empty ones are left out.
    pub fn new(secrets: impl IntoIterator<Item = String>) -> Self {
        let needles: BTreeSet<Needle> = secrets.into_iter().flat_map(|secret| needles(&secret)).collect();
        let mut starts = vec![false; 256];
        for needle in &needles {
            starts[usize::from(needle.bytes[0])] = true;
            if needle.is_escapable {
                starts[usize::from(b'%')] = true;
                starts[usize::from(b'\\')] = true;
                starts[usize::from(b'+')] |= needle.bytes[0] == b' ';
                starts[usize::from(b'/')] |= needle.bytes[0] == b'\\';
            }
        }
        Self { needles: needles.into_iter().collect(), starts }
    }

    /// The text with `***` for each secret in it, and for the beginning of one at its end.
    pub fn apply<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.needles.is_empty() {
            return Cow::Borrowed(text);
        }
        let ranges = self.ranges(text);
        if ranges.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut masked = String::with_capacity(text.len());
        let mut done = 0;
        for (start, end) in ranges {
            masked += text.get(done..start).unwrap_or_default();
            masked += MASK;
            done = end;
        }
        masked += text.get(done..).unwrap_or_default();
        Cow::Owned(masked)
    }

    /// What to hide, in order and without overlaps.
    fn ranges(&self, text: &str) -> Vec<(usize, usize)> {
        let bytes = text.as_bytes();
        let mut found: Vec<(usize, usize)> = Vec::new();
        for at in (0..bytes.len()).filter(|at| self.starts[usize::from(bytes[*at])]) {
            found.extend(self.needles.iter().filter_map(|needle| needle.range_at(bytes, at)));
        }
        found.sort_unstable();
        let mut merged: Vec<(usize, usize)> = Vec::new();
        for (start, end) in found {
            match merged.last_mut() {
                Some((_, last)) if start <= *last => *last = end.max(*last),
                _ => merged.push((start, end)),
            }
        }
        merged
    }
}

impl Needle {
    /// What to hide where the needle, or the beginning of it that a cut left, starts at `at`.
    fn range_at(&self, text: &[u8], at: usize) -> Option<(usize, usize)> {
        let mut end = self.end_at(text, at)?;
        if self.is_word && (is_word_part(text, at.checked_sub(1)) || is_word_part(text, Some(end))) {
            return None;
        }
        let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte);
        let mut start = at;
        if self.shares_before && at > 0 && is_base64(text[at - 1]) {
            start -= 1;
        }
        if self.shares_after {
            end += usize::from(text.get(end).copied().is_some_and(is_base64));
            end += text[end..].iter().take(2).take_while(|byte| **byte == b'=').count();
        }
        Some((start, end))
    }

    /// Where the longest reading of the needle from `at` on ends.
    fn end_at(&self, text: &[u8], at: usize) -> Option<usize> {
        // By place, so that a place is left for good once everything that leads to it has been read.
        let mut states = BTreeSet::from([(at, 0)]);
        let (mut longest, mut cut) = (None, None);
        while let Some((place, read)) = states.pop_first() {
            if read == self.bytes.len() {
                longest = longest.max(Some(place));
                continue;
            }
            if read >= LEAST {
                cut = cut.max(cut_of(&text[place..]).map(|rest| place + rest));
            }
            let mut step = |bytes: &[u8], next| {
                if self.bytes[read..].starts_with(bytes) {
                    states.insert((next, read + bytes.len()));
                }
            };
            if let Some(byte) = text.get(place) {
                step(&[*byte], place + 1);
            }
            if self.is_escapable {
                unescape(&text[place..], |bytes, length| step(bytes, place + length));
            }
        }
        longest.or(cut)
    }
}

/// Whether a letter or digit stands at a place.
fn is_word_part(text: &[u8], at: Option<usize>) -> bool {
    at.and_then(|at| text.get(at)).is_some_and(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii())
}

/// Where a text that goes on like this was cut: here, or within an escape.
fn cut_of(rest: &[u8]) -> Option<usize> {
    let near = &rest[..rest.len().min(LONGEST_ESCAPE)];
    let marked =
        CUTS.iter().filter_map(|mark| near.windows(mark.len()).position(|bytes| bytes == mark.as_bytes()));
    // Without a mark it may have been cut at its end; an excerpt may stand in quotes.
    let end = marked.min().or_else(|| {
        let quotes = near.iter().rev().take_while(|byte| **byte == b'"').count();
        (near.len() == rest.len()).then_some(near.len() - quotes)
    })?;
    is_cut(&rest[..end]).then_some(end)
}

/// Whether nothing follows, or only the beginning of an escape.
fn is_cut(rest: &[u8]) -> bool {
    let (slashes, behind) = backslashes(rest);
    match (slashes, behind) {
        (0, []) | (1.., []) => true,
        (0, [b'%', digits @ ..]) => {
            let most = if digits.starts_with(b"25") { 4 } else { 2 };
            digits.len() < most && digits.iter().all(u8::is_ascii_hexdigit)
        }
        (1.., [b'u', b'd' | b'D', ..]) => rest.len() < 2 * (slashes + 5),
        (1.., [b'u', ..]) => behind.len() < 5,
        _ => false,
    }
}

/// How many backslashes a text begins with, and what follows them.
fn backslashes(text: &[u8]) -> (usize, &[u8]) {
    let count = text.iter().take_while(|byte| **byte == b'\\').count();
    (count, &text[count..])
}

/// What the escape at the beginning of `rest` stands for, and how long it is.
fn unescape(rest: &[u8], mut found: impl FnMut(&[u8], usize)) {
    match rest.first() {
        Some(b'+') => found(b" ", 1),
        // In a URL a backslash is a slash.
        Some(b'/') => found(b"\\", 1),
        Some(b'\\') => unescape_slashes(rest, found),
        Some(b'%') => {
            // What is escaped for a URL may have been JSON, or escaped for a URL, before.
            let (bytes, lengths) = percent_decoded(&rest[..rest.len().min(LONGEST_ESCAPE * 3)]);
            let length = |count: usize| lengths[..count].iter().sum();
            match bytes.as_slice() {
                [b'%', high, low, ..] if lengths[0] == 3 => {
                    if let (Some(high), Some(low)) = (hex_digit(*high), hex_digit(*low)) {
                        found(&[(high * 16 + low) as u8], length(3));
                    }
                }
                [b'\\', ..] => unescape_slashes(&bytes, |text, count| found(text, length(count))),
                _ => {}
            }
            if let (Some(byte), Some(3)) = (bytes.first(), lengths.first()) {
                found(&[*byte], 3);
            }
        }
        _ => {}
    }
}

/// The bytes that a text stands for, each with how long it is written.
fn percent_decoded(text: &[u8]) -> (Vec<u8>, Vec<usize>) {
    let mut place = 0;
    let mut decoded = (Vec::new(), Vec::new());
    while let Some(byte) = text.get(place) {
        let digits = (
            text.get(place + 1).copied().and_then(hex_digit),
            text.get(place + 2).copied().and_then(hex_digit),
        );
        let (byte, length) = match (byte, digits) {
            (b'%', (Some(high), Some(low))) => ((high * 16 + low) as u8, 3),
            _ => (*byte, 1),
        };
        decoded.0.push(byte);
        decoded.1.push(length);
        place += length;
    }
    decoded
}

/// The same for escapes that begin with a backslash. JSON within JSON within JSON is escaped three times: a
/// character that is written behind one backslash then stands behind four, and a quote behind seven.
fn unescape_slashes(rest: &[u8], mut found: impl FnMut(&[u8], usize)) {
    for times in 0..MOST_TIMES {
        let (own, quote) = (1 << times, (2 << times) - 1);
        let (count, _) = backslashes(rest);
        if count > quote {
            found(b"\\", quote + 1);
        }
        if let (true, Some(letter @ (b'"' | b'\'' | b'/'))) = (count == quote, rest.get(quote)) {
            found(&[*letter], quote + 1);
        }
        if count != own {
            continue;
        }
        let byte = match rest.get(own) {
            Some(b'b') => 8,
            Some(b't') => b'\t',
            Some(b'n') => b'\n',
            Some(b'f') => 12,
            Some(b'r') => b'\r',
            Some(b'u') => {
                if let Some((character, length)) = unicode_escape(rest, own) {
                    found(character.encode_utf8(&mut [0; 4]).as_bytes(), length);
                }
                continue;
            }
            _ => continue,
        };
        found(&[byte], own + 1);
    }
}

/// `\u00e4`, `\ud83d\ude00` or `\u{e4}` at the beginning of `rest`, with so many backslashes.
fn unicode_escape(rest: &[u8], slashes: usize) -> Option<(char, usize)> {
    let digits = |digits: &[u8]| {
        digits.iter().try_fold(0u32, |value, digit| Some(value.checked_mul(16)? + hex_digit(*digit)?))
    };
    let length = slashes + 5;
    let unit = |at: usize| match backslashes(rest.get(at..at + length)?) {
        (count, [b'u', four @ ..]) if count == slashes => digits(four),
        _ => None,
    };
    if rest.get(slashes + 1) == Some(&b'{') {
        let end = rest.iter().take(slashes + 9).position(|byte| *byte == b'}')?;
        return Some((char::from_u32(digits(&rest[slashes + 2..end])?)?, end + 1));
    }
    let first = unit(0)?;
    if (0xD800..0xDC00).contains(&first) {
        let second = unit(length)?.checked_sub(0xDC00)?;
        return Some((char::from_u32(0x10000 + ((first - 0xD800) << 10) + second)?, 2 * length));
    }
    Some((char::from_u32(first)?, length))
}

fn hex_digit(byte: u8) -> Option<u32> {
    char::from(byte).to_digit(16)
}

/// Every spelling of a secret, escapes of single characters apart.
fn needles(secret: &str) -> Vec<Needle> {
    let plain = |bytes: Vec<u8>, is_escapable| Needle {
        bytes,
        is_escapable,
        is_word: false,
        shares_before: false,
        shares_after: false,
    };
    if secret.is_empty() {
        return Vec::new();
    }
    if secret.len() < LEAST {
        return vec![Needle { is_word: true, ..plain(secret.as_bytes().to_vec(), false) }];
    }
    let mut needles = vec![plain(secret.as_bytes().to_vec(), true)];
    for upper in [false, true] {
        let digits =
            secret.bytes().map(|byte| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") });
        needles.push(plain(digits.collect::<String>().into_bytes(), true));
    }
    // Base64 knows no escapes, so what is encoded may have been JSON before.
    for text in [secret.to_owned(), json_escaped(secret)] {
        needles.extend((0..3).flat_map(|before| base64_needles(text.as_bytes(), before)));
    }
    needles
}

fn json_escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\\' => escaped.extend(['\\', c]),
            '\n' => escaped += "\\n",
            '\r' => escaped += "\\r",
            '\t' => escaped += "\\t",
            '\u{8}' => escaped += "\\b",
            '\u{c}' => escaped += "\\f",
            c if c < ' ' => escaped += &format!("\\u{:04x}", u32::from(c)),
            c => escaped.push(c),
        }
    }
    escaped
}

/// The characters of base64 that a secret decides alone, where so many bytes (mod 3) stand before it.
fn base64_needles(secret: &[u8], before: usize) -> [Needle; 2] {
    let bytes = [&vec![0; before], secret].concat();
    let (start, bits) = ((before * 8).div_ceil(6), bytes.len() * 8);
    [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)].map(|encoded| Needle {
        bytes: encoded.as_bytes()[start..bits / 6].to_vec(),
        is_escapable: true,
        is_word: false,
        shares_before: before > 0,
        shares_after: !bits.is_multiple_of(6),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    use proptest::prelude::*;

    type Spelling = Box<dyn Fn(&str) -> String>;

    fn mask(secret: &str) -> Mask {
        Mask::new([secret.to_owned()])
    }

    #[test]
    fn an_excerpt_is_marked_so_that_a_secret_that_it_cuts_is_known() {
        assert_eq!(excerpt("häfen", 5), "häfen");
        assert_eq!(excerpt("häfen", 4), "häfe…");
        assert_eq!(excerpt("", 0), "");
        let hidden = Mask::new(["correct horse".to_owned()]);
        for most in 8..20 {
            let shown = format!("`{}` is not known", excerpt("it's correct horse!", most));
            let masked = hidden.apply(&shown).into_owned();
            assert!(most < 9 || masked.starts_with("`it's ***"), "{most}: {masked}");
        }
    }

    #[test]
    fn spellings_of_a_secret() {
        let hidden = mask("p\"w/ ä+1");
        for (text, masked) in [
            ("the p\"w/ ä+1!", "the ***!"),
            (r#"{"a":"p\"w/ ä+1"}"#, r#"{"a":"***"}"#),
            (r"p\u0022w\/ \u00E4+1", "***"),
            ("?a=p%22w%2F+%C3%A4%2B1&b", "?a=***&b"),
            ("/p%22w/%20%c3%a4+1/b", "/***/b"),
            ("7022772f20c3a42b31", "***"),
            ("7022772F20C3A42B31.", "***."),
            ("p\"w/ and more", "p\"w/ and more"),
            ("cut: p\"w/ ", "cut: ***"),
            ("cut: p\"w/…", "cut: ***…"),
            ("cut: p%22w/%2", "cut: ***"),
            ("cut: p\"w", "cut: p\"w"),
            ("cut: \"p\"w/…\" and so on", "cut: \"***…\" and so on"),
            ("cut: p\"w/\u{FFFD} and so on", "cut: ***\u{FFFD} and so on"),
            // JSON within JSON, JSON within a URL, a URL within a URL.
            (r#"{"a":"{\"b\":\"p\\\"w/ ä+1\"}"}"#, r#"{"a":"{\"b\":\"***\"}"}"#),
            (r"p\\u0022w\/ \\u00e4+1", "***"),
            ("?a=p%5C%22w%5C/+%5Cu00e4%2B1&b", "?a=***&b"),
            ("?a=p%2522w%252F%20%25C3%25A4%252B1&b", "?a=***&b"),
        ] {
            assert_eq!(hidden.apply(text), masked, "{text}");
        }
        let basic = STANDARD.encode("user:p\"w/ ä+1");
        // `user:` is five bytes: six characters are its own, the seventh is shared.
        assert_eq!(hidden.apply(&format!("Basic {basic}")), format!("Basic {}***", &basic[..6]));
    }

    #[test]
    fn a_backslash_that_a_url_made_a_slash() {
        assert_eq!(mask(r"\a b\c").apply("http://x/y//a%20b/c/z"), "http://x/y/***/z");
        assert_eq!(mask(r"\a b\c").apply(r"\\a b\\\\c"), "***");
    }

    #[test]
    fn short_and_missing_secrets() {
        assert_eq!(mask("ab").apply("cab YWI= %61b ?x=ab&ab"), "cab YWI= %61b ?x=***&***");
        assert!(matches!(mask("").apply("anything"), Cow::Borrowed(_)));
        assert!(matches!(Mask::default().apply("anything"), Cow::Borrowed(_)));
        assert!(matches!(mask("secret").apply("anything"), Cow::Borrowed(_)));
    }

    #[test]
    fn overlapping_secrets_leave_nothing_between_them() {
        let hidden = Mask::new(["password".to_owned(), "password123".to_owned(), "123456".to_owned()]);
        assert_eq!(hidden.apply("a password123456 b"), "a *** b");
        assert!(!format!("{hidden:?}").contains("password"));
    }

    #[test]
    fn escapes_of_escapes_end() {
        let hidden = mask(&"%25".repeat(20));
        assert_eq!(hidden.apply(&"%25".repeat(60)), "***");
        assert_eq!(hidden.apply(&"%2525".repeat(20)), "***");
    }

    fn percent(text: &str, upper: bool, kept: &str) -> String {
        text.bytes().fold(String::new(), |mut out, byte| {
            match byte {
                byte if byte.is_ascii_alphanumeric() || kept.as_bytes().contains(&byte) => {
                    out.push(byte.into());
                }
                byte if upper => out += &format!("%{byte:02X}"),
                byte => out += &format!("%{byte:02x}"),
            }
            out
        })
    }

    #[test]
    fn json_is_escaped_as_serde_does_it() {
        for c in ('\0'..='\u{200}').chain(['€', '😀']) {
            let text = c.to_string();
            assert_eq!(format!("\"{}\"", json_escaped(&text)), serde_json::Value::from(text).to_string());
        }
    }

    fn ascii_json(text: &str) -> String {
        let units = text.encode_utf16().map(|unit| format!("\\u{unit:04x}"));
        units.collect()
    }

    proptest! {
        #[test]
        fn nothing_of_a_secret_is_left(
            secret in "[a-z0-9\"\\\\/ %+=ä€😀\n]{4,20}",
            before in "[A-Z .:]{0,9}",
            after in "[A-Z .:]{0,9}",
        ) {
            let whole = format!("{before}{secret}{after}");
            // What could be the beginning of another one is hidden as well.
            let ends_with = |length| secret.get(..length).is_some_and(|start: &str| whole.ends_with(start));
            prop_assume!(!(LEAST..secret.len()).any(ends_with));
            let hidden = mask(&secret);
            let spellings: Vec<(&str, Spelling)> = vec![
                ("raw", Box::new(str::to_owned)),
                ("json", Box::new(json_escaped)),
                ("ascii json", Box::new(ascii_json)),
                ("escape_debug", Box::new(|text| text.escape_debug().to_string())),
                ("component", Box::new(|text| percent(text, true, "-._~"))),
                ("lower", Box::new(|text| percent(text, false, "-._~"))),
                ("path", Box::new(|text| percent(text, true, "-._~!$&'()*+,;=:@/"))),
                ("query", Box::new(|text| percent(text, true, "*-._ ").replace(' ', "+"))),
                ("form", Box::new(|text| url::form_urlencoded::byte_serialize(text.as_bytes()).collect())),
            ];
            for (name, spell) in &spellings {
                let masked = hidden.apply(&spell(&whole)).into_owned();
                prop_assert!(masked.contains(MASK), "{name}: {masked}");
                prop_assert!(!masked.contains(&spell(&secret)), "{name}: {masked}");
                prop_assert_eq!(masked, format!("{}{MASK}{}", spell(&before), spell(&after)), "{}", name);
            }
        }

        #[test]
        fn nothing_of_a_secret_is_left_in_base64(
            secret in "[a-z0-9ä€]{4,20}",
            before in "[A-Z .:]{0,9}",
            after in "[A-Z .:]{0,9}",
        ) {
            let whole = format!("{before}{secret}{after}");
            let hidden = mask(&secret);
            for encoded in [
                STANDARD.encode(&whole),
                URL_SAFE.encode(&whole),
                STANDARD_NO_PAD.encode(&whole),
                URL_SAFE_NO_PAD.encode(&whole),
            ] {
                let masked = hidden.apply(&encoded).into_owned();
                prop_assert!(masked.contains(MASK), "{encoded}");
                // What is left are the characters that hold bits of the surroundings alone.
                prop_assert_eq!(masked.find(MASK), Some(before.len() * 8 / 6), "{}", encoded);
                let behind = masked.trim_end_matches('=').rsplit(MASK).next().map_or(0, str::len);
                prop_assert!(behind <= (after.len() * 8).div_ceil(6), "{encoded} {masked}");
                for before in 0..3 {
                    for needle in base64_needles(secret.as_bytes(), before) {
                        let core = String::from_utf8(needle.bytes).expect("base64");
                        prop_assert!(!masked.contains(&core), "{core} in {masked}");
                    }
                }
            }
        }

        #[test]
        fn any_cut_of_a_text_hides_what_it_has_of_the_secret(
            secret in "[a-z]{6,20}",
            before in "[A-Z .:]{0,9}",
            kept in 4usize..20,
        ) {
            let kept = &secret[..kept.min(secret.len())];
            let hidden = mask(&secret);
            for end in ["", "…"] {
                let cut = format!("{before}{kept}{end}");
                prop_assert_eq!(hidden.apply(&cut), format!("{before}{MASK}{end}"));
            }
        }

        #[test]
        fn a_text_without_the_secret_stays(text in "[a-m%+\\\\ ]{0,40}") {
            prop_assert_eq!(mask("nopqrst").apply(&text), &*text);
        }
    }
}
