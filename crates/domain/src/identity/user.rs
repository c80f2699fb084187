//! The people and services of an account, as the dialects show them.

use std::fmt;

use crate::id::{PrincipalId, UserGuid};
use crate::text::{Text, TextError, identity_key};
use crate::time::{Timestamp, Zone};

use super::{Lang, Principal, PrincipalKind, Role};

/// A given name, a family name, or the name of a service: at most 200 characters.
pub type PersonName = Text<200>;
/// A telephone number, as it was given: at most 50 characters.
pub type Mobile = Text<50>;

/// A principal with everything that the dialects show of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct User {
    /// The integer id within the account.
    pub id: PrincipalId,
    /// The GUID within the account.
    pub guid: UserGuid,
    /// Person or service.
    pub kind: PrincipalKind,
    /// Its role in the account.
    pub role: Role,
    /// The name to log in by; unique in the account, without regard to case.
    pub username: Option<Username>,
    /// The e-mail address; unique in the account, without regard to case.
    pub email: Option<Email>,
    /// The given name, or the whole name of a service.
    pub name: PersonName,
    /// The family name.
    pub surname: PersonName,
    /// Whether it may act at all.
    pub status: UserState,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// The other fields that the sessions API shows.
    pub profile: UserProfile,
}

/// The fields of a user that the sessions API shows beside its names.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct UserProfile {
    /// The role in a classroom that does not set another.
    pub role: ClassroomRole,
    /// The telephone number.
    pub mobile: Option<Mobile>,
    /// Whether it may log in with a password.
    pub login_allowed: bool,
    /// The language.
    pub lang: Option<Lang>,
    /// The time zone.
    pub timezone: Option<Zone>,
    /// The instant from which it may no longer log in.
    pub expires_at: Option<Timestamp>,
}

impl Default for UserProfile {
    fn default() -> Self {
        Self { role: ClassroomRole::User, mobile: None, login_allowed: true, lang: None, timezone: None, expires_at: None }
    }
}

/// The role of a user or guest in a classroom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum ClassroomRole {
    /// Runs the classroom.
    Admin,
    /// Teaches.
    Instructor,
    /// Learns.
    #[default]
    User,
    /// Teaches, with more rights than other instructors.
    SeniorInstructor,
    /// Teaches, with fewer rights than other instructors.
    AssistantInstructor,
}

impl ClassroomRole {
    /// Every role.
    pub const ALL: [Self; 5] = [Self::Admin, Self::Instructor, Self::User, Self::SeniorInstructor, Self::AssistantInstructor];

    /// The letters by which clients send the role and a store keeps it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Admin => "a",
            Self::Instructor => "e",
            Self::User => "u",
            Self::SeniorInstructor => "e+",
            Self::AssistantInstructor => "e-",
        }
    }

    /// The role of those letters.
    pub fn by_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }

    /// The one of the two with fewer rights.
    #[must_use]
    pub const fn or_lower(self, other: Self) -> Self {
        if other.rank() < self.rank() { other } else { self }
    }

    /// The place among the roles, from the fewest rights to the most.
    const fn rank(self) -> u8 {
        match self {
            Self::User => 0,
            Self::AssistantInstructor => 1,
            Self::Instructor => 2,
            Self::SeniorInstructor => 3,
            Self::Admin => 4,
        }
    }
}

impl User {
    /// The fields of the user that decide what it may do.
    pub const fn principal(&self) -> Principal {
        Principal { id: self.id, kind: self.kind, role: self.role }
    }

    /// Whether the user may log in at `now`.
    pub fn may_log_in(&self, now: Timestamp) -> bool {
        self.status == UserState::Active && self.profile.login_allowed && self.profile.expires_at.is_none_or(|expiry| now < expiry)
    }

    /// The tombstone of the user: only its ids are left.
    #[must_use]
    pub fn deleted(&self, at: Timestamp) -> Self {
        Self {
            id: self.id,
            guid: self.guid,
            kind: self.kind,
            role: Role::Member,
            username: None,
            email: None,
            name: PersonName::default(),
            surname: PersonName::default(),
            status: UserState::Deleted,
            created_at: self.created_at,
            updated_at: at,
            profile: UserProfile { login_allowed: false, ..UserProfile::default() },
        }
    }
}

/// Whether a user may act at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum UserState {
    /// It may.
    Active,
    /// It may not, for now.
    Passive,
    /// It was erased: only its ids are left, so that the objects it made stay readable.
    Deleted,
}

impl UserState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Active, Self::Passive, Self::Deleted];

    /// The name by which the state is stored.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Passive => "passive",
            Self::Deleted => "deleted",
        }
    }

    /// The state of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// The key by which a lookup finds a user.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum UserKey {
    /// The integer id.
    Id(PrincipalId),
    /// The GUID.
    Guid(UserGuid),
    /// The e-mail address, without regard to case.
    Email(Email),
    /// The name to log in by, without regard to case.
    Username(Username),
}

impl UserKey {
    /// Every key that a text can be, in the order in which lookups try them. A user with that GUID or number goes before a
    /// user with that name. White space around the text is left out, as it is where people are stored.
    ///
    /// ```
    /// use derslik_domain::identity::UserKey;
    ///
    /// assert!(matches!(UserKey::all_of("42").next(), Some(UserKey::Id(_))));
    /// assert!(matches!(UserKey::all_of(" ali@okul.example ").next(), Some(UserKey::Email(_))));
    /// ```
    pub fn all_of(text: &str) -> impl Iterator<Item = Self> + use<> {
        let text = text.trim();
        [
            text.parse().ok().map(Self::Guid),
            text.parse().ok().map(|number| Self::Id(PrincipalId::new(number))),
            Email::parse(text).ok().map(Self::Email),
            Username::parse(text).ok().map(Self::Username),
        ]
        .into_iter()
        .flatten()
    }
}

/// An e-mail address: one `@` with text on both sides, no white space, at most 254 characters; kept as it was given.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Email(Text<254>);

/// The text is not an e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[error("not an e-mail address")]
pub struct EmailError;

impl Email {
    /// Parses an address.
    ///
    /// # Errors
    /// [`EmailError`] for any other text. Whether the mailbox exists is not checked.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let fits = match text.split_once('@') {
            Some((local, domain)) => !local.is_empty() && !domain.is_empty() && !domain.contains('@'),
            None => false,
        };
        if !fits || text.chars().any(|letter| letter.is_whitespace() || letter.is_control()) {
            return Err(EmailError);
        }
        Text::new(text).map(Self).map_err(|_| EmailError)
    }

    /// The address as it was given.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The key by which the address is compared.
    pub fn key(&self) -> String {
        identity_key(self.as_str())
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A name to log in by: 1 to 100 characters without white space around them; kept as it was given.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Username(Text<100>);

impl Username {
    /// Parses a name; white space around it is left out.
    ///
    /// # Errors
    /// Any [`TextError`].
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let text = text.trim();
        if text.is_empty() { Err(TextError::Empty) } else { Text::new(text).map(Self) }
    }

    /// The name as it was given.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The key by which the name is compared.
    pub fn key(&self) -> String {
        identity_key(self.as_str())
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn of_two_roles_in_classrooms_the_one_with_fewer_rights_is_lower() {
        use ClassroomRole::{Admin, AssistantInstructor, Instructor, SeniorInstructor, User};
        let ordered = [User, AssistantInstructor, Instructor, SeniorInstructor, Admin];
        for (place, lower) in ordered.into_iter().enumerate() {
            for higher in ordered.into_iter().skip(place) {
                assert_eq!([lower.or_lower(higher), higher.or_lower(lower)], [lower; 2]);
            }
        }
    }

    #[rstest]
    fn takes_addresses(#[values("a@b", "Öğretmen.Bir+x@okul.example", "\u{645}@\u{645}.example")] text: &str) {
        assert_eq!(Email::parse(text).unwrap().as_str(), text);
    }

    #[rstest]
    fn refuses_what_is_no_address(#[values("", "a", "@b", "a@", "a@b@c", "a b@c", "a@b\n", "a\0@b")] text: &str) {
        assert_eq!(Email::parse(text), Err(EmailError));
        assert_eq!(Email::parse(&format!("{}@b", "a".repeat(253))), Err(EmailError));
    }

    #[test]
    fn addresses_and_names_are_compared_whatever_their_case_and_composition() {
        let (email, username) = (|text| Email::parse(text).unwrap().key(), |text| Username::parse(text).unwrap().key());
        assert_eq!(email("ALI@Okul.Example"), email("ali@okul.example"));
        assert_eq!(email("s\u{327}ahin@okul.example"), email("Şahin@okul.example"));
        assert_eq!(username(" AYŞE "), username("ays\u{327}e"));
        assert_ne!(email("ırmak@okul.example"), email("irmak@okul.example"));
        assert_ne!(username("ırmak"), username("IRMAK"));
        assert_eq!(Username::parse("  "), Err(TextError::Empty));
    }

    #[test]
    fn a_text_may_be_several_things_of_a_user() {
        let guid = "61E3D504-13EE-447F-9B36-6686C5C39FEB";
        let username = |text| UserKey::Username(Username::parse(text).unwrap());
        assert_eq!(UserKey::all_of(guid).collect::<Vec<_>>(), [UserKey::Guid(guid.parse().unwrap()), username(guid)]);
        assert_eq!(UserKey::all_of("42").collect::<Vec<_>>(), [UserKey::Id(PrincipalId::new(42)), username("42")]);
        assert_eq!(UserKey::all_of("a@b").collect::<Vec<_>>(), [UserKey::Email(Email::parse("a@b").unwrap()), username("a@b")]);
        assert_eq!(UserKey::all_of("9223372036854775808").collect::<Vec<_>>(), [username("9223372036854775808")]);
        assert_eq!(UserKey::all_of(" ").count(), 0);
        for text in [guid, "42", "a@b"] {
            assert!(UserKey::all_of(&format!(" \u{a0}{text}\t")).eq(UserKey::all_of(text)), "{text}");
        }
    }

    #[test]
    fn states_are_stored_by_name() {
        for state in UserState::ALL {
            assert_eq!(UserState::by_name(state.name()), Some(state));
        }
    }
}
