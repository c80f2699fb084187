//! The form that changes a session.

use actix_web::HttpResponse;
use derslik_domain::identity::Actor;
use derslik_domain::session::{Session, Target, Verdict, Violation};

use super::create::{FormPage, apply};
use super::form::{Initial, SessionInputs};
use super::guid_of;
use crate::failure::Failure;
use crate::fields::Fields;
use crate::notes::Note;
use crate::shell::{Section, Shell};
use crate::visit::Visit;

/// The field with the instant of the last change that the form was made from.
const SEEN: &str = "seen";

/// Shows the form.
pub(super) async fn show(visit: Visit) -> Result<HttpResponse, Failure> {
    let session = session_of(&visit, &visit.actor().await?).await?;
    let template = template(&visit, &session, None, &[], None).await?;
    visit.page(&template)
}

/// Changes the session, unless it was changed since the form was made.
pub(super) async fn save(visit: Visit) -> Result<HttpResponse, Failure> {
    let (actor, form) = (visit.actor().await?, visit.form());
    let session = session_of(&visit, &actor).await?;
    if form.text(SEEN) != seen(&session) {
        let reason = visit.t.sessions_changed_meanwhile(visit.moment(session.updated_at));
        return visit.refused_page(&template(&visit, &session, Some(&form), &[], Some(reason)).await?);
    }
    match apply(&visit, &actor, Target::Existing(session.guid), Initial::of(&session).read(&form)).await? {
        Verdict::Created(changed) | Verdict::Updated(changed) => {
            let note = Note::ok(visit.t.sessions_changed(changed.name.as_str()));
            Ok(visit.leave(note, &format!("sessions/{}", changed.guid)))
        }
        Verdict::NotFound => Err(Failure::NotFound),
        Verdict::Refused(violations) => visit.refused_page(&template(&visit, &session, Some(&form), &violations, None).await?),
    }
}

/// The session that the address names.
pub(super) async fn session_of(visit: &Visit, actor: &Actor) -> Result<Session, Failure> {
    let service = &visit.ports()?.clients.sessions;
    Ok(service.get(actor, guid_of(visit)?).await?)
}

fn seen(session: &Session) -> String {
    session.updated_at.micros().to_string()
}

async fn template(
    visit: &Visit,
    session: &Session,
    typed: Option<&Fields>,
    violations: &[Violation],
    reason: Option<String>,
) -> Result<FormPage, Failure> {
    let url = visit.url(&format!("sessions/{}", session.guid));
    Ok(FormPage {
        shell: Shell::of(visit, Section::Sessions, session.name.as_str()).await?,
        t: visit.t,
        title: session.name.to_string(),
        action: format!("{url}/edit"),
        go: visit.t.sessions_save(),
        back_url: url,
        inputs: SessionInputs::new(visit.t, &Initial::of(session), typed, violations),
        seen: seen(session),
        reason,
    })
}
