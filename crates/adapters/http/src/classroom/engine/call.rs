//! One call as it was sent, as a request of its own or as a part of a batch.

use std::cell::Cell;

use actix_web::web::Bytes;
use derslik_domain::identity::ClientNetwork;
use derslik_domain::trace::TraceParent;

use crate::idempotency::KeyHeader;

/// A call, parsed as far as the transport goes. Its body is added last: [`Call::complete`].
#[derive(Default)]
pub(super) struct Call {
    pub(super) verb: String,
    /// The path, with its escapes still in place.
    pub(super) path: String,
    pub(super) query: String,
    pub(super) authorization: Option<String>,
    pub(super) if_match: Option<String>,
    pub(super) key: KeyHeader,
    /// The network of the client, which counts for calls without a valid credential.
    pub(super) client: Option<ClientNetwork>,
    /// Whether the call was counted for its credential.
    pub(super) is_counted: bool,
    pub(super) body: Bytes,
    /// Whether the body holds the query, because the query was too long for the URL.
    pub(super) is_form: bool,
    /// The step of a trace that the call continues.
    pub(super) trace: Option<TraceParent>,
    /// The path template of the operation, once it is found.
    pub(super) template: Cell<Option<&'static str>>,
}

impl Call {
    /// Replaces the method of a POST with the one that a header names.
    pub(super) fn overridden(mut self, verb: Option<&str>, content_type: Option<&str>) -> Self {
        let Some(verb) = verb.filter(|_| self.verb == "POST") else { return self };
        self.verb = verb.trim().to_ascii_uppercase();
        self.is_form =
            content_type.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("application/x-www-form-urlencoded"));
        self
    }

    /// Whether the body may hold the credential.
    pub(super) fn may_hide_credential(&self) -> bool {
        self.is_form && self.authorization.is_none()
    }

    /// The call with its body.
    pub(super) fn complete(mut self, body: Bytes) -> Self {
        if self.is_form {
            self.query = format!("{}&{}", self.query, String::from_utf8_lossy(&body));
        } else {
            self.body = body;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_post_can_name_another_method() {
        let call = |verb: &str| Call { verb: verb.to_owned(), ..Call::default() };
        let form = Some("Application/x-www-form-urlencoded; charset=utf-8");
        let get = call("POST").overridden(Some(" get "), form);
        assert_eq!((get.verb.as_str(), get.is_form, get.may_hide_credential()), ("GET", true, true));
        assert_eq!(call("PUT").overridden(Some("GET"), form).verb, "PUT");
        let get = get.complete(Bytes::from_static(b"pageSize=1"));
        assert_eq!((get.query.as_str(), get.body.len()), ("&pageSize=1", 0));
    }
}
