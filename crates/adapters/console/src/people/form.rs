//! Parts of pages with forms: inputs with what is wrong with them, choices and facts. Templates show them by `people/input.html`,
//! `people/issues.html` and `people/facts.html`.

use askama::filters::Safe;
use derslik_domain::form::Problem;
use derslik_domain::text::TextError;

use crate::shell::Shell;
use crate::texts::Texts;

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Issue {
    /// The id of the input.
    pub(crate) field: &'static str,
    /// A sentence.
    pub(crate) text: String,
}

impl Issue {
    pub(crate) fn new(field: &'static str, text: String) -> Self {
        Self { field, text }
    }
}

/// What is wrong with the input of that id.
pub(crate) fn issue_of(issues: &[Issue], id: &str) -> Option<String> {
    issues.iter().find(|issue| issue.field == id).map(|issue| issue.text.clone())
}

/// An input with one line.
#[derive(Debug)]
pub(crate) struct Input {
    /// The id of the element.
    pub(crate) id: &'static str,
    /// The name of the field.
    pub(crate) name: &'static str,
    /// The type, as `text`.
    pub(crate) kind: &'static str,
    /// What browsers may fill in.
    pub(crate) autocomplete: &'static str,
    /// The label.
    pub(crate) label: String,
    /// The value.
    pub(crate) value: String,
    /// What helps to fill it in; empty for nothing.
    pub(crate) more: String,
    /// What is wrong with the value.
    pub(crate) problem: Option<String>,
}

impl Input {
    /// An input for a text, whose id is its name.
    pub(crate) fn text(name: &'static str, label: String, value: String, issues: &[Issue]) -> Self {
        Self { id: name, name, kind: "text", autocomplete: "off", label, value, more: String::new(), problem: issue_of(issues, name) }
    }

    /// An input for a password. It never comes with a value.
    pub(crate) fn password(id: &'static str, name: &'static str, label: String, issues: &[Issue]) -> Self {
        let problem = issue_of(issues, id);
        Self { kind: "password", autocomplete: "new-password", id, problem, ..Self::text(name, label, String::new(), &[]) }
    }

    /// The same input with a line that helps.
    #[must_use]
    pub(crate) fn and(self, more: String) -> Self {
        Self { more, ..self }
    }
}

/// A value to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) label: String,
    pub(crate) is_current: bool,
}

impl Choice {
    pub(crate) fn new(value: impl Into<String>, label: impl Into<String>, is_current: bool) -> Self {
        Self { value: value.into(), label: label.into(), is_current }
    }
}

/// A field of an object under the name that the APIs have for it.
#[derive(Debug)]
pub(crate) struct Fact {
    pub(crate) name: &'static str,
    pub(crate) value: String,
    /// Whether the value is one of the APIs, and not words or a name.
    pub(crate) is_code: bool,
}

impl Fact {
    pub(crate) const fn code(name: &'static str, value: String) -> Self {
        Self { name, value, is_code: true }
    }

    pub(crate) const fn words(name: &'static str, value: String) -> Self {
        Self { name, value, is_code: false }
    }
}

/// A state: an icon, a word and a colour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) class: &'static str,
    pub(crate) icon: &'static str,
    pub(crate) text: String,
}

/// The attributes of a control that changes something: without the right to change, they say why it does nothing.
pub(crate) fn held(shell: &Shell) -> Safe<String> {
    Safe(if shell.can_change { String::new() } else { r#" aria-disabled="true" aria-describedby="viewer""#.to_owned() })
}

/// The sentence for a problem. `invalid` is the one for a value without the wanted form.
pub(crate) fn problem(t: Texts, problem: Problem, invalid: String) -> String {
    match problem {
        Problem::Required | Problem::Text(TextError::Empty) => t.people_problem_required(),
        Problem::Text(TextError::TooLong { max }) => t.people_problem_too_long(max),
        Problem::Text(TextError::NotUnicode | TextError::Nul) => t.people_problem_characters(),
        Problem::TooShort { min } => t.people_problem_too_short(min),
        Problem::Mistyped | Problem::Repeated | Problem::Invalid | Problem::Past => invalid,
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use crate::locale::Language;
    use crate::shell::{Section, Shell};
    use crate::texts::Texts;

    /// A frame without navigation.
    pub(crate) fn shell(language: Language) -> Shell {
        Shell {
            t: Texts::of(language),
            language,
            title: "Title".to_owned(),
            section: Section::People,
            base: "/console/1/".to_owned(),
            places: Vec::new(),
            accounts: Vec::new(),
            languages: Vec::new(),
            admin: None,
            can_change: true,
            is_disabled: false,
            form_token: "00".to_owned(),
            docs_url: "/docs",
            note: None,
            bar: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use askama::Template;

    use super::*;
    use crate::locale::Language;

    #[derive(Template)]
    #[template(source = r#"{% include "people/input.html" %}"#, ext = "html")]
    struct One {
        input: Input,
    }

    #[test]
    fn an_input_shows_a_hostile_value_as_text_and_names_what_is_wrong() {
        let issues = [Issue::new("email", "<b>not</b> an address".to_owned())];
        let html = One { input: Input::text("email", "E-mail".to_owned(), r#""><script>alert(1)</script>"#.to_owned(), &issues) };
        let html = html.render().unwrap();
        assert!(!html.contains("<script") && !html.contains("<b>"), "{html}");
        assert!(html.contains(r#"aria-invalid="true""#) && html.contains(r#"aria-describedby="email-more""#), "{html}");
    }

    #[test]
    fn a_viewer_is_told_why_a_control_does_nothing() {
        let shell = |can_change| Shell { can_change, ..testing::shell(Language::English) };
        assert_eq!(held(&shell(true)).0, "");
        assert!(held(&shell(false)).0.contains(r#"aria-describedby="viewer""#));
    }

    #[test]
    fn a_password_is_not_shown_again() {
        let input = Input::password("confirm-token", "confirm", "Password".to_owned(), &[]);
        assert_eq!((input.id, input.name, input.kind, input.value.as_str()), ("confirm-token", "confirm", "password", ""));
    }

    #[test]
    fn a_problem_is_a_sentence_in_each_language() {
        for language in Language::ALL {
            let t = Texts::of(language);
            assert!(problem(t, Problem::TooShort { min: 8 }, String::new()).contains('8'));
            assert_eq!(problem(t, Problem::Past, "invalid".to_owned()), "invalid");
        }
    }
}
