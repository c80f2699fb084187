//! Whose data a client of the jobs API means by a text. It knows nothing of where the data are kept.

use std::collections::BTreeSet;

use crate::id::UserGuid;

use super::{Email, User, UserState, Username};

/// The person whose data are asked for or erased: the living person of the account that the text names, every deleted one who
/// last went by it, and guests of sessions who go by it as an e-mail address.
///
/// ```
/// use derslik_domain::identity::DataSubject;
///
/// let guest = DataSubject::new("misafir@okul.example", Vec::new());
/// assert!(guest.is_named_in("Misafir@Okul.Example"));
/// assert!(!guest.is_named_in("baska.misafir@okul.example"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataSubject {
    people: Vec<User>,
    address: Option<Email>,
    username: Option<Username>,
}

impl DataSubject {
    /// The most people that are dealt with together. More may have been deleted under one name; those are found next.
    pub const MOST_PEOPLE: u16 = 100;

    /// Whom `reference` means, where a store found these people by it.
    pub fn new(reference: &str, people: Vec<User>) -> Self {
        Self { people, address: Email::parse(reference.trim()).ok(), username: Username::parse(reference).ok() }
    }

    /// The living person and the deleted ones.
    pub fn people(&self) -> &[User] {
        &self.people
    }

    /// The person who was not deleted, if there is one.
    pub fn living(&self) -> Option<&User> {
        self.people.iter().find(|user| user.status != UserState::Deleted)
    }

    /// Whether a store may know more people of the reference than these.
    pub fn may_be_more(&self) -> bool {
        self.people.len() >= usize::from(Self::MOST_PEOPLE)
    }

    /// The GUIDs of the people.
    pub fn guids(&self) -> BTreeSet<UserGuid> {
        self.people.iter().map(|user| user.guid).collect()
    }

    /// The keys of the e-mail addresses: the one that was sent, and those of the people.
    pub fn email_keys(&self) -> BTreeSet<String> {
        let of_people = self.people.iter().filter_map(|user| user.email.as_ref());
        of_people.chain(&self.address).map(Email::key).collect()
    }

    /// Whether a text that is shown to clients holds one of the identifiers: a user name or a number as the whole text, an e-mail
    /// address or a GUID as a word of it, whatever their case.
    pub fn is_named_in(&self, text: &str) -> bool {
        self.goes_by(text.trim()) || text.split(is_between_words).any(|word| self.has_address_or_guid(word))
    }

    fn goes_by(&self, text: &str) -> bool {
        let usernames = self.people.iter().filter_map(|user| user.username.as_ref()).chain(&self.username).map(Username::key);
        let is_username = Username::parse(text).is_ok_and(|name| usernames.into_iter().any(|key| key == name.key()));
        is_username || text.parse().is_ok_and(|number| self.people.iter().any(|user| user.id.get() == number))
    }

    fn has_address_or_guid(&self, word: &str) -> bool {
        let word = word.trim_end_matches('.');
        if word.contains('@') {
            return Email::parse(word).is_ok_and(|email| self.email_keys().contains(&email.key()));
        }
        word.parse().is_ok_and(|guid| self.people.iter().any(|user| user.guid == guid))
    }
}

/// Whether a letter stands between words. Those that an address can have outside quotation marks do not.
fn is_between_words(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '<' | '>' | '(' | ')' | '[' | ']' | ',' | ';' | ':' | '"' | '\\')
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use uuid::Uuid;

    use super::*;
    use crate::id::PrincipalId;
    use crate::identity::{PersonName, PrincipalKind, Role, UserProfile};
    use crate::time::Timestamp;

    fn person() -> User {
        User {
            id: PrincipalId::new(102),
            guid: UserGuid::new(Uuid::from_u128(0xabcd)),
            kind: PrincipalKind::User,
            role: Role::Member,
            username: Username::parse("hoca").ok(),
            email: Email::parse("ogretmen@okul.example").ok(),
            name: PersonName::default(),
            surname: PersonName::default(),
            status: UserState::Active,
            created_at: Timestamp::from_micros(0),
            updated_at: Timestamp::from_micros(0),
            profile: UserProfile::default(),
        }
    }

    #[rstest]
    #[case("hoca", true)]
    #[case(" HOCA ", true)]
    #[case("hocalar", false)]
    #[case("hoca geldi", false)]
    #[case("102", true)]
    #[case("1024", false)]
    #[case("Ogretmen@OKUL.example", true)]
    #[case("The address ogretmen@okul.example is in use.", true)]
    #[case("Öğretmen <ogretmen@okul.example>", true)]
    #[case("bas.ogretmen@okul.example", false)]
    #[case("00000000-0000-0000-0000-00000000ABCD", true)]
    #[case("user:00000000-0000-0000-0000-00000000abcd", true)]
    #[case("00000000-0000-0000-0000-00000000abce", false)]
    #[case("", false)]
    fn identifiers_are_found_in_texts(#[case] text: &str, #[case] named: bool) {
        // By whatever it was asked for.
        for reference in ["hoca", "102", "ogretmen@okul.example"] {
            assert_eq!(DataSubject::new(reference, vec![person()]).is_named_in(text), named, "{text} of {reference}");
        }
    }

    #[test]
    fn a_deleted_person_is_known_by_what_was_asked_for() {
        let deleted = person().deleted(Timestamp::from_micros(1));
        let subject = DataSubject::new("hoca", vec![deleted.clone()]);
        assert!(subject.is_named_in("Hoca") && subject.is_named_in("102") && subject.living().is_none());
        assert_eq!((subject.guids().len(), subject.email_keys().len()), (1, 0));
        let by_address = DataSubject::new("OGRETMEN@okul.example", vec![deleted]);
        assert!(by_address.email_keys().contains("ogretmen@okul.example"));
        let with_blanks = DataSubject::new("  misafir@okul.example\u{a0}", Vec::new());
        assert!(with_blanks.email_keys().contains("misafir@okul.example"));
    }
}
