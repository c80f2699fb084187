//! The texts of errors, in every language. This module knows the ids and the composition of texts, not the reasons for them.
//!
//! The texts are Fluent files under `text/`. They are compiled in, and parsed for the first error in a language. An answer
//! without an error needs none of this.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

use super::language::Language;

/// A text before it is put into a language.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Text {
    id: &'static str,
    arguments: Vec<(&'static str, FluentValue<'static>)>,
    next: Option<Box<Text>>,
}

impl Text {
    /// The text with an id.
    pub(super) fn of(id: &'static str) -> Self {
        Self { id, arguments: Vec::new(), next: None }
    }

    /// The same text with an argument: a name or a number.
    #[must_use]
    pub(super) fn with(mut self, name: &'static str, value: impl Into<FluentValue<'static>>) -> Self {
        self.arguments.push((name, value.into()));
        self
    }

    /// The same text with the position and the description of a JSON fault.
    #[must_use]
    pub(super) fn with_fault(self, fault: &serde_json::Error) -> Self {
        let (line, column) = (fault.line(), fault.column());
        let whole = fault.to_string();
        let reason = whole.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&whole);
        self.with("reason", reason.to_owned()).with("line", line).with("column", column)
    }

    /// The same text, followed by another one.
    #[must_use]
    pub(super) fn then(self, next: Self) -> Self {
        Self { next: Some(Box::new(next)), ..self }
    }

    /// The text in a language.
    pub(super) fn in_language(&self, language: Language) -> String {
        let mut text = format_message(self.id, &self.arguments, language);
        if let Some(next) = &self.next {
            text.push(' ');
            text.push_str(&next.in_language(language));
        }
        text
    }
}

type Bundle = FluentBundle<FluentResource>;

static ENGLISH: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::English));
static TURKISH: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::Turkish));
static ARABIC: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::Arabic));

const fn source(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("text/en.ftl"),
        Language::Turkish => include_str!("text/tr.ftl"),
        Language::Arabic => include_str!("text/ar.ftl"),
    }
}

fn bundle(language: Language) -> Bundle {
    let locale: LanguageIdentifier = language.tag().parse().unwrap_or_default();
    let mut bundle = Bundle::new_concurrent(vec![locale]);
    // Errors also go into logs, where invisible isolation marks would disturb.
    bundle.set_use_isolating(false);
    // A test proves that the files have no faults. If one had a fault, its readable part would still be useful.
    let resource = FluentResource::try_new(source(language).to_owned()).unwrap_or_else(|(readable, _)| readable);
    bundle.add_resource_overriding(resource);
    bundle
}

fn format_message(id: &str, arguments: &[(&'static str, FluentValue<'static>)], language: Language) -> String {
    let bundle = match language {
        Language::English => &*ENGLISH,
        Language::Turkish => &*TURKISH,
        Language::Arabic => &*ARABIC,
    };
    match bundle.get_message(id).and_then(|message| message.value()) {
        Some(pattern) => {
            let arguments: FluentArgs<'_> = arguments.iter().map(|(name, value)| (*name, value.clone())).collect();
            bundle.format_pattern(pattern, Some(&arguments), &mut Vec::new()).into_owned()
        }
        None => id.to_owned(),
    }
}

#[cfg(test)]
mod tests;
