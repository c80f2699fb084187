//! The page before a deed that can't be undone, with the facts that count.

use actix_web::HttpResponse;
use askama::Template;

use super::form::Fact;
use crate::failure::Failure;
use crate::shell::{Section, Shell};
use crate::visit::Visit;

/// A question before a deed.
pub(crate) struct Question {
    /// The question, which is the title.
    pub(crate) title: String,
    /// What will happen.
    pub(crate) text: String,
    /// What else counts.
    pub(crate) more: String,
    /// The words of the button that does it.
    pub(crate) deed: String,
    /// The words of the link that leaves all as it is.
    pub(crate) keep: String,
    /// The address that the form is sent to.
    pub(crate) action: String,
    /// The address of the object.
    pub(crate) back: String,
    /// The name of the object.
    pub(crate) name: String,
}

#[derive(Template)]
#[template(path = "people/confirm.html")]
struct ConfirmPage {
    shell: Shell,
    question: Question,
    facts: Vec<Fact>,
}

/// Asks a question about an object with those facts, under the names that the APIs have for them.
pub(crate) async fn ask(visit: &Visit, section: Section, question: Question, facts: Vec<Fact>) -> Result<HttpResponse, Failure> {
    let shell = Shell::of(visit, section, question.title.clone()).await?;
    visit.page(&ConfirmPage { shell, question, facts })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;
    use crate::people::form::testing::shell;

    #[test]
    fn a_question_shows_its_facts_and_sends_a_form_with_its_token() {
        const HOSTILE: &str = "<script>alert(1)</script>";
        let question = Question {
            title: HOSTILE.to_owned(),
            text: "All ends.".to_owned(),
            more: HOSTILE.to_owned(),
            deed: "Delete".to_owned(),
            keep: "Keep".to_owned(),
            action: "/console/1/people/7/delete".to_owned(),
            back: "/console/1/people/7".to_owned(),
            name: HOSTILE.to_owned(),
        };
        let html = ConfirmPage { shell: shell(Language::Arabic), question, facts: vec![Fact::code("id", HOSTILE.to_owned())] };
        let html = html.render().unwrap();
        assert!(!html.contains("<script>alert"), "{html}");
        assert!(html.contains(r#"action="/console/1/people/7/delete""#) && html.contains("form_token"), "{html}");
    }
}
