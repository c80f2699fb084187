//! The actions of jobs, and the reference that each job carries. How a job is carried out is decided elsewhere.

use std::fmt;

use crate::id::Id;
use crate::text::{Text, TextError, hex};

/// The action of a job. A new one needs a variant here, a handler, and a line that registers the handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Action {
    /// Erase everything about a user.
    DeleteUserData,
    /// Erase everything about each of many users.
    DeleteUsersData,
    /// Give a course its calendar, once the course has become active.
    AssignCalendarId,
    /// Mark the sessions of the account that have ended as expired.
    ExpireSessions,
    /// Bring the index of the account's sessions up to date.
    IndexSessions,
    /// Seal the records of the account's audit log.
    SealAudit,
    /// Remove rows that have outlived their retention.
    Prune,
    /// Remove audit records that have outlived their retention.
    PruneAudit,
}

/// The priority of a job among those that are due: the smallest goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Priority(i16);

impl Priority {
    /// The number, as the database sorts by it.
    pub const fn get(self) -> i16 {
        self.0
    }
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 8] = [
        Self::DeleteUserData,
        Self::DeleteUsersData,
        Self::AssignCalendarId,
        Self::ExpireSessions,
        Self::IndexSessions,
        Self::SealAudit,
        Self::Prune,
        Self::PruneAudit,
    ];

    /// The name by which the action is stored.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DeleteUserData => "delete_user_data",
            Self::DeleteUsersData => "delete_users_data",
            Self::AssignCalendarId => "assign_calendar_id",
            Self::ExpireSessions => "expire_sessions",
            Self::IndexSessions => "index_sessions",
            Self::SealAudit => "seal_audit",
            Self::Prune => "prune",
            Self::PruneAudit => "prune_audit",
        }
    }

    /// The action of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }

    /// The priority of the action. Jobs that a user waits for go first, long ones follow, and pruning goes last.
    pub const fn priority(self) -> Priority {
        match self {
            Self::AssignCalendarId => Priority(10),
            Self::ExpireSessions => Priority(20),
            Self::IndexSessions => Priority(30),
            Self::DeleteUserData => Priority(50),
            Self::DeleteUsersData => Priority(51),
            Self::SealAudit => Priority(40),
            Self::Prune => Priority(90),
            Self::PruneAudit => Priority(91),
        }
    }

    /// Whether the service itself asks for such jobs, again and again, to keep its data in order. No request asks for one.
    pub const fn is_sweep(self) -> bool {
        match self {
            Self::AssignCalendarId | Self::DeleteUserData | Self::DeleteUsersData => false,
            Self::ExpireSessions | Self::IndexSessions | Self::SealAudit | Self::Prune | Self::PruneAudit => true,
        }
    }
}

/// A set of actions, such as those that a worker can carry out.
///
/// ```
/// use derslik_domain::job::{Action, Actions};
///
/// let sweeps: Actions = [Action::Prune, Action::ExpireSessions].into_iter().collect();
/// assert!(sweeps.contains(Action::Prune) && !sweeps.contains(Action::DeleteUserData));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Actions(u32);

impl Actions {
    /// Whether the set holds the action.
    pub fn contains(self, action: Action) -> bool {
        self.0 & bit(action) != 0
    }

    /// The actions of the set, in the order of [`Action::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Action> {
        Action::ALL.into_iter().filter(move |action| self.contains(*action))
    }
}

impl FromIterator<Action> for Actions {
    fn from_iter<I: IntoIterator<Item = Action>>(actions: I) -> Self {
        Self(actions.into_iter().fold(0, |bits, action| bits | bit(action)))
    }
}

fn bit(action: Action) -> u32 {
    Action::ALL.into_iter().take_while(|other| *other != action).fold(1, |bit, _| bit << 1)
}

/// The subject of a job, as the client named it: any text of at most 1 000 characters without NUL, kept exactly as it was
/// sent. A sweep of an account has the empty text.
///
/// ```
/// use derslik_domain::job::ReferenceId;
/// use derslik_domain::text::TextError;
///
/// assert_eq!(ReferenceId::new("a/b مهدي")?.as_str(), "a/b مهدي");
/// assert_eq!(ReferenceId::new("a\0b"), Err(TextError::Nul));
/// # Ok::<(), TextError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReferenceId(Box<str>);

impl ReferenceId {
    /// The most characters of a reference.
    pub const MAX: usize = 1_000;

    /// Checks a text.
    ///
    /// # Errors
    /// [`TextError::Nul`] or [`TextError::TooLong`].
    pub fn new(text: impl Into<String>) -> Result<Self, TextError> {
        Text::<{ Self::MAX }>::new(text).map(|text| Self(text.as_str().into()))
    }

    /// Checks bytes that should be UTF-8.
    ///
    /// # Errors
    /// [`TextError::NotUnicode`], [`TextError::Nul`] or [`TextError::TooLong`].
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Result<Self, TextError> {
        Text::<{ Self::MAX }>::from_bytes(bytes).map(|text| Self(text.as_str().into()))
    }

    /// A reference to the object with that id.
    pub fn of_id<Kind>(id: Id<Kind>) -> Self {
        Self(id.to_string().into())
    }

    /// A reference to something that has no id: the hexadecimal digits of a digest of it.
    pub fn of_digest(digest: [u8; 32]) -> Self {
        Self(hex(&digest).into())
    }

    /// The empty reference, for a job without a subject.
    pub fn none() -> Self {
        Self(Box::default())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ReferenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The kind of rows that a job of [`Action::Prune`] removes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Pruning {
    /// Jobs that ended.
    EndedJobs,
    /// Rows that were deleted, but kept for a while.
    DeletedRows,
}

impl Pruning {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::EndedJobs, Self::DeletedRows];

    /// The name by which the reference of a job names the kind.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EndedJobs => "ended_jobs",
            Self::DeletedRows => "deleted_rows",
        }
    }

    /// The kind that a job's reference names.
    pub fn by_reference(reference: &ReferenceId) -> Option<Self> {
        Self::ALL.into_iter().find(|pruning| pruning.name() == reference.as_str())
    }

    /// The reference of a job that removes this kind.
    pub fn reference(self) -> ReferenceId {
        ReferenceId(self.name().into())
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::id::AccountId;

    #[test]
    fn actions_are_stored_by_name() {
        for action in Action::ALL {
            assert_eq!(Action::by_name(action.name()), Some(action));
        }
        assert_eq!(Action::by_name("delete everything"), None);
    }

    #[test]
    fn jobs_that_a_user_waits_for_go_first() {
        let mut actions = Action::ALL;
        actions.sort_by_key(|action| action.priority());
        assert_eq!(
            actions,
            [
                Action::AssignCalendarId,
                Action::ExpireSessions,
                Action::IndexSessions,
                Action::SealAudit,
                Action::DeleteUserData,
                Action::DeleteUsersData,
                Action::Prune,
                Action::PruneAudit
            ]
        );
        assert!(actions.windows(2).all(|pair| pair[0].priority().get() < pair[1].priority().get()));
    }

    #[rstest]
    #[case("shekar@example.com")]
    #[case("a/b")]
    #[case("42")]
    #[case(" مهدي ")]
    #[case("")]
    fn a_reference_is_kept_as_it_was_sent(#[case] text: &str) {
        assert_eq!(ReferenceId::new(text).unwrap().as_str(), text);
        assert_eq!(ReferenceId::from_bytes(text).unwrap().as_str(), text);
    }

    #[test]
    fn refuses_a_reference_that_can_not_be_kept() {
        assert!(ReferenceId::new("م".repeat(1_000)).is_ok());
        assert_eq!(ReferenceId::new("م".repeat(1_001)), Err(TextError::TooLong { max: 1_000 }));
        assert_eq!(ReferenceId::new("\0"), Err(TextError::Nul));
        assert_eq!(ReferenceId::from_bytes(*b"\xff"), Err(TextError::NotUnicode));
    }

    #[test]
    fn a_thing_is_referred_to_by_its_id() {
        assert_eq!(ReferenceId::of_id(AccountId::new(42)).as_str(), "42");
        assert_eq!(ReferenceId::none().as_str(), "");
        assert_eq!(ReferenceId::of_digest([0xa5; 32]).as_str(), "a5".repeat(32));
    }

    #[test]
    fn what_is_pruned_is_found_by_its_reference() {
        for pruning in Pruning::ALL {
            assert_eq!(Pruning::by_reference(&pruning.reference()), Some(pruning));
        }
        assert_eq!(Pruning::by_reference(&ReferenceId::none()), None);
    }

    #[test]
    fn a_set_of_actions_holds_what_was_put_in_and_nothing_else() {
        assert_eq!(Action::ALL.into_iter().collect::<Actions>().iter().collect::<Vec<_>>(), Action::ALL);
        for action in Action::ALL {
            let one: Actions = [action, action].into_iter().collect();
            assert_eq!(one.iter().collect::<Vec<_>>(), [action]);
        }
        assert_eq!(Actions::default().iter().count(), 0);
    }
}
