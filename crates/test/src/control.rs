//! Requests to the test control of a running service.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::Value;

use crate::http::{RawAnswer, Request};
use crate::process::Process;
use crate::{Answer, Error, Live};

const ROOT: &str = "/_derslik/v1";
const JSON: &str = "application/json";
const YAML: &str = "application/yaml";
const ARCHIVE: &str = "application/zstd";

/// The resources below one path of test control.
#[derive(Debug, Clone)]
pub(crate) struct Control {
    address: SocketAddr,
    process: Arc<Process>,
    path: String,
}

impl Control {
    pub(crate) fn new(address: SocketAddr, process: Arc<Process>) -> Self {
        Self { address, process, path: String::new() }
    }

    /// The resources below a longer path, which begins with a slash.
    pub(crate) fn below(&self, path: &str) -> Self {
        Self { address: self.address, process: Arc::clone(&self.process), path: format!("{}{path}", self.path) }
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Value, Error> {
        self.send("GET", path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value, Error> {
        self.send("POST", path, Some((JSON, body.to_string().into_bytes()))).await
    }

    pub(crate) async fn post_nothing(&self, path: &str) -> Result<Value, Error> {
        self.send("POST", path, None).await
    }

    pub(crate) async fn post_yaml(&self, path: &str, text: &str) -> Result<Value, Error> {
        self.send("POST", path, Some((YAML, text.as_bytes().to_vec()))).await
    }

    pub(crate) async fn put(&self, path: &str) -> Result<Value, Error> {
        self.send("PUT", path, None).await
    }

    /// A body that is not text.
    pub(crate) async fn get_bytes(&self, path: &str) -> Result<Vec<u8>, Error> {
        let path = self.target(path);
        let answer = self.ask_raw(self.address, &Request { method: "GET", path: &path, authorization: None, body: None }).await?;
        if answer.status >= 400 {
            let Answer { status, body } = answer.read()?;
            return Err(Error::Refused { status, problem: body });
        }
        Ok(answer.body)
    }

    /// An answer of events that goes on.
    pub(crate) async fn live(&self, path: &str) -> Result<Live, Error> {
        self.explained(Live::open(self.address, &self.target(path)).await).await
    }

    pub(crate) async fn put_bytes(&self, path: &str, bytes: &[u8]) -> Result<Value, Error> {
        if bytes.is_empty() {
            return Err(Error::Io(io::Error::new(io::ErrorKind::InvalidInput, "the file of a snapshot is not empty")));
        }
        self.send("PUT", path, Some((ARCHIVE, bytes.to_vec()))).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Result<(), Error> {
        self.send("DELETE", path, None).await.map(drop)
    }

    async fn send(&self, method: &str, path: &str, body: Option<(&'static str, Vec<u8>)>) -> Result<Value, Error> {
        let path = self.target(path);
        let answer = self.ask(self.address, &Request { method, path: &path, authorization: None, body }).await?;
        if answer.status >= 400 {
            return Err(Error::Refused { status: answer.status, problem: answer.body });
        }
        Ok(answer.body)
    }

    fn target(&self, path: &str) -> String {
        format!("{ROOT}{}{path}", self.path)
    }

    /// Sends a request to one of the addresses of the service. Tells if there is no answer because the service has ended.
    pub(crate) async fn ask(&self, address: SocketAddr, request: &Request<'_>) -> Result<Answer, Error> {
        self.ask_raw(address, request).await?.read()
    }

    async fn ask_raw(&self, address: SocketAddr, request: &Request<'_>) -> Result<RawAnswer, Error> {
        let outcome = request.send_raw(address).await;
        self.explained(outcome).await
    }

    async fn explained<T>(&self, outcome: Result<T, Error>) -> Result<T, Error> {
        let error = match outcome {
            Err(error @ (Error::Io(_) | Error::Malformed)) => error,
            outcome => return outcome,
        };
        if !self.is_silent().await {
            return Err(error);
        }
        Err(self.process.ended().await.unwrap_or(error))
    }

    /// Whether the service does not answer. One that is about to end still takes connections.
    async fn is_silent(&self) -> bool {
        let request = Request { method: "GET", path: "/", authorization: None, body: None };
        request.send_raw(self.address).await.is_err()
    }
}

/// A member of an answer that is a list.
pub(crate) fn list(answer: &mut Value, name: &'static str) -> Result<Vec<Value>, Error> {
    match answer.get_mut(name).map(Value::take) {
        Some(Value::Array(list)) => Ok(list),
        _ => Err(Error::Missing(name)),
    }
}

/// A query of the members of an object; members that are null are left out.
pub(crate) fn query(members: &Value) -> String {
    let written = members.as_object().into_iter().flatten().filter_map(|(name, value)| match value {
        Value::Null => None,
        Value::String(text) => Some(format!("{}={}", escaped(name), escaped(text))),
        other => Some(format!("{}={}", escaped(name), escaped(&other.to_string()))),
    });
    let query = written.collect::<Vec<_>>().join("&");
    if query.is_empty() { query } else { format!("?{query}") }
}

/// A text as one segment of a path, or one part of a query.
pub(crate) fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |escaped, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped + &char::from(byte).to_string()
        } else {
            escaped + &format!("%{byte:02X}")
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_query_has_each_member_that_is_set() {
        let members = json!({"path": "/v1/courses/*", "status": 429, "contains": null});
        assert_eq!(query(&members), "?path=%2Fv1%2Fcourses%2F%2A&status=429");
        assert_eq!(query(&json!({})), "");
    }
}
