//! Adds content to the account, and writes what it has.

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::Data;
use derslik_ports::inbound::control::{ControlError, SeedCounts};

use super::inputs::{Input, Problem};
use super::outcomes::Outcomes;
use super::page::{self, Forms};
use super::{PAGE, allow_long};
use crate::failure::Failure;
use crate::notes::Note;
use crate::texts::Texts;
use crate::visit::Visit;

/// Adds the content of a document.
pub(super) async fn add(visit: Visit, outcomes: Data<Outcomes>) -> Result<HttpResponse, Failure> {
    let (form, t) = (visit.form(), visit.t);
    allow_long(&visit);
    let document = form.raw("seed").unwrap_or_default().to_owned();
    let added = if document.trim().is_empty() {
        Err(Problem::new("seed", t.control_problem_needed()))
    } else {
        match visit.control()?.seeds.add(visit.account.public, document).await {
            Ok(counts) => Ok(counts),
            Err(error) => Err(problem("seed", error, t)?),
        }
    };
    match added {
        Ok(SeedCounts { people, courses, sessions, jobs }) => {
            let note = Note::ok(t.control_done_seed()).and(t.control_done_seed_more(courses, jobs, people, sessions));
            Ok(visit.leave(note, PAGE))
        }
        Err(problem) => {
            let forms = Forms { seed: Input::of(&form, "seed", &[problem]), ..Forms::empty(t) };
            page::refuse(&visit, &outcomes, forms).await
        }
    }
}

/// What is wrong with a document.
///
/// # Errors
/// A failure that is not that of the document.
pub(super) fn problem(field: &'static str, error: ControlError, t: Texts) -> Result<Problem, Failure> {
    match error {
        ControlError::Invalid { field: place, line, problem } => {
            let text = line.map_or_else(|| t.control_problem_seed(), |line| t.control_problem_seed_line(line));
            let detail = place.map_or_else(|| problem.clone(), |place| format!("{place}: {problem}"));
            Ok(Problem { field, text, detail })
        }
        ControlError::Conflict(problem) => Ok(Problem { field, text: t.control_problem_seed(), detail: problem }),
        error => Err(error.into()),
    }
}

/// Answers with the content of the account as a document.
pub(super) async fn export(visit: Visit) -> Result<HttpResponse, Failure> {
    allow_long(&visit);
    let document = visit.control()?.seeds.export(visit.account.public).await?;
    let disposition = format!("attachment; filename=\"seed-{}.yaml\"", visit.account.public);
    let mut answer = HttpResponse::Ok();
    answer.insert_header((CONTENT_TYPE, "application/yaml")).insert_header((CONTENT_DISPOSITION, disposition));
    Ok(answer.body(document))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;

    #[test]
    fn a_problem_of_a_document_names_its_line_and_its_place() {
        let t = Texts::of(Language::English);
        let error = |line| ControlError::Invalid { field: Some("courses.0.owner".to_owned()), line, problem: "no such person".to_owned() };
        let found = problem("seed", error(Some(12)), t).unwrap();
        assert_eq!((found.text, found.detail.as_str()), (t.control_problem_seed_line(12), "courses.0.owner: no such person"));
        assert_eq!(problem("seed", error(None), t).unwrap().text, t.control_problem_seed());
        assert_eq!(problem("seed", ControlError::TimedOut(String::new()), t).err().map(|failure| failure.status().as_u16()), Some(503));
    }
}
