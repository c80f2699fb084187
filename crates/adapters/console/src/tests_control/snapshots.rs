//! Takes, restores and removes snapshots of the account, and keeps those of files.

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::Data;
use derslik_ports::inbound::control::{ControlError, SnapshotName};

use super::accounts::{self, Question};
use super::inputs::{Input, Problem};
use super::outcomes::Outcomes;
use super::page::{self, Forms, LoadForm};
use super::{PAGE, allow_long};
use crate::failure::Failure;
use crate::notes::Note;
use crate::texts::Texts;
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

/// Keeps the snapshot of a file.
pub(super) async fn load(visit: Visit, outcomes: Data<Outcomes>) -> Result<HttpResponse, Failure> {
    let (form, file, t) = (visit.form(), visit.take_file(), visit.t);
    let name = form.text("name").parse::<SnapshotName>();
    let mut problems = Vec::new();
    if name.is_err() {
        problems.push(Problem::new("name", t.control_problem_snapshot_name()));
    }
    if file.is_empty() {
        problems.push(Problem::new("file", t.control_problem_needed()));
    }
    if let Ok(name) = name
        && problems.is_empty()
    {
        allow_long(&visit);
        match visit.control()?.snapshots.load(visit.account.public, name, file).await {
            Ok(stored) => return Ok(visit.leave(Note::ok(t.control_done_loaded(stored.name.as_str())), PAGE)),
            Err(error) => problems.push(unusable(error, t)?),
        }
    }
    let forms = Forms { load: LoadForm::of(&form, &problems), ..Forms::empty(t) };
    page::refuse(&visit, &outcomes, forms).await
}

/// Why a file was not kept.
///
/// # Errors
/// A failure that is not that of the file.
fn unusable(error: ControlError, t: Texts) -> Result<Problem, Failure> {
    match error {
        ControlError::Invalid { problem, .. } => Ok(Problem { field: "file", text: t.control_problem_file(), detail: problem }),
        ControlError::Conflict(_) => Ok(Problem::new("file", t.control_no_room_more())),
        error => Err(error.into()),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;

    #[test]
    fn a_file_that_can_not_be_used_is_a_problem_of_its_field() {
        let t = Texts::of(Language::Turkish);
        let problem = |error| unusable(error, t).unwrap();
        let invalid = problem(ControlError::invalid("body", "it is not a backup"));
        assert_eq!((invalid.field, invalid.text, invalid.detail.as_str()), ("file", t.control_problem_file(), "it is not a backup"));
        assert_eq!(problem(ControlError::Conflict("full".to_owned())).text, t.control_no_room_more());
        assert_eq!(unusable(ControlError::not_found("account", &7), t), Err(Failure::NotFound));
    }
}
