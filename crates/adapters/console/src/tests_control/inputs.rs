//! Fields of forms, with what was sent and what is wrong with it.

use std::ops::RangeInclusive;

use crate::fields::Fields;
use crate::texts::Texts;

/// An option to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) label: String,
    pub(crate) is_current: bool,
}

impl Choice {
    /// The options with these values and labels, of which the one with the value `chosen` is current.
    pub(crate) fn all(options: impl IntoIterator<Item = (String, String)>, chosen: &str) -> Vec<Self> {
        let choice = |(value, label): (String, String)| Self { is_current: value == chosen, value, label };
        options.into_iter().map(choice).collect()
    }
}

/// A field to write in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Input {
    /// What was sent.
    pub(super) value: String,
    /// What is wrong with it, or an empty text.
    pub(super) problem: String,
    /// More about the problem, in English, or an empty text.
    pub(super) detail: String,
}

impl Input {
    /// The field of that name as it was sent.
    pub(super) fn of(form: &Fields, name: &str, problems: &[Problem]) -> Self {
        let problem = problems.iter().find(|problem| problem.field == name);
        Self {
            value: form.raw(name).unwrap_or_default().to_owned(),
            problem: problem.map(|problem| problem.text.clone()).unwrap_or_default(),
            detail: problem.map(|problem| problem.detail.clone()).unwrap_or_default(),
        }
    }
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    /// The name of the field.
    pub(super) field: &'static str,
    /// What is wrong, in the language of the visitor.
    pub(super) text: String,
    /// More about it, in English, or an empty text.
    pub(super) detail: String,
}

impl Problem {
    pub(super) fn new(field: &'static str, text: impl Into<String>) -> Self {
        Self { field, text: text.into(), detail: String::new() }
    }
}

/// Reads the fields of a form, and notes what is wrong.
pub(super) struct Reader<'a> {
    pub(super) form: &'a Fields,
    pub(super) t: Texts,
    pub(super) problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(super) const fn of(form: &'a Fields, t: Texts) -> Self {
        Self { form, t, problems: Vec::new() }
    }

    /// Notes a problem.
    pub(super) fn refuse(&mut self, field: &'static str, text: impl Into<String>) {
        self.problems.push(Problem::new(field, text));
    }

    /// A whole number in a range; `None` for an empty field, and for one with a problem.
    pub(super) fn number(&mut self, field: &'static str, range: &RangeInclusive<u64>) -> Option<u64> {
        let text = self.form.get(field)?;
        let number = text.parse::<u64>().ok().filter(|number| range.contains(number));
        if number.is_none() {
            let problem = self.t.control_problem_number(*range.start(), *range.end());
            self.refuse(field, problem);
        }
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;

    #[test]
    fn a_number_out_of_its_range_is_a_problem_and_an_empty_field_is_not() {
        let form = Fields::read(b"times=0&nth=7&seed=&millis=x");
        let mut reader = Reader::of(&form, Texts::of(Language::English));
        let numbers = ["times", "nth", "seed", "millis"].map(|field| reader.number(field, &(1..=9)));
        assert_eq!(numbers, [None, Some(7), None, None]);
        assert_eq!(reader.problems.iter().map(|problem| problem.field).collect::<Vec<_>>(), ["times", "millis"]);
        let input = Input::of(&form, "times", &reader.problems);
        assert_eq!((input.value.as_str(), input.problem.is_empty()), ("0", false));
    }

    #[test]
    fn the_chosen_option_is_current() {
        let options = ["a", "b"].map(|value| (value.to_owned(), value.to_uppercase()));
        let choices = Choice::all(options, "b");
        assert_eq!(choices.iter().map(|choice| choice.is_current).collect::<Vec<_>>(), [false, true]);
    }
}
