//! An account of a test.

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::Path;

use serde_json::Value;

use crate::control::{Control, escaped, list};
use crate::http::Request;
use crate::{Answer, Clock, Error, Faults, Journal};

/// What an account without users or a project would have.
static NULL: Value = Value::Null;

/// An account with keys for all three APIs.
#[derive(Debug)]
pub struct Account {
    address: SocketAddr,
    made: Value,
    control: Control,
}

impl Account {
    pub(crate) fn new(address: SocketAddr, control: &Control, made: Value) -> Result<Self, Error> {
        let id = made.pointer("/id").and_then(Value::as_str).ok_or(Error::Missing("id"))?;
        let control = control.below(&format!("/accounts/{}", escaped(id)));
        Ok(Self { address, made, control })
    }

    /// The URL of the service, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The id by which test control knows the account.
    pub fn id(&self) -> &str {
        self.text("/id")
    }

    /// The name.
    pub fn name(&self) -> &str {
        self.text("/name")
    }

    /// The access key of the sessions API.
    pub fn access_key(&self) -> &str {
        self.text("/access_key")
    }

    /// The secret key of the sessions API.
    pub fn secret_key(&self) -> &str {
        self.text("/secret_key")
    }

    /// The people: a list of objects with `role`, `id`, `guid`, `email` and `token`.
    pub fn users(&self) -> &Value {
        self.made.get("users").unwrap_or(&NULL)
    }

    /// The access token of the admin for the courses API.
    pub fn token(&self) -> &str {
        self.token_of("admin").unwrap_or_default()
    }

    /// The access token of the person of a role: `admin`, `teacher`, `coteacher`, `student` or `stranger`.
    pub fn token_of(&self, role: &str) -> Option<&str> {
        self.users().as_array()?.iter().find(|user| user.get("role").is_some_and(|found| found == role))?.get("token")?.as_str()
    }

    /// The bearer for the sessions API.
    pub fn bearer(&self) -> &str {
        self.text("/bearer")
    }

    /// The key for the jobs API.
    pub fn account_key(&self) -> &str {
        self.text("/account_key")
    }

    /// The project: an object with `id`, `key` and `name`. The key is a part of paths of the jobs API.
    pub fn project(&self) -> &Value {
        self.made.get("project").unwrap_or(&NULL)
    }

    fn text(&self, pointer: &str) -> &str {
        self.made.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// The variables from which clients, and code that makes its own, take addresses and keys.
    pub fn env(&self) -> Vec<(&'static str, String)> {
        let url = self.url();
        vec![
            ("DERSLIK_URL", url.clone()),
            ("PERCULUS_AUTH_URL", format!("{url}/auth")),
            ("PERCULUS_XAPI_URL", format!("{url}/xapi")),
            ("PERCULUS_ACCESS_KEY", self.access_key().to_owned()),
            ("PERCULUS_SECRET_KEY", self.secret_key().to_owned()),
            ("PERCULUS_ACCOUNT_ID", self.id().to_owned()),
            ("OPENREPLAY_API_URL", format!("{url}/api/v1")),
            ("OPENREPLAY_API_KEY", self.account_key().to_owned()),
            ("OPENREPLAY_PROJECT_KEY", self.text("/project/key").to_owned()),
            ("CLASSROOM_URL", format!("{url}/")),
            ("CLASSROOM_TOKEN", self.token().to_owned()),
        ]
    }

    /// The clock of the account.
    pub fn clock(&self) -> Clock {
        Clock(self.control.below("/clock"))
    }

    /// The faults of the account.
    pub fn faults(&self) -> Faults {
        Faults(self.control.below("/faults"))
    }

    /// The requests of the account.
    pub fn journal(&self) -> Journal {
        Journal(self.control.below("/journal"))
    }

    /// One request with the credential of its API.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Malformed`] if there is no whole answer, and [`Error::Ended`] if the service has ended.
    pub async fn request(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Answer, Error> {
        let authorization = self.authorization(path);
        let body = body.map(|body| ("application/json", body.to_string().into_bytes()));
        self.control.ask(self.address, &Request { method, path, authorization: Some(&authorization), body }).await
    }

    /// The body that a path answers with.
    ///
    /// # Errors
    /// [`Error::Refused`] if the answer is an error.
    pub async fn get(&self, path: &str) -> Result<Value, Error> {
        body_of(self.request("GET", path, None).await?)
    }

    /// The body of the answer to a JSON document.
    ///
    /// # Errors
    /// [`Error::Refused`] if the answer is an error.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, Error> {
        body_of(self.request("POST", path, Some(body)).await?)
    }

    /// The body of the answer to a JSON document.
    ///
    /// # Errors
    /// [`Error::Refused`] if the answer is an error.
    pub async fn put(&self, path: &str, body: &Value) -> Result<Value, Error> {
        body_of(self.request("PUT", path, Some(body)).await?)
    }

    /// The body of the answer to a JSON document.
    ///
    /// # Errors
    /// [`Error::Refused`] if the answer is an error.
    pub async fn patch(&self, path: &str, body: &Value) -> Result<Value, Error> {
        body_of(self.request("PATCH", path, Some(body)).await?)
    }

    /// The body of the answer.
    ///
    /// # Errors
    /// [`Error::Refused`] if the answer is an error.
    pub async fn delete(&self, path: &str) -> Result<Value, Error> {
        body_of(self.request("DELETE", path, None).await?)
    }

    fn authorization(&self, path: &str) -> String {
        let begins_with = |prefixes: &[&str]| prefixes.iter().any(|prefix| path.starts_with(prefix));
        if begins_with(&["/xapi", "/api/groups"]) {
            format!("Bearer {}", self.bearer())
        } else if begins_with(&["/v1/courses", "/v1/userProfiles", "/batch"]) {
            format!("Bearer {}", self.token())
        } else {
            self.account_key().to_owned()
        }
    }

    /// Brings the account back to its first content. Keys stay valid.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn reset(&self) -> Result<(), Error> {
        self.control.post_nothing("/reset").await.map(drop)
    }

    /// Adds the content of a seed: a text in YAML or JSON, or the path of a file that ends as one. Returns how much it was.
    ///
    /// # Errors
    /// [`Error::Refused`] with the place of a mistake, or [`Error::Io`] if the file can't be read.
    pub async fn seed(&self, content: &str) -> Result<Value, Error> {
        self.control.post_yaml("/seed", &document(content)?).await
    }

    /// The content of the account as a seed in YAML.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn seed_export(&self) -> Result<String, Error> {
        Ok(self.control.get("/seed").await?.as_str().unwrap_or_default().to_owned())
    }

    /// Keeps the present state under a name.
    ///
    /// # Errors
    /// [`Error::Refused`] for a name of unfit characters.
    pub async fn snapshot(&self, name: &str) -> Result<Value, Error> {
        self.control.put(&format!("/snapshots/{}", escaped(name))).await
    }

    /// Brings the account back to a snapshot.
    ///
    /// # Errors
    /// [`Error::Refused`] if there is none of that name.
    pub async fn restore(&self, name: &str) -> Result<(), Error> {
        self.control.post_nothing(&format!("/snapshots/{}/restore", escaped(name))).await.map(drop)
    }

    /// The snapshots of the account.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn snapshot_list(&self) -> Result<Vec<Value>, Error> {
        list(&mut self.control.get("/snapshots").await?, "snapshots")
    }

    /// Forgets a snapshot.
    ///
    /// # Errors
    /// [`Error::Refused`] if there is none of that name.
    pub async fn snapshot_remove(&self, name: &str) -> Result<(), Error> {
        self.control.delete(&format!("/snapshots/{}", escaped(name))).await
    }

    /// A snapshot as the bytes of a file, which `derslik backup verify` takes as well.
    ///
    /// # Errors
    /// [`Error::Refused`] if there is none of that name.
    pub async fn snapshot_save(&self, name: &str) -> Result<Vec<u8>, Error> {
        self.control.get_bytes(&format!("/snapshots/{}", escaped(name))).await
    }

    /// Keeps the content of such a file as a snapshot, also if it is of another account.
    ///
    /// # Errors
    /// [`Error::Refused`] if the file can't be used.
    pub async fn snapshot_load(&self, name: &str, file: &[u8]) -> Result<Value, Error> {
        self.control.put_bytes(&format!("/snapshots/{}", escaped(name)), file).await
    }

    /// Ends the account. Its keys stop working. An account that has ended stays so.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn end(self) -> Result<(), Error> {
        match self.control.delete("").await {
            Err(Error::Refused { status: 404, .. }) => Ok(()),
            outcome => outcome,
        }
    }
}

/// A seed as test control takes it. What is one line and ends as the name of a file is read from there.
pub(crate) fn document(seed: &str) -> Result<String, Error> {
    let ending = Path::new(seed.trim_end()).extension().map(OsStr::to_ascii_lowercase);
    let is_path =
        !seed.trim_end().contains('\n') && ending.is_some_and(|ending| ["yaml", "yml", "json"].iter().any(|known| ending == *known));
    if !is_path {
        return Ok(seed.to_owned());
    }
    let text = std::fs::read_to_string(seed.trim_end())?;
    // Some editors begin a file with a mark of the byte order.
    Ok(text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned())
}

fn body_of(answer: Answer) -> Result<Value, Error> {
    if answer.status >= 400 {
        return Err(Error::Refused { status: answer.status, problem: answer.body });
    }
    Ok(answer.body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_and_a_text_is_a_document() {
        let path = std::env::temp_dir().join(format!("derslik-test-seed-{}.yaml", std::process::id()));
        std::fs::write(&path, "\u{feff}courses: []\n").unwrap();
        assert_eq!(document(path.to_str().unwrap()).unwrap(), "courses: []\n");
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(document(path.to_str().unwrap()), Err(Error::Io(_))));
        for text in ["courses: []\n", "people: []\nfile: a.yaml", "{}"] {
            assert_eq!(document(text).unwrap(), text);
        }
    }
}
