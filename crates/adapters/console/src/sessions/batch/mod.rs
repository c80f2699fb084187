//! Batches that are pasted: first the verdict on each session without carrying anything out, then the batch itself.
//!
//! | file | content |
//! |---|---|
//! | `lines` | reads a batch of either form |
//! | `json`, `csv` | the two forms |
//! | `verdicts` | the verdicts as a page shows them |

mod csv;
mod json;
mod lines;
mod verdicts;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::HttpResponse;
use askama::Template;
use derslik_domain::idempotency::{Answer, AnswerCode, IdempotencyKey, RequestDigest};
use derslik_domain::identity::Actor;
use derslik_domain::session::{Batch, BatchItem, BatchOutcome, Verdict};
use derslik_ports::inbound::{IdempotentOutcome, IdempotentRequest};
use sha2::{Digest, Sha256};

use self::verdicts::{Counts, VerdictRow};
use super::list::Context;
use crate::failure::Failure;
use crate::notes::Note;
use crate::shell::{Section, Shell};
use crate::texts::Texts;
use crate::visit::Visit;

/// The field with the batch.
const TEXT: &str = "batch";

/// The field with the digest of the batch whose verdicts were shown.
const CHECKED: &str = "checked";

/// The field with a text of its own for each time that verdicts were shown.
const ONCE: &str = "once";

/// How often verdicts were shown in this process.
static CHECKS: AtomicU64 = AtomicU64::new(0);

#[derive(Template)]
#[template(path = "sessions/batch.html")]
struct BatchPage {
    shell: Shell,
    t: Texts,
    /// The address of the page.
    url: String,
    text: String,
    /// Why the text is not a batch.
    problem: Option<String>,
    rows: Vec<VerdictRow>,
    /// The sum of the verdicts.
    summary: String,
    /// The button that carries the batch out; `None` where there is nothing to do.
    run: Option<Run>,
}

/// The button that carries the batch out.
#[derive(Debug)]
struct Run {
    label: String,
    checked: String,
    once: String,
}

/// Shows the empty form.
pub(super) async fn show(visit: Visit) -> Result<HttpResponse, Failure> {
    let template = template(&visit, String::new()).await?;
    visit.page(&template)
}

/// Shows the verdicts on a batch. Nothing is carried out.
pub(super) async fn check(visit: Visit) -> Result<HttpResponse, Failure> {
    let text = pasted(&visit);
    let mut template = template(&visit, text.clone()).await?;
    let lines = match lines::read(&text) {
        Ok(lines) => lines,
        Err(fault) => {
            template.problem = Some(fault.text(visit.t));
            return visit.refused_page(&template);
        }
    };
    let actor = visit.actor().await?;
    let (names, batch) = split(lines);
    let service = &visit.ports()?.clients.sessions;
    let outcome = service.check_batch(&actor, batch).await?;
    let counts = Counts::of(outcome.verdicts());
    template.rows = verdicts::rows(&names, outcome.verdicts(), false, &Context::of(&visit));
    template.summary = visit.t.sessions_batch_plan(counts.changed, counts.created, counts.refused);
    template.run = counts.has_work().then(|| Run {
        label: visit.t.sessions_batch_go(counts.changed, counts.created),
        checked: digest_of(&text),
        once: format!("{}-{}", visit.now.micros(), CHECKS.fetch_add(1, Ordering::Relaxed)),
    });
    visit.page(&template)
}

/// Carries a batch out whose verdicts were shown; any other one is only checked.
pub(super) async fn run(visit: Visit) -> Result<HttpResponse, Failure> {
    let (text, form) = (pasted(&visit), visit.form());
    let lines = match lines::read(&text) {
        Ok(lines) if form.text(CHECKED) == digest_of(&text) => lines,
        _ => return check(visit).await,
    };
    let actor = visit.actor().await?;
    let (names, batch) = split(lines);
    let Some(outcome) = carry_out(&visit, &actor, batch, form.text(ONCE), &text).await? else {
        return Ok(visit.leave(Note::bad(visit.t.sessions_batch_twice()), "sessions"));
    };
    let counts = Counts::of(outcome.verdicts());
    let summary = visit.t.sessions_batch_done(counts.changed, counts.created, counts.refused);
    if counts.refused == 0 {
        return Ok(visit.leave(Note::ok(summary), &format!("sessions{}", week_of(outcome.verdicts()))));
    }
    let mut template = template(&visit, String::new()).await?;
    template.rows = verdicts::rows(&names, outcome.verdicts(), true, &Context::of(&visit));
    template.summary = summary;
    visit.page(&template)
}

/// Carries a batch out once for each time that its verdicts were shown. `None` if that was done before.
async fn carry_out(visit: &Visit, actor: &Actor, batch: Batch, once: &str, text: &str) -> Result<Option<BatchOutcome>, Failure> {
    let key = digest_of(&format!("{} {once} {}", visit.form_token(), digest_of(text)));
    let key = IdempotencyKey::parse(&format!("console-{key}")).map_err(|_| Failure::Unavailable)?;
    let kept = Arc::new(Mutex::new(None));
    let place = Arc::clone(&kept);
    // Only whether it was done has to be stored.
    let render = Box::new(move |outcome: &BatchOutcome| {
        *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome.clone());
        Answer { code: AnswerCode::new(200), body: Vec::new() }
    });
    let request = IdempotentRequest { key, request: RequestDigest::new(Sha256::digest(text.as_bytes()).into()), render };
    let service = &visit.ports()?.clients.sessions;
    match service.upsert_batch(actor, batch, Some(request)).await? {
        IdempotentOutcome::Unkeyed(outcome) => Ok(Some(outcome)),
        IdempotentOutcome::Stored(_) => {
            let outcome = kept.lock().unwrap_or_else(PoisonError::into_inner).take();
            outcome.map(Some).ok_or(Failure::Unavailable)
        }
        IdempotentOutcome::Replayed(_) => Ok(None),
    }
}

async fn template(visit: &Visit, text: String) -> Result<BatchPage, Failure> {
    Ok(BatchPage {
        shell: Shell::of(visit, Section::Sessions, visit.t.sessions_batch_title()).await?,
        t: visit.t,
        url: visit.url("sessions/batch"),
        text,
        problem: None,
        rows: Vec::new(),
        summary: String::new(),
        run: None,
    })
}

/// The text of the form, with plain ends of lines.
fn pasted(visit: &Visit) -> String {
    visit.form().raw(TEXT).unwrap_or_default().replace("\r\n", "\n")
}

fn split(lines: Vec<lines::Line>) -> (Vec<String>, Batch) {
    let (names, items): (Vec<String>, Vec<BatchItem>) = lines.into_iter().map(|line| (line.name, line.item)).unzip();
    (names, Batch::new(items))
}

fn digest_of(text: &str) -> String {
    derslik_domain::text::hex(&Sha256::digest(text.as_bytes()))
}

/// The query of the week with the first session that was written.
fn week_of(verdicts: &[Verdict]) -> String {
    let day = verdicts.iter().find_map(|verdict| match verdict {
        Verdict::Created(session) | Verdict::Updated(session) => Some(session.start.civil().to_naive().date()),
        Verdict::NotFound | Verdict::Refused(_) => None,
    });
    day.map(|day| format!("?week={day}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use derslik_testkit::builders::{guid, session};

    use super::*;

    #[test]
    fn the_page_after_a_batch_is_the_week_of_its_first_session() {
        assert_eq!(week_of(&[Verdict::NotFound, Verdict::Created(session(guid(1)))]), "?week=2025-08-05");
        assert_eq!(week_of(&[Verdict::NotFound]), "");
    }

    #[test]
    fn another_text_has_another_digest() {
        assert_ne!(digest_of("a"), digest_of("b"));
        assert_eq!(digest_of("a").len(), 64);
    }
}
