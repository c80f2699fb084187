//! Resets and ends the account, and makes others.

use std::ops::RangeInclusive;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::Data;
use askama::Template;
use derslik_domain::text::hex;
use derslik_ports::inbound::control::{ControlError, NewTestAccount, TestAccount};

use super::inputs::{Problem, Reader};
use super::outcomes::Outcomes;
use super::page::{self, Forms, NewForm};
use super::{PAGE, allow_long, seeds};
use crate::CONSOLE_PATH;
use crate::failure::Failure;
use crate::notes::Note;
use crate::shell::{Section, Shell};
use crate::texts::Texts;
use crate::visit::{Visit, see_other};

/// The hours that an account may live.
const HOURS: RangeInclusive<u64> = 1..=87_600;

/// What is asked before a deed that can't be taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) title: String,
    /// What will happen, a sentence each.
    pub(super) facts: Vec<String>,
    /// The address that the deed is sent to.
    pub(super) action: String,
    /// The name of what the deed is for, or an empty text.
    pub(super) name: String,
    pub(super) button: String,
}

#[derive(Template)]
#[template(path = "control/confirm.html")]
struct ConfirmPage {
    shell: Shell,
    t: Texts,
    question: Question,
    /// The page to go back to.
    back: String,
}

/// Shows a question.
pub(super) async fn ask(visit: &Visit, question: Question) -> Result<HttpResponse, Failure> {
    visit.control()?;
    let shell = Shell::of(visit, Section::Control, question.title.as_str()).await?;
    visit.page(&ConfirmPage { shell, t: visit.t, question, back: visit.url(PAGE) })
}

/// Asks before the account is reset.
pub(super) async fn ask_to_reset(visit: Visit) -> Result<HttpResponse, Failure> {
    let t = visit.t;
    let question = Question {
        title: t.control_reset_title(visit.account.name.as_str()),
        facts: vec![t.control_reset_rows(), t.control_reset_stays(), t.control_reset_faults(), t.control_reset_clock()],
        action: visit.url("control/reset"),
        name: String::new(),
        button: t.control_reset_go(),
    };
    ask(&visit, question).await
}

/// Brings the account back to the state in which it was made.
pub(super) async fn reset(visit: Visit, outcomes: Data<Outcomes>) -> Result<HttpResponse, Failure> {
    let (t, account, control) = (visit.t, visit.account.public, visit.control()?);
    allow_long(&visit);
    let note = match control.accounts.reset(account).await {
        Ok(()) => Note::ok(t.control_done_reset(visit.account.name.as_str())),
        Err(ControlError::TimedOut(_)) => super::timed_out(t),
        Err(error) => return Err(error.into()),
    };
    control.faults.clear(account);
    control.journal.clear(account);
    outcomes.forget(account);
    Ok(visit.leave(note, PAGE))
}

/// Asks before the account ends.
pub(super) async fn ask_to_end(visit: Visit) -> Result<HttpResponse, Failure> {
    let t = visit.t;
    let question = Question {
        title: t.control_end_title(visit.account.name.as_str()),
        facts: vec![t.control_end_keys(), t.control_end_rows()],
        action: visit.url("control/end"),
        name: String::new(),
        button: t.control_end_go(),
    };
    ask(&visit, question).await
}

/// Ends the account, and leads to the first of the others.
pub(super) async fn end(visit: Visit, outcomes: Data<Outcomes>) -> Result<HttpResponse, Failure> {
    let (account, control) = (visit.account.public, visit.control()?);
    control.accounts.end(account).await?;
    control.faults.clear(account);
    control.journal.clear(account);
    outcomes.forget(account);
    let others = control.accounts.list().await?;
    let first = others.iter().find(|other| other.id != account);
    Ok(see_other(&first.map_or_else(|| CONSOLE_PATH.to_owned(), |other| format!("{CONSOLE_PATH}/{}/now", other.id))))
}

/// Makes another account. The next page shows its keys, once.
pub(super) async fn make(visit: Visit, outcomes: Data<Outcomes>) -> Result<HttpResponse, Failure> {
    let (form, t) = (visit.form(), visit.t);
    let mut reader = Reader::of(&form, t);
    let hours = reader.number("hours", &HOURS);
    let mut problems = reader.problems;
    if problems.is_empty() {
        allow_long(&visit);
        let new = NewTestAccount {
            name: form.get("name").map(str::to_owned),
            time_to_live: hours.map(|hours| Duration::from_secs(hours * 3_600)),
            seed: form.raw("seed").filter(|seed| !seed.trim().is_empty()).map(str::to_owned),
        };
        match visit.control()?.accounts.create(new).await {
            Ok(account) => return Ok(visit.leave(made(&account, t), PAGE)),
            Err(error) => problems.push(problem(error, t)?),
        }
    }
    let forms = Forms { new: NewForm::of(&form, &problems), ..Forms::empty(t) };
    page::refuse(&visit, &outcomes, forms).await
}

/// Why an account was not made.
fn problem(error: ControlError, t: Texts) -> Result<Problem, Failure> {
    match error {
        // Beside the seed, the name alone can stand in the way of another account.
        ControlError::Conflict(_) => Ok(Problem::new("name", t.control_problem_name_taken())),
        ControlError::Invalid { field: Some(field), problem, .. } if field == "name" => {
            Ok(Problem { field: "name", text: t.control_problem_name(), detail: problem })
        }
        error => seeds::problem("seed", error, t),
    }
}

/// A note with the keys of a new account.
fn made(account: &TestAccount, t: Texts) -> Note {
    let TestAccount { id, name, keys, account_key, project, users } = account;
    let note = Note::ok(t.control_done_account(name.as_str())).and(t.control_done_account_more(id.to_string()));
    let note = note
        .with_secret(t.control_secret_access_key(), keys.access_key.as_str())
        .with_secret(t.control_secret_secret_key(), keys.secret_key.as_str())
        .with_secret(t.control_secret_bearer(), format!("{}|{}", keys.access_key, hex(&keys.proof)))
        .with_secret(t.control_secret_account_key(), account_key.as_str())
        .with_secret(t.control_secret_project(), project.key.as_str());
    users.iter().fold(note, |note, user| note.with_secret(t.control_secret_token(user.role), user.token.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;

    #[test]
    fn a_name_that_is_taken_is_a_problem_of_the_name() {
        let t = Texts::of(Language::English);
        let invalid = |field: &str| ControlError::invalid(field, "it can't be used");
        let field = |error| problem(error, t).map(|problem| problem.field).ok();
        assert_eq!(field(ControlError::Conflict("taken".to_owned())), Some("name"));
        assert_eq!(field(invalid("name")), Some("name"));
        assert_eq!(field(invalid("courses.0.owner")), Some("seed"));
        assert_eq!(field(ControlError::TimedOut("late".to_owned())), None);
    }
}
