//! Values of the domain from the document of a seed, which test control reads as well.

use std::collections::HashMap;

use derslik_domain::attendee::Attendee;
use derslik_domain::course::alias::Alias;
use derslik_domain::course::roster::UserStatus;
use derslik_domain::course::{Course, EnrollmentCode, NamedOwner, NewCourseContext, create};
use derslik_domain::id::{Id, UserGuid};
use derslik_domain::identity::{Email, PersonName, Role, User};
use derslik_domain::job::NewJob;
use derslik_domain::session::{Batch, BatchItem, Creator, Session, Target, Verdict};
use derslik_seed::{Seed, SeedAttendee, SeedCourse, SeedJob, SeedSession, address_of, instant};
use uuid::Uuid;

use crate::builders::{attendee, guid, now, project, service_principal, settings, user};

/// The people whom every account of a test has, with their ids.
const PEOPLE: [(i64, &str, Role); 5] = [
    (101, "admin", Role::Admin),
    (102, "teacher", Role::Member),
    (103, "coteacher", Role::Member),
    (104, "student", Role::Member),
    (105, "stranger", Role::Member),
];

/// The id of the first person of a document; the others follow.
const FIRST_PERSON: i64 = 106;

/// The content of a document at the instant [`now`], in an account with the default settings.
#[derive(Debug, Clone)]
pub struct Seeded {
    /// The people of the document.
    pub people: Vec<User>,
    /// The courses.
    pub courses: Vec<SeededCourse>,
    /// The sessions.
    pub sessions: Vec<SeededSession>,
    /// The jobs, in the project 1.
    pub jobs: Vec<NewJob>,
}

/// A course with its aliases and its roster.
#[derive(Debug, Clone)]
pub struct SeededCourse {
    /// The course.
    pub course: Course,
    /// Its aliases.
    pub aliases: Vec<Alias>,
    /// Who teaches it, beside the owner.
    pub teachers: Vec<User>,
    /// Who attends it.
    pub students: Vec<User>,
}

/// A session with its attendees.
#[derive(Debug, Clone)]
pub struct SeededSession {
    /// The session.
    pub session: Session,
    /// Its attendees.
    pub attendees: Vec<Attendee>,
}

/// The people that a document can name, by their addresses.
type People = HashMap<String, User>;

/// The content of a document in YAML or JSON. Objects are numbered in its order.
///
/// # Panics
/// If the document can't be read, or breaks a rule.
pub fn seeded(document: &str) -> Seeded {
    let seed = Seed::parse(document).expect("a document of a seed");
    let ids = FIRST_PERSON..;
    let people = seed.people.iter().zip(ids).map(|(person, id)| {
        let guid = UserGuid::new(Uuid::from_u128(id.unsigned_abs().into()));
        person.user(Id::new(id), guid, now()).expect("a valid person")
    });
    let people: Vec<User> = people.collect();
    let known: People = PEOPLE.map(of_every_account).into_iter().chain(people.iter().cloned()).map(by_address).collect();
    let courses = seed.courses.iter().zip(1..).map(|(course, number)| course_of(course, number, &known)).collect();
    let sessions = seed.sessions.iter().zip(1..).map(|(session, number)| session_of(session, number, &known)).collect();
    let job = |job: &SeedJob| job.job(project().id, now(), settings().timezone).expect("a valid job");
    let jobs = seed.jobs.iter().map(job).collect();
    Seeded { people, courses, sessions, jobs }
}

fn of_every_account((id, name, role): (i64, &str, Role)) -> User {
    User {
        role,
        username: None,
        email: Some(Email::parse(&address_of(name)).expect("a valid address")),
        name: PersonName::new(name).expect("a valid name"),
        surname: PersonName::new("Test").expect("a valid name"),
        ..user(id)
    }
}

fn by_address(user: User) -> (String, User) {
    (user.email.as_ref().map(Email::key).unwrap_or_default(), user)
}

fn find(people: &People, named: &str) -> User {
    let address = Email::parse(&address_of(named)).expect("a valid address");
    people.get(&address.key()).cloned().expect("a person of the document or of every account")
}

fn course_of(course: &SeedCourse, number: i64, people: &People) -> SeededCourse {
    let owner = find(people, &course.owner);
    let (settings, random) = (settings(), number.unsigned_abs());
    let context = NewCourseContext {
        id: Id::new(number),
        enrollment_code: EnrollmentCode::from_random(random),
        group_random: random,
        teacher_folder: None,
        creator: service_principal().id,
        role: Role::Admin,
        settings: &settings.courses,
        owner: Some(NamedOwner { user: owner.id, kind: owner.kind, status: UserStatus::Active }),
        at: now(),
    };
    let state = course.last_state().expect("a state of a seed");
    let created = create(course.form(owner.id, state), context).expect("a valid course");
    let alias = |alias: &String| Alias::parse(alias).expect("a valid alias");
    let members = |named: &[String]| -> Vec<User> { named.iter().map(|named| find(people, named)).collect() };
    SeededCourse {
        course: Course { state, ..created.course },
        aliases: course.aliases.iter().map(alias).collect(),
        teachers: members(&course.teachers),
        students: members(&course.students),
    }
}

fn session_of(session: &SeedSession, number: u128, people: &People) -> SeededSession {
    let settings = settings();
    let start = instant(&session.start, now(), settings.timezone).expect("a time");
    // A session of the past was made before it began.
    let creator = Creator { principal: service_principal().id, settings: &settings, now: now().min(start) };
    let form = Box::new(session.form(start, settings.timezone));
    let batch = Batch::new(vec![BatchItem::Session(Target::New, form)]);
    let outcome = batch.decide(HashMap::new(), &creator, || guid(number));
    let created = outcome.verdicts().iter().find_map(|verdict| match verdict {
        Verdict::Created(session) => Some(session.clone()),
        Verdict::Updated(_) | Verdict::NotFound | Verdict::Refused(_) => None,
    });
    let attendees = session.attendees.iter().zip(1..).map(|(attendee, place)| attendee_of(attendee, number, place, people));
    SeededSession { session: created.expect("a valid session"), attendees: attendees.collect() }
}

fn attendee_of(named: &SeedAttendee, session: u128, place: u32, people: &People) -> Attendee {
    let plain = attendee(session, place);
    match named {
        SeedAttendee::Person(named) => {
            let User { guid, name, surname, email, .. } = find(people, named);
            Attendee { user: Some(guid), name, surname, email: email.expect("the person was found by it"), ..plain }
        }
        SeedAttendee::Guest(guest) => Attendee {
            email: Email::parse(&guest.email).expect("a valid address"),
            name: PersonName::new(guest.name.as_str()).expect("a valid name"),
            surname: PersonName::new(guest.surname.as_str()).expect("a valid name"),
            ..plain
        },
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use derslik_domain::course::CourseState;

    use super::*;

    /// The example of the documentation.
    fn example() -> String {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/TESTING.md");
        let page = std::fs::read_to_string(page).unwrap();
        let begin = page.find("```yaml\npeople:").unwrap() + "```yaml\n".len();
        let rest = &page[begin..];
        rest[..rest.find("```").unwrap()].to_owned()
    }

    #[test]
    fn the_example_of_the_documentation_becomes_values_of_the_domain() {
        let Seeded { people, courses, sessions, jobs } = seeded(&example());
        let names: Vec<_> = people.iter().map(|user| (user.id.get(), user.name.as_str())).collect();
        assert_eq!(names, [(106, "Ali"), (107, "Ayşe")]);
        let [chemistry, history] = courses.as_slice() else { panic!("{courses:?}") };
        assert_eq!((chemistry.course.details.name.as_str(), chemistry.course.owner.get()), ("Kimya", 102));
        assert_eq!((chemistry.aliases.len(), chemistry.students.len()), (1, 2));
        assert_eq!((chemistry.course.state, history.course.state), (CourseState::Active, CourseState::Archived));
        let [experiment] = sessions.as_slice() else { panic!("{sessions:?}") };
        assert_eq!(experiment.session.start.instant(), "2025-02-07T09:00:00+03:00".parse().unwrap());
        let attendees: Vec<_> = experiment.attendees.iter().map(|attendee| (attendee.email.as_str(), attendee.user.is_some())).collect();
        assert_eq!(attendees, [("ali@okul.example", true), ("konuk@okul.example", false)]);
        assert_eq!(jobs.iter().map(|job| job.reference().as_str()).collect::<Vec<_>>(), ["ali@okul.example"]);
        assert_eq!(jobs[0].start_at(), "2025-02-09T00:00:00+03:00".parse().unwrap());
    }

    #[test]
    fn json_is_a_document_as_well() {
        let json = r#"{"people": [{"email": "ali@okul.example", "name": "Ali", "role": "admin"}], "jobs": [{"erase": "ali"}]}"#;
        let Seeded { people, jobs, .. } = seeded(json);
        assert_eq!((people[0].role, jobs.len()), (Role::Admin, 1));
    }
}
