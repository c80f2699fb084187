//! Projects, under which the jobs of an account are listed. Access to them is decided elsewhere.

use std::fmt;
use std::str::FromStr;

use crate::form::{Field, FieldFault, RawText};
use crate::id::ProjectId;
use crate::text::{Name, TextError, identity_key};
use crate::time::Timestamp;

/// The name of a project: 1 to 200 characters.
pub type ProjectName = Name<200>;

/// A part of an account that clients address by a project key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Project {
    /// Its id within the account.
    pub id: ProjectId,
    /// Its key.
    pub key: ProjectKey,
    /// Its name. No two projects of an account have the same [key](Project::name_key).
    pub name: ProjectName,
    /// The platform of its clients.
    pub platform: Platform,
    /// When it was created.
    pub created_at: Timestamp,
}

impl Project {
    /// The key by which project names are compared: the [`identity_key`].
    pub fn name_key(name: &ProjectName) -> String {
        identity_key(name.as_str())
    }
}

/// The key by which clients address a project: 20 ASCII letters and digits, in which case counts.
///
/// ```
/// use derslik_domain::job::{ProjectKey, ProjectKeyError};
///
/// let key: ProjectKey = "3sWXSsqHgSKnE87YkNJK".parse()?;
/// assert_eq!(key.as_str(), "3sWXSsqHgSKnE87YkNJK");
/// assert_eq!("3sWXSsqHgSKnE87YkNJ".parse::<ProjectKey>(), Err(ProjectKeyError));
/// # Ok::<(), ProjectKeyError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProjectKey(Box<str>);

/// The text is not 20 ASCII letters and digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[error("not {} letters and digits", ProjectKey::LENGTH)]
pub struct ProjectKeyError;

impl ProjectKey {
    /// The number of characters.
    pub const LENGTH: usize = 20;

    const ALPHABET: [char; 62] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P',
        'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p',
        'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z',
    ];

    /// A key made of 128 random bits, of which it keeps 119.
    pub fn from_random(bits: u128) -> Self {
        let mut rest = bits;
        let digits = std::iter::repeat_with(|| {
            let digit = rest % 62;
            rest /= 62;
            usize::try_from(digit).ok().and_then(|digit| Self::ALPHABET.get(digit)).copied().unwrap_or('0')
        });
        Self(digits.take(Self::LENGTH).collect())
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProjectKey {
    type Err = ProjectKeyError;

    fn from_str(text: &str) -> Result<Self, ProjectKeyError> {
        if text.len() == Self::LENGTH && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            Ok(Self(text.into()))
        } else {
            Err(ProjectKeyError)
        }
    }
}

impl fmt::Display for ProjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The platform of a project's clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Platform {
    /// A browser.
    #[default]
    Web,
    /// An Apple device.
    Ios,
    /// An Android device.
    Android,
}

impl Platform {
    /// Every platform.
    pub const ALL: [Self; 3] = [Self::Web, Self::Ios, Self::Android];

    /// The name by which a store keeps the platform.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Ios => "ios",
            Self::Android => "android",
        }
    }

    /// The platform of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|platform| platform.name() == name)
    }
}

/// What a client sent for a project, not validated yet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ProjectForm {
    /// The name.
    pub name: Field<RawText>,
    /// The platform; [`Platform::Web`] if it is not given. `None` is a value that is not a platform.
    pub platform: Field<Option<Platform>>,
}

/// A project to create.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NewProject {
    /// The name, without the white space around it.
    pub name: ProjectName,
    /// The platform of its clients.
    pub platform: Platform,
}

/// A field of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum ProjectField {
    /// The name.
    Name,
    /// The platform.
    Platform,
}

/// Why a project was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum ProjectFormError {
    /// The name has to be sent.
    #[error("a project needs a name")]
    NameMissing,
    /// A field is of the wrong type, or was sent more than once.
    #[error("{0:?} has no usable value")]
    Fault(ProjectField, FieldFault),
    /// The name is not acceptable.
    #[error("the name is not acceptable")]
    Name(#[from] TextError),
    /// The platform is unknown.
    #[error("unknown platform")]
    UnknownPlatform,
}

impl ProjectForm {
    /// Validates the form.
    ///
    /// # Errors
    /// The first [`ProjectFormError`].
    pub fn validate(self) -> Result<NewProject, ProjectFormError> {
        let name = take(self.name, ProjectField::Name)?.ok_or(ProjectFormError::NameMissing)?;
        let name = ProjectName::from_bytes(name)?;
        let platform = take(self.platform, ProjectField::Platform)?.unwrap_or_else(|| Some(Platform::default()));
        let platform = platform.ok_or(ProjectFormError::UnknownPlatform)?;
        Ok(NewProject { name: ProjectName::new(name.as_str().trim())?, platform })
    }
}

fn take<T>(field: Field<T>, which: ProjectField) -> Result<Option<T>, ProjectFormError> {
    field.given().map_err(|fault| ProjectFormError::Fault(which, fault))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn form(name: &str, platform: Field<Option<Platform>>) -> ProjectForm {
        ProjectForm { name: Field::Given(name.into()), platform }
    }

    #[rstest]
    fn refuses_a_text_that_is_not_a_key(
        #[values(
            "",
            "3sWXSsqHgSKnE87YkNJ",
            "3sWXSsqHgSKnE87YkNJKK",
            "3sWXSsqHgSKnE87YkNJ-",
            "3sWXSsqHgSKnE87YkNJ ",
            "3sWXSsqHgSKnE87YkNş",
            "3sWXSsqHgSKnE87YkN\0K"
        )]
        text: &str,
    ) {
        assert_eq!(text.parse::<ProjectKey>(), Err(ProjectKeyError));
    }

    #[test]
    fn a_key_of_random_bits_uses_every_letter_and_digit() {
        let mut seen = HashSet::new();
        let mut digit = 0_u128;
        while digit < 62 {
            seen.extend(ProjectKey::from_random(digit).as_str().chars().next());
            digit += 1;
        }
        assert_eq!(seen.len(), 62);
        assert_eq!(ProjectKey::from_random(0).as_str(), "0".repeat(20));
    }

    #[rstest]
    #[case("Demo", " demo ")]
    #[case("Işık", "is\u{327}ık")]
    #[case("مدرسة", "مدرسة")]
    fn names_that_differ_in_case_or_composition_alone_are_the_same(#[case] one: &str, #[case] other: &str) {
        assert_eq!(Project::name_key(&ProjectName::new(one).unwrap()), Project::name_key(&ProjectName::new(other).unwrap()));
    }

    #[test]
    fn a_project_needs_only_a_name_and_loses_the_white_space_around_it() {
        let project = form("  Derslik ", Field::Missing).validate().unwrap();
        assert_eq!((project.name.as_str(), project.platform), ("Derslik", Platform::Web));
    }

    #[test]
    fn a_platform_is_stored_by_its_name() {
        for platform in Platform::ALL {
            assert_eq!(Platform::by_name(platform.name()), Some(platform));
            assert_eq!(form("x", Field::Given(Some(platform))).validate().unwrap().platform, platform);
        }
        assert_eq!(Platform::by_name("WEB"), None);
    }

    #[rstest]
    #[case(ProjectForm::default(), ProjectFormError::NameMissing)]
    #[case(ProjectForm { name: Field::Null, ..Default::default() }, ProjectFormError::NameMissing)]
    #[case(ProjectForm { name: Field::Mistyped, ..Default::default() }, ProjectFormError::Fault(ProjectField::Name, FieldFault::Mistyped))]
    #[case(form(" ", Field::Missing), ProjectFormError::Name(TextError::Empty))]
    #[case(form("a\0b", Field::Missing), ProjectFormError::Name(TextError::Nul))]
    #[case(form(&"x".repeat(201), Field::Missing), ProjectFormError::Name(TextError::TooLong { max: 200 }))]
    #[case(form("x", Field::Repeated), ProjectFormError::Fault(ProjectField::Platform, FieldFault::Repeated))]
    #[case(form("x", Field::Given(None)), ProjectFormError::UnknownPlatform)]
    fn refuses_what_makes_no_project(#[case] form: ProjectForm, #[case] error: ProjectFormError) {
        assert_eq!(form.validate(), Err(error));
    }

    proptest! {
        #[test]
        fn every_random_key_reads_back(bits in any::<u128>()) {
            let key = ProjectKey::from_random(bits);
            prop_assert_eq!(key.as_str().parse(), Ok(key.clone()));
        }
    }
}
