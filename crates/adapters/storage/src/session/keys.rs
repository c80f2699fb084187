//! The keys by which PostgreSQL finds sessions, as a search asks for them; what a session has of them, the function
//! `session_keys` of the migrations says.

use std::collections::BTreeSet;

use derslik_domain::session::SessionFilter;

/// How many letters in a row make a key.
const LETTERS: usize = 3;

/// How much of a tag is in its key.
const LETTERS_OF_A_TAG: usize = 16;

/// More keys tell hardly more than these.
const MOST_KEYS: usize = 32;

/// What is looked for, as keys without account and month; each as a query has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Keys(Vec<Key>);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    text: String,
    is_whole: bool,
}

impl Keys {
    pub(super) fn new(filter: &SessionFilter) -> Self {
        let durations = filter.duration.iter().map(|minutes| Key { text: format!("m{minutes}"), is_whole: true });
        let tags = filter.tags.iter().map(|tag| Key::new('t', tag.chars().take(LETTERS_OF_A_TAG), true));
        let names = filter.name.iter().flat_map(|part| in_a_row('n', part));
        let descriptions = filter.description.iter().flat_map(|part| in_a_row('d', part));
        let mut known = BTreeSet::new();
        let different = durations.chain(tags).chain(names).chain(descriptions).filter(|key| known.insert(key.clone()));
        Self(different.take(MOST_KEYS).collect())
    }

    /// Whether anything is looked for.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The `tsquery` for sessions that have them all and whose keys begin like this.
    pub(super) fn query(&self, beginning: &str) -> String {
        let keys = self.0.iter().map(|key| {
            let quoted = key.text.replace('\\', "\\\\").replace('\'', "''");
            format!("'{beginning}{quoted}'{}", if key.is_whole { "" } else { ":*" })
        });
        keys.collect::<Vec<_>>().join(" & ")
    }
}

impl Key {
    fn new(field: char, letters: impl IntoIterator<Item = char>, is_whole: bool) -> Self {
        Self { text: std::iter::once(field).chain(letters).collect(), is_whole }
    }
}

/// The keys of a part of a text: of less than a key, what a key begins with.
fn in_a_row(field: char, part: &str) -> Vec<Key> {
    let letters: Vec<_> = part.chars().collect();
    if letters.len() < LETTERS {
        return vec![Key::new(field, letters, false)];
    }
    letters.windows(LETTERS).map(|letters| Key::new(field, letters.iter().copied(), true)).collect()
}

#[cfg(test)]
mod tests {
    use derslik_domain::form::Field;
    use derslik_domain::session::FilterForm;

    use super::*;

    fn query(form: FilterForm) -> String {
        Keys::new(&form.judge().unwrap()).query("1.")
    }

    fn given(text: &str) -> Field<Vec<u8>> {
        Field::Given(text.as_bytes().to_vec())
    }

    #[test]
    fn three_letters_make_a_key_and_fewer_its_beginning() {
        let cases = [
            ("fizik", "'1.nfiz' & '1.nizi' & '1.nzik'"),
            ("aaaa", "'1.naaa'"),
            ("q", "'1.nq':*"),
            ("c+", "'1.nc+':*"),
            ("IŞI", "'1.nişi'"),
            ("'\\", "'1.n''\\\\':*"),
            ("🎓🎓", "'1.n🎓🎓':*"),
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
        assert_eq!(query(form), "'1.m60' & '1.ta tag of many le' & '1.tb' & '1.dfiz'");
        assert!(Keys::new(&FilterForm::default().judge().unwrap()).is_empty());
    }

    #[test]
    fn there_are_never_too_many() {
        let letters: String = ('a'..).take(100).collect();
        assert_eq!(query(FilterForm { name: given(&letters), ..FilterForm::default() }).split(" & ").count(), MOST_KEYS);
    }
}
