//! Fields of forms, as `templates/sessions/input.html` shows them.

/// How a field is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Kind {
    /// A line in any language.
    #[default]
    Text,
    /// A line that is always written from left to right.
    Code,
    /// Several lines.
    Area,
    /// One of some values.
    Select,
    /// Yes or no.
    Tick,
}

impl Kind {
    pub(super) const fn is_area(self) -> bool {
        matches!(self, Self::Area)
    }

    pub(super) const fn is_select(self) -> bool {
        matches!(self, Self::Select)
    }

    pub(super) const fn is_tick(self) -> bool {
        matches!(self, Self::Tick)
    }

    /// The direction of what is typed.
    pub(super) const fn dir(self) -> &'static str {
        if matches!(self, Self::Code) { "ltr" } else { "auto" }
    }
}

/// A value to choose.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) text: String,
    pub(super) is_current: bool,
}

/// A field with its value, and what is wrong with it.
#[derive(Debug, Default)]
pub(super) struct Input {
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) label: String,
    pub(super) value: String,
    pub(super) hint: String,
    pub(super) error: Option<String>,
    pub(super) choices: Vec<Choice>,
}

impl Input {
    pub(super) fn new(kind: Kind, name: impl Into<String>, label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { kind, name: name.into(), label: label.into(), value: value.into(), ..Self::default() }
    }

    /// The field with a line that helps.
    #[must_use]
    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: hint.into(), ..self }
    }

    /// The field with the values to choose from, each with its text.
    #[must_use]
    pub(super) fn choices(self, choices: impl IntoIterator<Item = (String, String)>) -> Self {
        let choices = choices.into_iter().map(|(value, text)| Choice { is_current: value == self.value, value, text }).collect();
        Self { choices, ..self }
    }

    /// Whether a box is ticked.
    pub(super) fn is_ticked(&self) -> bool {
        self.value == TICKED
    }
}

/// The value of a ticked box.
pub(super) const TICKED: &str = "true";

/// The value of a box that is not ticked, where a value has to be compared.
pub(super) const UNTICKED: &str = "false";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_of_a_field_is_its_current_choice() {
        let values = ["0", "1"].map(|value| (value.to_owned(), format!("text {value}")));
        let input = Input::new(Kind::Select, "status", "Status", "1").choices(values);
        assert_eq!(input.choices.iter().map(|choice| choice.is_current).collect::<Vec<_>>(), [false, true]);
        assert!(Input::new(Kind::Tick, "a", "b", TICKED).is_ticked() && !Input::new(Kind::Tick, "a", "b", UNTICKED).is_ticked());
    }
}
