//! Writes the content of an account as a document, from its rows.

use std::collections::{BTreeMap, HashMap};

use derslik_domain::course::CourseState;
use derslik_domain::course::roster::Membership;
use derslik_domain::job::{Action, JobStatus};
use derslik_domain::relative::RelativeTime;
use derslik_domain::time::{Timestamp, Zone};
use derslik_ports::inbound::control::ControlError;
use derslik_ports::outbound::AccountRows;
use derslik_seed::{Seed, SeedAttendee, SeedCourse, SeedGuest, SeedJob, SeedPerson, SeedRole, SeedSession};
use serde_json::Value;

/// The addresses of the people that every account of a test has.
const OF_EVERY_ACCOUNT: &str = "@test.example";

/// The rows of a table.
type Rows = HashMap<&'static str, Vec<Value>>;

/// The document.
pub(in crate::control) fn export(rows: &AccountRows, now: Timestamp, zone: Zone) -> Result<String, ControlError> {
    let unreadable = |error: &dyn std::fmt::Display| ControlError::Conflict(format!("the content can't be written: {error}"));
    let mut parsed = Rows::new();
    for table in &rows.tables {
        let values: Result<Vec<Value>, _> = table.rows.iter().map(|row| serde_json::from_str(row)).collect();
        parsed.insert(table.table, values.map_err(|error| unreadable(&error))?);
    }
    let exporter = Exporter { people: Named::of(&parsed), rows: parsed, now, zone };
    exporter.seed().to_yaml().map_err(|error| unreadable(&error))
}

/// The addresses of people, by id and by GUID.
#[derive(Default)]
struct Named {
    by_id: HashMap<i64, String>,
    by_guid: HashMap<String, String>,
}

impl Named {
    fn of(rows: &Rows) -> Self {
        let mut named = Self::default();
        for person in rows.get("principals").into_iter().flatten() {
            if let Some(email) = text(person, "email") {
                named.by_id.insert(number(person, "id"), email.clone());
                named.by_guid.insert(text(person, "guid").unwrap_or_default(), email);
            }
        }
        named
    }
}

struct Exporter {
    rows: Rows,
    people: Named,
    now: Timestamp,
    zone: Zone,
}

impl Exporter {
    fn seed(&self) -> Seed {
        Seed { people: self.people(), courses: self.courses(), sessions: self.sessions(), jobs: self.jobs() }
    }

    fn rows(&self, table: &str) -> impl Iterator<Item = &Value> {
        self.rows.get(table).into_iter().flatten()
    }

    fn people(&self) -> Vec<SeedPerson> {
        let person = |row: &Value| {
            let email = text(row, "email").filter(|email| !email.ends_with(OF_EVERY_ACCOUNT))?;
            let role = if text(row, "role").as_deref() == Some("admin") { SeedRole::Admin } else { SeedRole::Member };
            let (name, surname) = (text(row, "name").unwrap_or_default(), text(row, "surname").unwrap_or_default());
            Some(SeedPerson { email, name, surname, username: text(row, "username"), role })
        };
        let mut people: Vec<_> = self.rows("principals").filter_map(person).collect();
        people.sort_by(|one, other| one.email.cmp(&other.email));
        people
    }

    fn courses(&self) -> Vec<SeedCourse> {
        let mut aliases: BTreeMap<i64, Vec<String>> = BTreeMap::new();
        for alias in self.rows("course_aliases") {
            aliases.entry(number(alias, "course_id")).or_default().extend(text(alias, "alias"));
        }
        let members = |course: i64, membership: Membership| {
            let is_member =
                |row: &&Value| number(row, "course_id") == course && text(row, "membership").as_deref() == Some(membership.name());
            let members = self.rows("course_members").filter(is_member);
            let mut named: Vec<_> = members.filter_map(|row| self.people.by_id.get(&number(row, "user_id")).cloned()).collect();
            named.sort();
            named
        };
        let course = |row: &Value| {
            let id = number(row, "id");
            let stored = CourseState::by_code(number(row, "state"));
            let before = row.get("suspended_from").and_then(Value::as_i64).and_then(CourseState::by_code);
            let state = stored.filter(|state| *state != CourseState::Suspended).or(before).unwrap_or(CourseState::Active);
            Some(SeedCourse {
                name: text(row, "name")?,
                owner: self.people.by_id.get(&number(row, "owner_id"))?.clone(),
                state: (state != CourseState::Active).then(|| state.name().to_owned()),
                section: text(row, "section"),
                description_heading: text(row, "description_heading"),
                description: text(row, "description"),
                room: text(row, "room"),
                aliases: aliases.get(&id).cloned().unwrap_or_default(),
                teachers: members(id, Membership::Teacher),
                students: members(id, Membership::Student),
            })
        };
        let mut courses: Vec<_> = self.rows("courses").filter_map(course).collect();
        for course in &mut courses {
            course.aliases.sort();
        }
        courses.sort_by(|one, other| (&one.name, &one.section, &one.owner).cmp(&(&other.name, &other.section, &other.owner)));
        courses
    }

    fn sessions(&self) -> Vec<SeedSession> {
        let mut attendees: BTreeMap<String, Vec<SeedAttendee>> = BTreeMap::new();
        for row in self.rows("attendees") {
            let person = text(row, "user_guid").and_then(|guid| self.people.by_guid.get(&guid).cloned());
            let guest = || SeedGuest {
                email: text(row, "email").unwrap_or_default(),
                name: text(row, "name").unwrap_or_default(),
                surname: text(row, "surname").unwrap_or_default(),
            };
            let attendee = person.map_or_else(|| SeedAttendee::Guest(guest()), SeedAttendee::Person);
            attendees.entry(text(row, "session_guid").unwrap_or_default()).or_default().push(attendee);
        }
        let session = |row: &Value| {
            let start: Timestamp = text(row, "start_at")?.parse().ok()?;
            let mut attendees = attendees.get(&text(row, "guid")?).cloned().unwrap_or_default();
            attendees.sort_by_key(address);
            let session = SeedSession {
                name: text(row, "name")?,
                start: RelativeTime::of(start, self.now, self.zone).to_string(),
                duration: number(row, "duration_minutes"),
                description: text(row, "description"),
                tags: text(row, "tags"),
                attendees,
            };
            (number(row, "status") >= 0).then_some((start, session))
        };
        let mut sessions: Vec<_> = self.rows("sessions").filter_map(session).collect();
        sessions.sort_by(|(one, first), (other, second)| (one, &first.name).cmp(&(other, &second.name)));
        sessions.into_iter().map(|(_, session)| session).collect()
    }

    fn jobs(&self) -> Vec<SeedJob> {
        let job = |row: &Value| {
            let is = |column: &str, value: &str| text(row, column).as_deref() == Some(value);
            let start: Timestamp = text(row, "start_at")?.parse().ok()?;
            let is_waiting = is("action", Action::DeleteUserData.name()) && is("status", JobStatus::Scheduled.name());
            let start = RelativeTime::of(start, self.now, self.zone).to_string();
            is_waiting.then_some(SeedJob { erase: text(row, "reference")?, start: Some(start) })
        };
        let mut jobs: Vec<_> = self.rows("jobs").filter_map(job).collect();
        jobs.sort_by(|one, other| one.erase.cmp(&other.erase));
        jobs
    }
}

/// What attendees are ordered by.
fn address(attendee: &SeedAttendee) -> String {
    match attendee {
        SeedAttendee::Person(email) => email.clone(),
        SeedAttendee::Guest(guest) => guest.email.clone(),
    }
}

fn text(row: &Value, column: &str) -> Option<String> {
    row.get(column).and_then(Value::as_str).map(str::to_owned)
}

fn number(row: &Value, column: &str) -> i64 {
    row.get(column).and_then(Value::as_i64).unwrap_or_default()
}
