//! Values of any YAML kind: `json:` bodies and variables, with templates in their texts.

use super::{
    diagnostic::Faults,
    span::{Span, Spanned},
    text::Text,
    yaml::{Node, NodeValue, Scalar},
};
use std::collections::HashSet;

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
                let mut known: HashSet<&str> = HashSet::with_capacity(entries.len());
                for (key, value) in entries {
                    if !known.insert(&key.value) {
                        faults.report(key.span, format!("`{}` is written twice in this map", key.value));
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
                if is_huge(text) {
                    let fault = faults.report(node.span, "this whole number is too large to be kept exactly");
                    fault.label("in quotes it is sent as a text");
                }
            }
        }
    }
    ValueKind::Text(Text::of_node(node, faults))
}

/// A whole number as YAML 1.2 writes it; `012` stays a text, because half of the readers take it for ten.
fn integer(text: &str) -> Option<i64> {
    if let Some(hex) = text.strip_prefix("0x") {
        return i64::from_str_radix(hex, 16).ok();
    }
    let digits = text.trim_start_matches(['-', '+']);
    let leading_zero = digits.len() > 1 && digits.starts_with('0');
    if leading_zero || !digits.bytes().all(|byte| byte.is_ascii_digit()) { None } else { text.parse().ok() }
}

/// Digits only, and more of them than 64 bits hold.
fn is_huge(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    !digits.is_empty() && !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit())
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
            (integer("12"), integer("-3"), integer("0x1f"), integer("012")),
            (Some(12), Some(-3), Some(31), None)
        );
        assert_eq!((integer("1_000"), integer(""), integer("+")), (None, None, None));
        assert_eq!(
            (decimal("1.5"), decimal("1e3"), decimal("1.2.3"), decimal("."), decimal("01.5")),
            (Some(1.5), Some(1000.0), None, None, None)
        );
    }
}
