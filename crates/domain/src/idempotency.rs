//! Idempotency keys, and the answers that are stored under them. What requests and answers mean is left to the dialects.

use std::fmt;

use crate::time::Timestamp;

/// The key under which a client may repeat a request: 1 to 255 visible ASCII characters.
///
/// ```
/// use derslik_domain::idempotency::IdempotencyKey;
///
/// assert_eq!(IdempotencyKey::parse(" timetable-7 ")?.as_str(), "timetable-7");
/// # Ok::<(), derslik_domain::idempotency::KeyError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(Box<str>);

/// The text is not an idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[error("not 1 to {} visible ASCII characters", IdempotencyKey::MAX)]
pub struct KeyError;

impl IdempotencyKey {
    /// The most characters of a key.
    pub const MAX: usize = 255;

    /// Parses a key; blanks around it are left out.
    ///
    /// # Errors
    /// [`KeyError`] for any other text.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let text = text.trim_matches(' ');
        let is_visible = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
        if (1..=Self::MAX).contains(&text.len()) && text.bytes().all(is_visible) { Ok(Self(text.into())) } else { Err(KeyError) }
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The digest of every part of a request that decides its effect and its answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RequestDigest([u8; 32]);

impl RequestDigest {
    /// Wraps a digest.
    pub const fn new(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// The 32 bytes.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for RequestDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RequestDigest(..)")
    }
}

/// The number that a dialect gives its answer. A store keeps it beside the body, and only the dialect knows what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AnswerCode(u16);

impl AnswerCode {
    /// Wraps a number.
    pub const fn new(code: u16) -> Self {
        Self(code)
    }

    /// The number.
    pub const fn get(self) -> u16 {
        self.0
    }
}

/// The answer that a dialect sent.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Answer {
    /// The number that the dialect gave it.
    pub code: AnswerCode,
    /// The body, byte for byte.
    pub body: Vec<u8>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("code", &self.code).field("bytes", &self.body.len()).finish()
    }
}

/// An answer that is stored under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct KeptAnswer {
    /// The request that it answers.
    pub request: RequestDigest,
    /// The answer.
    pub answer: Answer,
    /// When it was sent.
    pub at: Timestamp,
}

impl KeptAnswer {
    /// How long an answer is kept, in hours.
    pub const KEPT_HOURS: i64 = 24;

    /// The instant before which answers have expired at `now`.
    pub const fn forgotten_before(now: Timestamp) -> Timestamp {
        now.minutes_before(Self::KEPT_HOURS * 60)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    fn takes_what_clients_make_keys_of(
        #[values("a", "7c1c3f5e-8f0b-4d52-a3f7-2f8fd0f0a9f3", "\"quoted\"", "with blanks inside")] text: &str,
    ) {
        assert_eq!(IdempotencyKey::parse(text).unwrap().as_str(), text);
    }

    #[rstest]
    fn refuses_a_text_that_is_not_a_key(#[values("", "   ", "tab\tinside", "anahtarı", "a\0b")] text: &str) {
        assert_eq!(IdempotencyKey::parse(text), Err(KeyError));
    }

    #[test]
    fn a_key_has_255_characters_at_the_most() {
        assert!(IdempotencyKey::parse(&"k".repeat(255)).is_ok());
        assert_eq!(IdempotencyKey::parse(&"k".repeat(256)), Err(KeyError));
    }

    #[test]
    fn an_answer_prints_without_its_text() {
        let answer = Answer { code: AnswerCode::new(7), body: b"private".to_vec() };
        assert_eq!(format!("{answer:?}"), "Answer { code: AnswerCode(7), bytes: 7 }");
    }
}
