//! What test control answers when it does not carry a request out: `application/problem+json` of RFC 9457.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};
use derslik_ports::StoreError;
use derslik_ports::inbound::control::ControlError;
use serde_json::{Map, Value};

/// Why a request was not carried out. Its JSON has the members `type`, `title`, `status`, `code` and `detail`, and where one is at fault
/// also `field` and `line`, or `nearest` for a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    status: StatusCode,
    /// What programs tell problems apart by.
    code: &'static str,
    detail: String,
    field: Option<String>,
    line: Option<usize>,
    /// The entries of a journal that come closest to what was expected.
    nearest: Option<Box<Value>>,
    /// The methods that the resource has, with commas between.
    allowed: Option<String>,
}

impl Problem {
    const fn new(status: StatusCode, code: &'static str, detail: String) -> Self {
        Self { status, code, detail, field: None, line: None, nearest: None, allowed: None }
    }

    /// The process has not opened its database yet.
    pub(crate) fn starting() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "starting", "the service is starting: try again".to_owned())
    }

    /// The journal does not have what was expected.
    pub(crate) fn unmet(detail: String, nearest: Value) -> Self {
        Self { nearest: Some(Box::new(nearest)), ..Self::new(StatusCode::CONFLICT, "unmet", detail) }
    }

    /// What was waited for did not come into the journal.
    pub(crate) fn did_not_come(detail: String, nearest: Value) -> Self {
        Self { nearest: Some(Box::new(nearest)), ..Self::new(StatusCode::REQUEST_TIMEOUT, "timed_out", detail) }
    }

    /// The request can't be read.
    pub(crate) fn malformed(detail: &dyn fmt::Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", detail.to_string())
    }

    /// A member of the body, or a parameter, can't be read.
    pub(crate) fn of_member(name: &str, detail: String) -> Self {
        Self { field: Some(name.to_owned()), ..Self::new(StatusCode::BAD_REQUEST, "malformed", detail) }
    }

    /// Test control has no such resource.
    pub(crate) fn no_such_path(path: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "no_such_path", format!("test control has no {path}"))
    }

    /// The resource does not have this method.
    pub(crate) fn wrong_method(method: &str, allowed: String) -> Self {
        let detail = format!("this path does not have {method}, but {allowed}");
        Self { allowed: Some(allowed), ..Self::new(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", detail) }
    }

    /// The body is too long, or does not come in time.
    pub(crate) fn too_large(detail: &dyn fmt::Display) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail.to_string())
    }
}

impl From<ControlError> for Problem {
    fn from(error: ControlError) -> Self {
        let detail = error.to_string();
        match error {
            ControlError::NotFound { .. } => Self::new(StatusCode::NOT_FOUND, "not_found", detail),
            ControlError::Invalid { field, line, problem: _ } => {
                Self { field, line, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail) }
            }
            ControlError::Conflict(_) | ControlError::Store(StoreError::Conflict(_)) => Self::new(StatusCode::CONFLICT, "conflict", detail),
            ControlError::TimedOut(_) => Self::new(StatusCode::REQUEST_TIMEOUT, "timed_out", detail),
            ControlError::Store(StoreError::Unavailable(_)) => Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail),
            ControlError::Store(_) => {
                tracing::error!(%detail, "test control has failed");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
            }
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut members = Map::new();
        members.insert("type".to_owned(), Value::from("about:blank"));
        members.insert("title".to_owned(), Value::from(self.status.canonical_reason().unwrap_or_default()));
        members.insert("status".to_owned(), Value::from(self.status.as_u16()));
        members.insert("code".to_owned(), Value::from(self.code));
        members.insert("detail".to_owned(), Value::from(self.detail.as_str()));
        if let Some(field) = &self.field {
            members.insert("field".to_owned(), Value::from(field.as_str()));
        }
        if let Some(line) = self.line {
            members.insert("line".to_owned(), Value::from(line));
        }
        if let Some(nearest) = &self.nearest {
            members.insert("nearest".to_owned(), Value::clone(nearest));
        }
        let mut answer = HttpResponse::build(self.status);
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            answer.insert_header((RETRY_AFTER, "1"));
        }
        if let Some(allowed) = &self.allowed {
            answer.insert_header((ALLOW, allowed.as_str()));
        }
        answer.insert_header((CONTENT_TYPE, "application/problem+json"));
        answer.body(Value::Object(members).to_string())
    }
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;
    use serde_json::json;

    use super::*;

    #[actix_web::test]
    async fn a_problem_names_the_field_and_the_line_at_fault() {
        let error =
            ControlError::Invalid { field: Some("courses.0.owner".to_owned()), line: Some(12), problem: "no such person".to_owned() };
        let answer = Problem::from(error).error_response();
        assert_eq!(answer.headers().get("content-type").unwrap(), "application/problem+json");
        let body: Value = serde_json::from_slice(&to_bytes(answer.into_body()).await.unwrap()).unwrap();
        let expected = json!({
            "type": "about:blank", "title": "Unprocessable Entity", "status": 422, "code": "invalid",
            "detail": "no such person", "field": "courses.0.owner", "line": 12,
        });
        assert_eq!(body, expected);
    }
}
