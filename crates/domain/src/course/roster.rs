//! The members of a course: decisions on joining it, leaving it and handing it over. The caller authorizes the actor before.

use crate::id::PrincipalId;

use super::alias::read_id;
use super::codes::EnrollmentCode;
use super::{Course, CourseState};

pub use super::membership::{Membership, Roster};

/// Whether the account of a user can still be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum UserStatus {
    /// It can.
    Active,
    /// It was disabled or deleted.
    Inactive,
}

/// Whether the owner of a course still exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum OwnerAccount {
    /// The account exists. It can be used now, or can be enabled again.
    There,
    /// The account was deleted for good.
    Deleted,
}

/// A reference to a user in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum UserRef {
    /// The user that makes the request.
    Me,
    /// By id.
    Id(PrincipalId),
    /// By e-mail address, with its ASCII letters in lower case.
    Email(Box<str>),
    /// By a text that cannot name a user.
    Impossible,
}

impl UserRef {
    /// The most bytes of an e-mail address (RFC 5321, section 4.5.3.1).
    const MAX_EMAIL_BYTES: usize = 320;

    /// Reads `me`, an id or an e-mail address.
    pub fn parse(text: &str) -> Self {
        if text == "me" {
            return Self::Me;
        }
        if let Some(id) = read_id(text) {
            return Self::Id(id);
        }
        let halves = text.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
        let odd = text.len() > Self::MAX_EMAIL_BYTES || text.contains(|letter: char| letter.is_control() || letter.is_whitespace());
        if halves && !odd { Self::Email(text.to_ascii_lowercase().into()) } else { Self::Impossible }
    }
}

/// How a user gets on a roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry<'a> {
    /// Added by an actor with the right to do so.
    Direct,
    /// By the enrollment code, as the user sent it.
    Code(&'a str),
}

/// A user that is about to join a course.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Joining<'a> {
    /// The roster to join.
    pub roster: Roster,
    /// How the user joins.
    pub entry: Entry<'a>,
    /// The membership so far.
    pub current: Option<Membership>,
    /// Whether the account of the user can be used.
    pub status: UserStatus,
    /// Whether the owner of the course still exists.
    pub owner: OwnerAccount,
}

/// Why a user cannot join.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum JoinError {
    /// The code does not open this course. The error does not tell whether it opens another course, or whether this one is
    /// not open yet.
    #[error("the enrollment code does not admit to this course")]
    NotAdmitted,
    /// The user is on one of the rosters.
    #[error("the user is a member already")]
    AlreadyMember(Membership),
    /// In this state the course cannot be changed.
    #[error("a course that is {0} cannot be modified")]
    NotModifiable(CourseState),
    /// The account of the user cannot be used.
    #[error("the account of the user is not active")]
    InactiveUser,
    /// The account of the owner was deleted, so only administrators add members.
    #[error("the account of the owner was deleted")]
    InactiveOwner,
}

/// Decides whether a user joins a course, and with which membership.
///
/// # Errors
/// The [`JoinError`].
pub fn join(course: &Course, joining: &Joining<'_>) -> Result<Membership, JoinError> {
    match (joining.entry, joining.roster) {
        (Entry::Direct, Roster::Teachers | Roster::Students) => {}
        (Entry::Code(_), Roster::Teachers) => return Err(JoinError::NotAdmitted),
        (Entry::Code(code), Roster::Students) => admit(course, code)?,
    }
    if let Some(current) = joining.current {
        return Err(JoinError::AlreadyMember(current));
    }
    if !course.state.allows_edits() {
        return Err(JoinError::NotModifiable(course.state));
    }
    match (joining.entry, joining.owner) {
        (Entry::Code(_), OwnerAccount::Deleted) => return Err(JoinError::InactiveOwner),
        (Entry::Code(_) | Entry::Direct, OwnerAccount::There) | (Entry::Direct, OwnerAccount::Deleted) => {}
    }
    match (joining.status, joining.roster) {
        (UserStatus::Inactive, Roster::Teachers | Roster::Students) => Err(JoinError::InactiveUser),
        (UserStatus::Active, Roster::Teachers) => Ok(Membership::Teacher),
        (UserStatus::Active, Roster::Students) => Ok(Membership::Student),
    }
}

/// Whether the code opens the course. A code reveals the course to outsiders only in the states in which students see it.
fn admit(course: &Course, code: &str) -> Result<(), JoinError> {
    let known = match course.state {
        CourseState::Active | CourseState::Archived => true,
        CourseState::Provisioned | CourseState::Declined | CourseState::Suspended => false,
    };
    let fits = EnrollmentCode::parse(code).is_ok_and(|code| code == course.enrollment_code);
    if known && fits { Ok(()) } else { Err(JoinError::NotAdmitted) }
}

/// Why a user cannot be removed from a roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum LeaveError {
    /// The user is not on that roster.
    #[error("the user is not on this roster")]
    NotMember,
    /// The user owns the course.
    #[error("the owner cannot leave the course")]
    Owner,
    /// In this state the course cannot be changed.
    #[error("a course that is {0} cannot be modified")]
    NotModifiable(CourseState),
}

/// Decides whether a user is removed from a roster, and returns the membership that ends.
///
/// # Errors
/// The [`LeaveError`].
pub fn leave(course: &Course, roster: Roster, current: Option<Membership>) -> Result<Membership, LeaveError> {
    let current = current.filter(|current| current.roster() == roster).ok_or(LeaveError::NotMember)?;
    if !course.state.allows_edits() {
        return Err(LeaveError::NotModifiable(course.state));
    }
    match current {
        Membership::Owner => Err(LeaveError::Owner),
        Membership::Teacher | Membership::Student => Ok(current),
    }
}

/// A user to whom a course is to be handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct OwnerCandidate {
    /// The user.
    pub user: PrincipalId,
    /// The membership so far.
    pub membership: Option<Membership>,
    /// Whether the account of the user can be used.
    pub status: UserStatus,
}

/// Why a course cannot be handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum TransferError {
    /// The user owns the course.
    #[error("the user is the owner already")]
    UserAlreadyOwner,
    /// The user is not a co-teacher of the course, or does not exist.
    #[error("only a co-teacher can become the owner")]
    IneligibleOwner,
    /// The account of the user cannot be used.
    #[error("the account of the new owner is not active")]
    InactiveCourseOwner,
}

/// Decides on the new owner of a course; the old owner stays as a teacher. `None` is a user that does not exist. The account
/// of the old owner is not checked, so that a course can outlive it.
///
/// # Errors
/// The [`TransferError`].
pub fn transfer(course: &Course, candidate: Option<OwnerCandidate>) -> Result<PrincipalId, TransferError> {
    let candidate = candidate.ok_or(TransferError::IneligibleOwner)?;
    if candidate.user == course.owner {
        return Err(TransferError::UserAlreadyOwner);
    }
    match (candidate.membership, candidate.status) {
        (Some(Membership::Teacher), UserStatus::Active) => Ok(candidate.user),
        (Some(Membership::Teacher), UserStatus::Inactive) => Err(TransferError::InactiveCourseOwner),
        (Some(Membership::Owner | Membership::Student) | None, UserStatus::Active | UserStatus::Inactive) => {
            Err(TransferError::IneligibleOwner)
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::course::testing::course;
    use crate::id::Id;

    const CODE: &str = "zi7le";

    fn in_state(state: CourseState) -> Course {
        Course { state, enrollment_code: EnrollmentCode::parse(CODE).unwrap(), ..course() }
    }

    fn joining(roster: Roster, entry: Entry<'_>) -> Joining<'_> {
        Joining { roster, entry, current: None, status: UserStatus::Active, owner: OwnerAccount::There }
    }

    #[rstest]
    #[case("me", UserRef::Me)]
    #[case("118", UserRef::Id(Id::new(118)))]
    #[case("Teacher@Demo.Example", UserRef::Email("teacher@demo.example".into()))]
    #[case("", UserRef::Impossible)]
    #[case("teacher", UserRef::Impossible)]
    #[case("@demo.example", UserRef::Impossible)]
    #[case("teacher@", UserRef::Impossible)]
    #[case("teacher @demo.example", UserRef::Impossible)]
    #[case("ME", UserRef::Impossible)]
    #[case("99999999999999999999", UserRef::Impossible)]
    fn a_user_is_named_in_three_ways(#[case] text: &str, #[case] user: UserRef) {
        assert_eq!(UserRef::parse(text), user);
    }

    #[test]
    fn an_actor_with_the_right_adds_users_to_either_roster() {
        let course = in_state(CourseState::Active);
        assert_eq!(join(&course, &joining(Roster::Teachers, Entry::Direct)), Ok(Membership::Teacher));
        assert_eq!(join(&course, &joining(Roster::Students, Entry::Direct)), Ok(Membership::Student));
    }

    #[test]
    fn the_code_admits_students_to_courses_that_students_see() {
        let by_code = joining(Roster::Students, Entry::Code(CODE));
        for (state, outcome) in [
            (CourseState::Active, Ok(Membership::Student)),
            (CourseState::Archived, Err(JoinError::NotModifiable(CourseState::Archived))),
            (CourseState::Provisioned, Err(JoinError::NotAdmitted)),
            (CourseState::Declined, Err(JoinError::NotAdmitted)),
            (CourseState::Suspended, Err(JoinError::NotAdmitted)),
        ] {
            assert_eq!(join(&in_state(state), &by_code), outcome, "{state}");
        }
    }

    #[rstest]
    #[case(Roster::Students, "zi7lf")]
    #[case(Roster::Students, "")]
    #[case(Roster::Students, "zi7le ")]
    #[case(Roster::Teachers, CODE)]
    fn any_other_code_is_refused(#[case] roster: Roster, #[case] code: &str) {
        assert_eq!(join(&in_state(CourseState::Active), &joining(roster, Entry::Code(code))), Err(JoinError::NotAdmitted));
    }

    #[rstest]
    fn a_member_does_not_join_twice(#[values(Roster::Teachers, Roster::Students)] roster: Roster) {
        for current in Membership::ALL {
            let again = Joining { current: Some(current), ..joining(roster, Entry::Direct) };
            assert_eq!(join(&in_state(CourseState::Active), &again), Err(JoinError::AlreadyMember(current)));
        }
    }

    #[test]
    fn a_disabled_user_does_not_join() {
        let disabled = Joining { status: UserStatus::Inactive, ..joining(Roster::Students, Entry::Direct) };
        assert_eq!(join(&in_state(CourseState::Active), &disabled), Err(JoinError::InactiveUser));
    }

    #[test]
    fn the_code_of_a_course_without_an_owner_is_refused_and_reveals_nothing_to_outsiders() {
        let orphan = |entry| Joining { owner: OwnerAccount::Deleted, ..joining(Roster::Students, entry) };
        let course = in_state(CourseState::Active);
        assert_eq!(join(&course, &orphan(Entry::Code(CODE))), Err(JoinError::InactiveOwner));
        assert_eq!(join(&course, &orphan(Entry::Code("zi7lf"))), Err(JoinError::NotAdmitted));
        assert_eq!(join(&course, &orphan(Entry::Direct)), Ok(Membership::Student));
    }

    #[test]
    fn a_course_that_cannot_be_modified_keeps_its_roster() {
        for state in CourseState::ALL {
            let joined = join(&in_state(state), &joining(Roster::Students, Entry::Direct));
            let left = leave(&in_state(state), Roster::Students, Some(Membership::Student));
            if state.allows_edits() {
                assert_eq!((joined, left), (Ok(Membership::Student), Ok(Membership::Student)));
            } else {
                assert_eq!((joined, left), (Err(JoinError::NotModifiable(state)), Err(LeaveError::NotModifiable(state))));
            }
        }
    }

    #[rstest]
    #[case(Roster::Teachers, Some(Membership::Teacher), Ok(Membership::Teacher))]
    #[case(Roster::Teachers, Some(Membership::Owner), Err(LeaveError::Owner))]
    #[case(Roster::Teachers, Some(Membership::Student), Err(LeaveError::NotMember))]
    #[case(Roster::Students, Some(Membership::Student), Ok(Membership::Student))]
    #[case(Roster::Students, Some(Membership::Owner), Err(LeaveError::NotMember))]
    #[case(Roster::Students, None, Err(LeaveError::NotMember))]
    fn members_leave_the_roster_on_which_they_stand(
        #[case] roster: Roster,
        #[case] current: Option<Membership>,
        #[case] outcome: Result<Membership, LeaveError>,
    ) {
        assert_eq!(leave(&in_state(CourseState::Active), roster, current), outcome);
    }

    #[rstest]
    #[case(Some(Membership::Teacher), UserStatus::Active, Ok(Id::new(9)))]
    #[case(Some(Membership::Teacher), UserStatus::Inactive, Err(TransferError::InactiveCourseOwner))]
    #[case(Some(Membership::Student), UserStatus::Active, Err(TransferError::IneligibleOwner))]
    #[case(None, UserStatus::Active, Err(TransferError::IneligibleOwner))]
    #[case(None, UserStatus::Inactive, Err(TransferError::IneligibleOwner))]
    fn only_a_co_teacher_with_a_usable_account_becomes_the_owner(
        #[case] membership: Option<Membership>,
        #[case] status: UserStatus,
        #[case] outcome: Result<PrincipalId, TransferError>,
    ) {
        let candidate = OwnerCandidate { user: Id::new(9), membership, status };
        assert_eq!(transfer(&course(), Some(candidate)), outcome);
    }

    #[test]
    fn a_course_is_not_handed_to_its_owner_or_to_a_user_outside_of_it() {
        let course = course();
        let owner = OwnerCandidate { user: course.owner, membership: Some(Membership::Owner), status: UserStatus::Active };
        assert_eq!(transfer(&course, Some(owner)), Err(TransferError::UserAlreadyOwner));
        assert_eq!(transfer(&course, None), Err(TransferError::IneligibleOwner));
    }

    #[test]
    fn every_membership_is_found_by_its_name() {
        for membership in Membership::ALL {
            assert_eq!(Membership::by_name(membership.name()), Some(membership));
        }
        assert_eq!(Membership::by_name("guest"), None);
    }
}
