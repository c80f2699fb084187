//! The keys of the index: those that a session has, and those that a search needs. A key is a trigram of a text, a tag or a
//! duration. On PostgreSQL the function `session_keys` of the migrations makes the keys of a session.

use std::collections::BTreeSet;
use std::fmt::Write;

use derslik_domain::session::SessionFilter;

/// The length of a trigram in characters.
const LETTERS: usize = 3;

/// How many characters of a tag are in its key.
const LETTERS_OF_A_TAG: usize = 16;

/// The most keys of a search. More of them would hardly narrow the result.
const MOST_KEYS: usize = 32;

/// Keys without the account and the month, which are prefixes in the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Keys(Vec<Key>);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    text: String,
    /// Whether the text is a whole key, and not only a prefix of one.
    is_whole: bool,
}

impl Keys {
    /// The keys that a search needs.
    pub(super) fn of_filter(filter: &SessionFilter) -> Self {
        let durations = filter.duration.map(Key::of_duration).into_iter();
        let tags = filter.tags.iter().map(|tag| Key::of_tag(tag));
        let names = filter.name.iter().flat_map(|part| in_a_row('n', part));
        let descriptions = filter.description.iter().flat_map(|part| in_a_row('d', part));
        Self(different(durations.chain(tags).chain(names).chain(descriptions)).take(MOST_KEYS).collect())
    }

    /// The keys of a session, from its folded texts. Its tags stand between commas.
    pub(super) fn of_texts(minutes: i16, name: &str, description: Option<&str>, tags: Option<&str>) -> Self {
        let tags = tags.into_iter().flat_map(|tags| tags.split(',')).filter(|tag| !tag.is_empty()).map(Key::of_tag);
        let names = all_in_a_row('n', name);
        let descriptions = description.into_iter().flat_map(|text| all_in_a_row('d', text));
        Self(different(std::iter::once(Key::of_duration(minutes.into())).chain(tags).chain(names).chain(descriptions)).collect())
    }

    /// Whether the search has no key.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The `tsquery` for sessions of a month that have all of the keys.
    pub(super) fn tsquery(&self, account: i64, month: i32) -> String {
        let keys = self.0.iter().map(|key| {
            let quoted = key.text.replace('\\', "\\\\").replace('\'', "''");
            format!("'{account}.{month}{quoted}'{}", if key.is_whole { "" } else { ":*" })
        });
        keys.collect::<Vec<_>>().join(" & ")
    }

    /// The same query for FTS5.
    pub(super) fn match_words(&self, account: i64, month: i32) -> String {
        self.0.iter().fold(String::new(), |mut words, key| {
            push_word(&mut words, account, month, key);
            if !key.is_whole {
                words.push('*');
            }
            words
        })
    }

    /// The keys of a session in that month, as words for FTS5.
    pub(super) fn words(&self, account: i64, month: i32) -> String {
        self.0.iter().fold(String::new(), |mut words, key| {
            push_word(&mut words, account, month, key);
            words
        })
    }
}

impl Key {
    fn new(field: char, letters: impl IntoIterator<Item = char>, is_whole: bool) -> Self {
        Self { text: std::iter::once(field).chain(letters).collect(), is_whole }
    }

    fn of_duration(minutes: i64) -> Self {
        Self::new('m', minutes.to_string().chars(), true)
    }

    fn of_tag(tag: &str) -> Self {
        Self::new('t', tag.chars().take(LETTERS_OF_A_TAG), true)
    }
}

/// The trigrams of a part that is searched for. A part shorter than a trigram becomes a prefix.
fn in_a_row(field: char, part: &str) -> Vec<Key> {
    let letters: Vec<_> = part.chars().collect();
    if letters.len() < LETTERS {
        return vec![Key::new(field, letters, false)];
    }
    letters.windows(LETTERS).map(|letters| Key::new(field, letters.iter().copied(), true)).collect()
}

/// The trigrams of a stored text, with the shorter ones at its end.
fn all_in_a_row(field: char, text: &str) -> Vec<Key> {
    text.char_indices().map(|(at, _)| Key::new(field, text[at..].chars().take(LETTERS), true)).collect()
}

fn different(keys: impl Iterator<Item = Key>) -> impl Iterator<Item = Key> {
    let mut known = BTreeSet::new();
    keys.filter(move |key| known.insert(key.clone()))
}

/// Appends a key as a word. Characters that FTS5 does not take for a letter or a digit are written as their codes. A prefix of a
/// key remains a prefix of its word.
fn push_word(words: &mut String, account: i64, month: i32, key: &Key) {
    if !words.is_empty() {
        words.push(' ');
    }
    // Writing to a `String` can't fail.
    let _ = write!(words, "{account}_{month}");
    for letter in key.text.chars() {
        if letter.is_ascii() && !letter.is_ascii_alphanumeric() {
            let _ = write!(words, "_{:02x}", u32::from(letter));
        } else {
            words.push(letter);
        }
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::form::Field;
    use derslik_domain::session::FilterForm;

    use super::*;

    fn query(form: FilterForm) -> String {
        Keys::of_filter(&form.validate().unwrap()).tsquery(1, 2)
    }

    fn given(text: &str) -> Field<Vec<u8>> {
        Field::Given(text.as_bytes().to_vec())
    }

    #[test]
    fn three_letters_make_a_key_and_fewer_its_beginning() {
        let cases = [
            ("fizik", "'1.2nfiz' & '1.2nizi' & '1.2nzik'"),
            ("aaaa", "'1.2naaa'"),
            ("q", "'1.2nq':*"),
            ("c+", "'1.2nc+':*"),
            ("IŞI", "'1.2nişi'"),
            ("'\\", "'1.2n''\\\\':*"),
            ("🎓🎓", "'1.2n🎓🎓':*"),
        ];
        for (part, keys) in cases {
            assert_eq!(query(FilterForm { name: given(part), ..FilterForm::default() }), keys);
        }
    }

    #[test]
    fn each_field_has_keys_of_its_own() {
        let form = FilterForm {
            description: given("fiz"),
            tags: given("a tag of many letters, b"),
            duration: Field::Given(60),
            ..FilterForm::default()
        };
        assert_eq!(query(form), "'1.2m60' & '1.2ta tag of many le' & '1.2tb' & '1.2dfiz'");
        assert!(Keys::of_filter(&FilterForm::default().validate().unwrap()).is_empty());
    }

    #[test]
    fn a_session_has_a_word_for_whatever_its_texts_hold() {
        let keys = Keys::of_texts(60, "c++ 数", Some("iı"), Some(",physics,a tag of many letters,"));
        let words = "1_2m60 1_2tphysics 1_2ta_20tag_20of_20many_20le 1_2nc_2b_2b 1_2n_2b_2b_20 1_2n_2b_20数 1_2n_20数 1_2n数 1_2diı 1_2dı";
        assert_eq!(keys.words(1, 2), words);
        assert_eq!(Keys::of_texts(5, "aaaa", None, None).words(7, 24_300), "7_24300m5 7_24300naaa 7_24300naa 7_24300na");
    }

    #[test]
    fn the_words_of_a_search_are_those_of_the_sessions() {
        let words = |form: FilterForm| Keys::of_filter(&form.validate().unwrap()).match_words(1, 2);
        let name = |part: &str| FilterForm { name: given(part), ..FilterForm::default() };
        assert_eq!([words(name("C++")), words(name("+")), words(name("fizik"))], ["1_2nc_2b_2b", "1_2n_2b*", "1_2nfiz 1_2nizi 1_2nzik"]);
        let form = FilterForm { tags: given("a tag of many letters"), duration: Field::Given(60), ..FilterForm::default() };
        assert_eq!(words(form), "1_2m60 1_2ta_20tag_20of_20many_20le");
    }

    #[test]
    fn there_are_never_too_many() {
        let letters: String = ('a'..).take(100).collect();
        assert_eq!(query(FilterForm { name: given(&letters), ..FilterForm::default() }).split(" & ").count(), MOST_KEYS);
    }
}
