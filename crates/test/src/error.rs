//! What can go wrong between a test and the service.

use std::fmt::Write as _;
use std::io;

use serde_json::Value;

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no program to start.
    #[error("the program derslik is missing: build it, or name it in DERSLIK_BIN")]
    NoProgram,
    /// The program has ended, at its start or later.
    #[error("derslik has ended {how}; the end of its log:\n{log}")]
    Ended {
        /// Its exit code or its signal, or that it was stopped.
        how: String,
        /// The end of its log.
        log: String,
    },
    /// The service can't be reached, or the connection ended.
    #[error("the service can't be reached")]
    Io(#[from] io::Error),
    /// The answer is not the JSON that was expected.
    #[error("the answer is not the expected JSON")]
    Json(#[from] serde_json::Error),
    /// The answer lacks a part that it should have.
    #[error("the answer has no {0}")]
    Missing(&'static str),
    /// The answer ended early, or is not HTTP.
    #[error("the answer ended early, or is not HTTP")]
    Malformed,
    /// The service refused a request.
    #[error("answered {status}: {}", told(.problem))]
    Refused {
        /// The status of the answer.
        status: u16,
        /// The body of the answer.
        problem: Value,
    },
    /// The journal does not have the requests that a test expects.
    #[error("{detail}: {expected}{differences}")]
    Unmet {
        /// How many requests match, and how many were expected.
        detail: String,
        /// What was expected.
        expected: Value,
        /// How the nearest requests differ, one line each.
        differences: String,
    },
}

/// What is wrong, and where: the field, the line and the value of a problem of test control, and the requests that come nearest. Another
/// body is shown as it is.
fn told(problem: &Value) -> String {
    let Some(detail) = text(problem, "detail") else { return problem.to_string() };
    let field = text(problem, "field").filter(|field| !detail.contains(*field)).map(|field| format!("{field}: ")).unwrap_or_default();
    let value = problem.get("value").filter(|value| !value.is_null());
    let value = value.filter(|value| !detail.contains(value.as_str().unwrap_or(&value.to_string())));
    let value = value.map(|value| format!("; it was {value}")).unwrap_or_default();
    let line = problem.get("line").filter(|line| !line.is_null() && !detail.contains(&format!("line {line}")));
    let line = line.map(|line| format!(" (line {line})")).unwrap_or_default();
    format!("{field}{detail}{value}{line}{}", differences(problem))
}

/// A line for each request that comes nearest to what was expected, and one for each part of it that is not as expected.
pub(crate) fn differences(problem: &Value) -> String {
    let array = |value: &Value, name: &str| value.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let member = |value: &Value, name: &str| value.get(name).cloned().unwrap_or_default();
    let mut told = String::new();
    for near in array(problem, "nearest") {
        let parts = array(&near, "differences");
        let outcome = if parts.is_empty() { "matches" } else { "differs:" };
        let (method, path) = (text(&near, "method").unwrap_or_default(), text(&near, "path").unwrap_or_default());
        _ = write!(told, "\nrequest {}, {method} {path}, {outcome}", member(&near, "seq"));
        for part in &parts {
            let field = text(part, "field").unwrap_or_default();
            _ = write!(told, "\n  {field}: expected {}, found {}", member(part, "expected"), member(part, "found"));
        }
    }
    told
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_refusal_tells_the_place_the_value_and_the_line() {
        let shown = |problem: Value| Error::Refused { status: 422, problem }.to_string();
        let problem = json!({ "detail": "not ACTIVE or ARCHIVED", "field": "courses.1.state", "value": "ON", "line": 7 });
        assert_eq!(shown(problem), "answered 422: courses.1.state: not ACTIVE or ARCHIVED; it was \"ON\" (line 7)");
        let problem = json!({ "detail": "courses.1.state is ON in line 7", "field": "courses.1.state", "value": "ON", "line": 7 });
        assert_eq!(shown(problem), "answered 422: courses.1.state is ON in line 7");
        assert_eq!(shown(json!({ "error": "unknown" })), r#"answered 422: {"error":"unknown"}"#);
    }

    #[test]
    fn each_difference_of_a_near_request_is_told() {
        let differs = json!([{ "field": "path", "expected": "/a", "found": "/b" }, { "field": "status", "expected": 200, "found": null }]);
        let problem = json!({ "nearest": [
            { "seq": 3, "method": "GET", "path": "/b", "differences": differs },
            { "seq": 2, "method": "GET", "path": "/a", "differences": [] },
        ] });
        let expected = "\nrequest 3, GET /b, differs:\n  path: expected \"/a\", found \"/b\"\n  status: expected 200, found null\
                        \nrequest 2, GET /a, matches";
        assert_eq!(differences(&problem), expected);
        assert_eq!(differences(&json!({})), "");
    }
}
