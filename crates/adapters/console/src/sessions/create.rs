//! The form of a new session.

use actix_web::HttpResponse;
use askama::Template;
use derslik_domain::identity::Actor;
use derslik_domain::session::{Batch, BatchItem, SessionForm, Target, Verdict, Violation};
use derslik_ports::inbound::IdempotentOutcome;

use super::form::{Initial, SessionInputs};
use crate::failure::Failure;
use crate::fields::Fields;
use crate::notes::Note;
use crate::shell::{Section, Shell};
use crate::texts::Texts;
use crate::visit::Visit;

/// The page with the form of a session.
#[derive(Template)]
#[template(path = "sessions/form.html")]
pub(super) struct FormPage {
    pub(super) shell: Shell,
    pub(super) t: Texts,
    pub(super) title: String,
    pub(super) action: String,
    /// The label of the button.
    pub(super) go: String,
    pub(super) back_url: String,
    pub(super) inputs: SessionInputs,
    /// What the form was made from; empty for a new session.
    pub(super) seen: String,
    /// Why the form is shown again, where it is not for a field.
    pub(super) reason: Option<String>,
}

/// Shows the form.
pub(super) async fn show(visit: Visit) -> Result<HttpResponse, Failure> {
    let actor = visit.actor().await?;
    let template = template(&visit, &actor, None, &[]).await?;
    visit.page(&template)
}

/// Makes the session.
pub(super) async fn save(visit: Visit) -> Result<HttpResponse, Failure> {
    let (actor, form) = (visit.actor().await?, visit.form());
    match apply(&visit, &actor, Target::New, initial(&visit, &actor).read(&form)).await? {
        Verdict::Created(session) | Verdict::Updated(session) => {
            let note = Note::ok(visit.t.sessions_created(session.name.as_str()));
            Ok(visit.leave(note, &format!("sessions/{}", session.guid)))
        }
        Verdict::NotFound => Err(Failure::NotFound),
        Verdict::Refused(violations) => visit.refused_page(&template(&visit, &actor, Some(&form), &violations).await?),
    }
}

fn initial(visit: &Visit, actor: &Actor) -> Initial {
    Initial::new(visit, actor.account.settings.lang.as_str())
}

async fn template(visit: &Visit, actor: &Actor, typed: Option<&Fields>, violations: &[Violation]) -> Result<FormPage, Failure> {
    let title = visit.t.sessions_new();
    Ok(FormPage {
        shell: Shell::of(visit, Section::Sessions, title.as_str()).await?,
        t: visit.t,
        go: visit.t.sessions_create(),
        title,
        action: visit.url("sessions/new"),
        back_url: visit.url("sessions"),
        inputs: SessionInputs::new(visit.t, &initial(visit, actor), typed, violations),
        seen: String::new(),
        reason: None,
    })
}

/// Creates or changes one session.
pub(super) async fn apply(visit: &Visit, actor: &Actor, target: Target, form: SessionForm) -> Result<Verdict, Failure> {
    let batch = Batch::new(vec![BatchItem::Session(target, Box::new(form))]);
    let service = &visit.ports()?.clients.sessions;
    match service.upsert_batch(actor, batch, None).await? {
        IdempotentOutcome::Unkeyed(outcome) => outcome.verdicts().first().cloned().ok_or(Failure::Unavailable),
        IdempotentOutcome::Stored(_) | IdempotentOutcome::Replayed(_) => Err(Failure::Unavailable),
    }
}
