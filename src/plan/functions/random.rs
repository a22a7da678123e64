//! What is drawn from the user's random numbers.

use super::table::{Answer, Arguments, kind};
use crate::plan::random::UserRandom;
use rand::{RngExt, distr::Alphanumeric};
use serde_json::Value as Json;

/// Longest random text.
const MOST_CHARACTERS: i64 = 1024 * 1024;

/// A version 4 UUID (RFC 9562): 122 random bits.
pub(super) fn uuid(random: &mut UserRandom, _: &Arguments<'_>) -> Answer {
    let bits: u128 = random.generator().random();
    let bits = bits & !(0xF << 76) & !(0b11 << 62) | (4 << 76) | (0b10 << 62);
    let hex = format!("{bits:032x}");
    let groups = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
    Ok(Json::from(groups.join("-")))
}

/// Both ends included.
pub(super) fn int(random: &mut UserRandom, arguments: &Arguments<'_>) -> Answer {
    let (least, most) = (arguments.whole(0, 0)?, arguments.whole(1, 0)?);
    if least > most {
        let remedy = "write the smaller number first";
        return Err(arguments.misuse(&format!("cannot draw from {least} to {most}"), remedy));
    }
    Ok(Json::from(random.generator().random_range(least..=most)))
}

pub(super) fn float(random: &mut UserRandom, arguments: &Arguments<'_>) -> Answer {
    let (least, most) = (arguments.number(0)?, arguments.number(1)?);
    if least > most {
        let remedy = "write the smaller number first";
        return Err(arguments.misuse(&format!("cannot draw from {least} to {most}"), remedy));
    }
    Ok(Json::from((most - least).mul_add(random.share(), least)))
}

pub(super) fn choice(random: &mut UserRandom, arguments: &Arguments<'_>) -> Answer {
    let Json::Array(items) = arguments.value(0) else {
        let problem = format!("takes a list, this is {}", kind(arguments.value(0)));
        return Err(arguments.misuse(&problem, "for example `random_choice([\"a\", \"b\"])`"));
    };
    if items.is_empty() {
        return Err(arguments.misuse("cannot choose from an empty list", "it needs at least one value"));
    }
    Ok(items[random.generator().random_range(0..items.len())].clone())
}

pub(super) fn string(random: &mut UserRandom, arguments: &Arguments<'_>) -> Answer {
    let length = arguments.whole(0, 0)?;
    if !(0..=MOST_CHARACTERS).contains(&length) {
        let problem = format!("cannot make a text of {length} characters");
        return Err(arguments.misuse(&problem, format!("between 0 and {MOST_CHARACTERS}")));
    }
    let letters = random.generator().sample_iter(Alphanumeric).take(length as usize).map(char::from);
    Ok(Json::from(letters.collect::<String>()))
}
