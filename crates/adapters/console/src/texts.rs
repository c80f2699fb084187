//! The texts of the pages, in each language. They are Fluent files below `texts`; the build makes a method of [`Texts`] for each of them,
//! whose arguments stand in the order of the alphabet.

use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::memoizer::MemoizerKind;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

use crate::locale::Language;

include!(concat!(env!("OUT_DIR"), "/texts.rs"));

type Bundle = FluentBundle<FluentResource>;

/// The texts in one language.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Texts(Language);

impl Texts {
    /// The texts in that language.
    pub(crate) const fn of(language: Language) -> Self {
        Self(language)
    }

    fn say(self, id: &str, arguments: &[(&'static str, FluentValue<'_>)]) -> String {
        let bundle = bundle(self.0);
        let Some(pattern) = bundle.get_message(id).and_then(|message| message.value()) else { return id.to_owned() };
        let arguments: FluentArgs<'_> = arguments.iter().map(|(name, value)| (*name, value.clone())).collect();
        bundle.format_pattern(pattern, Some(&arguments), &mut Vec::new()).into_owned()
    }
}

/// The texts of a language. They are read when the first page needs them.
fn bundle(language: Language) -> &'static Bundle {
    static BUNDLES: [OnceLock<Bundle>; 3] = [const { OnceLock::new() }; 3];
    let [english, turkish, arabic] = &BUNDLES;
    let place = match language {
        Language::English => english,
        Language::Turkish => turkish,
        Language::Arabic => arabic,
    };
    place.get_or_init(|| read(language))
}

fn read(language: Language) -> Bundle {
    let locale: LanguageIdentifier = language.code().parse().unwrap_or_default();
    let mut bundle = Bundle::new_concurrent(vec![locale]);
    // Names and ids of the other direction keep their order inside of a sentence.
    bundle.set_use_isolating(language.is_rtl());
    bundle.set_formatter(Some(match language {
        Language::English | Language::Arabic => with_commas,
        Language::Turkish => with_points,
    }));
    let [english, turkish, arabic] = SOURCES;
    let files = match language {
        Language::English => english,
        Language::Turkish => turkish,
        Language::Arabic => arabic,
    };
    for file in files {
        // The build has read the same file without a fault.
        let resource = FluentResource::try_new((*file).to_owned()).unwrap_or_else(|(readable, _)| readable);
        bundle.add_resource_overriding(resource);
    }
    bundle
}

fn with_commas<M: MemoizerKind>(value: &FluentValue<'_>, _: &M) -> Option<String> {
    number(value, Language::English)
}

fn with_points<M: MemoizerKind>(value: &FluentValue<'_>, _: &M) -> Option<String> {
    number(value, Language::Turkish)
}

fn number(value: &FluentValue<'_>, language: Language) -> Option<String> {
    let FluentValue::Number(number) = value else { return None };
    Some(language.decimal(number.value, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_says_a_text_with_its_numbers() {
        let said = [Language::English, Language::Turkish, Language::Arabic].map(|language| Texts::of(language).sign_in_too_many(1_234));
        assert_eq!(said[0], "Too many wrong passwords. Try again in 1,234 seconds.");
        assert_eq!(said[1], "Çok fazla yanlış parola. 1.234 saniye sonra yeniden deneyin.");
        assert!(said[2].contains("1,234"), "{}", said[2]);
    }
}
