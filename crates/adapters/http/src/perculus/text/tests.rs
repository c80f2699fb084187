//! Every text exists in every language, with the same arguments. The English texts do not change.

mod samples;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use derslik_domain::idempotency::IdempotencyKey;
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement, VariantKey};

use super::*;
use crate::body::BodyError;
use crate::perculus::error::PerculusError;
use crate::rate::{Exceeded, Policy};

/// The arguments of a text, and the cases that it distinguishes. Plural forms are left out, because they differ between
/// languages.
#[derive(Debug, Default, PartialEq, Eq)]
struct Shape {
    arguments: BTreeSet<String>,
    cases: BTreeSet<String>,
}

const PLURALS: [&str; 6] = ["zero", "one", "two", "few", "many", "other"];

fn shapes(language: Language) -> BTreeMap<String, Shape> {
    let resource = FluentResource::try_new(source(language).to_owned()).map_err(|(_, faults)| faults).unwrap();
    let messages = resource.entries().filter_map(|entry| match entry {
        Entry::Message(message) => Some((message.id.name.to_owned(), message.value.as_ref())),
        Entry::Comment(_) | Entry::GroupComment(_) | Entry::ResourceComment(_) => None,
        other => panic!("{other:?}"),
    });
    let mut shapes = BTreeMap::new();
    for (id, pattern) in messages {
        let mut shape = Shape::default();
        walk(pattern.unwrap(), &mut shape);
        assert!(shapes.insert(id.clone(), shape).is_none(), "{id} is there twice");
    }
    shapes
}

fn walk(pattern: &Pattern<&str>, shape: &mut Shape) {
    for element in &pattern.elements {
        let PatternElement::Placeable { expression } = element else { continue };
        match expression {
            Expression::Inline(inline) => mention(inline, shape),
            Expression::Select { selector, variants } => {
                mention(selector, shape);
                for variant in variants {
                    if let VariantKey::Identifier { name } = variant.key
                        && !PLURALS.contains(&name)
                    {
                        shape.cases.insert(name.to_owned());
                    }
                    walk(&variant.value, shape);
                }
            }
        }
    }
}

fn mention(inline: &InlineExpression<&str>, shape: &mut Shape) {
    match inline {
        InlineExpression::VariableReference { id } => _ = shape.arguments.insert(id.name.to_owned()),
        other => panic!("only names and numbers are put into texts: {other:?}"),
    }
}

/// One error of every kind, with a name. Violations and filters come from other samples.
fn errors() -> Vec<(String, PerculusError)> {
    use PerculusError as E;
    // The match is exhaustive, so that a new error can't be forgotten here.
    let all = |error: &E| match error {
        E::Unauthorized
        | E::NotAllowed
        | E::SessionNotFound
        | E::Invalid(_)
        | E::AttendeeNotFound
        | E::UserNotFound
        | E::UsernameTaken
        | E::EmailTaken
        | E::BadRequest(_)
        | E::BadKey
        | E::KeyReused
        | E::KeyBusy
        | E::KeyErased
        | E::Body(_)
        | E::Filter(_)
        | E::NoSuchPath
        | E::MethodNotAllowed
        | E::Unavailable
        | E::BudgetExhausted
        | E::TooMany(_)
        | E::Failure
        // Its detail is one word, in no language.
        | E::Injected(_) => (),
    };
    let fault = serde_json::from_str::<Vec<u8>>("[1,\n}").unwrap_err();
    let bodies = [
        BodyError::UnsupportedMediaType,
        BodyError::NoForm,
        BodyError::TooLarge { limit: 8_388_608 },
        BodyError::TooSlow,
        BodyError::CutOff,
        BodyError::BudgetExhausted,
    ];
    let requests = [
        Text::of("body-malformed").with_fault(&fault),
        Text::of("body-no-object"),
        Text::of("body-no-object-because").with_fault(&fault),
        Text::of("body-no-array").with("items", "session"),
        Text::of("body-no-array").with("items", "attendee"),
        Text::of("batch-too-long").with("most", 1_000).with("count", 1_001),
        Text::of("query-malformed"),
    ];
    let errors = [E::Unauthorized, E::NotAllowed, E::BadKey, E::KeyReused, E::KeyBusy, E::KeyErased, E::NoSuchPath, E::MethodNotAllowed];
    let errors = errors.into_iter().chain([E::Unavailable, E::BudgetExhausted, E::Failure]);
    let too_many = |policy| E::TooMany(Exceeded { policy, per_minute: NonZeroU32::MIN, retry_after_seconds: 1 });
    let errors = errors.chain([Policy::Unknown, Policy::Credential].map(too_many));
    let tokens = [E::SessionNotFound, E::AttendeeNotFound, E::UserNotFound, E::UsernameTaken, E::EmailTaken];
    let errors = errors.chain(bodies.map(E::Body)).chain(requests.map(E::BadRequest)).chain(tokens);
    errors.inspect(all).map(|error| (format!("{error:?}"), error)).collect()
}

#[test]
fn every_language_has_every_text_with_the_same_arguments_and_cases() {
    let english = shapes(Language::English);
    assert!(english.len() > 35, "{}", english.len());
    for language in [Language::Turkish, Language::Arabic] {
        let other = shapes(language);
        assert_eq!(other.keys().collect::<Vec<_>>(), english.keys().collect::<Vec<_>>(), "{language:?}");
        for (id, shape) in &english {
            assert_eq!(other.get(id), Some(shape), "{language:?}: {id}");
        }
    }
}

/// Every text of the dialect, with a name.
fn used_texts() -> Vec<(String, Text)> {
    let errors = errors().into_iter().flat_map(|(name, error)| error.texts().into_iter().map(move |text| (name.clone(), text)));
    errors.chain(samples::all()).collect()
}

#[test]
fn every_used_text_exists_in_every_language_and_there_are_no_others() {
    let shapes = shapes(Language::English);
    let mut used = BTreeSet::new();
    for (name, text) in used_texts() {
        let mut rest = Some(&text);
        while let Some(part) = rest {
            used.insert(part.id);
            let given: BTreeSet<_> = part.arguments.iter().map(|(name, _)| (*name).to_owned()).collect();
            assert_eq!(shapes.get(part.id).map(|shape| &shape.arguments), Some(&given), "{name}: {}", part.id);
            for language in Language::ALL {
                let bundle = bundle(language);
                let pattern = bundle.get_message(part.id).and_then(|message| message.value()).unwrap();
                let mut faults = Vec::new();
                let arguments = part.arguments.iter().map(|(name, value)| (*name, value.clone())).collect();
                let shown = bundle.format_pattern(pattern, Some(&arguments), &mut faults);
                assert!(faults.is_empty() && !shown.is_empty(), "{name} in {language:?}: {faults:?}");
                assert!(!shown.contains(['\u{2068}', '\u{2069}', '{', '}', '\n']), "{shown}");
            }
            rest = part.next.as_deref();
        }
        let shown = Language::ALL.map(|language| text.in_language(language));
        assert!(shown[0] != shown[1] && shown[1] != shown[2] && shown[2] != shown[0], "{shown:?}");
    }
    assert_eq!(used, shapes.keys().map(String::as_str).collect());
}

#[test]
fn every_case_of_a_text_is_used() {
    let mut used_cases: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let texts = used_texts();
    for (_, text) in &texts {
        let mut rest = Some(text);
        while let Some(part) = rest {
            let values = part.arguments.iter().filter(|(name, _)| ["field", "wanted", "items"].contains(name));
            used_cases.entry(part.id).or_default().extend(values.filter_map(|(_, value)| match value {
                FluentValue::String(value) => Some(value.to_string()),
                _ => None,
            }));
            rest = part.next.as_deref();
        }
    }
    for (id, shape) in shapes(Language::English) {
        assert_eq!(used_cases.get(id.as_str()), Some(&shape.cases), "{id}");
    }
}

#[test]
fn a_token_for_programs_is_the_same_in_every_language() {
    let tokens: Vec<_> = errors().into_iter().map(|(_, error)| error).filter(|error| error.texts().is_empty()).collect();
    assert_eq!(tokens.len(), 5);
    for token in tokens {
        let shown = Language::ALL.map(|language| token.details_in(language));
        assert!(shown[0] == shown[1] && shown[1] == shown[2] && shown[0].contains('_'), "{shown:?}");
    }
}

#[test]
fn numbers_agree_with_their_nouns_in_arabic() {
    let too_long = |max: usize| Text::of("too-long").with("key", "name").with("max", max).in_language(Language::Arabic);
    assert!(too_long(5).ends_with("5 محارف."));
    assert!(too_long(35).ends_with("35 محرفًا."));
    assert!(too_long(10_000).ends_with("10000 محرف."));
}

/// English clients receive the same texts as the errors of the framework-neutral code.
#[test]
fn bodies_are_refused_in_the_words_of_all_dialects() {
    for (_, error) in errors() {
        if let PerculusError::Body(body) = &error {
            assert_eq!(error.details_in(Language::English), body.to_string());
        }
        if let PerculusError::TooMany(exceeded) = &error {
            assert_eq!(error.details_in(Language::English), exceeded.to_string());
        }
    }
    let key = format!("Idempotency-Key must be one text of 1 to {} visible ASCII characters.", IdempotencyKey::MAX);
    assert_eq!(PerculusError::BadKey.details_in(Language::English), key);
}

#[test]
fn a_json_fault_names_its_position() {
    let fault = serde_json::from_str::<Vec<u8>>("[1,\n}").unwrap_err();
    let text = Text::of("body-malformed").with_fault(&fault);
    assert_eq!(text.in_language(Language::English), format!("The body is not valid JSON: {fault}."));
    assert_eq!(text.in_language(Language::Turkish), "Gövde geçerli bir JSON değil: satır 2, sütun 1 (expected value).");
}
