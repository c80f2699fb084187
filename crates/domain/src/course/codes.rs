//! The short codes of a course: the enrollment code and the names of its groups. Randomness comes in as a number.

use std::fmt;

use crate::text::fold;

/// The code by which students join a course: 5 to 8 lower-case letters and digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EnrollmentCode(Box<str>);

/// The text does not have the form of the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[error("not a code of lower-case letters and digits")]
pub struct CodeError;

impl EnrollmentCode {
    /// Parses a code.
    ///
    /// # Errors
    /// [`CodeError`] for any other text.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        let fits = (5..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        if fits { Ok(Self(text.into())) } else { Err(CodeError) }
    }

    /// A code of 7 characters from the lower 35 bits of a random number.
    pub fn from_random(random: u64) -> Self {
        Self(letters::<7>(random).into())
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The base of the names of a course's two groups: its name and section at creation, in ASCII, and a few random characters.
/// It stays when the course is renamed, since mailbox addresses depend on it.
///
/// ```
/// use derslik_domain::course::GroupName;
///
/// let group = GroupName::new("10. Sınıf Biyoloji", Some("Dönem 2"), 7);
/// assert_eq!(group.of_members(), "10_Sinif_Biyoloji_Donem_2_haaaaa");
/// assert_eq!(group.of_teachers(), "10_Sinif_Biyoloji_Donem_2_teachers_haaaaa");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GroupName {
    stem: Box<str>,
    suffix: Box<str>,
}

impl GroupName {
    /// The most characters of the readable part, so that `_teachers_` and the suffix still fit the 64 of a mailbox name.
    const MAX_STEM: usize = 48;

    /// The groups of a course with that name and section. The suffix comes from the lower 30 bits of a random number.
    pub fn new(name: &str, section: Option<&str>, random: u64) -> Self {
        let mut stem = String::new();
        append_ascii(&mut stem, name);
        append_ascii(&mut stem, section.unwrap_or_default());
        stem.truncate(Self::MAX_STEM);
        let stem = match stem.trim_end_matches('_') {
            "" => "Course",
            stem => stem,
        };
        Self { stem: stem.into(), suffix: letters::<6>(random).into() }
    }

    /// Parses the name of the group of all members, as [`GroupName::of_members`] returns it.
    ///
    /// # Errors
    /// [`CodeError`] for any other text.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        let (stem, suffix) = text.rsplit_once('_').ok_or(CodeError)?;
        let fits = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') && stem.len() <= Self::MAX_STEM;
        if fits && !stem.is_empty() && !suffix.is_empty() { Ok(Self { stem: stem.into(), suffix: suffix.into() }) } else { Err(CodeError) }
    }

    /// The name of the group of all members.
    pub fn of_members(&self) -> String {
        format!("{}_{}", self.stem, self.suffix)
    }

    /// The name of the group of the teachers.
    pub fn of_teachers(&self) -> String {
        format!("{}_teachers_{}", self.stem, self.suffix)
    }
}

impl fmt::Display for EnrollmentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `LENGTH` characters, five bits each, the lowest first. The digits 0 and 1 are left out, since readers take them for
/// letters.
fn letters<const LENGTH: usize>(random: u64) -> String {
    (0..LENGTH)
        .scan(random, |rest, _| {
            let five = u8::try_from(*rest & 0x1f).unwrap_or_default();
            *rest >>= 5;
            Some(char::from(if five < 26 { b'a' + five } else { b'2' + (five - 26) }))
        })
        .collect()
}

/// Appends the letters and digits of a text, one `_` for each run of other characters, and ASCII for the letters of Turkish.
fn append_ascii(stem: &mut String, text: &str) {
    for letter in text.chars().chain(std::iter::once(' ')) {
        match letter {
            letter if letter.is_ascii_alphanumeric() => stem.push(letter),
            'ç' => stem.push('c'),
            'Ç' => stem.push('C'),
            'ğ' => stem.push('g'),
            'Ğ' => stem.push('G'),
            'ı' => stem.push('i'),
            'İ' => stem.push('I'),
            'ö' => stem.push('o'),
            'Ö' => stem.push('O'),
            'ş' => stem.push('s'),
            'Ş' => stem.push('S'),
            'ü' => stem.push('u'),
            'Ü' => stem.push('U'),
            _ if stem.is_empty() || stem.ends_with('_') => {}
            _ => stem.push('_'),
        }
    }
}

/// The text in which a search for courses looks: name, section and room, [folded](fold), separated by line breaks.
pub(super) fn search_key(parts: [Option<&str>; 3]) -> String {
    fold(&parts.into_iter().flatten().collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("zi7le", true)]
    #[case("abcdefgh", true)]
    #[case("abcd", false)]
    #[case("abcdefghi", false)]
    #[case("Zi7le", false)]
    #[case("zi7lé", false)]
    #[case("", false)]
    fn a_code_has_5_to_8_letters_and_digits(#[case] text: &str, #[case] fits: bool) {
        assert_eq!(EnrollmentCode::parse(text).is_ok(), fits);
    }

    #[test]
    fn each_bit_of_the_random_number_counts() {
        assert_eq!(EnrollmentCode::from_random(0).as_str(), "aaaaaaa");
        assert_eq!(EnrollmentCode::from_random((1 << 35) - 1).as_str(), "7777777");
        assert_ne!(EnrollmentCode::from_random(1 << 34), EnrollmentCode::from_random(0));
    }

    #[test]
    fn a_name_without_a_letter_of_ascii_still_makes_a_group() {
        assert_eq!(GroupName::new("مدرسة", None, 0).of_members(), "Course_aaaaaa");
    }

    proptest! {
        #[test]
        fn a_group_fits_a_mailbox_and_is_read_back(name in any::<String>(), section in proptest::option::of(any::<String>()), random: u64) {
            let group = GroupName::new(&name, section.as_deref(), random);
            prop_assert!(group.of_teachers().len() <= 64);
            prop_assert_eq!(GroupName::parse(&group.of_members()), Ok(group));
        }

        #[test]
        fn a_random_code_is_a_code(random: u64) {
            let code = EnrollmentCode::from_random(random);
            prop_assert_eq!(EnrollmentCode::parse(code.as_str()), Ok(code));
        }
    }
}
