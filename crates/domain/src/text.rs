//! Bounded text, the keys by which texts are compared (one for searches, one for identity), and hexadecimal digits.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Text of at most `MAX` characters (Unicode code points), without NUL, kept exactly as it was given. Clones share one
/// allocation.
///
/// ```
/// use derslik_domain::text::{Text, TextError};
///
/// assert_eq!(Text::<5>::new("dünya")?.as_str(), "dünya");
/// assert_eq!(Text::<5>::new("dünya!"), Err(TextError::TooLong { max: 5 }));
/// # Ok::<(), TextError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Text<const MAX: usize>(Arc<str>);

/// Why a text was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum TextError {
    /// The bytes are not valid UTF-8, or an escape stood for half of a surrogate pair.
    #[error("not valid Unicode text")]
    NotUnicode,
    /// The text holds the character NUL, which PostgreSQL cannot store.
    #[error("contains a NUL character")]
    Nul,
    /// Only white space, where at least one other character is wanted.
    #[error("empty")]
    Empty,
    /// More than `max` characters.
    #[error("longer than {max} characters")]
    TooLong {
        /// The most characters that are accepted.
        max: usize,
    },
}

impl<const MAX: usize> Text<MAX> {
    /// Checks bytes that should be UTF-8.
    ///
    /// # Errors
    /// [`TextError::NotUnicode`], [`TextError::Nul`] or [`TextError::TooLong`].
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Result<Self, TextError> {
        let text = String::from_utf8(bytes.into()).map_err(|_| TextError::NotUnicode)?;
        Self::new(text)
    }

    /// Checks the length and the characters of a text.
    ///
    /// # Errors
    /// [`TextError::Nul`] or [`TextError::TooLong`].
    pub fn new(text: impl Into<String>) -> Result<Self, TextError> {
        let text = text.into();
        if text.contains('\0') {
            return Err(TextError::Nul);
        }
        // A text has at most as many characters as bytes, so most texts are accepted without a count.
        if text.len() > MAX && text.chars().count() > MAX {
            return Err(TextError::TooLong { max: MAX });
        }
        Ok(Self(text.into()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> fmt::Display for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A name: 1 to `MAX` characters, not counting the white space around it, which may have `MAX` characters more. The text is
/// kept as it was given, and clones share one allocation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name<const MAX: usize>(Arc<str>);

impl<const MAX: usize> Name<MAX> {
    /// Checks bytes that should be UTF-8.
    ///
    /// # Errors
    /// Any [`TextError`].
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Result<Self, TextError> {
        let text = String::from_utf8(bytes.into()).map_err(|_| TextError::NotUnicode)?;
        Self::new(text)
    }

    /// Checks a text.
    ///
    /// # Errors
    /// [`TextError::Nul`], [`TextError::Empty`] or [`TextError::TooLong`].
    pub fn new(text: impl Into<String>) -> Result<Self, TextError> {
        let text = text.into();
        if text.contains('\0') {
            return Err(TextError::Nul);
        }
        let core = text.trim();
        if core.is_empty() {
            return Err(TextError::Empty);
        }
        let too_long = |text: &str, max: usize| text.len() > max && text.chars().count() > max;
        if too_long(core, MAX) || too_long(&text, 2 * MAX) {
            return Err(TextError::TooLong { max: MAX });
        }
        Ok(Self(text.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> fmt::Display for Name<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Folds a text for searches: composed as in NFC, in lower case, with the dotted and the dotless i of Turkish as one letter.
/// So `ISPARTA`, `Isparta`, `ısparta` and `isparta` find each other, on any keyboard layout. Only searches compare texts
/// this way; identity is decided by the [`identity_key`].
///
/// ```
/// use derslik_domain::text::fold;
///
/// assert_eq!(fold("İSTANBUL"), "istanbul");
/// assert_eq!(fold("Işık"), fold("IŞIK"));
/// assert_eq!(fold("s\u{327}"), fold("ş"));
/// ```
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    for letter in composed(text).chars() {
        match letter {
            'I' | 'İ' | 'ı' => folded.push('i'),
            // A combining dot above, which lower-casing `İ` elsewhere leaves behind.
            '\u{307}' => {}
            other if other.is_ascii() => folded.push(other.to_ascii_lowercase()),
            other => folded.extend(other.to_lowercase()),
        }
    }
    in_nfc(folded)
}

/// The key by which names and addresses are compared wherever they have to be unique or identify a user. It is NFC in the
/// lower case of Unicode, without the white space around it. The dotless i stays a letter of its own. `İ` becomes an `i`
/// with a combining dot, as Unicode has it in every language but Turkish and Azerbaijani.
///
/// ```
/// use derslik_domain::text::identity_key;
///
/// assert_eq!(identity_key(" IRMAK@Okul.Example "), "irmak@okul.example");
/// assert_ne!(identity_key("ırmak@okul.example"), identity_key("irmak@okul.example"));
/// assert_eq!(identity_key("s\u{327}ahin"), identity_key("ŞAHIN"));
/// ```
pub fn identity_key(text: &str) -> String {
    let text = text.trim();
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    // Lower-casing may put characters side by side that compose.
    in_nfc(composed(text).to_lowercase())
}

/// A text composed as in NFC: the key of names in which case counts.
///
/// ```
/// use derslik_domain::text::composed_key;
///
/// assert_eq!(composed_key("Is\u{327}ık"), "Işık");
/// ```
pub fn composed_key(text: &str) -> String {
    composed(text).into_owned()
}

/// The known name that was probably meant by a text: the one that takes the fewest changed, added, removed and exchanged letters, if these
/// are few. The signs between words do not count, nor does the case.
///
/// ```
/// use derslik_domain::text::nearest;
///
/// assert_eq!(nearest("techer", ["admin", "teacher", "coteacher"]), Some("teacher"));
/// assert_eq!(nearest("lost_replies", ["flaky-wifi", "lost-replies"]), Some("lost-replies"));
/// assert_eq!(nearest("xyz", ["admin", "teacher"]), None);
/// ```
pub fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// A longer text is not a name, and comparing it takes time.
    const MAX: usize = 100;
    let wanted = letters(wanted);
    if wanted.len() > MAX {
        return None;
    }
    let with_distance = known.into_iter().map(|name| (distance(&wanted, &letters(name)), name));
    let (distance, name) = with_distance.min()?;
    let is_near = distance * 4 <= wanted.len() || (distance == 1 && wanted.len() > 2);
    is_near.then_some(name)
}

/// The letters and digits of a name, without the signs between its words, which are mistaken for each other.
fn letters(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

/// How many letters have to be changed, added, removed, or exchanged with the next one.
fn distance(one: &str, other: &str) -> usize {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.iter().enumerate() {
        let mut left = line + 1;
        let mut next = vec![left];
        for (column, (pair, other_letter)) in row.windows(2).zip(other).enumerate() {
            let &[diagonal, above] = pair else { continue };
            left = (diagonal + usize::from(letter != other_letter)).min(left + 1).min(above + 1);
            let is_exchanged = line.checked_sub(1).and_then(|place| one.get(place)) == Some(other_letter)
                && column.checked_sub(1).and_then(|place| other.get(place)) == Some(letter);
            if is_exchanged && let Some(reached) = column.checked_sub(1).and_then(|place| before.get(place)) {
                left = left.min(reached + 1);
            }
            next.push(left);
        }
        before = row;
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

/// Bytes as hexadecimal digits, in lower case.
///
/// ```
/// assert_eq!(derslik_domain::text::hex(&[0x0a, 0xff]), "0aff");
/// ```
pub fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(half.into(), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The bytes that exactly `2 * N` hexadecimal digits of either case stand for; `None` for any other text.
///
/// ```
/// use derslik_domain::text::from_hex;
///
/// assert_eq!(from_hex("0aFF"), Some([0x0a, 0xff]));
/// assert_eq!(from_hex::<2>("0aff0"), None);
/// assert_eq!(from_hex::<1>("+a"), None);
/// ```
pub fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(pairs) {
        for digit in pair {
            *byte = (*byte << 4) | u8::try_from(char::from(*digit).to_digit(16)?).ok()?;
        }
    }
    Some(bytes)
}

/// A text as in NFC. Nearly every text is composed as it is sent, and to look is many times as fast as to compose.
fn composed(text: &str) -> Cow<'_, str> {
    if is_nfc(text) { Cow::Borrowed(text) } else { Cow::Owned(text.nfc().collect()) }
}

fn in_nfc(text: String) -> String {
    if is_nfc(&text) { text } else { text.nfc().collect() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[test]
    fn the_distance_counts_changed_added_removed_and_exchanged_letters() {
        for (one, other, letters) in
            [("", "", 0), ("abc", "abc", 0), ("abc", "axc", 1), ("abc", "ab", 1), ("", "abc", 3), ("ab", "ba", 1), ("nmae", "name", 1)]
        {
            assert_eq!((distance(one, other), distance(other, one)), (letters, letters), "{one} {other}");
        }
    }

    #[test]
    fn a_name_is_near_if_few_letters_differ() {
        assert_eq!(nearest("nmae", ["name", "email"]), Some("name"));
        assert_eq!(nearest("surnme", ["name", "surname"]), Some("surname"));
        assert_eq!((nearest("", ["a"]), nearest("x", ["xy"]), nearest("colour", ["courses"])), (None, None, None));
        assert_eq!(nearest(&"a".repeat(101), ["a"]), None);
    }

    #[rstest]
    #[case("İstanbul", "istanbul")]
    #[case("ISPARTA", "ısparta")]
    #[case("ÇAĞRI", "çağrı")]
    #[case("Ders", "DERS")]
    #[case("مدرسة", "مدرسة")]
    fn folds_both_spellings_to_the_same_text(#[case] one: &str, #[case] other: &str) {
        assert_eq!(fold(one), fold(other));
    }

    #[rstest]
    #[case("s\u{327}", "ş")]
    #[case("I\u{307}stanbul", "İSTANBUL")]
    #[case("g\u{306}", "Ğ")]
    #[case("i\u{307}\u{301}", "í")]
    fn folds_what_is_composed_and_what_is_not_to_the_same_text(#[case] one: &str, #[case] other: &str) {
        assert_eq!(fold(one), fold(other));
    }

    #[rstest]
    #[case("AYŞE@OKUL.EXAMPLE", "ayşe@okul.example")]
    #[case(" Ays\u{327}e\t", "ayşe")]
    #[case("IRMAK", "irmak")]
    #[case("İrmak", "i\u{307}rmak")]
    #[case("I\u{307}rmak", "İRMAK")]
    #[case("ΟΔΟΣ", "οδος")]
    fn one_name_in_any_case_and_composition_has_one_identity(#[case] one: &str, #[case] other: &str) {
        assert_eq!(identity_key(one), identity_key(other));
    }

    #[rstest]
    #[case("ırmak", "irmak")]
    #[case("ırmak", "IRMAK")]
    #[case("İrmak", "irmak")]
    #[case("İrmak", "ırmak")]
    #[case("ayse", "ayşe")]
    fn letters_of_turkish_tell_names_apart(#[case] one: &str, #[case] other: &str) {
        assert_ne!(identity_key(one), identity_key(other));
    }

    #[test]
    fn counts_code_points_not_bytes() {
        assert!(Text::<3>::new("ığş").is_ok());
        assert_eq!(Text::<3>::new("ığşç"), Err(TextError::TooLong { max: 3 }));
    }

    #[test]
    fn a_name_is_measured_without_the_white_space_around_it_and_kept_with_it() {
        let name = Name::<5>::new("  dünya ").unwrap();
        assert_eq!(name.as_str(), "  dünya ");
        assert_eq!(Name::<5>::new(" \u{a0}\t"), Err(TextError::Empty));
        assert_eq!(Name::<5>::new(" dünya! "), Err(TextError::TooLong { max: 5 }));
        assert_eq!(Name::<5>::new(" ".repeat(10) + "a"), Err(TextError::TooLong { max: 5 }));
    }

    #[test]
    fn refuses_nul_and_broken_utf_8() {
        assert_eq!(Text::<9>::new("a\0b"), Err(TextError::Nul));
        assert_eq!(Name::<9>::new("a\0b"), Err(TextError::Nul));
        assert_eq!(Text::<9>::from_bytes(*b"a\xffb"), Err(TextError::NotUnicode));
        // The three bytes of an unpaired surrogate.
        assert_eq!(Name::<9>::from_bytes(*b"\xed\xa0\x80"), Err(TextError::NotUnicode));
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in any::<String>()) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn the_identity_of_an_identity_is_itself(text in any::<String>()) {
            let once = identity_key(&text);
            prop_assert!(is_nfc(&once));
            prop_assert_eq!(identity_key(&once), once);
        }

        #[test]
        fn keys_are_the_same_for_every_composition(text in any::<String>()) {
            let apart: String = text.nfd().collect();
            prop_assert_eq!(fold(&apart), fold(&text));
            prop_assert_eq!(identity_key(&apart), identity_key(&text));
            prop_assert_eq!(composed_key(&apart), composed_key(&text));
        }

        #[test]
        fn folding_upper_case_turkish_meets_its_lower_case(text in "[a-zçğıöşü ]{0,40}") {
            let upper: String = text.chars().map(|c| match c { 'i' => 'İ', 'ı' => 'I', other => other.to_uppercase().next().unwrap() }).collect();
            prop_assert_eq!(fold(&upper), fold(&text));
        }
    }
}
