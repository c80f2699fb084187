//! The attendees of a session: people of the account, and guests known by their address alone. Wire names are left to the
//! dialects.

mod attendance;
mod batch;

use crate::id::{AttendeeGuid, SessionGuid, UserGuid};
use crate::identity::{ClassroomRole, Email, Mobile, PersonName};
use crate::text::fold;
use crate::time::Timestamp;

pub use attendance::{Attendance, AttendanceFilter, AttendedCursor, AttendedSession};
pub use batch::{
    AttendeeBatch, AttendeeField, AttendeeForm, AttendeeItem, AttendeeKeys, AttendeeOutcome, AttendeeRefusal, AttendeeVerdict, UserNaming,
};

/// A person or a guest who is listed for a session.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Attendee {
    /// Its id within the session.
    pub guid: AttendeeGuid,
    /// The session.
    pub session: SessionGuid,
    /// The person of the account; `None` for a guest.
    pub user: Option<UserGuid>,
    /// The code that lets its bearer in.
    pub code: AttendanceCode,
    /// The given name.
    pub name: PersonName,
    /// The family name.
    pub surname: PersonName,
    /// The e-mail address; unique in the session, without regard to case.
    pub email: Email,
    /// The role in the classroom.
    pub role: ClassroomRole,
    /// The telephone number.
    pub mobile: Option<Mobile>,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

impl Attendee {
    /// The given and the family name, folded for searches.
    pub fn name_keys(&self) -> (String, String) {
        (fold(self.name.as_str()), fold(self.surname.as_str()))
    }
}

/// A code that lets its bearer into a session, and so must be hard to guess. It consists of letters, digits, `-` and `_`,
/// which a URL holds unescaped. It is stored in the clear, since clients are shown it again and again.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AttendanceCode(Box<str>);

/// The text is not an attendance code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[error("not an attendance code")]
pub struct AttendanceCodeError;

impl AttendanceCode {
    /// How many random bytes make a code: 160 bits.
    pub const RANDOM_BYTES: usize = 20;
    /// The most characters of a code.
    pub const MAX: usize = 64;

    /// The code of random bytes, 6 bits for each character.
    pub fn from_random(bytes: [u8; Self::RANDOM_BYTES]) -> Self {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let letter = |six_bits: u32| ALPHABET.get(usize::try_from(six_bits & 63).unwrap_or_default()).copied().map_or('A', char::from);
        let mut code = String::with_capacity(27);
        for group in bytes.chunks(3) {
            let bits = group.iter().enumerate().fold(0_u32, |bits, (place, byte)| bits | u32::from(*byte) << (16 - 8 * place));
            code.extend((0..=group.len()).map(|place| letter(bits >> (18 - 6 * place))));
        }
        Self(code.into_boxed_str())
    }

    /// Checks a code that a client sent.
    ///
    /// # Errors
    /// [`AttendanceCodeError`] for a text that cannot be a code.
    pub fn parse(text: &str) -> Result<Self, AttendanceCodeError> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if (1..=Self::MAX).contains(&text.len()) && text.bytes().all(fits) { Ok(Self(text.into())) } else { Err(AttendanceCodeError) }
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for AttendanceCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AttendanceCode(..)")
    }
}

/// The key by which a lookup finds one attendee of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum AttendeeKey {
    /// The code that lets it in.
    Code(AttendanceCode),
    /// The person of the account.
    User(UserGuid),
    /// The e-mail address, without regard to case.
    Email(Email),
}

impl AttendeeKey {
    /// The key that a text in the place of an attendee stands for; each kind has its own form. `None` if it fits none.
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(user) = text.parse() {
            return Some(Self::User(user));
        }
        if let Ok(email) = Email::parse(text) {
            return Some(Self::Email(email));
        }
        AttendanceCode::parse(text).ok().map(Self::Code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_160_bits_in_letters_that_an_address_takes() {
        let mut bytes = [0; AttendanceCode::RANDOM_BYTES];
        assert_eq!(AttendanceCode::from_random(bytes).as_str(), "A".repeat(27));
        bytes = [0xff; AttendanceCode::RANDOM_BYTES];
        assert_eq!(AttendanceCode::from_random(bytes).as_str(), "_".repeat(26) + "8");
        for place in 0..bytes.len() {
            bytes = [0; AttendanceCode::RANDOM_BYTES];
            *bytes.get_mut(place).unwrap() = 1;
            let code = AttendanceCode::from_random(bytes);
            assert_ne!(code, AttendanceCode::from_random([0; AttendanceCode::RANDOM_BYTES]), "every byte counts");
            assert_eq!(AttendanceCode::parse(code.as_str()), Ok(code));
        }
    }

    #[test]
    fn what_an_attendee_is_looked_for_by_is_told_by_its_look() {
        let user = "61E3D504-13EE-447F-9B36-6686C5C39FEB";
        assert!(matches!(AttendeeKey::parse(user), Some(AttendeeKey::User(_))));
        assert!(matches!(AttendeeKey::parse("a@b.c"), Some(AttendeeKey::Email(_))));
        assert!(matches!(AttendeeKey::parse("Abc-_9"), Some(AttendeeKey::Code(_))));
        for none in ["", "a b", "ş", "a/b", &"x".repeat(65)] {
            assert_eq!(AttendeeKey::parse(none), None, "{none}");
        }
    }
}
