//! The keys of the index: those that a session has, and those that a search needs. A key is a trigram of a text, a tag or a
//! duration. On PostgreSQL the function `session_keys` of the migrations makes the keys of a session.

use std::collections::BTreeSet;
use std::fmt::Write;

use derslik_domain::session::SessionFilter;

/// The length of a trigram in characters.
const TRIGRAM_CHARS: usize = 3;

/// How many characters of a tag are in its key.
const CHARS_OF_A_TAG: usize = 16;

/// The most keys of a search. More of them would hardly narrow the result.
const MAX_KEYS: usize = 32;

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
        let names = filter.name.iter().flat_map(|part| query_trigrams('n', part));
        let descriptions = filter.description.iter().flat_map(|part| query_trigrams('d', part));
        Self(dedup(durations.chain(tags).chain(names).chain(descriptions)).take(MAX_KEYS).collect())
    }

    /// The keys of a session, from its folded texts. Its tags stand between commas.
    pub(super) fn of_texts(minutes: i16, name: &str, description: Option<&str>, tags: Option<&str>) -> Self {
        let tags = tags.into_iter().flat_map(|tags| tags.split(',')).filter(|tag| !tag.is_empty()).map(Key::of_tag);
        let names = text_trigrams('n', name);
        let descriptions = description.into_iter().flat_map(|text| text_trigrams('d', text));
        Self(dedup(std::iter::once(Key::of_duration(minutes.into())).chain(tags).chain(names).chain(descriptions)).collect())
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
    pub(super) fn match_tokens(&self, account: i64, month: i32) -> String {
        self.0.iter().fold(String::new(), |mut tokens, key| {
            push_token(&mut tokens, account, month, key);
            if !key.is_whole {
                tokens.push('*');
            }
            tokens
        })
    }

    /// The keys of a session in that month, as tokens for FTS5.
    pub(super) fn tokens(&self, account: i64, month: i32) -> String {
        self.0.iter().fold(String::new(), |mut tokens, key| {
            push_token(&mut tokens, account, month, key);
            tokens
        })
    }
}

impl Key {
    fn new(field: char, chars: impl IntoIterator<Item = char>, is_whole: bool) -> Self {
        Self { text: std::iter::once(field).chain(chars).collect(), is_whole }
    }

    fn of_duration(minutes: i64) -> Self {
        Self::new('m', minutes.to_string().chars(), true)
    }

    fn of_tag(tag: &str) -> Self {
        Self::new('t', tag.chars().take(CHARS_OF_A_TAG), true)
    }
}

/// The trigrams of a part that is searched for. A part shorter than a trigram becomes a prefix.
fn query_trigrams(field: char, part: &str) -> Vec<Key> {
    let chars: Vec<_> = part.chars().collect();
    if chars.len() < TRIGRAM_CHARS {
        return vec![Key::new(field, chars, false)];
    }
    chars.windows(TRIGRAM_CHARS).map(|trigram| Key::new(field, trigram.iter().copied(), true)).collect()
}

/// The trigrams of a stored text, with the shorter ones at its end.
fn text_trigrams(field: char, text: &str) -> Vec<Key> {
    text.char_indices().map(|(at, _)| Key::new(field, text[at..].chars().take(TRIGRAM_CHARS), true)).collect()
}

fn dedup(keys: impl Iterator<Item = Key>) -> impl Iterator<Item = Key> {
    let mut known = BTreeSet::new();
    keys.filter(move |key| known.insert(key.clone()))
}

/// Appends a key as a token. Characters that FTS5 does not take for a letter or a digit are written as their codes. A prefix of a
/// key remains a prefix of its token.
fn push_token(tokens: &mut String, account: i64, month: i32, key: &Key) {
    if !tokens.is_empty() {
        tokens.push(' ');
    }
    // Writing to a `String` can't fail.
    let _ = write!(tokens, "{account}_{month}");
    for char in key.text.chars() {
        if char.is_ascii() && !char.is_ascii_alphanumeric() {
            let _ = write!(tokens, "_{:02x}", u32::from(char));
        } else {
            tokens.push(char);
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
    fn three_characters_make_a_key_and_fewer_a_prefix() {
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
    fn a_session_has_a_token_for_each_key_of_its_texts() {
        let keys = Keys::of_texts(60, "c++ 数", Some("iı"), Some(",physics,a tag of many letters,"));
        let tokens = "1_2m60 1_2tphysics 1_2ta_20tag_20of_20many_20le 1_2nc_2b_2b 1_2n_2b_2b_20 1_2n_2b_20数 1_2n_20数 1_2n数 1_2diı 1_2dı";
        assert_eq!(keys.tokens(1, 2), tokens);
        assert_eq!(Keys::of_texts(5, "aaaa", None, None).tokens(7, 24_300), "7_24300m5 7_24300naaa 7_24300naa 7_24300na");
    }

    #[test]
    fn a_search_has_the_tokens_of_the_sessions_it_finds() {
        let tokens = |form: FilterForm| Keys::of_filter(&form.validate().unwrap()).match_tokens(1, 2);
        let name = |part: &str| FilterForm { name: given(part), ..FilterForm::default() };
        assert_eq!([tokens(name("C++")), tokens(name("+")), tokens(name("fizik"))], ["1_2nc_2b_2b", "1_2n_2b*", "1_2nfiz 1_2nizi 1_2nzik"]);
        let form = FilterForm { tags: given("a tag of many letters"), duration: Field::Given(60), ..FilterForm::default() };
        assert_eq!(tokens(form), "1_2m60 1_2ta_20tag_20of_20many_20le");
    }

    #[test]
    fn a_search_has_a_limited_number_of_keys() {
        let chars: String = ('a'..).take(100).collect();
        assert_eq!(query(FilterForm { name: given(&chars), ..FilterForm::default() }).split(" & ").count(), MAX_KEYS);
    }
}
