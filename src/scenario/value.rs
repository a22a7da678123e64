//! Values of any YAML kind: `json:` bodies and variables, with templates in their texts.

use super::{
    diagnostic::Faults,
    span::{Span, Spanned},
    text::Text,
    yaml::{Node, NodeValue, Scalar},
};
use std::collections::HashMap;

/// A value and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// What it is.
    pub kind: ValueKind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of values, by YAML 1.2's core schema.
#[derive(Debug, Clone, PartialEq)]
pub enum ValueKind {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A decimal number.
    Float(f64),
    /// A text, possibly with expressions.
    Text(Text),
    /// A list.
    List(Vec<Value>),
    /// A map with text keys.
    Map(Vec<(Spanned<String>, Value)>),
}

impl Value {
    pub(super) fn of_node(node: &Node, faults: &mut Faults) -> Self {
        let kind = match &node.value {
            NodeValue::Scalar(scalar) => of_scalar(node, scalar, faults),
            NodeValue::List(items) => {
                ValueKind::List(items.iter().map(|item| Self::of_node(item, faults)).collect())
            }
            NodeValue::Map(entries) => {
                let mut map: Vec<(Spanned<String>, Self)> = Vec::with_capacity(entries.len());
                let mut lines: HashMap<&str, usize> = HashMap::with_capacity(entries.len());
                for (key, value) in entries {
                    if let Some(line) = lines.insert(&key.value, key.span.line) {
                        let message = format!("`{}` is written twice in this map", key.value);
                        faults.report(key.span, message).label(format!("first written on line {line}"));
                    }
                    map.push((key.clone(), Self::of_node(value, faults)));
                }
                ValueKind::Map(map)
            }
        };
        Self { kind, span: node.span }
    }
}

fn of_scalar(node: &Node, scalar: &Scalar, faults: &mut Faults) -> ValueKind {
    if scalar.is_null() {
        return ValueKind::Null;
    }
    if scalar.plain {
        match scalar.text.as_str() {
            "true" | "True" | "TRUE" => return ValueKind::Bool(true),
            "false" | "False" | "FALSE" => return ValueKind::Bool(false),
            text => {
                if let Some(number) = integer(text) {
                    return ValueKind::Int(number);
                }
                if let Some(number) = decimal(text) {
                    return ValueKind::Float(number);
                }
                report_ambiguous(text, node.span, faults);
            }
        }
    }
    ValueKind::Text(Text::of_node(node, faults))
}

/// Reports what looks like more than a text and is taken differently by different readers, or by none.
fn report_ambiguous(text: &str, span: Span, faults: &mut Faults) {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let meant = match text.to_ascii_lowercase().as_str() {
        "yes" | "on" => Some("true"),
        "no" | "off" => Some("false"),
        _ => None,
    };
    if let Some(meant) = meant.filter(|_| text.len() < 4) {
        let message = format!("`{text}` is a text in YAML 1.2, and `{meant}` for older readers");
        faults.report(span, message).label(format!("write `{meant}`, or `\"{text}\"` for the text"));
    } else if unsigned.len() > 1 && unsigned.starts_with('0') && digits(unsigned) {
        let bare = unsigned.trim_start_matches('0');
        let bare = if bare.is_empty() { "0" } else { bare };
        let fault =
            faults.report(span, format!("`{text}` begins with a zero: some readers take it as octal"));
        fault.label(format!("write `\"{text}\"` for the text, or `{bare}` for the number"));
    } else if digits(unsigned) {
        let fault = faults.report(span, "this whole number is too large to be kept exactly");
        fault.label("beyond 64 bits; in quotes it is sent as a text");
    } else if let Some(hex) = text.strip_prefix("0x") {
        let is_hex = !hex.is_empty() && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_hex {
            let fault = faults.report(span, "this whole number is too large to be kept exactly");
            fault.label("beyond 64 bits; in quotes it is sent as a text");
        } else {
            let fault = faults.report(span, format!("`{text}` is not a hexadecimal number"));
            fault.label("digits and `a` to `f` belong behind `0x`; a text needs quotes");
        }
    } else if matches!(unsigned.to_ascii_lowercase().as_str(), ".inf" | ".nan") {
        let fault = faults.report(span, format!("`{text}` is a number that JSON does not have"));
        fault.label("a text needs quotes");
    } else if text.parse::<f64>().is_ok_and(f64::is_infinite)
        && unsigned.starts_with(|c: char| c.is_ascii_digit())
    {
        faults.report(span, "this number is too large").label("at most about 1.8e308; a text needs quotes");
    }
}

/// A whole number as YAML 1.2 writes it; `012` is none, because half of the readers take it for ten.
fn integer(text: &str) -> Option<i64> {
    if let Some(hex) = text.strip_prefix("0x").filter(|hex| !hex.starts_with(['-', '+'])) {
        return i64::from_str_radix(hex, 16).ok();
    }
    if let Some(octal) = text.strip_prefix("0o").filter(|octal| !octal.starts_with(['-', '+'])) {
        return i64::from_str_radix(octal, 8).ok();
    }
    let digits = text.trim_start_matches(['-', '+']);
    let leading_zero = digits.len() > 1 && digits.starts_with('0');
    if leading_zero || !digits.bytes().all(|byte| byte.is_ascii_digit()) { None } else { text.parse().ok() }
}

fn decimal(text: &str) -> Option<f64> {
    let numeric = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    let leading_zero = text
        .trim_start_matches(['-', '+'])
        .strip_prefix('0')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    if !numeric || leading_zero || !text.contains(['.', 'e', 'E']) {
        return None;
    }
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_yaml_1_2() {
        assert_eq!(
            (integer("12"), integer("-3"), integer("0x1f"), integer("0o17"), integer("012")),
            (Some(12), Some(-3), Some(31), Some(15), None)
        );
        assert_eq!((integer("1_000"), integer(""), integer("+")), (None, None, None));
        assert_eq!(
            (decimal("1.5"), decimal("1e3"), decimal("1.2.3"), decimal("."), decimal("01.5")),
            (Some(1.5), Some(1000.0), None, None, None)
        );
    }
}
