//! What the template engine says of an expression, in words that say what to do.

use super::functions::Misuse;

/// What kind of problem the engine had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    Syntax,
    Undefined,
    Infinite,
    Operation,
    TooManyArguments,
    MissingArgument,
    Other,
}

/// The problem and its remedy.
pub(super) fn explain(cause: Cause, detail: &str) -> Misuse {
    match cause {
        Cause::Syntax => syntax(detail),
        Cause::Undefined => undefined(detail.strip_suffix(" is undefined").unwrap_or("a part of it")),
        Cause::Infinite => Misuse::new("its result is not a finite number", TOO_LARGE),
        Cause::Operation => operation(detail),
        Cause::TooManyArguments => Misuse::new("a filter or test has too many arguments", "leave one out"),
        Cause::MissingArgument => Misuse::new("a filter or test lacks an argument", "add it in parentheses"),
        Cause::Other => Misuse::new(detail, ""),
    }
}

fn undefined(what: &str) -> Misuse {
    Misuse::new(format!("{what} has no value"), "give it one for that case: `… | default(\"none\")`")
}

fn syntax(detail: &str) -> Misuse {
    let Some((found, wanted)) =
        detail.strip_prefix("unexpected ").and_then(|rest| rest.split_once(", expected "))
    else {
        return match detail {
            "unexpected input after expression" => Misuse::new(
                "something is left over at its end",
                "an operator is missing, or a word is too much",
            ),
            "unexpected end of string" => Misuse::new("a quote is not closed", "close it"),
            "" => Misuse::new("it cannot be read", ""),
            other => Misuse::new(other, ""),
        };
    };
    if found == "end of input" {
        let what = if wanted == "expression" { "a value" } else { wanted };
        return Misuse::new("something is missing at its end", format!("{what} belongs there"));
    }
    let problem = format!("`{}` cannot stand where it stands", found.trim_matches('`'));
    Misuse::new(problem, format!("{wanted} is expected there"))
}

const TOO_LARGE: &str = "the number is too large";
/// What is told of types, and the filters that change them.
const CONVERT: &str = "make a number of a text with `| int` or `| float`, and join texts with `~`";

fn operation(detail: &str) -> Misuse {
    let missing = detail.strip_suffix(" is undefined)").and_then(|rest| Some(rest.rsplit_once(" (")?.1));
    if let Some(missing) = missing {
        return undefined(missing);
    }
    let operator = || {
        let (operator, kinds) =
            detail.strip_prefix("tried to use ")?.split_once(" operator on unsupported types ")?;
        let (left, right) = kinds.split_once(" and ")?;
        let problem = format!("`{operator}` cannot be used between {} and {}", kind(left), kind(right));
        Some(Misuse::new(problem, CONVERT))
    };
    let conversion = || {
        let (from, to) = detail.strip_prefix("cannot convert ")?.split_once(" to ")?;
        Some(Misuse::new(format!("{} cannot become {}", kind(from), kind(to)), "check the value before it"))
    };
    let calculation = || {
        let sum = detail.strip_prefix("unable to calculate ")?;
        let problem = format!("`{sum}` has no result");
        Some(Misuse::new(
            problem,
            if sum.ends_with(" 0") { "nothing can be divided by zero" } else { TOO_LARGE },
        ))
    };
    let known = operator().or_else(conversion).or_else(calculation);
    known.unwrap_or_else(|| {
        let remedy =
            if detail.contains("not callable") { "a value is written without parentheses" } else { "" };
        Misuse::new(if detail.is_empty() { "it cannot be worked out" } else { detail }, remedy)
    })
}

/// A type of the engine's in words.
fn kind(kind: &str) -> String {
    match kind {
        "string" => "a text".to_owned(),
        "number" => "a number".to_owned(),
        "integer" => "a whole number".to_owned(),
        "float" => "a decimal number".to_owned(),
        "bool" => "`true` or `false`".to_owned(),
        "sequence" | "iterator" => "a list".to_owned(),
        "map" => "a map".to_owned(),
        "none" | "undefined" => "nothing".to_owned(),
        other => format!("a value of type {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_engine_says_is_told_in_our_words() {
        for (cause, detail, problem) in [
            (
                Cause::Syntax,
                "unexpected end of input, expected expression",
                "something is missing at its end",
            ),
            (Cause::Syntax, "unexpected `)`, expected expression", "`)` cannot stand where it stands"),
            (Cause::Syntax, "unexpected input after expression", "something is left over at its end"),
            (
                Cause::Operation,
                "tried to use / operator on unsupported types string and number",
                "`/` cannot be used between a text and a number",
            ),
            (
                Cause::Operation,
                "tried to use + operator on unsupported types undefined and number (`a.b` is undefined)",
                "`a.b` has no value",
            ),
            (Cause::Undefined, "`a.b` is undefined", "`a.b` has no value"),
            (Cause::Undefined, "", "a part of it has no value"),
            (Cause::Operation, "cannot convert map to integer", "a map cannot become a whole number"),
            (Cause::Operation, "unable to calculate 1 // 0", "`1 // 0` has no result"),
            (Cause::Operation, "anything else", "anything else"),
        ] {
            assert_eq!(explain(cause, detail).problem, problem, "{detail}");
        }
    }
}
