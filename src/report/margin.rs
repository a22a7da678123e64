//! How far a number is from its limit, and on which side, in words for people. Whether that is the right side is judged
//! elsewhere.

use super::format::{number, observed};
use crate::model::{Limit, Operator};
use std::time::Duration;

/// From here on a number is told as a multiple of its limit: `900% above` says less than `10.0× limit`.
const MULTIPLE: f64 = 10.0;
/// Above this limit a share is told in points: there is not much room above 99 %.
const LARGE_SHARE: f64 = 0.5;

/// The distance of `seen` from the limit, relative to the limit: `53% below`, `12% above`, `28.0× limit`.
/// Where the limit is nothing, or a large share, it is the bare difference: `88 above`, `0.60 pp below`. `None`
/// where the two are not of one kind.
pub(super) fn margin(operator: Operator, limit: Limit, seen: Limit) -> Option<String> {
    if std::mem::discriminant(&seen) != std::mem::discriminant(&limit) {
        return None;
    }
    let (amount, limit) = (seen.amount(), limit.amount());
    let difference = amount - limit;
    if !difference.is_finite() {
        return None;
    }
    if difference == 0.0 {
        let exact = matches!(operator, Operator::Equal | Operator::NotEqual);
        return Some(if exact { "equal" } else { "at the limit" }.to_owned());
    }
    let side = if difference > 0.0 { "above" } else { "below" };
    let distance = match seen {
        Limit::Share(_) if limit <= 0.0 || limit > LARGE_SHARE => points(difference.abs() * 100.0),
        _ if limit <= 0.0 => bare(seen, difference.abs()),
        _ if amount >= MULTIPLE * limit => return Some(format!("{}× limit", number(amount / limit))),
        _ => format!("{}%", digits(difference.abs() / limit * 100.0)),
    };
    Some(format!("{distance} {side}"))
}

/// A difference of shares, in percentage points.
fn points(points: f64) -> String {
    let digits = digits(points);
    format!("{} pp", digits.strip_suffix(".0").unwrap_or(&digits))
}

/// A difference in the unit of what it is of.
fn bare(like: Limit, difference: f64) -> String {
    observed(match like {
        Limit::Time(_) => Limit::Time(Duration::from_secs_f64(difference)),
        Limit::Share(_) => Limit::Share(difference),
        Limit::PerSecond(_) => Limit::PerSecond(difference),
        Limit::Number(_) => Limit::Number(difference),
    })
}

/// Two digits, or three from a hundred on. Only all of it is 100, and only nothing is 0.
fn digits(percent: f64) -> String {
    match percent {
        ..0.005 => "<0.01".to_owned(),
        ..0.995 => format!("{percent:.2}"),
        ..9.95 => format!("{percent:.1}"),
        99.5..100.0 => ">99".to_owned(),
        _ => format!("{percent:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    fn ms(millis: f64) -> Limit {
        Limit::Time(Duration::from_secs_f64(millis / 1e3))
    }

    #[test]
    fn distances_are_relative_to_the_limit() {
        use Limit::{Number, PerSecond, Share};
        use Operator::{Greater, GreaterOrEqual, Less};
        for (operator, limit, seen, expected) in [
            (Less, ms(200.0), ms(94.0), "53% below"),
            (Less, ms(200.0), ms(224.0), "12% above"),
            (Less, ms(200.0), ms(200.1), "0.05% above"),
            (Less, ms(200.0), ms(199.999), "<0.01% below"),
            (Less, ms(200.0), ms(0.0), "100% below"),
            (Less, ms(10_000.0), ms(9.0), ">99% below"),
            (Less, ms(1.0), ms(11.951), "12.0× limit"),
            (Less, Share(0.01), Share(0.0), "100% below"),
            (Less, Share(0.01), Share(0.014_286), "43% above"),
            (Less, Share(0.01), Share(0.863_265), "86.3× limit"),
            (Greater, Share(0.99), Share(1.0), "1 pp above"),
            (Greater, Share(0.99), Share(0.984), "0.60 pp below"),
            (Greater, Share(0.99), Share(0.0), "99 pp below"),
            (Greater, Number(1_000.0), Number(490.0), "51% below"),
            (GreaterOrEqual, PerSecond(10.0), PerSecond(280.0), "28.0× limit"),
        ] {
            assert_eq!(margin(operator, limit, seen).as_deref(), Some(expected), "{seen} against {limit}");
        }
    }

    #[test]
    fn a_limit_of_nothing_has_a_bare_difference() {
        use Limit::{Number, PerSecond, Share};
        use Operator::{Equal, Greater, LessOrEqual, NotEqual};
        for (operator, limit, seen, expected) in [
            (Equal, Number(0.0), Number(88.0), "88 above"),
            (Equal, Number(0.0), Number(0.0), "equal"),
            (LessOrEqual, Number(0.0), Number(0.0), "at the limit"),
            (NotEqual, Number(10.0), Number(10.0), "equal"),
            (Equal, Number(10.0), Number(9.0), "10% below"),
            (LessOrEqual, Share(0.0), Share(0.014), "1.4 pp above"),
            (LessOrEqual, ms(0.0), ms(3.0), "3ms above"),
            (Greater, PerSecond(0.0), PerSecond(1.0 / 3.0), "0.333/s above"),
            (LessOrEqual, ms(5.0), ms(5.0), "at the limit"),
        ] {
            assert_eq!(margin(operator, limit, seen).as_deref(), Some(expected), "{seen} against {limit}");
        }
    }

    #[test]
    fn what_is_no_number_or_of_another_kind_has_no_distance() {
        assert_eq!(margin(Operator::Less, ms(5.0), Limit::Number(1.0)), None);
        assert_eq!(margin(Operator::Less, Limit::Number(1.0), Limit::Number(f64::NAN)), None);
    }
}
