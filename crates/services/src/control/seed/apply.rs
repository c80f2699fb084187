//! Writes the content of a seed into an account, within the transaction of its caller.

use std::collections::HashMap;
use std::sync::Arc;

use derslik_domain::attendee::{AttendeeBatch, AttendeeForm, AttendeeVerdict};
use derslik_domain::course::alias::{Alias, AliasSpace};
use derslik_domain::course::roster::Membership;
use derslik_domain::form::Field;
use derslik_domain::id::{Id, PrincipalId, ProjectId, SessionGuid};
use derslik_domain::identity::{Account, Actor, CredentialRoot, Email, Principal, PrincipalKind, Role, Scope, User, UserKey};
use derslik_domain::page::PageRequest;
use derslik_domain::session::{Batch, BatchItem, Creator, Target as SessionTarget, Verdict};
use derslik_domain::text::nearest;
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::CourseError;
use derslik_ports::inbound::control::{ControlError, SeedCounts};
use derslik_ports::outbound::{Ids, Stores};
use derslik_seed::{MemberError, Seed, SeedAttendee, SeedCourse, SeedJob, SeedPerson, SeedRole, SeedSession, address_of, instant};

use super::refusals;
use crate::attendees::apply as apply_attendees;
use crate::courses::create_course;

/// The account that gets the content.
#[derive(Debug, Clone)]
pub(in crate::control) struct Target {
    pub(in crate::control) account: Account,
    /// Its service principal, which is the creator.
    pub(in crate::control) service: PrincipalId,
    /// The project of its jobs and of `p:` aliases.
    pub(in crate::control) project: Option<ProjectId>,
}

impl Target {
    /// An account that exists.
    pub(in crate::control) fn of(stores: &mut dyn Stores, account: Account) -> Result<Self, ControlError> {
        let service = stores.users().find_service(account.id)?;
        let service = service.ok_or_else(|| ControlError::Conflict("the account has no service principal".to_owned()))?;
        let projects = stores.projects().list(account.id, PageRequest { size: 1, after: None })?;
        Ok(Self { service: service.id, project: projects.first().map(|project| project.id), account })
    }
}

/// The steps of one seed.
struct Writer<'w> {
    stores: &'w mut dyn Stores,
    ids: &'w dyn Ids,
    actor: Actor,
    at: Timestamp,
    /// The people of the account that were looked up, by the text that names them.
    people: HashMap<String, User>,
}

/// Writes the content.
pub(in crate::control) fn apply(
    stores: &mut dyn Stores,
    target: &Target,
    seed: &Seed,
    ids: &dyn Ids,
    at: Timestamp,
) -> Result<SeedCounts, ControlError> {
    let actor = Actor {
        shown_account: target.account.id,
        account: Arc::new(target.account.clone()),
        principal: Principal { id: target.service, kind: PrincipalKind::Service, role: Role::Admin },
        scopes: Scope::ALL.into_iter().collect(),
        credential: Id::new(0),
        root: CredentialRoot::Credential(Id::new(0)),
        project: target.project,
        trace: None,
        operator: None,
    };
    let mut writer = Writer { stores, ids, actor, at, people: HashMap::new() };
    for (place, person) in seed.people.iter().enumerate() {
        writer.person(person, place)?;
    }
    for (place, course) in seed.courses.iter().enumerate() {
        writer.course(course, place)?;
    }
    for (place, session) in seed.sessions.iter().enumerate() {
        writer.session(session, place)?;
    }
    for (place, job) in seed.jobs.iter().enumerate() {
        writer.job(job, place)?;
    }
    let Seed { people, courses, sessions, jobs } = seed;
    Ok(SeedCounts { people: people.len(), courses: courses.len(), sessions: sessions.len(), jobs: jobs.len() })
}

/// The roles by which a document names people.
const ROLES: [&str; 5] = ["admin", "teacher", "coteacher", "student", "stranger"];

/// The person of a role, as a new account of a test has one.
fn of_role(role: &str) -> SeedPerson {
    let in_account = if role == "admin" { SeedRole::Admin } else { SeedRole::Member };
    let (email, name) = (address_of(role), role.to_owned());
    SeedPerson { email, name, surname: "Test".to_owned(), username: None, role: in_account }
}

/// Says that a text means no person, and who may have been meant.
fn no_person(named: &str) -> String {
    let hint = if named.contains('@') {
        String::new()
    } else {
        let meant = nearest(named, ROLES).map(|role| format!("; did you mean {role:?}?")).unwrap_or_default();
        format!(": a person is named by the e-mail address, or by a role of {}{meant}", ROLES.join(", "))
    };
    format!("there is no person {named:?}{hint}")
}

/// The refusal of a member of an object.
fn refused(object: &str, error: MemberError) -> ControlError {
    ControlError::invalid(&format!("{object}.{}", error.field), error.problem)
}

impl Writer<'_> {
    fn person(&mut self, person: &SeedPerson, place: usize) -> Result<(), ControlError> {
        let object = format!("people.{place}");
        let account = self.actor.account_id();
        let (id, guid) = (self.stores.users().next_id(account)?, self.ids.user_guid_of(account));
        let user = person.user(id, guid, self.at).map_err(|error| refused(&object, error))?;
        let by_email = user.email.clone().map(UserKey::Email);
        if let Some(key) = by_email
            && self.stores.users().find(account, &key)?.is_some()
        {
            return Ok(());
        }
        let by_username = user.username.clone().map(UserKey::Username);
        if let Some(key) = by_username
            && self.stores.users().find(account, &key)?.is_some()
        {
            return Err(ControlError::invalid(&format!("{object}.username"), "another person has this user name"));
        }
        self.stores.users().add(account, &user)?;
        Ok(())
    }

    /// The person of that address, or of that role. An account that was not made for a test, such as `demo`, may have people of a role at
    /// its own addresses. A role that has no person gets one.
    fn find(&mut self, named: &str, field: &str) -> Result<User, ControlError> {
        if let Some(user) = self.people.get(named) {
            return Ok(user.clone());
        }
        let mut found = self.by_address(&address_of(named))?;
        if let Some(role) = ROLES.iter().find(|role| **role == named).copied()
            && found.is_none()
        {
            let own = format!("{role}@{}.example", self.actor.account.name.as_str());
            found = self.by_address(&own)?;
            if found.is_none() {
                self.person(&of_role(role), 0)?;
                found = self.by_address(&address_of(role))?;
            }
        }
        let user = found.ok_or_else(|| ControlError::invalid(field, no_person(named)))?;
        self.people.insert(named.to_owned(), user.clone());
        Ok(user)
    }

    fn by_address(&mut self, address: &str) -> Result<Option<User>, ControlError> {
        match Email::parse(address) {
            Ok(email) => Ok(self.stores.users().find(self.actor.account_id(), &UserKey::Email(email))?),
            Err(_) => Ok(None),
        }
    }

    fn course(&mut self, course: &SeedCourse, place: usize) -> Result<(), ControlError> {
        let field = |name: &str| format!("courses.{place}.{name}");
        let owner = self.find(&course.owner, &field("owner"))?;
        let state = course.last_state().map_err(|error| refused(&format!("courses.{place}"), error))?;
        let form = course.form(owner.id, state);
        let created = create_course(&mut *self.stores, &self.actor, form, self.ids, self.at);
        let created = created.map_err(|error| match error {
            CourseError::Store(error) => error.into(),
            error => refusals::of_course(&format!("courses.{place}"), &error),
        })?;
        let (account, mut course_now) = (self.actor.account_id(), created.course);
        for (number, text) in course.aliases.iter().enumerate() {
            let refuse = |problem: String| ControlError::invalid(&field(&format!("aliases.{number}")), problem);
            let alias = Alias::parse(text).map_err(|error| refuse(error.to_string()))?;
            let space = AliasSpace::of(alias.scope(), self.actor.project).map_err(|error| refuse(error.to_string()))?;
            // It is looked for before, since a refused row would end the transaction.
            if let Some(taken_by) = self.stores.aliases().resolve(account, space, &alias)? {
                let holder = if taken_by == course_now.id { "this course has it already" } else { "another course has it" };
                return Err(refuse(format!("the alias {text:?} is taken: {holder}")));
            }
            self.stores.aliases().add(account, course_now.id, space, &alias, self.at)?;
        }
        for (name, people, membership) in
            [("teachers", &course.teachers, Membership::Teacher), ("students", &course.students, Membership::Student)]
        {
            for person in people {
                let user = self.find(person, &field(name))?;
                self.stores.rosters().put(account, &course_now, user.id, membership, self.at)?;
            }
        }
        if state != course_now.state {
            course_now.state = state;
            self.stores.courses().update(account, &course_now)?;
        }
        Ok(())
    }

    fn session(&mut self, session: &SeedSession, place: usize) -> Result<(), ControlError> {
        let account = Arc::clone(&self.actor.account);
        let zone = account.settings.timezone;
        let start = instant(&session.start, self.at, zone).map_err(|error| refused(&format!("sessions.{place}"), error))?;
        let form = session.form(start, zone);
        // A session of the past was made before it began.
        let creator = Creator { principal: self.actor.principal.id, settings: &account.settings, now: self.at.min(start) };
        let batch = Batch::new(vec![BatchItem::Session(SessionTarget::New, Box::new(form))]);
        let outcome = batch.decide(HashMap::new(), &creator, || self.ids.session_guid_of(account.id));
        let guid = match outcome.verdicts() {
            [Verdict::Created(session)] => session.guid,
            [Verdict::Refused(violations)] => return Err(refusals::of_session(&format!("sessions.{place}"), session, violations)),
            _ => return Err(ControlError::invalid(&format!("sessions.{place}"), "the session was not created")),
        };
        self.stores.sessions().insert_many(account.id, &outcome.inserts())?;
        self.attendees(guid, &session.attendees, &format!("sessions.{place}.attendees"))
    }

    fn attendees(&mut self, session: SessionGuid, attendees: &[SeedAttendee], field: &str) -> Result<(), ControlError> {
        if attendees.is_empty() {
            return Ok(());
        }
        let mut items = Vec::with_capacity(attendees.len());
        for attendee in attendees {
            let form = match attendee {
                SeedAttendee::Person(named) => {
                    let user = self.find(named, field)?;
                    AttendeeForm { user: Field::Given(user.guid.to_string().into_bytes()), ..AttendeeForm::default() }
                }
                SeedAttendee::Guest(guest) => guest.form(),
            };
            items.push(form.validate());
        }
        let batch = AttendeeBatch::new(items);
        let refuse = |error: &dyn std::fmt::Display| ControlError::invalid(field, error.to_string());
        let outcome = apply_attendees(&mut *self.stores, self.actor.account_id(), session, batch, self.ids, self.at);
        let outcome = outcome.map_err(|error| refuse(&error))?;
        let refused = outcome.verdicts.iter().enumerate().find_map(|(place, verdict)| match verdict {
            AttendeeVerdict::Refused(refusal) => Some((place, refusal)),
            AttendeeVerdict::Done(_) => None,
        });
        match refused {
            Some((place, refusal)) => Err(refusals::of_attendee(&format!("{field}.{place}"), refusal)),
            None => Ok(()),
        }
    }

    fn job(&mut self, job: &SeedJob, place: usize) -> Result<(), ControlError> {
        let object = format!("jobs.{place}");
        let account = Arc::clone(&self.actor.account);
        let project = self.actor.project.ok_or_else(|| ControlError::invalid(&object, "the account has no project"))?;
        let new = job.job(project, self.at, account.settings.timezone).map_err(|error| refused(&object, error))?;
        let new = new.with_id(self.ids.job_of(account.id));
        self.stores.jobs().enqueue(self.actor.account_id(), &new)?;
        Ok(())
    }
}
