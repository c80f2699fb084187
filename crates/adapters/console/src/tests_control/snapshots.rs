//! Takes, restores and removes snapshots of the account.

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::Data;
use derslik_ports::inbound::control::{ControlError, SnapshotName};

use super::accounts::{self, Question};
use super::inputs::{Input, Problem};
use super::outcomes::Outcomes;
use super::page::{self, Forms};
use super::{PAGE, allow_long};
use crate::failure::Failure;
use crate::notes::Note;
use crate::visit::Visit;

/// Takes a snapshot.
pub(super) async fn take(visit: Visit, outcomes: Data<Outcomes>) -> Result<HttpResponse, Failure> {
    let (form, t) = (visit.form(), visit.t);
    let Ok(name) = form.text("name").parse::<SnapshotName>() else {
        let problems = [Problem::new("name", t.control_problem_snapshot_name())];
        let forms = Forms { snapshot: Input::of(&form, "name", &problems), ..Forms::empty(t) };
        return page::refuse(&visit, &outcomes, forms).await;
    };
    allow_long(&visit);
    let note = match visit.control()?.snapshots.take(visit.account.public, name).await {
        Ok(stored) => Note::ok(t.control_done_snapshot(stored.name.as_str())),
        Err(ControlError::Conflict(_)) => Note::bad(t.control_no_room()).and(t.control_no_room_more()),
        Err(ControlError::TimedOut(_)) => super::timed_out(t),
        Err(error) => return Err(error.into()),
    };
    Ok(visit.leave(note, PAGE))
}

/// Asks before the account is brought back.
pub(super) async fn ask_to_restore(visit: Visit) -> Result<HttpResponse, Failure> {
    let (t, name) = (visit.t, name(visit.query.text("name"))?);
    let question = Question {
        title: t.control_restore_title(name.as_str()),
        facts: vec![t.control_restore_rows(), t.control_restore_clock(), t.control_restore_stays()],
        action: visit.url("control/snapshots/restore"),
        name: name.as_str().to_owned(),
        button: t.control_restore(),
    };
    accounts::ask(&visit, question).await
}

/// Brings the account back to a snapshot.
pub(super) async fn restore(visit: Visit, outcomes: Data<Outcomes>) -> Result<HttpResponse, Failure> {
    let (t, name) = (visit.t, name(visit.form().text("name"))?);
    allow_long(&visit);
    let said = name.as_str().to_owned();
    let note = match visit.control()?.snapshots.restore(visit.account.public, name).await {
        Ok(()) => Note::ok(t.control_done_restored(said)),
        Err(ControlError::TimedOut(_)) => super::timed_out(t),
        Err(ControlError::Conflict(_)) => Note::bad(t.control_not_restored()),
        Err(error) => return Err(error.into()),
    };
    outcomes.forget(visit.account.public);
    Ok(visit.leave(note, PAGE))
}

/// Forgets a snapshot.
pub(super) async fn remove(visit: Visit) -> Result<HttpResponse, Failure> {
    let (t, name) = (visit.t, name(visit.form().text("name"))?);
    let said = name.as_str().to_owned();
    visit.control()?.snapshots.remove(visit.account.public, name).await?;
    Ok(visit.leave(Note::ok(t.control_done_removed(said)), PAGE))
}

/// Answers with a snapshot as a file.
pub(super) async fn file(visit: Visit) -> Result<HttpResponse, Failure> {
    let name = name(visit.query.text("name"))?;
    allow_long(&visit);
    let disposition = format!("attachment; filename=\"{}.derslik\"", name.as_str());
    let bytes = visit.control()?.snapshots.file(visit.account.public, name).await?;
    let mut answer = HttpResponse::Ok();
    answer.insert_header((CONTENT_TYPE, "application/zstd")).insert_header((CONTENT_DISPOSITION, disposition));
    Ok(answer.body(bytes))
}

/// A name that another page has sent.
fn name(text: &str) -> Result<SnapshotName, Failure> {
    text.parse().map_err(|_| Failure::NotFound)
}
