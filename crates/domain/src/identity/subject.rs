//! Whose data a client of the jobs API means by a text. It knows nothing of where the data are kept.

use std::collections::BTreeSet;

use crate::id::UserGuid;

use super::{Email, PersonalNames, User, UserState, Username};

/// The person whose data are asked for or erased: the living person of the account that the text names, every deleted one who
/// last went by it, and guests of sessions who go by it as an e-mail address.
///
/// ```
/// use derslik_domain::identity::DataSubject;
///
/// let guest = DataSubject::new("misafir@okul.example", Vec::new());
/// assert!(guest.names().are_in("Misafir@Okul.Example"));
/// assert!(!guest.names().are_in("baska.misafir@okul.example"));
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

    /// What the people are known by: a user name or a number as the whole of a text, an e-mail address or a GUID inside of others too.
    pub fn names(&self) -> PersonalNames {
        let mut names = PersonalNames::new();
        let usernames = self.people.iter().filter_map(|user| user.username.as_ref()).chain(&self.username);
        usernames.for_each(|username| names.add_username(username.key()));
        for user in &self.people {
            names.add_number(user.id.get());
            names.add(&user.guid.to_string());
            names.add(&user.guid.get().as_simple().to_string());
        }
        self.email_keys().iter().for_each(|key| names.add(key));
        names
    }
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
            assert_eq!(DataSubject::new(reference, vec![person()]).names().are_in(text), named, "{text} of {reference}");
        }
    }

    #[test]
    fn a_deleted_person_is_known_by_what_was_asked_for() {
        let deleted = person().deleted(Timestamp::from_micros(1));
        let subject = DataSubject::new("hoca", vec![deleted.clone()]);
        let names = subject.names();
        assert!(names.are_in("Hoca") && names.are_in("102") && subject.living().is_none());
        assert_eq!((subject.guids().len(), subject.email_keys().len()), (1, 0));
        let by_address = DataSubject::new("OGRETMEN@okul.example", vec![deleted]);
        assert!(by_address.email_keys().contains("ogretmen@okul.example"));
        let with_blanks = DataSubject::new("  misafir@okul.example\u{a0}", Vec::new());
        assert!(with_blanks.email_keys().contains("misafir@okul.example"));
    }
}
