//! Ready-made values of the domain. A test that is about one field changes it by struct update.

use std::sync::Arc;

use derslik_domain::attendee::{AttendanceCode, Attendee};
use derslik_domain::course::gradebook::GradebookSettings;
use derslik_domain::course::{Course, CourseDetails, CourseName, CourseSettings, CourseState, EnrollmentCode, GroupName, Revision};
use derslik_domain::form::Field;
use derslik_domain::id::{AttendeeGuid, Id, SessionGuid, UserGuid};
use derslik_domain::identity::{
    Account, AccountName, AccountSettings, Actor, ClassroomRole, CredentialRoot, Email, Lang, PersonName, Principal, PrincipalKind, Role,
    Scope, Scopes, User, UserProfile, UserState, Username,
};
use derslik_domain::job::{Platform, Project, ProjectName};
use derslik_domain::session::{ReplayStatus, Session, SessionDuration, SessionForm, SessionName, SessionOptions, SessionStatus};
use derslik_domain::time::{Start, StartDateMode, Timestamp, WrittenTime, Zone};
use uuid::Uuid;

/// The default instant of tests: the one of the seed document.
///
/// # Panics
/// Never.
pub fn now() -> Timestamp {
    "2025-02-06T16:07:35.488565+03:00".parse().expect("a valid instant")
}

/// The default settings of an account.
///
/// # Panics
/// Never.
pub fn settings() -> AccountSettings {
    AccountSettings {
        lang: Lang::parse("en-US").expect("a valid tag"),
        timezone: Zone::ISTANBUL,
        start_date_mode: StartDateMode::Civil,
        courses: CourseSettings::default(),
    }
}

/// The account `demo`.
///
/// # Panics
/// Never.
pub fn account() -> Account {
    Account { id: Id::new(1329), name: AccountName::new("demo").expect("a valid name"), settings: settings() }
}

/// The account `other`, which shares nothing with `demo`.
///
/// # Panics
/// Never.
pub fn other_account() -> Account {
    Account { id: Id::new(1330), name: AccountName::new("other").expect("a valid name"), settings: settings() }
}

/// The service principal of an account.
pub fn service_principal() -> Principal {
    Principal { id: Id::new(4490), kind: PrincipalKind::Service, role: Role::Admin }
}

/// The `number`th user of a test: a member named `user<number>` with an address at `demo.example`.
///
/// # Panics
/// Never.
pub fn user(number: i64) -> User {
    User {
        id: Id::new(number),
        guid: UserGuid::new(Uuid::from_u128(number.unsigned_abs().into())),
        kind: PrincipalKind::User,
        role: Role::Member,
        username: Username::parse(&format!("user{number}")).ok(),
        email: Email::parse(&format!("user{number}@demo.example")).ok(),
        name: PersonName::new("Ayşe").expect("a valid name"),
        surname: PersonName::new("Yılmaz").expect("a valid name"),
        status: UserState::Active,
        created_at: now(),
        updated_at: now(),
        profile: UserProfile::default(),
    }
}

/// The `number`th attendee of the `session`th session: a guest with an address at `demo.example`.
///
/// # Panics
/// Never.
pub fn attendee(session: u128, number: u32) -> Attendee {
    let mut bytes = [0; AttendanceCode::RANDOM_BYTES];
    bytes.iter_mut().zip(number.to_be_bytes()).for_each(|(byte, digit)| *byte = digit);
    Attendee {
        guid: AttendeeGuid::new(Uuid::from_u128(number.into())),
        session: guid(session),
        user: None,
        code: AttendanceCode::from_random(bytes),
        name: PersonName::new("Ayşe").expect("a valid name"),
        surname: PersonName::new("Yılmaz").expect("a valid name"),
        email: Email::parse(&format!("guest{number}@demo.example")).expect("a valid address"),
        role: ClassroomRole::User,
        mobile: None,
        created_at: now(),
        updated_at: now(),
    }
}

/// The service principal of an account as a user.
pub fn service_user() -> User {
    User { kind: PrincipalKind::Service, role: Role::Admin, username: None, email: None, ..user(service_principal().id.get()) }
}

/// An actor that may do everything in `account`.
pub fn actor_of(account: Account) -> Actor {
    Actor {
        shown_account: account.id,
        account: Arc::new(account),
        principal: service_principal(),
        scopes: Scope::ALL.into_iter().collect(),
        credential: Id::new(1),
        root: CredentialRoot::Credential(Id::new(1)),
        project: None,
        trace: None,
        operator: None,
    }
}

/// Actors of the account `demo` that may do nothing: an administrator without a scope, and a member of no course.
pub fn denied_actors() -> [Actor; 2] {
    let (without_scopes, member) = (actor_of(account()), actor_of(account()));
    let principal = Principal { role: Role::Member, ..member.principal };
    [Actor { scopes: Scopes::default(), ..without_scopes }, Actor { principal, ..member }]
}

/// The text of the key of [`project`].
pub const PROJECT_KEY: &str = "3sWXSsqHgSKnE87YkNJK";

/// The project 1 of an account.
///
/// # Panics
/// Never.
pub fn project() -> Project {
    let name = ProjectName::new("Demo").expect("a valid name");
    Project { id: Id::new(1), key: PROJECT_KEY.parse().expect("a valid key"), name, platform: Platform::Web, created_at: now() }
}

/// The `number`th GUID of a test.
pub fn guid(number: u128) -> SessionGuid {
    SessionGuid::new(Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0000 | number))
}

/// The start that the text gives as civil time in Istanbul.
///
/// # Panics
/// If the text is not a civil time.
pub fn start(text: &str) -> Start {
    Start::at(text.parse::<WrittenTime>().expect("a date and time").civil(), Zone::ISTANBUL)
}

/// A plain session with this GUID.
///
/// # Panics
/// Never.
pub fn session(guid: SessionGuid) -> Session {
    Session {
        guid,
        name: SessionName::new("Web Development 101").expect("a valid name"),
        description: None,
        tags: None,
        start: start("2025-08-05T12:00:00"),
        duration: SessionDuration::from_minutes(80).expect("a valid duration"),
        lang: settings().lang,
        status: SessionStatus::Active,
        replay_status: ReplayStatus::NotAllowed,
        options: SessionOptions::default(),
        allow_recording: true,
        inaccessible_replay: false,
        created_by: service_principal().id,
        updated_by: service_principal().id,
        created_at: now().minutes_before(44),
        updated_at: now().minutes_before(44),
    }
}

/// The session, moved so far that it ends after the last year of four digits.
///
/// # Panics
/// Never.
pub fn ends_in_year_10_000(session: Session) -> Session {
    Session { start: Start::at(start("9999-12-31T23:30:00").civil(), Zone::UTC), ..session }
}

/// A form field that holds the text.
pub fn text(value: &str) -> Field<Vec<u8>> {
    Field::Given(value.as_bytes().to_vec())
}

/// The form of a new session with only the required fields.
pub fn session_form() -> SessionForm {
    SessionForm { name: text("CS201"), start_date: text("2025-08-05T12:00:00Z"), duration: Field::Given(120), ..SessionForm::default() }
}

/// The `number`th course of a test: active, owned by [`user`] 2, with only a name.
///
/// # Panics
/// Never.
pub fn course(number: i64) -> Course {
    Course {
        id: Id::new(number),
        revision: Revision::FIRST,
        details: CourseDetails {
            name: CourseName::new("10. Sınıf Biyoloji").expect("a valid name"),
            section: None,
            description_heading: None,
            description: None,
            room: None,
            subject: None,
            levels: None,
        },
        owner: Id::new(2),
        state: CourseState::Active,
        suspended_from: None,
        enrollment_code: EnrollmentCode::from_random(number.unsigned_abs()),
        group: GroupName::new("10. Sınıf Biyoloji", None, number.unsigned_abs()),
        teacher_folder: None,
        material_sets: Vec::new(),
        guardians_enabled: false,
        calendar: None,
        gradebook: GradebookSettings::default(),
        created_at: now(),
        updated_at: now(),
        first_active_at: Some(now()),
    }
}
