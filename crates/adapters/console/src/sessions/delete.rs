//! The question before a session is deleted, with the facts, and the deletion.

use actix_web::HttpResponse;
use askama::Template;

use super::change::session_of;
use super::guid_of;
use super::list::Context;
use super::show::{Fact, Times, facts};
use super::states::{Mark, State};
use crate::failure::Failure;
use crate::notes::Note;
use crate::shell::{Section, Shell};
use crate::texts::Texts;
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "sessions/delete.html")]
struct DeletePage {
    shell: Shell,
    t: Texts,
    name: String,
    url: String,
    state: Mark,
    times: Times,
    facts: Vec<Fact>,
}

/// Shows what would be deleted.
pub(super) async fn show(visit: Visit) -> Result<HttpResponse, Failure> {
    let session = session_of(&visit, &visit.actor().await?).await?;
    let template = DeletePage {
        shell: Shell::of(&visit, Section::Sessions, session.name.as_str()).await?,
        t: visit.t,
        name: session.name.to_string(),
        url: visit.url(&format!("sessions/{}", session.guid)),
        state: State::of(&session, visit.now).view(visit.t),
        times: Times::of(&session, &Context::of(&visit)),
        facts: facts(&session),
    };
    visit.page(&template)
}

/// Deletes the session.
pub(super) async fn run(visit: Visit) -> Result<HttpResponse, Failure> {
    let (actor, guid) = (visit.actor().await?, guid_of(&visit)?);
    let session = session_of(&visit, &actor).await?;
    let service = &visit.ports()?.clients.sessions;
    service.delete(&actor, guid).await?;
    let day = session.start.civil().to_naive().date();
    Ok(visit.leave(Note::ok(visit.t.sessions_deleted(session.name.as_str())), &format!("sessions?week={day}")))
}
