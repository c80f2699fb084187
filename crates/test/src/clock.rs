//! The clock of one account, or that for all accounts without a clock of their own.

use std::time::Duration;

use serde_json::{Value, json};

use crate::Error;
use crate::control::{Control, list};

/// The time by which objects go. Leases, timeouts and limits of the service stay on real time. Instants are texts of RFC 3339.
#[derive(Debug)]
pub struct Clock(pub(crate) Control);

impl Clock {
    /// The state of the clock: `now`, `frozen`, `own` and `next_due`.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn show(&self) -> Result<Value, Error> {
        self.0.get("").await
    }

    /// The instant that the clock shows.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn now(&self) -> Result<String, Error> {
        let shown = self.show().await?;
        shown.get("now").and_then(Value::as_str).map(str::to_owned).ok_or(Error::Missing("now"))
    }

    /// Stops the clock, at that instant if one is given.
    ///
    /// # Errors
    /// [`Error::Refused`] for a text that is not an instant.
    pub async fn freeze(&self, at: Option<&str>) -> Result<Value, Error> {
        let body = at.map_or_else(|| json!({}), |at| json!({ "at": at }));
        self.0.post("/freeze", &body).await
    }

    /// Sets the clock, forwards or backwards. Nothing runs because of it alone. A text may be as in a seed, such as `tomorrow 09:00`.
    ///
    /// # Errors
    /// [`Error::Refused`] for a text that is not an instant.
    pub async fn set(&self, to: &str) -> Result<Value, Error> {
        self.0.post("/set", &json!({ "to": to })).await
    }

    /// Moves the clock on by whole seconds. Returns what ran, once all that fell due has.
    ///
    /// # Errors
    /// [`Error::Refused`] for a part of a second, or if it does not settle.
    pub async fn advance(&self, by: Duration) -> Result<Vec<Value>, Error> {
        let by = if by.subsec_nanos() == 0 { json!(by.as_secs()) } else { json!(by.as_secs_f64()) };
        list(&mut self.0.post("/advance", &json!({ "by": by })).await?, "ran")
    }

    /// Moves the clock to a later instant. Returns what ran, once all that fell due has.
    ///
    /// # Errors
    /// [`Error::Refused`] for an instant in the past, or if it does not settle.
    pub async fn advance_to(&self, to: &str) -> Result<Vec<Value>, Error> {
        list(&mut self.0.post("/advance", &json!({ "to": to })).await?, "ran")
    }

    /// Moves the clock to the next instant at which something is due. Returns what ran.
    ///
    /// # Errors
    /// [`Error::Refused`] if it does not settle.
    pub async fn run_to_next_due(&self) -> Result<Vec<Value>, Error> {
        list(&mut self.0.post_nothing("/run-to-next-due").await?, "ran")
    }

    /// Lets a frozen clock run on.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn resume(&self) -> Result<Value, Error> {
        self.0.post_nothing("/resume").await
    }

    /// Gives the clock back: an account shows the clock of all accounts again, and that one the time of the machine.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn release(&self) -> Result<(), Error> {
        self.0.delete("").await
    }
}
