//! Accounts, principals, and the actor that every request becomes.

use std::sync::Arc;

use crate::course::CourseSettings;
use crate::id::{AccountId, AdminId, CredentialId, PrincipalId, ProjectId};
use crate::text::{Name, TextError};
use crate::time::{StartDateMode, Timestamp, Zone};
use crate::trace::TraceParent;

use super::{CredentialRoot, Lang};

/// The name of an account: 1 to 100 characters.
pub type AccountName = Name<100>;

/// Why a text is refused as the name of a new account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum AccountNameError {
    /// It does not fit the type of a name.
    #[error(transparent)]
    Text(#[from] TextError),
    /// Commands that name an account would take it for the id of another.
    #[error("made of digits only, as the id of an account is")]
    Digits,
    /// It holds a line break or another control character.
    #[error("not printable: it holds a control character, such as a line break")]
    Control,
    /// A command line would take it for an option.
    #[error("taken for an option, since it begins with -")]
    Hyphen,
}

/// The name of a new account, without the white space around it. Older accounts with another sort of name keep it.
///
/// # Errors
/// [`AccountNameError`].
pub fn new_account_name(text: &str) -> Result<AccountName, AccountNameError> {
    let name = AccountName::new(text.trim())?;
    let text = name.as_str();
    if text.chars().any(char::is_control) {
        Err(AccountNameError::Control)
    } else if text.starts_with('-') {
        Err(AccountNameError::Hyphen)
    } else if text.chars().all(char::is_numeric) {
        Err(AccountNameError::Digits)
    } else {
        Ok(name)
    }
}

/// A tenant. Everything that is stored belongs to exactly one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Account {
    /// The integer id, which the sessions API calls `account_id`.
    pub id: AccountId,
    /// A short name, unique in the installation.
    pub name: AccountName,
    /// The settings that its members chose.
    pub settings: AccountSettings,
}

/// An account with the times of its life.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AccountState {
    /// The account.
    pub account: Account,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was disabled; `None` for one that is in use. None of the credentials of a disabled account are accepted.
    pub disabled_at: Option<Timestamp>,
}

impl AccountState {
    /// Whether its credentials are refused.
    pub const fn is_disabled(&self) -> bool {
        self.disabled_at.is_some()
    }
}

/// The settings of an account, which its members choose.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AccountSettings {
    /// The language of a session if the client names none.
    pub lang: Lang,
    /// The zone of a session if the client names none.
    pub timezone: Zone,
    /// How the offset of a start date is read.
    pub start_date_mode: StartDateMode,
    /// The settings of its courses.
    pub courses: CourseSettings,
}

/// A user or a service that can hold credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Principal {
    /// The integer id within the account.
    pub id: PrincipalId,
    /// Person or service.
    pub kind: PrincipalKind,
    /// Its role in the account.
    pub role: Role,
}

/// Whether a principal is a person or a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum PrincipalKind {
    /// A person.
    User,
    /// A program that acts for the account itself.
    Service,
}

/// The role of a principal in its account, which is checked before any object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Role {
    /// Everything in the account.
    Admin,
    /// What its memberships in single objects allow.
    Member,
}

impl Role {
    /// The one of the two with fewer rights.
    #[must_use]
    pub const fn or_lower(self, other: Self) -> Self {
        match (self, other) {
            (Self::Admin, Self::Admin) => Self::Admin,
            (Self::Member, _) | (_, Self::Member) => Self::Member,
        }
    }
}

/// A verb that a credential allows: scopes decide the verb, roles the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Scope {
    /// Sessions and everything about them.
    Sessions,
    /// Projects, their jobs, and the erasure of users.
    Jobs,
    /// Reading and writing courses.
    Courses,
    /// Reading courses.
    CoursesReadonly,
    /// Reading and writing the teachers and students of courses.
    Rosters,
    /// Reading the teachers and students of courses.
    RostersReadonly,
    /// The questions that add-ons ask about the courses of a teacher.
    AddonsTeacher,
    /// The e-mail addresses of the members of courses.
    ProfileEmails,
    /// The photos of the members of courses.
    ProfilePhotos,
    /// Scopes of other services. It opens nothing here; a client that asks for those as well gets the rest.
    Other,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 10] = [
        Self::Sessions,
        Self::Jobs,
        Self::Courses,
        Self::CoursesReadonly,
        Self::Rosters,
        Self::RostersReadonly,
        Self::AddonsTeacher,
        Self::ProfileEmails,
        Self::ProfilePhotos,
        Self::Other,
    ];

    /// The name by which the scope is stored.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sessions => "sessions",
            Self::Jobs => "jobs",
            Self::Courses => "classroom.courses",
            Self::CoursesReadonly => "classroom.courses.readonly",
            Self::Rosters => "classroom.rosters",
            Self::RostersReadonly => "classroom.rosters.readonly",
            Self::AddonsTeacher => "classroom.addons.teacher",
            Self::ProfileEmails => "classroom.profile.emails",
            Self::ProfilePhotos => "classroom.profile.photos",
            Self::Other => "other",
        }
    }

    /// The scope of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }

    const fn bit(self) -> u32 {
        match self {
            Self::Sessions => 1,
            Self::Jobs => 1 << 1,
            Self::Courses => 1 << 2,
            Self::CoursesReadonly => 1 << 3,
            Self::Rosters => 1 << 4,
            Self::RostersReadonly => 1 << 5,
            Self::AddonsTeacher => 1 << 6,
            Self::ProfileEmails => 1 << 7,
            Self::ProfilePhotos => 1 << 8,
            Self::Other => 1 << 9,
        }
    }
}

/// A set of scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Scopes(u32);

impl Scopes {
    /// Whether the set holds `scope`.
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Whether the set holds no scope.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The scopes that are in both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The scopes of the set that `other` does not hold.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether `other` holds all scopes of the set.
    pub const fn is_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// The scopes of the set.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.contains(*scope))
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | scope.bit()))
    }
}

/// A principal with its account, its credential and the scopes of that credential: the party that a request acts for.
#[derive(Debug, Clone)]
pub struct Actor {
    /// The account in which everything about the request happens.
    pub account: Arc<Account>,
    /// The id under which answers show the account. It is that of the account, unless a test has reset it.
    pub shown_account: AccountId,
    /// The principal that acts.
    pub principal: Principal,
    /// The scopes of the credential.
    pub scopes: Scopes,
    /// The credential that the client sent.
    pub credential: CredentialId,
    /// What the credential goes back to: all credentials of one root have one allowance of requests.
    pub root: CredentialRoot,
    /// The project that the credential belongs to, if it belongs to one.
    pub project: Option<ProjectId>,
    /// The step of a trace that the request is. Jobs that the actor asks for continue it.
    pub trace: Option<TraceParent>,
    /// The operator, if one acts by the service principal of the account. The audit log names the operator then, and not the principal.
    pub operator: Option<Operator>,
}

/// The operator, where one acts in an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Operator {
    /// The person at the command line.
    Installation,
    /// An admin who has signed in.
    Admin(AdminId),
}

impl Actor {
    /// The id of the account.
    pub fn account_id(&self) -> AccountId {
        self.account.id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_has_a_bit_of_its_own() {
        for scope in Scope::ALL {
            let alone = Scopes::from_iter([scope]);
            assert_eq!(alone.iter().collect::<Vec<_>>(), [scope]);
        }
    }

    #[test]
    fn sets_are_compared_scope_by_scope() {
        let [one, two, both]: [Scopes; 3] =
            [vec![Scope::Courses], vec![Scope::Rosters], vec![Scope::Courses, Scope::Rosters]].map(|scopes| scopes.into_iter().collect());
        assert_eq!((one.and(both), one.and(two)), (one, Scopes::default()));
        assert!(one.is_within(both) && one.is_within(one) && !both.is_within(one) && Scopes::default().is_within(one));
        assert!(one.and(two).is_empty() && !one.is_empty());
    }
}
