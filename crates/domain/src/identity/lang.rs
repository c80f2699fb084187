//! Language tags.

use std::fmt;

/// A language tag in the form of BCP 47, such as `tr` or `en-US`, kept as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Lang(Box<str>);

/// The text does not have the form of a language tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[error("not a language tag")]
pub struct LangError;

impl Lang {
    /// The most characters of a tag (RFC 5646, section 4.4.1).
    pub const MAX: usize = 35;

    /// Parses a tag: a language of 2 to 8 letters, then any number of subtags of 1 to 8 letters or digits after hyphens.
    ///
    /// # Errors
    /// [`LangError`] for any other text.
    pub fn parse(text: &str) -> Result<Self, LangError> {
        let mut subtags = text.split('-');
        let language = subtags.next().unwrap_or_default();
        let fits = text.len() <= Self::MAX
            && (2..=8).contains(&language.len())
            && language.bytes().all(|byte| byte.is_ascii_alphabetic())
            && subtags.all(|subtag| (1..=8).contains(&subtag.len()) && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        if fits { Ok(Self(text.into())) } else { Err(LangError) }
    }

    /// The tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    fn takes_the_tags_that_clients_send(#[values("tr", "tr-TR", "en-US", "ar-SA", "zh-Hans-CN", "sl-rozaj-biske-1994")] tag: &str) {
        assert_eq!(Lang::parse(tag).unwrap().as_str(), tag);
    }

    #[rstest]
    fn refuses_what_is_no_tag(
        #[values("", "t", "tr_TR", "tr-", "-TR", "türkçe", "en US", "12", "abcdefghi", "en-US-aaaaaaaa-bbbbbbbb-cccccccc-ddd")] tag: &str,
    ) {
        assert_eq!(Lang::parse(tag), Err(LangError));
    }
}
