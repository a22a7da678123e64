//! The grammar of checks and extracts: `SUBJECT OPERATOR VALUE`, and `SUBJECT` alone.

use super::{
    check::{Check, CheckOperator, Subject},
    check_operand::example,
    cursor::Cursor,
    diagnostic::Faults,
    span::{Span, Spanned},
    suggest::nearest,
    yaml::Node,
};
use crate::model::Operator;

const OPERATORS: [&str; 10] = [
    "contains",
    "not contains",
    "matches",
    "starts with",
    "ends with",
    "in",
    "exists",
    "is missing",
    "has length",
    "==",
];
const OPERATOR_HELP: &str = "operators are `== != < <= > >=`, `contains`, `not contains`, `matches /…/`, `starts with`, \
     `ends with`, `in [a, b]`, `exists`, `is missing`, `has length N`";
/// What other tools and languages write, and what it is here.
const FOREIGN: [(&str, &str); 12] = [
    ("=", "=="),
    ("===", "=="),
    ("<>", "!="),
    ("equals", "=="),
    ("eq", "=="),
    ("is", "=="),
    ("includes", "contains"),
    ("has", "contains"),
    ("~", "matches"),
    ("=~", "matches"),
    ("lt", "<"),
    ("gt", ">"),
];

/// Reads `SUBJECT OPERATOR VALUE` from a scalar's text.
pub(super) fn parse_check(node: &Node, text: &str, name: &str, faults: &mut Faults) -> Option<Check> {
    let mut cursor = Cursor::new(node, text);
    let subject = cursor.subject(faults)?;
    let operator = cursor.operator(&subject, faults)?;
    check_fit(&subject, &operator, faults)?;
    let operator = operator.value;
    let operand = match operator {
        CheckOperator::Exists | CheckOperator::IsMissing => {
            cursor.expect_end("nothing more is expected", faults)?;
            None
        }
        _ => Some(cursor.operand(&subject, operator, faults)?),
    };
    Some(Check { name: name.to_owned(), subject, operator, operand, span: node.span })
}

/// Reads a `SUBJECT` that is the whole text.
pub(super) fn parse_subject(node: &Node, text: &str, faults: &mut Faults) -> Option<Subject> {
    let mut cursor = Cursor::new(node, text);
    let subject = cursor.subject(faults)?;
    cursor.expect_end("what is taken from a response is a subject alone", faults)?;
    Some(subject)
}

impl Cursor<'_> {
    fn comparison(&mut self) -> Option<Operator> {
        [
            ("==", Operator::Equal),
            ("!=", Operator::NotEqual),
            ("<=", Operator::LessOrEqual),
            (">=", Operator::GreaterOrEqual),
            ("<", Operator::Less),
            (">", Operator::Greater),
        ]
        .into_iter()
        .find_map(|(sign, operator)| self.take(sign).then_some(operator))
    }

    fn operator(&mut self, subject: &Subject, faults: &mut Faults) -> Option<Spanned<CheckOperator>> {
        self.skip_blanks();
        let start = self.at;
        let foreign = ["===", "<>", "=~"].iter().any(|sign| self.rest().starts_with(sign));
        if !foreign && let Some(operator) = self.known_operator() {
            return Some(Spanned::new(operator, self.place(start, self.at)));
        }
        self.at = start;
        let word = self.word();
        if word.value.is_empty() {
            self.no_operator(subject, faults);
        } else {
            unknown_operator(&word, subject, faults);
        }
        None
    }

    fn known_operator(&mut self) -> Option<CheckOperator> {
        if let Some(operator) = self.comparison() {
            return Some(CheckOperator::Is(operator));
        }
        let start = self.at;
        let words: [(&[&str], CheckOperator); 9] = [
            (&["not", "contains"], CheckOperator::NotContains),
            (&["contains"], CheckOperator::Contains),
            (&["matches"], CheckOperator::Matches),
            (&["starts", "with"], CheckOperator::StartsWith),
            (&["ends", "with"], CheckOperator::EndsWith),
            (&["in"], CheckOperator::In),
            (&["exists"], CheckOperator::Exists),
            (&["is", "missing"], CheckOperator::IsMissing),
            (&["has", "length"], CheckOperator::HasLength(Operator::Equal)),
        ];
        for (sequence, operator) in words {
            if !sequence.iter().all(|word| self.take(word)) {
                self.at = start;
                continue;
            }
            return Some(match operator {
                CheckOperator::HasLength(_) => {
                    CheckOperator::HasLength(self.comparison().unwrap_or(Operator::Equal))
                }
                operator => operator,
            });
        }
        None
    }

    /// The text ends after its subject.
    fn no_operator(&self, subject: &Subject, faults: &mut Faults) {
        let fault = faults.report(self.node.span, "an operator and a value are missing");
        match subject {
            Subject::Status => fault.help("for example `status == 200` or `status == 2xx`"),
            Subject::Css { selector, .. } if selector.value.contains('>') => fault.help(
                "before a name, `>` belongs to the selector, as in `css ul > li exists`; to compare, put the selector in quotes: \
                 `css '.price' > abc`",
            ),
            _ => {
                let operator = CheckOperator::Is(match subject {
                    Subject::Duration | Subject::Waiting | Subject::Size => Operator::Less,
                    _ => Operator::Equal,
                });
                fault.label(example(subject, operator)).help(OPERATOR_HELP)
            }
        };
    }
}

fn unknown_operator(word: &Spanned<&str>, subject: &Subject, faults: &mut Faults) {
    let fault = faults.report(word.span, format!("`{}` is not an operator", word.value));
    let foreign = FOREIGN.iter().find(|(theirs, _)| *theirs == word.value).map(|(_, ours)| *ours);
    if let Some(near) = foreign.or_else(|| nearest(word.value, OPERATORS)) {
        fault.label(format!("did you mean `{near}`?"));
        return;
    }
    // A blank has ended what was meant to go on.
    if matches!(subject, Subject::Json(_)) && !word.value.starts_with(|c: char| c.is_ascii_punctuation()) {
        fault.help("a name with a blank in it stands in brackets and quotes, as in `json $['first name']`");
    }
    fault.help(OPERATOR_HELP);
}

/// Refuses an operator that makes no sense for its subject, and says what fits.
fn check_fit(subject: &Subject, operator: &Spanned<CheckOperator>, faults: &mut Faults) -> Option<()> {
    let Some(fitting) = fitting(subject, operator.value) else { return Some(()) };
    report_misfit(subject, operator.value, operator.span, faults).label(fitting);
    None
}

fn report_misfit<'f>(
    subject: &Subject,
    operator: CheckOperator,
    place: Span,
    faults: &'f mut Faults,
) -> &'f mut super::diagnostic::Diagnostic {
    faults.report(place, format!("`{}` makes no sense for `{}`", operator.words(), subject.keyword()))
}

/// What fits a subject instead of an operator; `None` where the operator fits.
fn fitting(subject: &Subject, operator: CheckOperator) -> Option<&'static str> {
    use CheckOperator::{Exists, HasLength, In, Is, IsMissing};
    let equality = matches!(operator, Is(Operator::Equal | Operator::NotEqual) | In);
    let compares = matches!(operator, Is(_) | In);
    let (fits, instead) = match subject {
        Subject::Status => {
            (compares, "it is a number: `status == 2xx`, `status < 400` or `status in [200, 201]`")
        }
        Subject::Duration => (compares, "it is a time: `duration < 200ms`"),
        Subject::Waiting => (compares, "it is a time: `waiting < 200ms`"),
        Subject::Size => (compares, "it is a number of bytes: `size < 64KiB`"),
        Subject::Body => (
            !matches!(operator, Exists | IsMissing),
            "every response has one, be it empty: `size > 0B` asks for more than that",
        ),
        Subject::Url => (
            equality || !matches!(operator, Is(_) | Exists | IsMissing),
            "it is a text that is always there: `url contains /login`",
        ),
        Subject::Protocol => (
            equality || !matches!(operator, Is(_) | Exists | IsMissing | HasLength(_)),
            "it is compared as a whole: `protocol == HTTP/2`",
        ),
        Subject::Header(_)
        | Subject::Cookie(_)
        | Subject::Json(_)
        | Subject::Regex(_)
        | Subject::Css { .. } => (true, ""),
    };
    (!fits).then_some(instead)
}
