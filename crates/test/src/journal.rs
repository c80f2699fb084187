//! The requests of one account. A match is an object with `api`, `method`, `path`, `status`, `contains` and `after`.

use std::time::Duration;

use serde_json::{Value, json};

use crate::control::{Control, list, query};
use crate::error::differences;
use crate::{Error, Live};

/// How many requests have to match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// Exactly this number of requests.
    Exactly(u64),
    /// At least this number of requests.
    AtLeast(u64),
}

/// The requests of one account.
#[derive(Debug)]
pub struct Journal(pub(crate) Control);

impl Journal {
    /// The newest requests that match, oldest first: 100 of them, unless a member `limit` of the match is another number.
    ///
    /// # Errors
    /// [`Error::Refused`] for a match with unknown members.
    pub async fn list(&self, matching: &Value) -> Result<Vec<Value>, Error> {
        list(&mut self.0.get(&query(matching)).await?, "entries")
    }

    /// Waits until that many requests match, at most 30 seconds.
    ///
    /// # Errors
    /// [`Error::Refused`] with the nearest requests, if they do not come in time.
    pub async fn wait(&self, matching: &Value, count: u64, timeout: Duration) -> Result<Vec<Value>, Error> {
        let mut members = matching.as_object().cloned().unwrap_or_default();
        members.insert("count".to_owned(), json!(count));
        members.insert("timeout".to_owned(), json!(timeout.as_secs_f64()));
        list(&mut self.0.get(&format!("/wait{}", query(&Value::Object(members)))).await?, "entries")
    }

    /// Checks how many requests match. A member `body` of the match is a part of a body.
    ///
    /// # Errors
    /// [`Error::Unmet`] with the differences of the nearest requests.
    pub async fn assert(&self, matching: &Value, count: Count) -> Result<(), Error> {
        let body = match count {
            Count::Exactly(0) => json!({ "match": matching, "none": true }),
            Count::Exactly(count) => json!({ "match": matching, "count": count }),
            Count::AtLeast(count) => json!({ "match": matching, "at_least": count }),
        };
        let outcome = self.0.post("/assert", &body).await;
        match outcome {
            Err(Error::Refused { status: 409, problem }) => {
                let detail = problem.get("detail").and_then(Value::as_str).unwrap_or("no such requests").to_owned();
                Err(Error::Unmet { detail, expected: body, differences: differences(&problem) })
            }
            outcome => outcome.map(drop),
        }
    }

    /// Each request that matches, those of before first, as they come.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn live(&self, matching: &Value) -> Result<Live, Error> {
        self.0.live(&format!("/live{}", query(matching))).await
    }

    /// The newest matching requests as commands of curl, for the variables `DERSLIK_URL` and `DERSLIK_AUTHORIZATION`.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn curl(&self, matching: &Value) -> Result<String, Error> {
        let commands = self.0.get(&format!("/curl{}", query(matching))).await?;
        Ok(commands.as_str().unwrap_or_default().to_owned())
    }

    /// Forgets all requests.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn clear(&self) -> Result<(), Error> {
        self.0.delete("").await
    }
}
