//! A course as a row of the table `courses`.
#![expect(clippy::ref_option_ref, reason = "the derives of diesel borrow every field, optional references too")]

use derslik_domain::course::roster::Membership;
use derslik_domain::course::{CalendarId, Course, CourseDetails, CourseName, CourseState, EnrollmentCode, GroupName, Revision};
use derslik_domain::id::{AccountId, Id};
use derslik_domain::text::{Text, TextError};
use derslik_ports::outbound::{CourseWithMembership, StoreError};
use diesel::prelude::{Insertable, Queryable, Selectable};

use super::extras;
use crate::db::rows::written_bytes;
use crate::db::schema::courses;
use crate::db::types::{DbInstant, DbJson};

/// The columns that are read. The folded column of searches is never read.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = courses)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(super) struct CourseRow {
    id: i64,
    revision: i64,
    state: i16,
    owner_id: i64,
    name: String,
    section: Option<String>,
    description_heading: Option<String>,
    description: Option<String>,
    room: Option<String>,
    subject: Option<String>,
    levels: Option<String>,
    enrollment_code: String,
    group_name: String,
    extras: DbJson,
    guardians_enabled: bool,
    calendar_id: Option<String>,
    created_at: DbInstant,
    updated_at: DbInstant,
    first_active_at: Option<DbInstant>,
    suspended_from: Option<i16>,
}

impl CourseRow {
    /// The columns that are read, each with the name of the table, for SQL that is written by hand.
    pub(super) fn columns(table: &str) -> String {
        const COLUMNS: [&str; 20] = [
            "id",
            "revision",
            "state",
            "owner_id",
            "name",
            "section",
            "description_heading",
            "description",
            "room",
            "subject",
            "levels",
            "enrollment_code",
            "group_name",
            "extras",
            "guardians_enabled",
            "calendar_id",
            "created_at",
            "updated_at",
            "first_active_at",
            "suspended_from",
        ];
        COLUMNS.map(|column| format!("{table}.{column}")).join(", ")
    }
}

impl CourseRow {
    /// The bytes of its texts, as they are written into an answer.
    pub(super) fn text_bytes(&self) -> usize {
        let texts = [&self.section, &self.description_heading, &self.description, &self.room, &self.subject, &self.levels];
        let texts: usize = texts.into_iter().flatten().map(|text| written_bytes(text)).sum();
        written_bytes(&self.name) + texts + self.extras.0.len()
    }
}

/// The columns that are written.
#[derive(Debug, Insertable)]
#[diesel(table_name = courses)]
#[diesel(treat_none_as_default_value = false)]
pub(super) struct NewCourseRow<'a> {
    pub(super) account_id: i64,
    pub(super) id: i64,
    pub(super) revision: i64,
    pub(super) state: i16,
    pub(super) owner_id: i64,
    pub(super) name: &'a str,
    pub(super) section: Option<&'a str>,
    pub(super) description_heading: Option<&'a str>,
    pub(super) description: Option<&'a str>,
    pub(super) room: Option<&'a str>,
    pub(super) subject: Option<&'a str>,
    pub(super) levels: Option<&'a str>,
    pub(super) search_key: String,
    pub(super) enrollment_code: &'a str,
    pub(super) group_name: String,
    pub(super) extras: DbJson,
    pub(super) guardians_enabled: bool,
    pub(super) calendar_id: Option<&'a str>,
    pub(super) created_at: DbInstant,
    pub(super) updated_at: DbInstant,
    pub(super) first_active_at: Option<DbInstant>,
    pub(super) suspended_from: Option<i16>,
}

impl<'a> NewCourseRow<'a> {
    pub(super) fn new(account: AccountId, course: &'a Course) -> Self {
        // A new field does not compile until it is written. The extras hold three of the fields.
        let Course {
            id,
            revision,
            details: CourseDetails { name, section, description_heading, description, room, subject, levels },
            owner,
            state,
            suspended_from,
            enrollment_code,
            group,
            teacher_folder: _,
            material_sets: _,
            guardians_enabled,
            calendar,
            gradebook: _,
            created_at,
            updated_at,
            first_active_at,
        } = course;
        Self {
            account_id: account.get(),
            id: id.get(),
            revision: revision.get(),
            state: state.code(),
            owner_id: owner.get(),
            name: name.as_str(),
            section: section.as_ref().map(Text::as_str),
            description_heading: description_heading.as_ref().map(Text::as_str),
            description: description.as_ref().map(Text::as_str),
            room: room.as_ref().map(Text::as_str),
            subject: subject.as_ref().map(Text::as_str),
            levels: levels.as_ref().map(Text::as_str),
            search_key: course.search_key(),
            enrollment_code: enrollment_code.as_str(),
            group_name: group.of_members(),
            extras: DbJson(extras::to_json(course)),
            guardians_enabled: *guardians_enabled,
            calendar_id: calendar.as_ref().map(CalendarId::as_str),
            created_at: DbInstant(*created_at),
            updated_at: DbInstant(*updated_at),
            first_active_at: first_active_at.map(DbInstant),
            suspended_from: suspended_from.map(CourseState::code),
        }
    }
}

fn corrupt(column: &'static str) -> StoreError {
    StoreError::Corrupt { table: "courses", column }
}

fn text<const MAX: usize>(text: Option<String>, column: &'static str) -> Result<Option<Text<MAX>>, StoreError> {
    text.map(Text::new).transpose().map_err(|_: TextError| corrupt(column))
}

impl TryFrom<CourseRow> for Course {
    type Error = StoreError;

    fn try_from(row: CourseRow) -> Result<Self, StoreError> {
        let extras = extras::from_json(&row.extras.0).ok_or_else(|| corrupt("extras"))?;
        let details = CourseDetails {
            name: CourseName::new(row.name).map_err(|_| corrupt("name"))?,
            section: text(row.section, "section")?,
            description_heading: text(row.description_heading, "description_heading")?,
            description: text(row.description, "description")?,
            room: text(row.room, "room")?,
            subject: text(row.subject, "subject")?,
            levels: text(row.levels, "levels")?,
        };
        let read_state = |code: i16| CourseState::by_code(code.into()).ok_or_else(|| corrupt("state"));
        let state = read_state(row.state)?;
        Ok(Self {
            id: Id::new(row.id),
            revision: Revision::new(row.revision),
            details,
            owner: Id::new(row.owner_id),
            state,
            suspended_from: row.suspended_from.filter(|_| state == CourseState::Suspended).map(read_state).transpose()?,
            enrollment_code: EnrollmentCode::parse(&row.enrollment_code).map_err(|_| corrupt("enrollment_code"))?,
            group: GroupName::parse(&row.group_name).map_err(|_| corrupt("group_name"))?,
            teacher_folder: extras.teacher_folder,
            material_sets: extras.material_sets,
            guardians_enabled: row.guardians_enabled,
            calendar: row.calendar_id.map(CalendarId::new).transpose().map_err(|_| corrupt("calendar_id"))?,
            gradebook: extras.gradebook,
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
            first_active_at: row.first_active_at.map(|at| at.0),
        })
    }
}

/// A course with the membership of the viewer.
pub(super) fn record(row: CourseRow, membership: Option<&str>) -> Result<CourseWithMembership, StoreError> {
    Ok(CourseWithMembership { course: row.try_into()?, membership: membership.map(read_membership).transpose()? })
}

pub(super) fn read_membership(name: &str) -> Result<Membership, StoreError> {
    Membership::by_name(name).ok_or(StoreError::Corrupt { table: "course_members", column: "membership" })
}
