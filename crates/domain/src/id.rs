//! Typed ids: the id of one kind of object does not compile where another kind is wanted. How ids are made is decided
//! elsewhere.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use uuid::Uuid;

/// The kinds of object that an [`Id`] can point at. These types are never built; they only name the kind.
pub mod kind {
    /// A tenant, such as a school: it owns all other objects.
    #[derive(Debug)]
    pub enum Account {}
    /// A user or a service that can hold credentials.
    #[derive(Debug)]
    pub enum Principal {}
    /// A stored credential of a principal.
    #[derive(Debug)]
    pub enum Credential {}
    /// A proof that is exchanged for credentials of an hour.
    #[derive(Debug)]
    pub enum Grant {}
    /// A virtual-classroom session.
    #[derive(Debug)]
    pub enum Session {}
    /// An attendee of a session.
    #[derive(Debug)]
    pub enum Attendee {}
    /// A unit of background work.
    #[derive(Debug)]
    pub enum Job {}
    /// A record of the audit log.
    #[derive(Debug)]
    pub enum AuditRecord {}
    /// A project, which lists jobs and in which programs share `p:` aliases.
    #[derive(Debug)]
    pub enum Project {}
    /// A course.
    #[derive(Debug)]
    pub enum Course {}
    /// A grading period of a course.
    #[derive(Debug)]
    pub enum GradingPeriod {}
    /// A category of grades in the gradebook of a course.
    #[derive(Debug)]
    pub enum GradeCategory {}
    /// A person who signs in to the console of the installation.
    #[derive(Debug)]
    pub enum Admin {}
}

/// An integer id that appears on a wire. It is unique within its account (an [`AccountId`] is unique everywhere), and ids
/// may have gaps.
pub struct Id<Kind> {
    value: i64,
    kind: PhantomData<fn() -> Kind>,
}

/// The id of an account.
pub type AccountId = Id<kind::Account>;
/// The id of a principal within its account.
pub type PrincipalId = Id<kind::Principal>;
/// The id of a credential within its account.
pub type CredentialId = Id<kind::Credential>;
/// The id of a grant within its account.
pub type GrantId = Id<kind::Grant>;
/// The id of a project within its account.
pub type ProjectId = Id<kind::Project>;
/// The id of a job within its account.
pub type JobId = Id<kind::Job>;
/// The id of a course within its account.
pub type CourseId = Id<kind::Course>;
/// The id of a grading period within its account.
pub type GradingPeriodId = Id<kind::GradingPeriod>;
/// The id of a grade category within its account.
pub type GradeCategoryId = Id<kind::GradeCategory>;
/// The id of an admin of the installation.
pub type AdminId = Id<kind::Admin>;

impl<Kind> Id<Kind> {
    /// Wraps an integer id.
    pub const fn new(value: i64) -> Self {
        Self { value, kind: PhantomData }
    }

    /// The integer, as the wire and the database carry it.
    pub const fn get(self) -> i64 {
        self.value
    }
}

// Written out because a derive would demand the same traits of `Kind`, which has no values.
impl<Kind> Clone for Id<Kind> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Kind> Copy for Id<Kind> {}

impl<Kind> PartialEq for Id<Kind> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<Kind> Eq for Id<Kind> {}

impl<Kind> PartialOrd for Id<Kind> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<Kind> Ord for Id<Kind> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.value.cmp(&other.value)
    }
}

impl<Kind> Hash for Id<Kind> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}

impl<Kind> fmt::Debug for Id<Kind> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.value)
    }
}

impl<Kind> fmt::Display for Id<Kind> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

/// A GUID: compared without regard to case, printed in upper case. `Kind` is the kind of object that it names.
///
/// ```
/// use derslik_domain::id::SessionGuid;
///
/// let guid: SessionGuid = "61e3d504-13ee-447f-9b36-6686c5c39feb".parse()?;
/// assert_eq!(guid.to_string(), "61E3D504-13EE-447F-9B36-6686C5C39FEB");
/// # Ok::<(), derslik_domain::id::GuidError>(())
/// ```
pub struct Guid<Kind> {
    value: Uuid,
    kind: PhantomData<fn() -> Kind>,
}

/// The GUID of a session.
pub type SessionGuid = Guid<kind::Session>;
/// The GUID of an attendee within its session.
pub type AttendeeGuid = Guid<kind::Attendee>;
/// The GUID of a user.
pub type UserGuid = Guid<kind::Principal>;

/// The text is not 32 hexadecimal digits in the five hyphenated groups of a GUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[error("not a GUID")]
pub struct GuidError;

impl<Kind> Guid<Kind> {
    /// Wraps a UUID of any version.
    pub const fn new(value: Uuid) -> Self {
        Self { value, kind: PhantomData }
    }

    /// The UUID itself.
    pub const fn get(self) -> Uuid {
        self.value
    }
}

impl<Kind> FromStr for Guid<Kind> {
    type Err = GuidError;

    /// Reads only the hyphenated form, in either case.
    fn from_str(text: &str) -> Result<Self, GuidError> {
        const HYPHENATED: usize = uuid::fmt::Hyphenated::LENGTH;
        if text.len() != HYPHENATED {
            return Err(GuidError);
        }
        Uuid::try_parse(text).map(Self::new).map_err(|_| GuidError)
    }
}

impl<Kind> fmt::Display for Guid<Kind> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut buffer = Uuid::encode_buffer();
        f.write_str(self.value.hyphenated().encode_upper(&mut buffer))
    }
}

impl<Kind> fmt::Debug for Guid<Kind> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<Kind> Clone for Guid<Kind> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Kind> Copy for Guid<Kind> {}

impl<Kind> PartialEq for Guid<Kind> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<Kind> Eq for Guid<Kind> {}

impl<Kind> PartialOrd for Guid<Kind> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<Kind> Ord for Guid<Kind> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.value.cmp(&other.value)
    }
}

impl<Kind> Hash for Guid<Kind> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_guid_in_either_case_and_prints_it_in_upper_case() {
        let lower: SessionGuid = "8293d504-13ee-447f-9b36-6686c5c39feb".parse().unwrap();
        let upper: SessionGuid = "8293D504-13EE-447F-9B36-6686C5C39FEB".parse().unwrap();
        assert_eq!(lower, upper);
        assert_eq!(lower.to_string(), "8293D504-13EE-447F-9B36-6686C5C39FEB");
    }

    #[test]
    fn refuses_every_other_form_of_a_guid() {
        for text in [
            "",
            "not-a-guid",
            "8293D50413EE447F9B366686C5C39FEB",
            "{8293D504-13EE-447F-9B36-6686C5C39FEB}",
            "8293D504-13EE-447F-9B36-6686C5C39FE",
            "8293D504-13EE-447F-9B36-6686C5C39FEG",
            "ğ293D504-13EE-447F-9B36-6686C5C39FE",
        ] {
            assert_eq!(text.parse::<SessionGuid>(), Err(GuidError), "{text}");
        }
    }
}
