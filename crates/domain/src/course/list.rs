//! Lists of courses: filter, order and cursor. Page tokens and storage are left to other crates.

use std::cmp::{Ordering, Reverse};

use crate::form::{Field, RawText};
use crate::id::{CourseId, PrincipalId};
use crate::identity::{Actor, Role};
use crate::text::{Text, fold};
use crate::time::Timestamp;

use super::access::{CourseAccess, CourseRole};
use super::roster::{Membership, Roster, UserRef};
use super::{Course, CourseState, CourseStates};

/// The form of a request to list courses, not validated yet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CourseListForm {
    /// A student of the courses.
    pub student: Field<RawText>,
    /// A teacher of the courses.
    pub teacher: Field<RawText>,
    /// The owner of the courses. No API offers this filter.
    pub owner: Option<UserRef>,
    /// The states; empty for every state.
    pub states: CourseStates,
    /// Words of the name, section or room. A course matches only if it has all of them.
    pub query: Field<RawText>,
    /// The order.
    pub order: CourseOrder,
}

/// Why a list was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum ListError {
    /// Both a student and a teacher were named.
    #[error("a list is filtered by a student or by a teacher, not by both")]
    StudentAndTeacher,
    /// The student has no usable value.
    #[error("the student has no usable value")]
    Student,
    /// The teacher has no usable value.
    #[error("the teacher has no usable value")]
    Teacher,
    /// The words have no usable value.
    #[error("the query has no usable value")]
    Query,
}

/// The member of a course by which a list is filtered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MemberFilter<User> {
    /// The roster that has to hold the user.
    pub roster: Roster,
    /// The user.
    pub user: User,
}

/// The courses that a list is about. The user is a [`UserRef`] until a lookup has found its id.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CourseFilter<User = PrincipalId> {
    /// The courses of this member.
    pub member: Option<MemberFilter<User>>,
    /// The courses of this owner.
    pub owner: Option<User>,
    /// The courses in one of these states.
    pub states: CourseStates,
    /// The courses whose [search key](Course::search_key) has each of these words, which are [folded](fold).
    pub words: Vec<String>,
    /// The order.
    pub order: CourseOrder,
}

/// The order of a list. Ids break ties, so that two courses never compare as equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum CourseOrder {
    /// By the time of creation, the newest first.
    #[default]
    NewestFirst,
    /// By the time of creation, the oldest first.
    OldestFirst,
}

/// A cursor: the position of a course in a list. The page after it begins with the next course.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CourseCursor {
    /// When the course was created.
    pub created_at: Timestamp,
    /// Its id.
    pub id: CourseId,
}

/// The longest text that a search accepts: as long as the longest stored text that it is compared with.
type SearchText = Text<2_800>;

impl CourseListForm {
    /// Validates the form.
    ///
    /// # Errors
    /// The first [`ListError`].
    pub fn validate(self) -> Result<CourseFilter<UserRef>, ListError> {
        let student = read_user(self.student).map_err(|()| ListError::Student)?;
        let teacher = read_user(self.teacher).map_err(|()| ListError::Teacher)?;
        let member = match (student, teacher) {
            (Some(_), Some(_)) => return Err(ListError::StudentAndTeacher),
            (Some(user), None) => Some(MemberFilter { roster: Roster::Students, user }),
            (None, Some(user)) => Some(MemberFilter { roster: Roster::Teachers, user }),
            (None, None) => None,
        };
        let query = self.query.given().map_err(|_| ListError::Query)?.unwrap_or_default();
        let query = SearchText::from_bytes(query).map_err(|_| ListError::Query)?;
        let words = fold(query.as_str()).split_whitespace().map(str::to_owned).collect();
        let states = if self.states.is_empty() { CourseState::ALL.into_iter().collect() } else { self.states };
        Ok(CourseFilter { member, owner: self.owner, states, words, order: self.order })
    }
}

fn read_user(user: Field<RawText>) -> Result<Option<UserRef>, ()> {
    let user = user.given().map_err(|_| ())?.filter(|user| !user.is_empty());
    user.map(|user| std::str::from_utf8(&user).map(UserRef::parse).map_err(|_| ())).transpose()
}

impl CourseFilter {
    /// The length in bytes at which a page of found courses ends early: the course whose texts reach it is the last one.
    pub const TEXT_BYTES: usize = 1024 * 1024;
}

impl CourseFilter<UserRef> {
    /// The same filter, with the id of the user that was found: as the member, as the owner, or as both.
    pub fn about(self, user: PrincipalId) -> CourseFilter {
        self.about_both(user, user)
    }

    /// The same filter, with the ids of the users that were found. It does not use the id of a user whom it does not name.
    pub fn about_both(self, member: PrincipalId, owner: PrincipalId) -> CourseFilter {
        CourseFilter {
            member: self.member.map(|filter| MemberFilter { roster: filter.roster, user: member }),
            owner: self.owner.map(|_| owner),
            states: self.states,
            words: self.words,
            order: self.order,
        }
    }
}

impl CourseOrder {
    /// Compares two cursors in this order.
    pub fn compare(self, one: CourseCursor, other: CourseCursor) -> Ordering {
        let key = |cursor: CourseCursor| (cursor.created_at, cursor.id);
        match self {
            Self::NewestFirst => Reverse(key(one)).cmp(&Reverse(key(other))),
            Self::OldestFirst => key(one).cmp(&key(other)),
        }
    }
}

impl CourseCursor {
    /// The cursor of a course.
    pub const fn of(course: &Course) -> Self {
        Self { created_at: course.created_at, id: course.id }
    }
}

/// The principal that sees a list: it holds only courses that this viewer may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Viewer {
    /// The principal.
    pub principal: PrincipalId,
    /// The role of the principal in the account.
    pub role: Role,
    /// Whether the operator looks by that principal: the operator sees every course.
    pub is_operator: bool,
}

impl Viewer {
    /// The actor as a viewer.
    pub fn of(actor: &Actor) -> Self {
        Self { principal: actor.principal.id, role: actor.principal.role, is_operator: actor.operator.is_some() }
    }

    /// The states in which the viewer sees courses as a member of that kind; `None` stands for courses without membership.
    pub fn states_as(self, membership: Option<Membership>) -> CourseStates {
        let access = self.access(membership);
        CourseState::ALL.into_iter().filter(|state| access.any(|role| state.is_visible_to(role))).collect()
    }

    /// Whether the viewer sees courses without being a member.
    pub fn sees_all(self) -> bool {
        self.access(None).any(|role| matches!(role, CourseRole::Admin | CourseRole::Operator))
    }

    /// The access of the viewer as a member of that kind.
    fn access(self, membership: Option<Membership>) -> CourseAccess {
        if self.is_operator { CourseAccess::OPERATOR } else { CourseAccess::of(self.role, membership) }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::course::testing::given;
    use crate::id::Id;

    #[test]
    fn a_viewer_of_all_courses_sees_no_more_as_a_member() {
        let viewers = [(Role::Admin, false), (Role::Admin, true), (Role::Member, true)];
        for (role, is_operator) in viewers {
            let viewer = Viewer { principal: Id::new(1), role, is_operator };
            assert!(viewer.sees_all());
            let shown = Membership::ALL.map(|membership| viewer.access(Some(membership)).sees_staff_fields());
            assert_eq!(shown, [viewer.access(None).sees_staff_fields(); 3]);
        }
    }

    #[test]
    fn an_empty_form_is_about_every_course_the_newest_first() {
        let filter = CourseListForm::default().validate().unwrap();
        assert_eq!((filter.member, filter.words.len(), filter.order), (None, 0, CourseOrder::NewestFirst));
        assert!(filter.states.iter().eq(CourseState::ALL));
    }

    #[test]
    fn a_list_is_about_a_student_or_a_teacher() {
        let student = CourseListForm { student: given("me"), teacher: given(""), ..Default::default() }.validate().unwrap();
        assert_eq!(student.member, Some(MemberFilter { roster: Roster::Students, user: UserRef::Me }));
        let teacher = CourseListForm { teacher: given("7"), ..Default::default() }.validate().unwrap().about(Id::new(7));
        assert_eq!(teacher.member, Some(MemberFilter { roster: Roster::Teachers, user: Id::new(7) }));
        let both = CourseListForm { student: given("me"), teacher: given("me"), ..Default::default() };
        assert_eq!(both.validate(), Err(ListError::StudentAndTeacher));
    }

    #[test]
    fn an_owner_is_named_beside_a_member_or_alone() {
        let named = |form: CourseListForm| form.validate().unwrap().about_both(Id::new(7), Id::new(8));
        let alone = named(CourseListForm { owner: Some(UserRef::Id(Id::new(8))), ..Default::default() });
        assert_eq!((alone.member, alone.owner), (None, Some(Id::new(8))));
        let both = named(CourseListForm { owner: Some(UserRef::Me), student: given("7"), ..Default::default() });
        assert_eq!((both.member.map(|member| member.user), both.owner), (Some(Id::new(7)), Some(Id::new(8))));
        assert_eq!(named(CourseListForm::default()).owner, None);
    }

    #[test]
    fn what_has_no_usable_value_is_refused() {
        let student = CourseListForm { student: Field::Repeated, ..Default::default() };
        assert_eq!(student.validate(), Err(ListError::Student));
        let teacher = CourseListForm { teacher: Field::Given(b"\xff".to_vec()), ..Default::default() };
        assert_eq!(teacher.validate(), Err(ListError::Teacher));
        let query = CourseListForm { query: given("a\0"), ..Default::default() };
        assert_eq!(query.validate(), Err(ListError::Query));
    }

    #[test]
    fn words_are_folded_and_parted_by_white_space() {
        let form = CourseListForm { query: given("  FİZİK\tLab  10-A "), ..Default::default() };
        assert_eq!(form.validate().unwrap().words, ["fizik", "lab", "10-a"]);
    }

    #[test]
    fn ids_break_ties_of_time_in_the_direction_of_the_list() {
        let place = |micros, id| CourseCursor { created_at: Timestamp::from_micros(micros), id: Id::new(id) };
        let mut places = [place(1, 1), place(2, 9), place(2, 10), place(1, 2)];
        places.sort_by(|one, other| CourseOrder::NewestFirst.compare(*one, *other));
        assert_eq!(places, [place(2, 10), place(2, 9), place(1, 2), place(1, 1)]);
        places.sort_by(|one, other| CourseOrder::OldestFirst.compare(*one, *other));
        assert_eq!(places, [place(1, 1), place(1, 2), place(2, 9), place(2, 10)]);
    }

    #[rstest]
    #[case(Role::Member, None, "")]
    #[case(Role::Member, Some(Membership::Student), "ACTIVE ARCHIVED")]
    #[case(Role::Member, Some(Membership::Teacher), "ACTIVE ARCHIVED")]
    #[case(Role::Member, Some(Membership::Owner), "ACTIVE ARCHIVED PROVISIONED DECLINED SUSPENDED")]
    #[case(Role::Admin, None, "ACTIVE ARCHIVED PROVISIONED DECLINED")]
    #[case(Role::Admin, Some(Membership::Student), "ACTIVE ARCHIVED PROVISIONED DECLINED")]
    #[case(Role::Admin, Some(Membership::Owner), "ACTIVE ARCHIVED PROVISIONED DECLINED SUSPENDED")]
    fn a_list_holds_what_its_viewer_sees(#[case] role: Role, #[case] membership: Option<Membership>, #[case] seen: &str) {
        let viewer = Viewer { principal: Id::new(1), role, is_operator: false };
        let names: Vec<&str> = viewer.states_as(membership).iter().map(CourseState::name).collect();
        assert_eq!(names.join(" "), seen);
        assert_eq!(viewer.sees_all(), role == Role::Admin);
    }

    #[test]
    fn the_operator_sees_courses_in_every_state() {
        for role in [Role::Member, Role::Admin] {
            let viewer = Viewer { principal: Id::new(1), role, is_operator: true };
            assert!(viewer.sees_all() && viewer.states_as(None).iter().eq(CourseState::ALL));
        }
    }
}
