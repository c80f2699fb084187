//! The errors of the courses API: one object with a code, a status, a message that may begin with a `@Token `, and details.

use derslik_domain::course::{
    AliasError, ChangeError, CourseDenial, CourseState, CourseStates, CourseViolation, CreateError, GradingPeriodError, GradingPeriodField,
    GradingPeriodPlace, GradingPeriodViolation, JoinError, LeaveError, ListError, StateConflict, TransferError,
};
use derslik_domain::idempotency::IdempotencyKey;
use derslik_domain::identity::Scope;
use derslik_ports::StoreError;
use derslik_ports::inbound::{AuthenticationError, CourseError, KeyRefusal};
use serde_json::{Value, json};

use super::masks::MaskError;
use super::names::course_field;
use super::schema::snake;
use crate::body::BodyError;
use crate::room::NoRoom;

/// The seconds that a client should wait for an unavailable database before it tries again.
const RETRY_AFTER_SECONDS: &str = "1";
/// The prefix of scope names.
pub(super) const SCOPE_PREFIX: &str = "https://www.googleapis.com/auth/";

const INVALID: &str = "Request contains an invalid argument.";
const PRECONDITION: &str = "Precondition check failed.";
const FORBIDDEN: &str = "The caller does not have permission";

/// An answer that reports an error.
#[derive(Debug)]
pub(super) struct ClassroomError {
    pub(super) kind: ErrorKind,
    message: String,
    details: Vec<Value>,
    pub(super) headers: Vec<(&'static str, String)>,
}

/// The kind of error, which decides the status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ErrorKind {
    InvalidArgument,
    FailedPrecondition,
    Unauthenticated,
    PermissionDenied,
    NotFound,
    AlreadyExists,
    Stale,
    KeyReused,
    KeyBusy,
    KeyErased,
    TooLarge,
    TooSlow,
    Unimplemented,
    Unavailable,
    Internal,
}

impl ErrorKind {
    /// The HTTP status, the name of the status and the `reason` of the older error format.
    pub(super) const fn words(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::InvalidArgument => (400, "INVALID_ARGUMENT", "badRequest"),
            Self::FailedPrecondition => (400, "FAILED_PRECONDITION", "failedPrecondition"),
            Self::Unauthenticated => (401, "UNAUTHENTICATED", "authError"),
            Self::PermissionDenied => (403, "PERMISSION_DENIED", "forbidden"),
            Self::NotFound => (404, "NOT_FOUND", "notFound"),
            Self::AlreadyExists => (409, "ALREADY_EXISTS", "alreadyExists"),
            Self::Stale => (412, "FAILED_PRECONDITION", "conditionNotMet"),
            Self::KeyReused => (422, "FAILED_PRECONDITION", "conditionNotMet"),
            Self::KeyBusy | Self::KeyErased => (409, "ABORTED", "aborted"),
            Self::TooLarge => (413, "INVALID_ARGUMENT", "uploadTooLarge"),
            Self::TooSlow => (408, "DEADLINE_EXCEEDED", "requestTimeout"),
            Self::Unimplemented => (501, "UNIMPLEMENTED", "notImplemented"),
            Self::Unavailable => (503, "UNAVAILABLE", "backendError"),
            Self::Internal => (500, "INTERNAL", "backendError"),
        }
    }
}

impl ClassroomError {
    pub(super) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), details: Vec::new(), headers: Vec::new() }
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidArgument, message)
    }

    /// Violated rules, each with the field that it concerns.
    pub(super) fn bad_fields_of(message: impl Into<String>, violations: &[(String, String)]) -> Self {
        let violations: Vec<Value> =
            violations.iter().map(|(field, description)| json!({ "field": field, "description": description })).collect();
        let details = json!({ "@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations });
        Self { details: vec![details], ..Self::invalid(message) }
    }

    /// A value that has the right shape and is still not acceptable.
    pub(super) fn bad_value(field: &str, description: impl Into<String>) -> Self {
        Self::bad_fields_of(INVALID, &[(field.to_owned(), description.into())])
    }

    /// Faults in the shape of a request, in the words of the original.
    pub(super) fn bad_shape(violations: &[(String, String)]) -> Self {
        let texts: Vec<&str> = violations.iter().map(|(_, text)| text.as_str()).collect();
        Self::bad_fields_of(texts.join("\n"), violations)
    }

    pub(super) fn unknown_parameter(name: &str) -> Self {
        let name = shortened(name);
        let text = format!(
            "Invalid JSON payload received. Unknown name \"{name}\": Cannot bind query parameter. Field '{name}' could not be found in \
             request message."
        );
        Self::bad_shape(&[(String::new(), text)])
    }

    pub(super) fn repeated_parameter(name: &str) -> Self {
        let text = format!("Invalid JSON payload received. Unknown name \"{name}\": Proto field is not repeating, cannot start list.");
        Self::bad_shape(&[(name.to_owned(), text)])
    }

    pub(super) fn bad_parameter(name: &str, kind: &str, value: &str) -> Self {
        Self::bad_shape(&[(name.to_owned(), format!("Invalid value at '{}' ({kind}), \"{}\"", snake(name), shortened(value)))])
    }

    pub(super) fn bad_enum_parameter(name: &str, kind: &str, value: &str) -> Self {
        Self::bad_parameter(name, &enum_type(kind), value)
    }

    pub(super) fn bad_fields(fields: &str) -> Self {
        Self::bad_value(
            "fields",
            format!("Error expanding 'fields' parameter. Cannot find matching fields for path '{}'.", shortened(fields)),
        )
    }

    pub(super) fn bad_page_token() -> Self {
        Self::bad_value("page_token", "not a page token of this list")
    }

    pub(super) fn bad_key() -> Self {
        Self::bad_value("Idempotency-Key", format!("must be one text of 1 to {} visible ASCII characters", IdempotencyKey::MAX))
    }

    pub(super) fn not_found() -> Self {
        Self::new(ErrorKind::NotFound, "Requested entity was not found.")
    }

    pub(super) fn no_such_path() -> Self {
        Self::new(ErrorKind::NotFound, "Method not found.")
    }

    pub(super) fn unimplemented() -> Self {
        Self::new(ErrorKind::Unimplemented, "Operation is not implemented, or supported, or enabled.")
    }

    fn forbidden() -> Self {
        Self::new(ErrorKind::PermissionDenied, FORBIDDEN)
    }

    /// A message that begins with a token for clients, followed by an explanation for people.
    fn token(kind: ErrorKind, token: &str, text: &str) -> Self {
        let reason = snake(token).trim_start_matches('_').to_ascii_uppercase();
        let details = json!({ "@type": ERROR_INFO, "reason": reason, "domain": "classroom.googleapis.com" });
        Self { details: vec![details], ..Self::new(kind, format!("@{token} {text}")) }
    }

    fn inactive_owner() -> Self {
        Self::token(ErrorKind::FailedPrecondition, "InactiveCourseOwner", "The account of the owner is not active.")
    }

    pub(super) fn unauthenticated(has_token: bool) -> Self {
        let (message, reason) = if has_token {
            ("Request had invalid authentication credentials. Expected OAuth 2 access token.", "ACCESS_TOKEN_EXPIRED")
        } else {
            ("Request is missing required authentication credential. Expected OAuth 2 access token.", "CREDENTIALS_MISSING")
        };
        let challenge = if has_token { format!("{CHALLENGE}, error=\"invalid_token\"") } else { CHALLENGE.to_owned() };
        Self {
            details: vec![json!({ "@type": ERROR_INFO, "reason": reason, "domain": "googleapis.com" })],
            headers: vec![("www-authenticate", challenge)],
            ..Self::new(ErrorKind::Unauthenticated, message)
        }
    }

    fn scope(scopes: &[Scope]) -> Self {
        let scopes: Vec<String> = scopes.iter().map(|scope| format!("{SCOPE_PREFIX}{}", scope.name())).collect();
        let challenge = format!("{CHALLENGE}, error=\"insufficient_scope\", scope=\"{}\"", scopes.join(" "));
        let details = json!({ "@type": ERROR_INFO, "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "domain": "googleapis.com" });
        Self {
            details: vec![details],
            headers: vec![("www-authenticate", challenge)],
            ..Self::new(ErrorKind::PermissionDenied, "Request had insufficient authentication scopes.")
        }
    }

    /// The state of the course does not allow the change.
    fn state(description: &str) -> Self {
        let violation = json!({ "type": "COURSE_STATE", "subject": "course.courseState", "description": description });
        let details = json!({ "@type": "type.googleapis.com/google.rpc.PreconditionFailure", "violations": [violation] });
        Self { details: vec![details], ..Self::new(ErrorKind::FailedPrecondition, PRECONDITION) }
    }

    fn not_modifiable(state: CourseState) -> Self {
        Self::token(ErrorKind::FailedPrecondition, "CourseNotModifiable", &format!("A course that is {state} cannot be modified."))
    }

    fn title_contains_url() -> Self {
        let text = "The title of a course cannot contain a URL.";
        Self::token(ErrorKind::FailedPrecondition, "CourseTitleCannotContainUrl", text)
    }

    /// The body of the answer.
    pub(super) fn body(&self, newer: bool) -> Value {
        let (code, status, reason) = self.kind.words();
        let mut error = json!({ "code": code, "message": self.message });
        if let Some(error) = error.as_object_mut() {
            if !newer {
                error.insert("errors".to_owned(), json!([{ "message": self.message, "domain": "global", "reason": reason }]));
            }
            error.insert("status".to_owned(), json!(status));
            if !self.details.is_empty() {
                error.insert("details".to_owned(), json!(self.details));
            }
        }
        json!({ "error": error })
    }
}

const ERROR_INFO: &str = "type.googleapis.com/google.rpc.ErrorInfo";
const CHALLENGE: &str = "Bearer realm=\"https://accounts.google.com/\"";

/// The full name of an enumeration.
pub(super) fn enum_type(name: &str) -> String {
    format!("type.googleapis.com/google.classroom.v1.{name}")
}

/// A client's text, shortened for the answer that repeats it.
pub(super) fn shortened(text: &str) -> String {
    const MAX: usize = 100;
    text.chars().take(MAX).collect()
}

fn states(states: CourseStates) -> String {
    let names: Vec<&str> = states.iter().map(CourseState::name).collect();
    if names.is_empty() { "no other state".to_owned() } else { names.join(" or ") }
}

fn way_to_deletion(state: CourseState, reachable: CourseStates) -> String {
    match state.way_to_deletion() {
        Some(way) => {
            let way: Vec<&str> = way.iter().map(|state| state.name()).collect();
            format!(
                "The course is {state}; only a course that is ARCHIVED can be deleted. The way there: {}. From here it may go to {}.",
                way.join(", then "),
                states(reachable)
            )
        }
        None => format!("The course is {state}; only a course that is ARCHIVED can be deleted, and nothing leads there."),
    }
}

fn course_violations(violations: &[CourseViolation]) -> ClassroomError {
    let named: Vec<(String, String)> = violations
        .iter()
        .map(|violation| (format!("course.{}", snake(course_field(violation.field))), violation.problem.to_string()))
        .collect();
    ClassroomError::bad_fields_of(INVALID, &named)
}

fn period_violations(violations: &[GradingPeriodViolation]) -> ClassroomError {
    let named: Vec<(String, String)> = violations
        .iter()
        .map(|violation| {
            let field = match violation.field {
                GradingPeriodPlace::List => "grading_periods".to_owned(),
                GradingPeriodPlace::ApplyToExistingCoursework => "apply_to_existing_coursework".to_owned(),
                GradingPeriodPlace::Period(position, field) => format!("grading_periods[{position}].{}", period_field(field)),
            };
            (format!("grading_period_settings.{field}"), violation.problem.to_string())
        })
        .collect();
    ClassroomError::bad_fields_of(INVALID, &named)
}

const fn period_field(field: GradingPeriodField) -> &'static str {
    match field {
        GradingPeriodField::Id => "id",
        GradingPeriodField::Title => "title",
        GradingPeriodField::Start => "start_date",
        GradingPeriodField::End => "end_date",
    }
}

impl From<BodyError> for ClassroomError {
    fn from(error: BodyError) -> Self {
        let kind = match error {
            BodyError::TooLarge { .. } => ErrorKind::TooLarge,
            BodyError::TooSlow => ErrorKind::TooSlow,
            BodyError::NoRoom => ErrorKind::Unavailable,
            BodyError::UnsupportedMediaType | BodyError::NoForm | BodyError::CutOff => ErrorKind::InvalidArgument,
        };
        let header = match error {
            BodyError::NoRoom => ("retry-after", RETRY_AFTER_SECONDS),
            // The rest of the body may never arrive, or be endless.
            BodyError::TooLarge { .. } | BodyError::TooSlow | BodyError::UnsupportedMediaType | BodyError::NoForm | BodyError::CutOff => {
                ("connection", "close")
            }
        };
        Self { headers: vec![(header.0, header.1.to_owned())], ..Self::new(kind, error.to_string()) }
    }
}

impl From<NoRoom> for ClassroomError {
    fn from(error: NoRoom) -> Self {
        let headers = vec![("retry-after", RETRY_AFTER_SECONDS.to_owned())];
        Self { headers, ..Self::new(ErrorKind::Unavailable, error.to_string()) }
    }
}

impl From<MaskError> for ClassroomError {
    fn from(error: MaskError) -> Self {
        Self::bad_value("update_mask", error.to_string())
    }
}

impl From<AuthenticationError> for ClassroomError {
    fn from(error: AuthenticationError) -> Self {
        match error {
            AuthenticationError::Store(error) => error.into(),
            AuthenticationError::Invalid | AuthenticationError::Expired => Self::unauthenticated(true),
        }
    }
}

impl From<StoreError> for ClassroomError {
    fn from(error: StoreError) -> Self {
        let cause: &dyn std::error::Error = &error;
        match error {
            StoreError::Unavailable(_) => {
                tracing::warn!(cause, "the database is not available");
                let answer = Self::new(ErrorKind::Unavailable, "The service is currently unavailable.");
                Self { headers: vec![("retry-after", RETRY_AFTER_SECONDS.to_owned())], ..answer }
            }
            StoreError::Conflict(_) | StoreError::Corrupt { .. } | StoreError::Other(_) => {
                tracing::error!(cause, "the store failed");
                Self::new(ErrorKind::Internal, "Internal error encountered.")
            }
        }
    }
}

impl From<CourseDenial> for ClassroomError {
    fn from(denial: CourseDenial) -> Self {
        match denial {
            CourseDenial::Scope(scopes) => Self::scope(scopes),
            CourseDenial::Missing => Self::not_found(),
            CourseDenial::InactiveOwner => Self::inactive_owner(),
            CourseDenial::CannotDirectAdd => {
                Self::token(ErrorKind::PermissionDenied, "CannotDirectAddUser", "Only an administrator may add users to a course directly.")
            }
            CourseDenial::IneligibleForGradingPeriods => Self::token(
                ErrorKind::PermissionDenied,
                "UserIneligibleToUpdateGradingPeriodSettings",
                "The user is not eligible to change the grading periods of the course.",
            ),
            CourseDenial::Invisible | CourseDenial::Role => Self::forbidden(),
        }
    }
}

impl From<CourseError> for ClassroomError {
    fn from(error: CourseError) -> Self {
        match error {
            CourseError::Denied(denial) => denial.into(),
            CourseError::Gone(_) => Self::unauthenticated(true),
            CourseError::NotFound | CourseError::UnknownUser => Self::not_found(),
            CourseError::PrivateProfile => Self::forbidden(),
            CourseError::Stale => Self::new(ErrorKind::Stale, "The course was changed since the version that If-Match names."),
            CourseError::Create(error) => error.into(),
            CourseError::Change(error) => error.into(),
            CourseError::NotArchived { state, reachable } => Self::state(&way_to_deletion(state, reachable)),
            CourseError::Alias(error) => error.into(),
            CourseError::AliasTaken => Self::new(ErrorKind::AlreadyExists, "Requested entity already exists"),
            CourseError::NoProject => Self::new(ErrorKind::FailedPrecondition, PRECONDITION),
            CourseError::GradingPeriods(GradingPeriodError::Invalid(violations)) => period_violations(&violations),
            CourseError::NoAliases(state) | CourseError::GradingPeriods(GradingPeriodError::NotModifiable(state)) => {
                Self::not_modifiable(state)
            }
            CourseError::List(error) => error.into(),
            CourseError::Join(error) => error.into(),
            CourseError::Leave(error) => error.into(),
            CourseError::Key(KeyRefusal::Reused) => {
                Self::new(ErrorKind::KeyReused, "The Idempotency-Key was sent before with another request.")
            }
            CourseError::Key(KeyRefusal::Busy) => Self {
                headers: vec![("retry-after", RETRY_AFTER_SECONDS.to_owned())],
                ..Self::new(ErrorKind::KeyBusy, "A request of the same Idempotency-Key is under way; try again.")
            },
            CourseError::Key(KeyRefusal::Erased) => {
                Self::new(ErrorKind::KeyErased, "The request of this Idempotency-Key was done; its stored answer was erased.")
            }
            CourseError::Store(error) => error.into(),
        }
    }
}

impl From<CreateError> for ClassroomError {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Invalid(violations) => course_violations(&violations),
            CreateError::UnknownOwner => Self::not_found(),
            CreateError::CannotOwn => Self::token(ErrorKind::FailedPrecondition, "UserCannotOwnCourse", "The user cannot own a course."),
            CreateError::InactiveOwner => Self::inactive_owner(),
            CreateError::TitleContainsUrl => Self::title_contains_url(),
            CreateError::NotSelf | CreateError::ActiveNotAllowed => Self::forbidden(),
        }
    }
}

impl From<ChangeError> for ClassroomError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Invalid(violations) => course_violations(&violations),
            ChangeError::State(StateConflict { from, to, reachable }) => {
                Self::state(&format!("The course is {from} and cannot become {to}. From here it may go to {}.", states(reachable)))
            }
            ChangeError::NotModifiable(state) => Self::not_modifiable(state),
            ChangeError::TitleContainsUrl => Self::title_contains_url(),
            ChangeError::Transfer(TransferError::UserAlreadyOwner) => Self::token(
                ErrorKind::FailedPrecondition,
                "UserAlreadyOwner",
                "Cannot transfer course to the user who is already the owner",
            ),
            ChangeError::Transfer(TransferError::InactiveCourseOwner) => {
                Self::token(ErrorKind::FailedPrecondition, "InactiveCourseOwner", "The account of the new owner is not active.")
            }
            ChangeError::Transfer(TransferError::IneligibleOwner) => {
                let text = "Only a co-teacher can be invited as owner of the course";
                Self::token(ErrorKind::FailedPrecondition, "IneligibleOwner", text)
            }
            ChangeError::Role => Self::forbidden(),
        }
    }
}

impl From<AliasError> for ClassroomError {
    fn from(error: AliasError) -> Self {
        Self::bad_value("course_alias.alias", error.to_string())
    }
}

impl From<ListError> for ClassroomError {
    fn from(error: ListError) -> Self {
        let field = match error {
            ListError::StudentAndTeacher => {
                let text = "Courses can be listed by a student or by a teacher, not by both.";
                return Self::token(ErrorKind::FailedPrecondition, "ListCoursesStudentAndTeacherFilter", text);
            }
            ListError::Student => "student_id",
            ListError::Teacher => "teacher_id",
            ListError::Query => "x-query",
        };
        Self::bad_value(field, error.to_string())
    }
}

impl From<JoinError> for ClassroomError {
    fn from(error: JoinError) -> Self {
        match error {
            JoinError::AlreadyMember(_) => Self::new(ErrorKind::AlreadyExists, "Requested entity already exists"),
            JoinError::NotModifiable(state) => Self::not_modifiable(state),
            JoinError::InactiveOwner => Self::inactive_owner(),
            JoinError::InactiveUser => Self::new(ErrorKind::FailedPrecondition, PRECONDITION),
            JoinError::NotAdmitted => Self::forbidden(),
        }
    }
}

impl From<LeaveError> for ClassroomError {
    fn from(error: LeaveError) -> Self {
        match error {
            LeaveError::NotMember => Self::not_found(),
            LeaveError::NotModifiable(state) => Self::not_modifiable(state),
            LeaveError::Owner => {
                let text = "The owner of a course cannot be removed from it.";
                Self::token(ErrorKind::FailedPrecondition, "CannotRemoveCourseOwner", text)
            }
        }
    }
}
