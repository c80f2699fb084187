//! The faults that the service injects for one account.

use serde_json::{Value, json};

use crate::Error;
use crate::control::{Control, list};

/// Faults that the service injects into requests and jobs of one account.
#[derive(Debug)]
pub struct Faults(pub(crate) Control);

impl Faults {
    /// Adds a fault such as `{"kind": "status", "status": 429, "path": "/v1/courses", "times": 2}`. Returns it with its id.
    ///
    /// # Errors
    /// [`Error::Refused`] for a fault that does not exist.
    pub async fn add(&self, fault: &Value) -> Result<Value, Error> {
        list(&mut self.0.post("", fault).await?, "faults")?.pop().ok_or(Error::Missing("fault"))
    }

    /// Adds the faults of a preset: `google-quota`, `flaky-wifi` or `lost-replies`.
    ///
    /// # Errors
    /// [`Error::Refused`] for another name.
    pub async fn preset(&self, name: &str) -> Result<Vec<Value>, Error> {
        list(&mut self.0.post("", &json!({ "preset": name })).await?, "faults")
    }

    /// All faults, with how often each was injected.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn list(&self) -> Result<Vec<Value>, Error> {
        list(&mut self.0.get("").await?, "faults")
    }

    /// Removes a fault.
    ///
    /// # Errors
    /// [`Error::Refused`] if there is none of that id.
    pub async fn remove(&self, id: u64) -> Result<(), Error> {
        self.0.delete(&format!("/{id}")).await
    }

    /// Removes all faults.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn clear(&self) -> Result<(), Error> {
        self.0.delete("").await
    }
}
