//! The languages of error texts, and the client's choice among them. This module does not know the texts.

use actix_web::http::header::{ACCEPT_LANGUAGE, HeaderMap};

/// A language of error texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Language {
    /// The default, also for clients that ask for none of the others.
    #[default]
    English,
    Turkish,
    Arabic,
}

/// The longest header that is examined. No sensible list of languages is longer.
const LONGEST: usize = 1_024;

impl Language {
    /// All languages.
    pub(super) const ALL: [Self; 3] = [Self::English, Self::Turkish, Self::Arabic];

    /// The language tag.
    pub(super) const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Turkish => "tr",
            Self::Arabic => "ar",
        }
    }

    /// The language that the headers of a request ask for. Among the known languages, the one with the greatest weight wins,
    /// and the first of equals. A regional tag counts as its language.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut wanted = (0, Self::default());
        for header in headers.get_all(ACCEPT_LANGUAGE).filter_map(|value| value.to_str().ok()).filter(|text| text.len() <= LONGEST) {
            for entry in header.split(',') {
                if let Some((language, weight)) = read(entry)
                    && weight > wanted.0
                {
                    wanted = (weight, language);
                }
            }
        }
        wanted.1
    }

    fn by_range(range: &str) -> Option<Self> {
        let primary = range.split(['-', '_']).next()?;
        if primary == "*" {
            return Some(Self::default());
        }
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }
}

/// One entry, such as `tr-TR;q=0.8`: the language and its weight in thousandths.
fn read(entry: &str) -> Option<(Language, u16)> {
    let mut parts = entry.split(';').map(str::trim);
    let language = Language::by_range(parts.next()?)?;
    let weight = match parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q="))) {
        None => 1_000,
        Some(text) => thousandths(text)?,
    };
    Some((language, weight))
}

/// A weight as HTTP writes it: `0` or `1`, with at most three decimals.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let is_number = decimals.len() <= 3 && decimals.bytes().all(|digit| digit.is_ascii_digit());
    let weight = format!("{whole}{decimals:0<3}").parse().ok().filter(|weight| *weight <= 1_000);
    weight.filter(|_| is_number && whole.len() == 1)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(&[], Language::English)]
    #[case(&[""], Language::English)]
    #[case(&["tr"], Language::Turkish)]
    #[case(&["tr-TR"], Language::Turkish)]
    #[case(&["TR-tr"], Language::Turkish)]
    #[case(&["ar-SA"], Language::Arabic)]
    #[case(&["ar_EG"], Language::Arabic)]
    #[case(&["de-DE,de;q=0.9"], Language::English)]
    #[case(&["de, tr;q=0.5, en;q=0.4"], Language::Turkish)]
    #[case(&["en;q=0.4, ar ; q=0.5"], Language::Arabic)]
    #[case(&["ar, tr"], Language::Arabic)]
    #[case(&["tr;q=0.80,ar;q=0.801"], Language::Arabic)]
    #[case(&["tr;q=0"], Language::English)]
    #[case(&["tr;q=0, ar;q=0.001"], Language::Arabic)]
    #[case(&["*"], Language::English)]
    #[case(&["*;q=0.5, tr;q=0.6"], Language::Turkish)]
    #[case(&["tr;q=2, ar;q=0.1"], Language::Arabic)]
    #[case(&["tr;q=0.12345, ar;q=0.1"], Language::Arabic)]
    #[case(&["tr;q=-1, tr;q=x, trx, ;;,=,q"], Language::English)]
    #[case(&["de", "tr;q=0.3"], Language::Turkish)]
    fn takes_the_language_of_the_greatest_weight(#[case] sent: &[&str], #[case] meant: Language) {
        let mut headers = HeaderMap::new();
        for value in sent {
            headers.append(ACCEPT_LANGUAGE, HeaderValue::from_str(value).unwrap());
        }
        assert_eq!(Language::of(&headers), meant);
    }

    #[test]
    fn a_header_that_is_too_long_says_nothing() {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_str(&format!("tr{}", ",de".repeat(1_000))).unwrap());
        assert_eq!(Language::of(&headers), Language::English);
    }
}
