//! Sends a request again, in the name of the principal that sent it.

use actix_web::HttpResponse;
use derslik_ports::inbound::control::{MAX_REPLAY, ReplayError, Replayed};

use super::list;
use super::row::millis;
use crate::failure::Failure;
use crate::locale::Language;
use crate::notes::Note;
use crate::texts::Texts;
use crate::visit::Visit;

/// Sends the request, and leads to its new entry, or back to the first one.
pub(super) async fn replay(visit: Visit) -> Result<HttpResponse, Failure> {
    let (t, number, query) = (visit.t, list::number(&visit)?, visit.query.with(&[("of", None)]));
    let replayed = visit.control()?.replay.replay(visit.account.public, number).await;
    let (note, shown) = match replayed {
        Ok(replayed) => (told(number, &replayed, visit.language, t), replayed.number.unwrap_or(number)),
        Err(error) => (Note::bad(problem(error, t)?), number),
    };
    Ok(visit.leave(note, &format!("requests/{shown}{query}")))
}

/// What a page says of a replay.
fn told(number: u64, replayed: &Replayed, language: Language, t: Texts) -> Note {
    let note = Note::ok(t.requests_replayed(replayed.answer.get().to_string(), number.to_string(), millis(replayed.took, language, t)));
    if replayed.number.is_some() { note.and(t.requests_replayed_more()) } else { note }
}

/// Why there is no answer. A request that is not there any more, and a store that does not answer, have pages of their own.
fn problem(error: ReplayError, t: Texts) -> Result<String, Failure> {
    Ok(match error {
        ReplayError::NotFound => return Err(Failure::NotFound),
        ReplayError::Store(error) => return Err(error.into()),
        ReplayError::Anonymous => t.requests_replay_anonymous(),
        ReplayError::NotWhole => t.requests_replay_not_whole(),
        ReplayError::AccountChanged => t.requests_replay_account_changed(),
        ReplayError::SenderGone => t.requests_replay_sender_gone(),
        ReplayError::Encrypted => t.requests_replay_encrypted(),
        ReplayError::NoAnswer => t.requests_replay_no_answer(MAX_REPLAY.as_secs()),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use derslik_domain::idempotency::AnswerCode;
    use derslik_ports::StoreError;

    use super::*;

    #[test]
    fn a_replay_is_told_with_its_answer_and_leads_to_its_entry() {
        let (language, t) = (Language::English, Texts::of(Language::English));
        let replayed = Replayed { answer: AnswerCode::new(201), took: Duration::from_micros(1_500), number: Some(8) };
        let note = told(7, &replayed, language, t);
        assert!(note.text.contains('7') && note.text.contains("201") && note.text.contains("1.5"), "{}", note.text);
        assert!(note.is_ok() && !note.more.is_empty());
        assert!(told(7, &Replayed { number: None, ..replayed }, language, t).more.is_empty());
    }

    #[test]
    fn each_cause_has_a_text_in_each_language() {
        let causes = || {
            [
                ReplayError::Anonymous,
                ReplayError::NotWhole,
                ReplayError::AccountChanged,
                ReplayError::SenderGone,
                ReplayError::Encrypted,
                ReplayError::NoAnswer,
            ]
        };
        let texts = Language::ALL.into_iter().flat_map(|language| causes().map(|error| problem(error, Texts::of(language)).unwrap()));
        let different: std::collections::BTreeSet<_> = texts.collect();
        assert_eq!(different.len(), causes().len() * Language::ALL.len());
    }

    #[test]
    fn a_request_that_is_gone_has_a_page_of_its_own() {
        let t = Texts::of(Language::English);
        assert_eq!(problem(ReplayError::NotFound, t), Err(Failure::NotFound));
        let store = StoreError::from(derslik_ports::Reason::Conflict);
        assert_eq!(problem(ReplayError::Store(store), t), Err(Failure::Unavailable));
    }
}
