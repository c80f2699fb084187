//! What a document says, as forms and values of the domain.

use derslik_domain::attendee::AttendeeForm;
use derslik_domain::course::{CourseForm, CourseState};
use derslik_domain::form::{Field, RawText};
use derslik_domain::id::{PrincipalId, ProjectId, UserGuid};
use derslik_domain::identity::{Email, PersonName, PrincipalKind, Role, User, UserProfile, UserState, Username};
use derslik_domain::job::{NewJob, ReferenceId};
use derslik_domain::relative::{RelativeTime, RelativeTimeError};
use derslik_domain::session::SessionForm;
use derslik_domain::text::nearest;
use derslik_domain::time::{Timestamp, Zone};

use crate::{SeedCourse, SeedGuest, SeedJob, SeedPerson, SeedRole, SeedSession};

/// A member of a document that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct MemberError {
    /// The member.
    pub field: &'static str,
    /// What is wrong, in English.
    pub problem: String,
}

impl MemberError {
    fn new(field: &'static str, problem: &dyn std::fmt::Display) -> Self {
        Self { field, problem: problem.to_string() }
    }
}

/// The states that a course of a document can have.
const STATES: [&str; 4] = ["ACTIVE", "PROVISIONED", "ARCHIVED", "DECLINED"];

fn given(text: &str) -> Field<RawText> {
    Field::Given(text.as_bytes().to_vec())
}

fn given_if(text: Option<&String>) -> Field<RawText> {
    text.map_or(Field::Missing, |text| given(text))
}

/// The address of the person that a document names: by the address, or by the role of a person whom every account of a test has.
pub fn address_of(named: &str) -> String {
    if named.contains('@') { named.to_owned() } else { format!("{named}@test.example") }
}

/// The instant that a text means.
///
/// # Errors
/// [`MemberError`] if the text is not a time, or means one outside the years 1 to 9999.
pub fn instant(text: &str, now: Timestamp, zone: Zone) -> Result<Timestamp, MemberError> {
    let time: Result<RelativeTime, _> = text.parse();
    let time = time.map_err(|error: RelativeTimeError| MemberError::new("start", &format!("{text:?} is {error}")))?;
    time.resolve(now, zone).ok_or_else(|| MemberError::new("start", &format!("{text:?} is not in the years 1 to 9999")))
}

impl SeedPerson {
    /// The person, who was added at that instant.
    ///
    /// # Errors
    /// [`MemberError`].
    pub fn user(&self, id: PrincipalId, guid: UserGuid, at: Timestamp) -> Result<User, MemberError> {
        let refused = |field, error: &dyn std::fmt::Display| MemberError::new(field, error);
        Ok(User {
            id,
            guid,
            kind: PrincipalKind::User,
            role: match self.role {
                SeedRole::Admin => Role::Admin,
                SeedRole::Member => Role::Member,
            },
            username: self.username.as_deref().map(Username::parse).transpose().map_err(|error| refused("username", &error))?,
            email: Some(Email::parse(&self.email).map_err(|error| refused("email", &error))?),
            name: PersonName::new(self.name.as_str()).map_err(|error| refused("name", &error))?,
            surname: PersonName::new(self.surname.as_str()).map_err(|error| refused("surname", &error))?,
            status: UserState::Active,
            created_at: at,
            updated_at: at,
            profile: UserProfile::default(),
        })
    }
}

impl SeedCourse {
    /// The state that it has in the end.
    ///
    /// # Errors
    /// [`MemberError`] if no course of a seed can have it.
    pub fn last_state(&self) -> Result<CourseState, MemberError> {
        let Some(text) = self.state.as_deref() else { return Ok(CourseState::Active) };
        let state = CourseState::by_name(text).filter(|state| *state != CourseState::Suspended);
        state.ok_or_else(|| {
            let meant = nearest(text, STATES).map(|state| format!("; did you mean {state}?")).unwrap_or_default();
            MemberError::new("state", &format!("{text:?} is none of {}{meant}", STATES.join(", ")))
        })
    }

    /// The form of the request that creates it, for that owner. A course begins active, unless it stays provisioned.
    pub fn form(&self, owner: PrincipalId, last_state: CourseState) -> CourseForm {
        CourseForm {
            name: given(&self.name),
            section: given_if(self.section.as_ref()),
            description_heading: given_if(self.description_heading.as_ref()),
            description: given_if(self.description.as_ref()),
            room: given_if(self.room.as_ref()),
            owner: given(&owner.to_string()),
            state: Field::Given(if last_state == CourseState::Provisioned { last_state } else { CourseState::Active }),
            ..CourseForm::default()
        }
    }
}

impl SeedSession {
    /// The form of the request that creates it, with that start, in an account of that zone.
    pub fn form(&self, start: Timestamp, zone: Zone) -> SessionForm {
        SessionForm {
            name: given(&self.name),
            description: given_if(self.description.as_ref()),
            tags: given_if(self.tags.as_ref()),
            start_date: given(&start.in_zone(zone).to_string()),
            duration: Field::Given(self.duration),
            ..SessionForm::default()
        }
    }
}

impl SeedGuest {
    /// The form of the request that adds the guest.
    pub fn form(&self) -> AttendeeForm {
        AttendeeForm { email: given(&self.email), name: given(&self.name), surname: given(&self.surname), ..AttendeeForm::default() }
    }
}

impl SeedJob {
    /// The job of a project, which was asked for at that instant.
    ///
    /// # Errors
    /// [`MemberError`].
    pub fn job(&self, project: ProjectId, at: Timestamp, zone: Zone) -> Result<NewJob, MemberError> {
        let user = ReferenceId::new(self.erase.as_str()).map_err(|error| MemberError::new("erase", &error))?;
        let job = NewJob::delete_user_data(project, user, at);
        match &self.start {
            Some(start) => Ok(job.starting_at(instant(start, at, zone)?)),
            None => Ok(job),
        }
    }
}
