//! Made-up people, places and prose, in English. Addresses, telephone numbers and hosts are of the ranges
//! that are reserved for examples, so that a test that sends mail or dials reaches nobody.

use super::table::{Answer, Arguments};
use crate::plan::random::UserRandom;
use fake::{
    Dummy, Fake as _,
    faker::{address, company, internet, lorem, name as names},
    locales::EN,
};
use rand::RngExt;
use serde_json::Value as Json;

/// Most words at once.
const MOST_WORDS: i64 = 10_000;

fn draw<T>(random: &mut UserRandom, kind: T) -> String
where
    String: Dummy<T>,
{
    kind.fake_with_rng(random.generator())
}

fn answer<T>(random: &mut UserRandom, kind: T) -> Answer
where
    String: Dummy<T>,
{
    Ok(Json::from(draw(random, kind)))
}

/// A number below `end`.
fn below(random: &mut UserRandom, end: u32) -> u32 {
    random.generator().random_range(0..end)
}

pub(super) fn name(random: &mut UserRandom, _: &Arguments<'_>) -> Answer {
    let (first, last) = (draw(random, names::raw::FirstName(EN)), draw(random, names::raw::LastName(EN)));
    Ok(Json::from(format!("{first} {last}")))
}

pub(super) fn first_name(random: &mut UserRandom, _: &Arguments<'_>) -> Answer {
    answer(random, names::raw::FirstName(EN))
}

pub(super) fn last_name(random: &mut UserRandom, _: &Arguments<'_>) -> Answer {
    answer(random, names::raw::LastName(EN))
}

/// A name of letters, digits and one point; the number makes it rarely the same twice.
fn account(random: &mut UserRandom) -> String {
    let first = draw(random, names::raw::FirstName(EN));
    let last = draw(random, names::raw::LastName(EN));
    let number = below(random, 1_000_000);
    let letters =
        |name: &str| name.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_lowercase();
    format!("{}.{}{number}", letters(&first), letters(&last))
}

pub(super) fn user_name(random: &mut UserRandom, _: &Arguments<'_>) -> Answer {
    Ok(Json::from(account(random)))
}

/// At one of the domains that RFC 2606 reserves.
pub(super) fn email(random: &mut UserRandom, _: &Arguments<'_>) -> Answer {
    let account = account(random);
    let domain = ["example.com", "example.net", "example.org"][below(random, 3) as usize];
    Ok(Json::from(format!("{account}@{domain}")))
}

/// One of the North American numbers 555-0100 to 555-0199, which are kept for fiction.
pub(super) fn phone(random: &mut UserRandom, _: &Arguments<'_>) -> Answer {
    let (area, line) = (200 + below(random, 800), below(random, 100));
    Ok(Json::from(format!("+1-{area}-555-01{line:02}")))
}

pub(super) fn word(random: &mut UserRandom, _: &Arguments<'_>) -> Answer {
    answer(random, lorem::raw::Word(EN))
}

/// Three, where no number is given.
pub(super) fn words(random: &mut UserRandom, arguments: &Arguments<'_>) -> Answer {
    let count = arguments.whole(0, 3)?;
    if !(0..=MOST_WORDS).contains(&count) {
        let problem = format!("cannot make {count} words");
        return Err(arguments.misuse(&problem, format!("between 0 and {MOST_WORDS}")));
    }
    let words: Vec<String> = (0..count).map(|_| draw(random, lorem::raw::Word(EN))).collect();
    Ok(Json::from(words.join(" ")))
}

fn sentence_of(random: &mut UserRandom) -> String {
    let words: Vec<String> = (0..5 + below(random, 8)).map(|_| draw(random, lorem::raw::Word(EN))).collect();
    let mut sentence = words.join(" ");
    if let Some(first) = sentence.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    sentence + "."
}

pub(super) fn sentence(random: &mut UserRandom, _: &Arguments<'_>) -> Answer {
    Ok(Json::from(sentence_of(random)))
}

pub(super) fn paragraph(random: &mut UserRandom, _: &Arguments<'_>) -> Answer {
    let sentences: Vec<String> = (0..3 + below(random, 4)).map(|_| sentence_of(random)).collect();
    Ok(Json::from(sentences.join(" ")))
}

pub(super) fn company(random: &mut UserRandom, _: &Arguments<'_>) -> Answer {
    answer(random, company::raw::CompanyName(EN))
}

pub(super) fn street(random: &mut UserRandom, _: &Arguments<'_>) -> Answer {
    Ok(Json::from(street_line(random)))
}

fn street_line(random: &mut UserRandom) -> String {
    let number = 1 + below(random, 999);
    format!("{number} {}", draw(random, address::raw::StreetName(EN)))
}

pub(super) fn city(random: &mut UserRandom, _: &Arguments<'_>) -> Answer {
    answer(random, address::raw::CityName(EN))
}

pub(super) fn state(random: &mut UserRandom, _: &Arguments<'_>) -> Answer {
    answer(random, address::raw::StateName(EN))
}

pub(super) fn zip(random: &mut UserRandom, _: &Arguments<'_>) -> Answer {
    Ok(Json::from(zip_code(random)))
}

fn zip_code(random: &mut UserRandom) -> String {
    format!("{:05}", 501 + below(random, 99_450))
}

pub(super) fn country(random: &mut UserRandom, _: &Arguments<'_>) -> Answer {
    answer(random, address::raw::CountryName(EN))
}

pub(super) fn address(random: &mut UserRandom, _: &Arguments<'_>) -> Answer {
    let street = street_line(random);
    let (city, state) = (draw(random, address::raw::CityName(EN)), draw(random, address::raw::StateAbbr(EN)));
    Ok(Json::from(format!("{street}, {city}, {state} {}", zip_code(random))))
}

pub(super) fn url(random: &mut UserRandom, _: &Arguments<'_>) -> Answer {
    let (host, path) = (draw(random, lorem::raw::Word(EN)), draw(random, lorem::raw::Word(EN)));
    Ok(Json::from(format!("https://{host}.example.com/{path}")))
}

/// Of the networks that RFC 5737 reserves for documentation.
pub(super) fn ipv4(random: &mut UserRandom, _: &Arguments<'_>) -> Answer {
    let network = ["192.0.2", "198.51.100", "203.0.113"][below(random, 3) as usize];
    Ok(Json::from(format!("{network}.{}", 1 + below(random, 254))))
}

pub(super) fn user_agent(random: &mut UserRandom, _: &Arguments<'_>) -> Answer {
    answer(random, internet::raw::UserAgent(EN))
}

pub(super) fn color(random: &mut UserRandom, _: &Arguments<'_>) -> Answer {
    Ok(Json::from(format!("#{:06x}", below(random, 0x100_0000))))
}

pub(super) fn bool(random: &mut UserRandom, _: &Arguments<'_>) -> Answer {
    Ok(Json::from(random.generator().random::<bool>()))
}
