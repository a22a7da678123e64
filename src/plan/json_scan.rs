//! The value at a plain path of a JSON text, without a tree of everything else: most requests look at one or two
//! values of a body, and a tree allocates for every name and text in it.
//!
//! All of the text is read nevertheless, and refused where making the tree would refuse it. Paths with anything but
//! names and positions are none of its business.

use super::template::Key;
use serde::{
    Deserialize as _, Deserializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value as Json;
use std::fmt;

/// A JSONPath of names and positions only, of which there is at most one match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PlainPath(Vec<Key>);

impl PlainPath {
    /// The path that this JSONPath is, if it is so plain. The text must have been parsed as a JSONPath before.
    pub fn of(source: &str) -> Option<Self> {
        let mut rest = source.strip_prefix('$')?;
        let mut keys = Vec::new();
        while !rest.is_empty() {
            let (key, after) = match rest.strip_prefix('.') {
                Some(name) => dotted(name)?,
                None => bracketed(rest.strip_prefix('[')?)?,
            };
            keys.push(key);
            rest = after;
        }
        (!keys.is_empty()).then_some(Self(keys))
    }

    /// The value that `text` has there.
    ///
    /// # Errors
    /// The text is not JSON.
    pub fn find(&self, text: &[u8]) -> serde_json::Result<Option<Json>> {
        // Once for all of it costs less than for each string in it.
        let text = std::str::from_utf8(text).map_err(serde_json::Error::custom)?;
        let mut reader = serde_json::Deserializer::from_str(text);
        let found = At(Some(&self.0)).deserialize(&mut reader)?;
        reader.end()?;
        Ok(found)
    }
}

/// A look for the first value of a query in the text of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scan {
    /// Where it lies.
    pub path: PlainPath,
    /// Which of a response's places keeps it.
    pub place: usize,
}

/// A name behind a dot, and what follows it.
fn dotted(rest: &str) -> Option<(Key, &str)> {
    let length = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    let (name, after) = rest.split_at(length);
    (!name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()))
        .then(|| (Key::Name(name.to_owned()), after))
}

/// A quoted name or a position in brackets, and what follows them.
fn bracketed(rest: &str) -> Option<(Key, &str)> {
    let (inside, after) = rest.split_once(']')?;
    for quote in ['\'', '"'] {
        if let Some(name) = inside.strip_prefix(quote).and_then(|name| name.strip_suffix(quote)) {
            let is_plain = !name.contains(['\\', '\'', '"']);
            return is_plain.then(|| (Key::Name(name.to_owned()), after));
        }
    }
    let is_position = !inside.is_empty() && inside.bytes().all(|byte| byte.is_ascii_digit());
    let position = is_position.then(|| inside.parse().ok()).flatten()?;
    Some((Key::Index(position), after))
}

/// Reads a value and gives what lies at the path below it; without a path nothing.
#[derive(Clone, Copy)]
struct At<'p>(Option<&'p [Key]>);

impl<'de> DeserializeSeed<'de> for At<'_> {
    type Value = Option<Json>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        match self.0 {
            Some([]) => Json::deserialize(reader).map(Some),
            _ => reader.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for At<'_> {
    type Value = Option<Json>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("any JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let (wanted, below) = match self.0 {
            Some([Key::Index(wanted), below @ ..]) => (Some(*wanted), below),
            _ => (None, &[][..]),
        };
        let (mut found, mut index) = (None, 0);
        while let Some(value) = items.next_element_seed(At((wanted == Some(index)).then_some(below)))? {
            found = found.or(value);
            index += 1;
        }
        Ok(found)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let (wanted, below) = match self.0 {
            Some([Key::Name(wanted), below @ ..]) => (Some(wanted.as_str()), below),
            _ => (None, &[][..]),
        };
        let mut found = None;
        while let Some(is_wanted) = entries.next_key_seed(Is(wanted))? {
            let value = entries.next_value_seed(At(is_wanted.then_some(below)))?;
            if is_wanted {
                // Of a name that comes twice, the last one counts, as in the tree.
                found = value;
            }
        }
        Ok(found)
    }
}

/// Reads a name and tells whether it is this one.
struct Is<'p>(Option<&'p str>);

impl<'de> DeserializeSeed<'de> for Is<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<bool, D::Error> {
        reader.deserialize_str(self)
    }
}

impl Visitor<'_> for Is<'_> {
    type Value = bool;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<bool, E> {
        Ok(self.0 == Some(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json_path::JsonPath;

    #[test]
    fn only_names_and_positions_are_plain() {
        for (source, plain) in [
            ("$.a", true),
            ("$.a.b_2[0]['first name'][\"c\"]", true),
            ("$[10]", true),
            ("$", false),
            ("$..a", false),
            ("$.*", false),
            ("$[*]", false),
            ("$[-1]", false),
            ("$[1:2]", false),
            ("$['a','b']", false),
            ("$['a\\'b']", false),
            ("$['a]b']", false),
            ("$.é", false),
            ("$ .a", false),
            ("$[?@.a == 1]", false),
        ] {
            assert!(JsonPath::parse(source).is_ok(), "{source}");
            assert_eq!(PlainPath::of(source).is_some(), plain, "{source}");
        }
    }

    /// What the tree says, and what the scan says, of the same text.
    fn both(source: &str, text: &[u8]) -> (Option<Option<Json>>, Option<Option<Json>>) {
        let path = JsonPath::parse(source).unwrap();
        let tree = serde_json::from_slice::<Json>(text).ok();
        let expected = tree.map(|tree| path.query(&tree).first().cloned());
        (expected, PlainPath::of(source).unwrap().find(text).ok())
    }

    #[test]
    fn odd_texts_are_read_as_the_tree_reads_them() {
        let deep = format!("{}1{}", "[".repeat(127), "]".repeat(127));
        let too_deep = format!("{}1{}", "[".repeat(128), "]".repeat(128));
        let texts = [
            r#"{"a":1}"#,
            r#"{"a":1,"a":2}"#,
            r#"{"a":{"b":1},"a":2}"#,
            r#"{"a":2,"a":{"b":[5,{"c":null}]}}"#,
            r#"{"\u0061":{"b":"x"}}"#,
            r#"[{"a":0},1e400]"#,
            r#"{"a":1,"x":1e400}"#,
            r#"{"a":1,"x":"\ud800"}"#,
            r#"{"a":1} x"#,
            r#"{"a":1"#,
            r#"{"a":18446744073709551616,"b":-0}"#,
            "",
            " null ",
            &deep,
            &too_deep,
        ];
        for source in ["$.a", "$.a.b", "$.a.b[1].c", "$[0]", "$[0].a", "$[1]"] {
            for text in texts {
                let (tree, scan) = both(source, text.as_bytes());
                assert_eq!(tree, scan, "{source} {text}");
            }
            let (tree, scan) = both(source, b"{\"a\":1,\"x\":\"\xff\"}");
            assert_eq!(tree, scan, "{source}, not UTF-8");
        }
    }

    fn json() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            any::<i64>().prop_map(Json::from),
            any::<f64>().prop_map(Json::from),
            "[a\"\\\\é\n]{0,3}".prop_map(Json::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
                proptest::collection::vec(("[abc]", inner), 0..4)
                    .prop_map(|entries| Json::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_scan_finds_what_the_tree_has(
            json in json(),
            path in "\\$(\\.[abc]|\\[[0-3]\\]){1,4}",
            damage in proptest::option::of((any::<proptest::sample::Index>(), any::<u8>())),
        ) {
            let mut text = json.to_string().into_bytes();
            if let Some((at, byte)) = damage {
                let at = at.index(text.len());
                text[at] = byte;
            }
            let (tree, scan) = both(&path, &text);
            prop_assert_eq!(tree, scan);
        }
    }
}
