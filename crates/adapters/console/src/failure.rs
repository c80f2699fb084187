//! What a page could not do.

use std::cell::RefCell;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use derslik_ports::StoreError;
use derslik_ports::inbound::ServiceError;
use derslik_ports::inbound::control::ControlError;

/// Why a page can't be shown, or a deed was not done. `guard` makes the page that says so, in the language of the visitor. A refusal of a
/// course has its words in `courses`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// There is no such page or object.
    NotFound,
    /// The visitor has not signed in, or the sign-in has ended.
    SignedOut,
    /// The visitor may only read.
    ReadOnly,
    /// The form does not come from a page of this console, or is too old.
    Foreign,
    /// The request can't be used: a text in the language of the visitor says why. The status is 422.
    Refused(String),
    /// What the visitor saw was changed meanwhile: a text says what. The status is 409.
    Conflict(String),
    /// The account has no service principal that may do this. The status is 409.
    NoService,
    /// The request has an idempotency key that was used before. The status is 409.
    Repeated,
    /// Test control can't use a value: the text says why, in English. The status is 422.
    Invalid(String),
    /// Another object of test control stands in the way: the text says which, in English. The status is 409.
    InTheWay(String),
    /// What test control waited for did not come in time.
    TimedOut,
    /// The process is starting.
    Starting,
    /// The store does not answer now.
    Unavailable,
}

impl Failure {
    /// The status of the answer.
    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::SignedOut => StatusCode::UNAUTHORIZED,
            Self::ReadOnly | Self::Foreign => StatusCode::FORBIDDEN,
            Self::Refused(_) | Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Conflict(_) | Self::NoService | Self::Repeated | Self::InTheWay(_) => StatusCode::CONFLICT,
            Self::TimedOut | Self::Starting | Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("not found"),
            Self::SignedOut => f.write_str("not signed in"),
            Self::ReadOnly => f.write_str("may only read"),
            Self::Foreign => f.write_str("foreign form"),
            Self::Refused(text) | Self::Conflict(text) | Self::Invalid(text) | Self::InTheWay(text) => f.write_str(text),
            Self::NoService => f.write_str("no service principal"),
            Self::Repeated => f.write_str("repeated"),
            Self::TimedOut => f.write_str("timed out"),
            Self::Starting => f.write_str("starting"),
            Self::Unavailable => f.write_str("unavailable"),
        }
    }
}

/// A failure that waits in an answer for its page.
pub(crate) struct Waiting(pub(crate) RefCell<Option<Failure>>);

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut answer = HttpResponse::new(self.status());
        answer.extensions_mut().insert(Waiting(RefCell::new(Some(self.clone()))));
        answer
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        tracing::warn!(%error, "a page of the console could not be made");
        Self::Unavailable
    }
}

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::NotFound => Self::NotFound,
            ServiceError::Store(error) => error.into(),
            ServiceError::Denied(_) | ServiceError::Gone(_) => Self::NoService,
            ServiceError::Key(_) => Self::Repeated,
        }
    }
}

impl From<ControlError> for Failure {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::NotFound { .. } => Self::NotFound,
            ControlError::Store(error) => error.into(),
            ControlError::Conflict(problem) => Self::InTheWay(problem),
            ControlError::Invalid { field: Some(field), problem, .. } => Self::Invalid(format!("{field}: {problem}")),
            ControlError::Invalid { field: None, problem, .. } => Self::Invalid(problem),
            ControlError::TimedOut(_) => Self::TimedOut,
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;
    use derslik_domain::identity::{Denial, Scope};
    use derslik_ports::inbound::{ActorGone, KeyRefusal};

    use super::*;
    use crate::locale::Language;
    use crate::visit::failure_page;

    async fn page(language: Language, failure: &Failure) -> String {
        let body = to_bytes(failure_page(language, failure).into_body()).await.unwrap();
        String::from_utf8(body.to_vec()).unwrap()
    }

    #[actix_web::test]
    async fn a_refusal_of_a_use_case_is_told_in_the_language_of_the_visitor() {
        let refusals: [ServiceError; 7] = [
            Denial::Role.into(),
            Denial::Scope(Scope::Sessions).into(),
            ActorGone.into(),
            ServiceError::NotFound,
            KeyRefusal::Reused.into(),
            KeyRefusal::Busy.into(),
            KeyRefusal::Erased.into(),
        ];
        for refusal in refusals {
            let english = refusal.to_string();
            let failure = Failure::from(refusal);
            let (turkish, page_in_english) = (page(Language::Turkish, &failure).await, page(Language::English, &failure).await);
            assert!(!turkish.contains(&english), "{english}: {turkish}");
            let sentences = page_in_english.lines().filter_map(|line| line.strip_prefix("<p>")?.strip_suffix("</p>"));
            for sentence in sentences.filter(|sentence| !sentence.starts_with('<')) {
                assert!(!turkish.contains(sentence), "{english}: {turkish}");
            }
        }
    }

    #[actix_web::test]
    async fn a_cause_in_english_stands_behind_a_sentence_in_the_language_of_the_visitor() {
        for (error, status) in [
            (ControlError::invalid("name", "<b>too</b> long"), StatusCode::UNPROCESSABLE_ENTITY),
            (ControlError::Conflict("<b>too</b> long".to_owned()), StatusCode::CONFLICT),
        ] {
            let failure = Failure::from(error);
            assert_eq!(failure.status(), status);
            let page = page(Language::Turkish, &failure).await;
            let (before, detail) = page.split_once("<bdi class=\"ltr\" lang=\"en\">").expect("a detail");
            assert!(before.rsplit_once("<p>").is_some_and(|(_, sentence)| sentence.len() > 10), "{page}");
            let (detail, _) = detail.split_once("</bdi>").expect("its end");
            assert!(detail.ends_with("too&#60;/b&#62; long"), "{page}");
        }
        assert!(!page(Language::Turkish, &ControlError::TimedOut("too long".to_owned()).into()).await.contains("too long"));
    }
}
