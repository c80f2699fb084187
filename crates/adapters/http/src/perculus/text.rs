//! The texts of errors, in every language. It knows what they are called and how they are put together, not when they are
//! said.
//!
//! The files under `text/` hold them as Fluent, which is compiled in and read when the first error is told in a language;
//! an answer without an error never comes here.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

use super::language::Language;

/// A text that is still to be put into a language.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Text {
    id: &'static str,
    arguments: Vec<(&'static str, FluentValue<'static>)>,
    next: Option<Box<Text>>,
}

impl Text {
    /// The text of an id.
    pub(super) fn of(id: &'static str) -> Self {
        Self { id, arguments: Vec::new(), next: None }
    }

    /// The same with a name or a number that it mentions.
    #[must_use]
    pub(super) fn with(mut self, name: &'static str, value: impl Into<FluentValue<'static>>) -> Self {
        self.arguments.push((name, value.into()));
        self
    }

    /// The same with what a JSON reader complains about, and where.
    #[must_use]
    pub(super) fn with_fault(self, fault: &serde_json::Error) -> Self {
        let (line, column) = (fault.line(), fault.column());
        let whole = fault.to_string();
        let reason = whole.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&whole);
        self.with("reason", reason.to_owned()).with("line", line).with("column", column)
    }

    /// The same with another text after it.
    #[must_use]
    pub(super) fn then(self, next: Self) -> Self {
        Self { next: Some(Box::new(next)), ..self }
    }

    /// The text in a language.
    pub(super) fn in_language(&self, language: Language) -> String {
        let mut told = tell(self.id, &self.arguments, language);
        if let Some(next) = &self.next {
            told.push(' ');
            told.push_str(&next.in_language(language));
        }
        told
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
    // Errors end up in logs, where nobody wants to meet invisible marks.
    bundle.set_use_isolating(false);
    // A test proves that the files have no faults; what could be read of one that has is still of use.
    let resource = FluentResource::try_new(source(language).to_owned()).unwrap_or_else(|(readable, _)| readable);
    bundle.add_resource_overriding(resource);
    bundle
}

fn tell(id: &str, arguments: &[(&'static str, FluentValue<'static>)], language: Language) -> String {
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
