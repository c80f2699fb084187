//! What a person is known by, as it is looked for in texts that may name the person.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::Username;
use crate::text::identity_key;

/// What people are known by: user names and numbers, which are looked for as whole texts, and addresses, GUIDs and attendance codes,
/// which are found inside of others too.
///
/// An address stands in a text unless a letter or a digit is next to it, or a dot with a letter or a digit behind it: so
/// `add-a@b.c-1` and `x=a@b.c` name `a@b.c`, and `other.a@b.c` and `a@b.c.tr` do not. `an-a@b.c` may be another address, and is
/// taken for the one: to erase an answer too many only keeps it from being told again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonalNames {
    usernames: BTreeSet<String>,
    numbers: BTreeSet<i64>,
    /// By how many bytes they have, in lower case.
    inside: BTreeMap<usize, HashSet<String>>,
}

impl PersonalNames {
    /// No names so far.
    pub fn new() -> Self {
        Self::default()
    }

    pub(super) fn add_username(&mut self, key: String) {
        self.usernames.insert(key);
    }

    pub(super) fn add_number(&mut self, number: i64) {
        self.numbers.insert(number);
    }

    /// Adds an address, a GUID or an attendance code.
    pub fn add(&mut self, name: &str) {
        let name = identity_key(name);
        if !name.is_empty() {
            self.inside.entry(name.len()).or_default().insert(name);
        }
    }

    /// Whether a text that is shown to clients holds one of the names, whatever their case.
    pub fn are_in(&self, text: &str) -> bool {
        self.is_whole(text) || self.is_inside(text, Dots::Join)
    }

    /// Whether the key of a request does, which clients make of names as they like: a dot is a mark like any other there, and an
    /// address may be written as in a URL.
    pub fn are_in_key(&self, key: &str) -> bool {
        let is_in = |key: &str| self.is_whole(key) || self.is_inside(key, Dots::Part);
        is_in(key) || key.contains("%40") && is_in(&key.replace("%40", "@"))
    }

    fn is_whole(&self, text: &str) -> bool {
        let text = text.trim();
        let is_username = Username::parse(text).is_ok_and(|name| self.usernames.contains(&name.key()));
        is_username || text.parse().is_ok_and(|number| self.numbers.contains(&number))
    }

    fn is_inside(&self, text: &str, dots: Dots) -> bool {
        if self.inside.keys().next().is_none_or(|shortest| text.len() < *shortest) {
            return false;
        }
        let text = identity_key(text);
        let mut before = None;
        text.char_indices().any(|(start, letter)| {
            let may_begin = !letter.is_alphanumeric() || before.is_none_or(|letter: char| !letter.is_alphanumeric());
            before = Some(letter);
            may_begin
                && self.inside.iter().any(|(length, names)| {
                    let end = start + length;
                    text.get(start..end).is_some_and(|part| names.contains(part) && stands_alone(&text, start, end, dots))
                })
        })
    }
}

/// What a dot does between letters or digits around an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dots {
    /// It makes one address of them.
    Join,
    /// It parts them.
    Part,
}

/// Whether the text from `start` to `end` is a name of its own, not a part of a longer one.
fn stands_alone(text: &str, start: usize, end: usize, dots: Dots) -> bool {
    let (Some(before), Some(name), Some(after)) = (text.get(..start), text.get(start..end), text.get(end..)) else { return false };
    let is_part = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    let joins = |edge: Option<char>, next: Option<char>, second: Option<char>| {
        is_part(edge) && (is_part(next) || dots == Dots::Join && name.contains('@') && next == Some('.') && is_part(second))
    };
    let (mut back, mut on) = (before.chars().rev(), after.chars());
    !joins(name.chars().next(), back.next(), back.next()) && !joins(name.chars().next_back(), on.next(), on.next())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const GUID: &str = "00000000-0000-0000-0000-00000000abcd";
    const CODE: &str = "-Ab_cD3fGh1jKlMn0pQrStUvWx-";

    fn names() -> PersonalNames {
        let mut names = PersonalNames::new();
        names.add_username("hoca".to_owned());
        names.add_number(102);
        for name in ["Ayla@Okul.example", "şule@okul.example", GUID, CODE] {
            names.add(name);
        }
        names
    }

    #[rstest]
    #[case("add-ayla@okul.example-1")]
    #[case("x=AYLA@okul.example")]
    #[case("ayla@okul.example?subject=x")]
    #[case("mailto:ayla@okul.example")]
    #[case("'ayla@okul.example'")]
    #[case("a/ayla@okul.example/1")]
    #[case("{ayla@okul.example}|")]
    #[case("ayla@okul.example\u{200b}")]
    #[case("is it ayla@okul.example...")]
    #[case("Şule_S\u{327}ule@okul.example")]
    #[case("k-00000000-0000-0000-0000-00000000ABCD-1")]
    #[case("/attendee/00000000-0000-0000-0000-00000000abcd.json")]
    #[case("-Ab_cD3fGh1jKlMn0pQrStUvWx-")]
    #[case("add--Ab_cD3fGh1jKlMn0pQrStUvWx--1")]
    #[case(" HOCA ")]
    #[case("102")]
    fn names_are_found_inside_of_texts(#[case] text: &str) {
        assert!(names().are_in(text) && names().are_in_key(text), "{text}");
    }

    #[rstest]
    #[case("bayla@okul.example")]
    #[case("ayla@okul.examples")]
    #[case("1ayla@okul.example")]
    #[case("x00000000-0000-0000-0000-00000000abcd")]
    #[case("00000000-0000-0000-0000-00000000abcd1")]
    #[case("-Ab_cD3fGh1jKlMn0pQrStUvWx")]
    #[case("hoca geldi")]
    #[case("1024")]
    #[case("")]
    fn what_only_looks_alike_is_another_name(#[case] text: &str) {
        assert!(!names().are_in(text) && !names().are_in_key(text), "{text}");
    }

    #[rstest]
    #[case("kaya.ayla@okul.example", false)]
    #[case("ayla@okul.example.tr", false)]
    #[case("add.ayla@okul.example.1", false)]
    #[case("add-ayla%40okul.example-1", false)]
    #[case("say .ayla@okul.example.", true)]
    fn dots_join_addresses_in_texts_and_part_them_in_keys(#[case] text: &str, #[case] in_text: bool) {
        assert_eq!((names().are_in(text), names().are_in_key(text)), (in_text, true), "{text}");
    }

    #[test]
    fn no_names_are_nowhere() {
        assert!(!PersonalNames::new().are_in("") && !PersonalNames::new().are_in_key("a"));
    }
}
