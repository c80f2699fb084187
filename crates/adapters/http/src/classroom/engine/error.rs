//! The errors of the courses API: one object with a code, a status, a message that may begin with a `@Token `, and details. The
//! errors of a resource are turned into these beside the resource.

use derslik_domain::idempotency::IdempotencyKey;
use derslik_domain::identity::Scope;
use derslik_ports::StoreError;
use derslik_ports::inbound::{ActorGone, AuthenticationError, KeyRefusal, RequestedScopes};
use serde_json::{Value, json};

use super::masks::MaskError;
use super::schema::snake;
use super::scopes::scope_url;
use crate::body::BodyError;
use crate::injection::InjectedDenial;
use crate::memory::BudgetExhausted;
use crate::oauth::shown_scopes;
use crate::rate::{Exceeded, Policy};
use crate::response::RETRY_AFTER_SECONDS;

const INVALID: &str = "Request contains an invalid argument.";
const PRECONDITION: &str = "Precondition check failed.";
const FORBIDDEN: &str = "The caller does not have permission";
const NO_SCOPE: &str = "Request had insufficient authentication scopes.";
/// The reason for a token without a scope that a request needs.
const SCOPE_INSUFFICIENT: &str = "ACCESS_TOKEN_SCOPE_INSUFFICIENT";

/// An answer that reports an error.
#[derive(Debug)]
pub(crate) struct ClassroomError {
    kind: ErrorKind,
    message: String,
    details: Vec<Value>,
    pub(super) headers: Vec<(&'static str, String)>,
}

/// The kind of error, which decides the status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorKind {
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
    ResourceExhausted,
    Unimplemented,
    Unavailable,
    Internal,
    Aborted,
    BadGateway,
    GatewayTimeout,
}

impl ErrorKind {
    /// The HTTP status, the name of the status and the `reason` of the older error format.
    const fn codes(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::InvalidArgument => (400, "INVALID_ARGUMENT", "badRequest"),
            Self::FailedPrecondition => (400, "FAILED_PRECONDITION", "failedPrecondition"),
            Self::Unauthenticated => (401, "UNAUTHENTICATED", "authError"),
            Self::PermissionDenied => (403, "PERMISSION_DENIED", "forbidden"),
            Self::NotFound => (404, "NOT_FOUND", "notFound"),
            Self::AlreadyExists => (409, "ALREADY_EXISTS", "alreadyExists"),
            Self::Stale => (412, "FAILED_PRECONDITION", "conditionNotMet"),
            Self::KeyReused => (422, "FAILED_PRECONDITION", "conditionNotMet"),
            Self::KeyBusy | Self::KeyErased | Self::Aborted => (409, "ABORTED", "aborted"),
            Self::TooLarge => (413, "INVALID_ARGUMENT", "uploadTooLarge"),
            Self::TooSlow => (408, "DEADLINE_EXCEEDED", "requestTimeout"),
            Self::ResourceExhausted => (429, "RESOURCE_EXHAUSTED", "rateLimitExceeded"),
            Self::Unimplemented => (501, "UNIMPLEMENTED", "notImplemented"),
            Self::Unavailable => (503, "UNAVAILABLE", "backendError"),
            Self::Internal => (500, "INTERNAL", "backendError"),
            Self::BadGateway => (502, "UNAVAILABLE", "backendError"),
            Self::GatewayTimeout => (504, "DEADLINE_EXCEEDED", "backendError"),
        }
    }
}

impl ClassroomError {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), details: Vec::new(), headers: Vec::new() }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidArgument, message)
    }

    /// Violated rules, each with the field that it concerns.
    fn bad_fields_of(message: impl Into<String>, violations: &[(String, String)]) -> Self {
        let violations: Vec<Value> =
            violations.iter().map(|(field, description)| json!({ "field": field, "description": description })).collect();
        let details = json!({ "@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations });
        Self { details: vec![details], ..Self::invalid(message) }
    }

    /// Fields with values that have the right shape and are still not acceptable.
    pub(crate) fn bad_values(violations: &[(String, String)]) -> Self {
        Self::bad_fields_of(INVALID, violations)
    }

    /// A value that has the right shape and is still not acceptable.
    pub(crate) fn bad_value(field: &str, description: impl Into<String>) -> Self {
        Self::bad_values(&[(field.to_owned(), description.into())])
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

    pub(crate) fn not_found() -> Self {
        Self::new(ErrorKind::NotFound, "Requested entity was not found.")
    }

    pub(super) fn no_such_path() -> Self {
        Self::new(ErrorKind::NotFound, "Method not found.")
    }

    pub(super) fn unimplemented() -> Self {
        Self::new(ErrorKind::Unimplemented, "Operation is not implemented, or supported, or enabled.")
    }

    pub(crate) fn failed_precondition() -> Self {
        Self::new(ErrorKind::FailedPrecondition, PRECONDITION)
    }

    pub(crate) fn already_exists() -> Self {
        Self::new(ErrorKind::AlreadyExists, "Requested entity already exists")
    }

    pub(crate) fn forbidden() -> Self {
        Self::new(ErrorKind::PermissionDenied, FORBIDDEN)
    }

    /// A message that begins with a token for clients, followed by an explanation for people.
    pub(crate) fn token(kind: ErrorKind, token: &str, text: &str) -> Self {
        let reason = snake(token).trim_start_matches('_').to_ascii_uppercase();
        let details = json!({ "@type": ERROR_INFO, "reason": reason, "domain": "classroom.googleapis.com" });
        Self { details: vec![details], ..Self::new(kind, format!("@{token} {text}")) }
    }

    pub(crate) fn unauthenticated(has_token: bool) -> Self {
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

    pub(crate) fn scope(scopes: &[Scope]) -> Self {
        let scopes: Vec<String> = scopes.iter().map(|scope| scope_url(*scope)).collect();
        let challenge = format!("{CHALLENGE}, error=\"insufficient_scope\", scope=\"{}\"", scopes.join(" "));
        let details = json!({ "@type": ERROR_INFO, "reason": SCOPE_INSUFFICIENT, "domain": "googleapis.com" });
        Self { details: vec![details], headers: vec![("www-authenticate", challenge)], ..Self::new(ErrorKind::PermissionDenied, NO_SCOPE) }
    }

    /// The scopes that a self-signed credential asks for, and that its owner does not have. A name that does not exist is not repeated.
    fn refused_scopes(refused: RequestedScopes) -> Self {
        let mut names: Vec<String> = shown_scopes(refused.known).collect();
        if refused.has_unknown {
            names.push("scopes of other services".to_owned());
        }
        let metadata = json!({ "refused_scopes": names.join(", ") });
        let details = json!({ "@type": ERROR_INFO, "reason": SCOPE_INSUFFICIENT, "domain": "googleapis.com", "metadata": metadata });
        Self {
            details: vec![details],
            headers: vec![("www-authenticate", format!("{CHALLENGE}, error=\"insufficient_scope\""))],
            ..Self::new(ErrorKind::PermissionDenied, NO_SCOPE)
        }
    }

    /// A precondition that is not met, with its description. `kind` and `subject` say which one.
    pub(crate) fn unmet(kind: &str, subject: &str, description: &str) -> Self {
        let violation = json!({ "type": kind, "subject": subject, "description": description });
        let details = json!({ "@type": "type.googleapis.com/google.rpc.PreconditionFailure", "violations": [violation] });
        Self { details: vec![details], ..Self::failed_precondition() }
    }

    /// The HTTP status.
    pub(super) fn status(&self) -> u16 {
        self.kind.codes().0
    }

    /// The body of the answer.
    pub(super) fn body(&self, newer: bool) -> Value {
        let (code, status, reason) = self.kind.codes();
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

impl From<BodyError> for ClassroomError {
    fn from(error: BodyError) -> Self {
        let kind = match error {
            BodyError::TooLarge { .. } => ErrorKind::TooLarge,
            BodyError::TooSlow => ErrorKind::TooSlow,
            BodyError::BudgetExhausted => ErrorKind::Unavailable,
            BodyError::UnsupportedMediaType | BodyError::NoForm | BodyError::CutOff => ErrorKind::InvalidArgument,
        };
        let header = match error {
            BodyError::BudgetExhausted => ("retry-after", RETRY_AFTER_SECONDS),
            // The rest of the body may never arrive, or be endless.
            BodyError::TooLarge { .. } | BodyError::TooSlow | BodyError::UnsupportedMediaType | BodyError::NoForm | BodyError::CutOff => {
                ("connection", "close")
            }
        };
        Self { headers: vec![(header.0, header.1.to_owned())], ..Self::new(kind, error.to_string()) }
    }
}

impl From<BudgetExhausted> for ClassroomError {
    fn from(error: BudgetExhausted) -> Self {
        let headers = vec![("retry-after", RETRY_AFTER_SECONDS.to_owned())];
        Self { headers, ..Self::new(ErrorKind::Unavailable, error.to_string()) }
    }
}

impl From<Exceeded> for ClassroomError {
    fn from(exceeded: Exceeded) -> Self {
        let limit = match exceeded.policy {
            Policy::Unknown => "Queries without credentials per minute",
            Policy::Signature => "Signatures per minute",
            Policy::Credential => "Queries per minute per credential",
        };
        let metadata = json!({ "quota_limit": limit, "quota_limit_value": exceeded.per_minute.to_string() });
        let details = json!({ "@type": ERROR_INFO, "reason": "RATE_LIMIT_EXCEEDED", "domain": "googleapis.com", "metadata": metadata });
        let message = format!("Quota exceeded for quota metric 'Queries' and limit '{limit}' of service 'classroom.googleapis.com'.");
        Self { details: vec![details], headers: exceeded.headers().into(), ..Self::new(ErrorKind::ResourceExhausted, message) }
    }
}

impl From<InjectedDenial> for ClassroomError {
    fn from(denial: InjectedDenial) -> Self {
        match denial {
            InjectedDenial::Denied => Self::forbidden(),
            InjectedDenial::Malformed => Self::invalid(INVALID),
            InjectedDenial::Missing => Self::not_found(),
            InjectedDenial::TooSlow => BodyError::TooSlow.into(),
            InjectedDenial::Clash => Self::new(ErrorKind::Aborted, "The operation was aborted."),
            InjectedDenial::BadGateway => Self::new(ErrorKind::BadGateway, "The service is currently unavailable."),
            InjectedDenial::GatewayTimeout => Self::new(ErrorKind::GatewayTimeout, "Deadline expired before operation could complete."),
        }
    }
}

impl From<ActorGone> for ClassroomError {
    fn from(_: ActorGone) -> Self {
        Self::unauthenticated(true)
    }
}

impl From<KeyRefusal> for ClassroomError {
    fn from(refusal: KeyRefusal) -> Self {
        match refusal {
            KeyRefusal::Reused => Self::new(ErrorKind::KeyReused, "The Idempotency-Key was sent before with another request."),
            KeyRefusal::Busy => Self {
                headers: vec![("retry-after", RETRY_AFTER_SECONDS.to_owned())],
                ..Self::new(ErrorKind::KeyBusy, "A request of the same Idempotency-Key is under way; try again.")
            },
            KeyRefusal::Erased => {
                Self::new(ErrorKind::KeyErased, "The request of this Idempotency-Key was done; its stored answer was erased.")
            }
        }
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
            AuthenticationError::TooMany(exceeded) => Exceeded::from(exceeded).into(),
            AuthenticationError::Invalid | AuthenticationError::Expired => Self::unauthenticated(true),
            AuthenticationError::Scope(refused) => Self::refused_scopes(refused),
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
