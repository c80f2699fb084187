//! Aliases: second names that clients choose for a course. Whether an alias is already in use is decided by the store.

use std::fmt;

use crate::id::{CourseId, Id, ProjectId};
use crate::text::composed_key;

/// A second name of a course: `d:` for the whole account or `p:` for one project, and at least one character more.
///
/// ```
/// use derslik_domain::course::alias::{Alias, AliasError, AliasScope};
///
/// let alias = Alias::parse("d:10-A/Fizik ışık")?;
/// assert_eq!(alias.scope(), AliasScope::Domain);
/// assert_eq!(alias.as_str(), "d:10-A/Fizik ışık");
/// assert_eq!(Alias::parse("math"), Err(AliasError::NoScope));
/// # Ok::<(), AliasError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Alias {
    scope: AliasScope,
    text: Box<str>,
}

/// The scope of an alias: where it is unique, and who sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum AliasScope {
    /// The whole account: created by administrators, seen by all its users.
    Domain,
    /// One project: created and seen only through credentials of the project.
    Project,
}

impl AliasScope {
    /// Every scope.
    pub const ALL: [Self; 2] = [Self::Domain, Self::Project];

    /// The prefix of aliases with this scope.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Domain => "d:",
            Self::Project => "p:",
        }
    }
}

/// Why a text is not an alias.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum AliasError {
    /// It does not begin with `d:` or `p:`.
    #[error("an alias begins with d: or p:")]
    NoScope,
    /// The part after the prefix is blank.
    #[error("an alias needs a name after its prefix")]
    Empty,
    /// More characters than [`Alias::MAX`], the prefix included.
    #[error("an alias has at most {} characters", Alias::MAX)]
    TooLong,
    /// It holds the character NUL, which PostgreSQL cannot store.
    #[error("contains a NUL character")]
    Nul,
    /// The bytes are not valid UTF-8.
    #[error("not valid Unicode text")]
    NotUnicode,
}

impl Alias {
    /// The most characters of an alias, the prefix included.
    pub const MAX: usize = 256;

    /// Parses a text.
    ///
    /// # Errors
    /// The [`AliasError`].
    pub fn parse(text: &str) -> Result<Self, AliasError> {
        let scope = AliasScope::ALL.into_iter().find(|scope| text.starts_with(scope.prefix())).ok_or(AliasError::NoScope)?;
        if text.contains('\0') {
            return Err(AliasError::Nul);
        }
        if text.strip_prefix(scope.prefix()).is_none_or(|name| name.trim().is_empty()) {
            return Err(AliasError::Empty);
        }
        if text.len() > Self::MAX && text.chars().count() > Self::MAX {
            return Err(AliasError::TooLong);
        }
        Ok(Self { scope, text: text.into() })
    }

    /// Parses bytes that should be UTF-8.
    ///
    /// # Errors
    /// The [`AliasError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, AliasError> {
        Self::parse(std::str::from_utf8(bytes).map_err(|_| AliasError::NotUnicode)?)
    }

    /// The scope, from the prefix.
    pub const fn scope(&self) -> AliasScope {
        self.scope
    }

    /// The alias, its prefix included.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The key by which the alias is compared: case counts, the composition of its letters does not.
    pub fn key(&self) -> String {
        composed_key(&self.text)
    }
}

impl fmt::Display for Alias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The namespace within an account in which an alias is unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum AliasSpace {
    /// The account itself.
    Domain,
    /// One of its projects.
    Project(ProjectId),
}

/// A project alias was used through a credential that belongs to no project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[error("a project alias needs a credential of a project")]
pub struct NoProject;

impl AliasSpace {
    /// The namespace of an alias of that scope, for a credential of that project.
    ///
    /// # Errors
    /// [`NoProject`] if a project is needed and `project` is `None`.
    pub fn of(scope: AliasScope, project: Option<ProjectId>) -> Result<Self, NoProject> {
        match scope {
            AliasScope::Domain => Ok(Self::Domain),
            AliasScope::Project => project.map(Self::Project).ok_or(NoProject),
        }
    }

    /// Whether an alias in this namespace is visible to a credential of that project.
    pub fn is_visible_to(self, project: Option<ProjectId>) -> bool {
        match self {
            Self::Domain => true,
            Self::Project(own) => project == Some(own),
        }
    }
}

/// How a request names a course: by the id that it was assigned, or by an alias.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum CourseRef {
    /// By its id.
    Id(CourseId),
    /// By an alias.
    Alias(Alias),
    /// By a text that cannot name a course.
    Impossible,
}

impl CourseRef {
    /// Parses the text by which a request names a course.
    pub fn parse(text: &str) -> Self {
        if let Some(id) = read_id(text) {
            return Self::Id(id);
        }
        Alias::parse(text).map_or(Self::Impossible, Self::Alias)
    }
}

/// Parses an id, only in the spelling in which the service prints it.
pub(super) fn read_id<Kind>(text: &str) -> Option<Id<Kind>> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    plain.then(|| text.parse().ok().map(Id::new)).flatten()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("d:math", AliasScope::Domain)]
    #[case("p:a b/c", AliasScope::Project)]
    #[case("d:مدرسة", AliasScope::Domain)]
    #[case("d:d:x:y", AliasScope::Domain)]
    #[case("p:IĞDIR ışık", AliasScope::Project)]
    fn takes_any_name_after_a_prefix(#[case] text: &str, #[case] scope: AliasScope) {
        let alias = Alias::parse(text).unwrap();
        assert_eq!((alias.scope(), alias.as_str()), (scope, text));
    }

    #[rstest]
    #[case("", AliasError::NoScope)]
    #[case("math", AliasError::NoScope)]
    #[case("D:math", AliasError::NoScope)]
    #[case(" d:math", AliasError::NoScope)]
    #[case("x:math", AliasError::NoScope)]
    #[case("d", AliasError::NoScope)]
    #[case("123", AliasError::NoScope)]
    #[case("d:", AliasError::Empty)]
    #[case("p: \u{a0}", AliasError::Empty)]
    #[case("p:a\0b", AliasError::Nul)]
    fn refuses_every_other_text(#[case] text: &str, #[case] error: AliasError) {
        assert_eq!(Alias::parse(text), Err(error));
    }

    #[test]
    fn counts_256_characters_with_the_prefix() {
        assert!(Alias::parse(&format!("d:{}", "ş".repeat(254))).is_ok());
        assert_eq!(Alias::parse(&format!("d:{}", "ş".repeat(255))), Err(AliasError::TooLong));
        assert_eq!(Alias::from_bytes(b"d:\xff"), Err(AliasError::NotUnicode));
    }

    #[rstest]
    #[case("1", CourseRef::Id(Id::new(1)))]
    #[case("9223372036854775807", CourseRef::Id(Id::new(i64::MAX)))]
    #[case("9223372036854775808", CourseRef::Impossible)]
    #[case("0", CourseRef::Impossible)]
    #[case("007", CourseRef::Impossible)]
    #[case("-1", CourseRef::Impossible)]
    #[case("+1", CourseRef::Impossible)]
    #[case("", CourseRef::Impossible)]
    #[case("math", CourseRef::Impossible)]
    fn a_course_is_named_by_its_id_or_an_alias(#[case] text: &str, #[case] course: CourseRef) {
        assert_eq!(CourseRef::parse(text), course);
    }

    #[test]
    fn an_alias_names_a_course_too() {
        assert_eq!(CourseRef::parse("d:7"), CourseRef::Alias(Alias::parse("d:7").unwrap()));
    }

    #[test]
    fn a_project_alias_is_seen_by_its_project_alone() {
        let one = AliasSpace::of(AliasScope::Project, Some(Id::new(1))).unwrap();
        assert!(one.is_visible_to(Some(Id::new(1))));
        assert!(!one.is_visible_to(Some(Id::new(2))));
        assert!(!one.is_visible_to(None));
        assert!(AliasSpace::of(AliasScope::Domain, None).unwrap().is_visible_to(None));
        assert_eq!(AliasSpace::of(AliasScope::Project, None), Err(NoProject));
    }
}
