//! The requests of one account. A match is an object with `api`, `method`, `path`, `status`, `contains` and `after`.

use std::time::Duration;

use serde_json::{Value, json};

use crate::Error;
use crate::control::{Control, list, query};

/// How many requests have to match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// That many, and not more.
    Exactly(u64),
    /// That many or more.
    AtLeast(u64),
}

/// The requests of one account.
#[derive(Debug)]
pub struct Journal(pub(crate) Control);

impl Journal {
    /// The newest requests that match, oldest first. A member `limit` of the match is their number.
    ///
    /// # Errors
    /// [`Error::Refused`] for a match with unknown members.
    pub async fn list(&self, matching: &Value) -> Result<Vec<Value>, Error> {
        list(&mut self.0.get(&query(matching)).await?, "entries")
    }

    /// Waits until that many requests match, in whole seconds at the most.
    ///
    /// # Errors
    /// [`Error::Refused`] with the nearest requests, if they do not come in time.
    pub async fn wait(&self, matching: &Value, count: u64, timeout: Duration) -> Result<Vec<Value>, Error> {
        let mut members = matching.as_object().cloned().unwrap_or_default();
        members.insert("count".to_owned(), json!(count));
        members.insert("timeout".to_owned(), json!(timeout.as_secs()));
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
            Err(Error::Refused { status: 409, problem }) => Err(Error::Unmet { expected: body, differences: differences(&problem) }),
            outcome => outcome.map(drop),
        }
    }

    /// The matching requests as commands of curl.
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

/// One line for each difference of the nearest requests.
fn differences(problem: &Value) -> String {
    let array = |value: &Value, name: &str| value.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let lines = array(problem, "nearest").into_iter().flat_map(|near| {
        let number = near.get("seq").cloned().unwrap_or_default();
        array(&near, "differences").into_iter().map(move |difference| format!("\nrequest {number}: {difference}"))
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_difference_of_a_near_request_is_told() {
        let problem = json!({"nearest": [{"seq": 3, "differences": [{"field": "path"}, {"field": "status"}]}]});
        assert_eq!(differences(&problem), "\nrequest 3: {\"field\":\"path\"}\nrequest 3: {\"field\":\"status\"}");
        assert_eq!(differences(&json!({})), "");
    }
}
