//! Courses: their states, members and details, and the requests that create, find and change them.
//!
//! | file | what it decides |
//! |---|---|
//! | `state` | which roles may move a course from one state to another, and what each state allows |
//! | `access` | the roles of a user towards a course |
//! | `authorize` | which actor may do what with a course |
//! | `settings` | what an account chooses for its courses |
//! | `membership`, `roster` | the kinds of members; who joins a course, leaves it and takes it over |
//! | `form`, `validate` | what a client sent for a course, and whether it is acceptable |
//! | `change` | the outcome of creating, changing and deleting a course |
//! | `moves` | where a course may go next, and why not elsewhere |
//! | `operate` | the operator's changes of a course |
//! | `mask` | which fields a change is about |
//! | `alias` | the names that clients choose for courses |
//! | `grading_period`, `date` | the stretches of days that grades are given for |
//! | `gradebook`, `material`, `codes` | the other data of a course |
//! | `list` | the filter, the order and the cursor of a list |
//!
//! Storage and wire formats are left to other crates.

mod access;
pub mod alias;
mod authorize;
mod change;
mod codes;
mod date;
mod form;
pub mod gradebook;
pub mod grading_period;
mod list;
mod mask;
pub mod material;
mod membership;
mod moves;
mod operate;
pub mod roster;
mod settings;
mod state;
mod validate;

#[cfg(test)]
mod testing;

use self::gradebook::GradebookSettings;
use self::material::{CourseMaterialSet, DriveFolder};
use crate::id::{CourseId, PrincipalId};
use crate::text::{Name, Text};
use crate::time::Timestamp;

pub use access::{CourseAccess, CourseRole};
pub use authorize::{
    CatalogueAction, CourseAction, CourseContext, CourseDenial, authorize_catalogue, authorize_course, check_owner, eligible_for_add_ons,
    eligible_for_grading_periods, may_read_profile, needs_owner,
};
pub use change::{
    Change, ChangeError, CourseFact, CreateError, Created, DeleteError, NamedOwner, NewCourseContext, Patch, assign_calendar, create,
    delete, move_to, patch, replace,
};
pub use codes::{CodeError, EnrollmentCode, GroupName};
pub use date::{CalendarDate, DateError, DateForm};
pub use form::CourseForm;
pub use list::{CourseCursor, CourseFilter, CourseListForm, CourseOrder, ListError, MemberFilter, Viewer};
pub use mask::{CourseField, CourseFields, UpdateMask};
pub use moves::{MoveRefusal, moves};
pub use operate::{AdjustError, OperatorSetting, RestoreError, adjust, restore, suspend};
pub use settings::{CourseSettings, GradingPeriodLicence, MemberCreation};
pub use state::{CourseState, CourseStates, StateConflict, Step, TransitionError, ends_suspension, step, transition, transition_table};
pub use validate::{CourseProblem, CourseViolation};

/// The name of a course: 1 to 750 characters.
pub type CourseName = Name<750>;
/// The section of a course: at most 2 800 characters.
pub type CourseSection = Text<2_800>;
/// The heading of the description of a course: at most 3 600 characters.
pub type DescriptionHeading = Text<3_600>;
/// The description of a course: at most 30 000 characters.
pub type CourseDescription = Text<30_000>;
/// The room of a course: at most 650 characters.
pub type CourseRoom = Text<650>;
/// The subject of a course: fewer than 1 000 characters.
pub type CourseSubject = Text<999>;
/// The levels of a course: fewer than 1 000 characters.
pub type CourseLevels = Text<999>;
/// The id of the calendar of a course: 1 to 254 characters.
pub type CalendarId = Name<254>;

/// A course: a group of teachers and students, with its details, settings and materials.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Course {
    /// Its id within the account.
    pub id: CourseId,
    /// The version of this copy.
    pub revision: Revision,
    /// The details that its teachers set.
    pub details: CourseDetails,
    /// The teacher who owns it.
    pub owner: PrincipalId,
    /// Its state.
    pub state: CourseState,
    /// The state before its suspension. It is set only for a [suspended](CourseState::Suspended) course, and not for a
    /// suspension older than this field.
    pub suspended_from: Option<CourseState>,
    /// The code by which students join it.
    pub enrollment_code: EnrollmentCode,
    /// The base of the names of its groups.
    pub group: GroupName,
    /// The folder that its teachers share.
    pub teacher_folder: Option<DriveFolder>,
    /// The materials of its "about" page.
    pub material_sets: Vec<CourseMaterialSet>,
    /// Whether guardians are told about it.
    pub guardians_enabled: bool,
    /// The id of its calendar, once it has one.
    pub calendar: Option<CalendarId>,
    /// The settings of its gradebook.
    pub gradebook: GradebookSettings,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was changed last: `created_at` until the first change.
    pub updated_at: Timestamp,
    /// When it became active for the first time.
    pub first_active_at: Option<Timestamp>,
}

/// The details of a course that its teachers set. A text that is set is not empty.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CourseDetails {
    /// Its name.
    pub name: CourseName,
    /// Its section: it distinguishes courses with the same name.
    pub section: Option<CourseSection>,
    /// The heading of the description.
    pub description_heading: Option<DescriptionHeading>,
    /// Its description.
    pub description: Option<CourseDescription>,
    /// The room in which it meets.
    pub room: Option<CourseRoom>,
    /// Its subject.
    pub subject: Option<CourseSubject>,
    /// The levels that it is meant for.
    pub levels: Option<CourseLevels>,
}

impl Course {
    /// Whether the course was active once and waits for its calendar.
    pub const fn awaits_calendar(&self) -> bool {
        self.first_active_at.is_some() && self.calendar.is_none()
    }

    /// The text in which searches look: name, section and room, [folded](crate::text::fold).
    pub fn search_key(&self) -> String {
        let details = &self.details;
        Self::search_key_of(details.name.as_str(), details.section.as_ref().map(Text::as_str), details.room.as_ref().map(Text::as_str))
    }

    /// The [search key](Course::search_key) of a course with this name, section and room.
    pub fn search_key_of(name: &str, section: Option<&str>, room: Option<&str>) -> String {
        codes::search_key([Some(name), section, room])
    }
}

/// The version of an object. Every change that is written increases it by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Revision(i64);

impl Revision {
    /// The version of a new object.
    pub const FIRST: Self = Self(1);

    /// The version of that number.
    pub const fn new(number: i64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The version after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

#[cfg(test)]
mod tests {
    use super::testing::course;
    use super::*;

    #[test]
    fn a_course_waits_for_its_calendar_from_its_first_activity_on() {
        let never = Course { first_active_at: None, ..course() };
        let waits = Course { first_active_at: Some(Timestamp::from_micros(1)), calendar: None, ..course() };
        let has = Course { calendar: Some(CalendarId::new("c").unwrap()), ..waits.clone() };
        assert_eq!([never, waits, has].map(|course| course.awaits_calendar()), [false, true, false]);
    }

    #[test]
    fn searches_see_name_section_and_room_folded() {
        let mut course = course();
        course.details.name = CourseName::new("FİZİK").unwrap();
        course.details.section = Some(CourseSection::new("10-A").unwrap());
        course.details.room = Some(CourseRoom::new("LAB").unwrap());
        assert_eq!(course.search_key(), "fizik\n10-a\nlab");
    }

    #[test]
    fn a_revision_counts_up_by_one() {
        assert_eq!(Revision::FIRST.next(), Revision::new(2));
        assert_eq!(Revision::new(i64::MAX).next().get(), i64::MAX);
    }
}
