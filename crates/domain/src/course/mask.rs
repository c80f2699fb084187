//! Update masks: the fields that a change is about. A mask is a list of field names; values are not part of it.

use std::fmt;

/// A field of a course that a client can send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CourseField {
    /// The id; in a request to create a course, an alias to attach to it.
    Id,
    /// The name.
    Name,
    /// The section.
    Section,
    /// The heading of the description.
    DescriptionHeading,
    /// The description.
    Description,
    /// The room.
    Room,
    /// The owner.
    Owner,
    /// The state.
    State,
    /// The subject.
    Subject,
    /// The levels.
    Levels,
}

impl CourseField {
    /// The fields that a change may set.
    pub const SETTABLE: [Self; 9] = [
        Self::Name,
        Self::Section,
        Self::DescriptionHeading,
        Self::Description,
        Self::Room,
        Self::Owner,
        Self::State,
        Self::Subject,
        Self::Levels,
    ];

    /// The name by which clients know the field.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Name => "name",
            Self::Section => "section",
            Self::DescriptionHeading => "descriptionHeading",
            Self::Description => "description",
            Self::Room => "room",
            Self::Owner => "ownerId",
            Self::State => "courseState",
            Self::Subject => "subject",
            Self::Levels => "levels",
        }
    }

    const fn bit(self) -> u16 {
        match self {
            Self::Id => 1,
            Self::Name => 1 << 1,
            Self::Section => 1 << 2,
            Self::DescriptionHeading => 1 << 3,
            Self::Description => 1 << 4,
            Self::Room => 1 << 5,
            Self::Owner => 1 << 6,
            Self::State => 1 << 7,
            Self::Subject => 1 << 8,
            Self::Levels => 1 << 9,
        }
    }
}

/// The fields of a course that a change cannot set.
const READ_ONLY_COURSE_FIELDS: [&str; 12] = [
    "id",
    "creationTime",
    "updateTime",
    "enrollmentCode",
    "alternateLink",
    "teacherGroupEmail",
    "courseGroupEmail",
    "teacherFolder",
    "courseMaterialSets",
    "guardiansEnabled",
    "calendarId",
    "gradebookSettings",
];

/// A set of settable fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct CourseFields(u16);

impl CourseFields {
    /// Whether the set holds `field`.
    pub const fn contains(self, field: CourseField) -> bool {
        self.0 & field.bit() != 0
    }

    /// Whether the set holds nothing.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The fields of the set, in the order of [`CourseField::SETTABLE`].
    pub fn iter(self) -> impl Iterator<Item = CourseField> {
        CourseField::SETTABLE.into_iter().filter(move |field| self.contains(*field))
    }
}

impl FromIterator<CourseField> for CourseFields {
    fn from_iter<I: IntoIterator<Item = CourseField>>(fields: I) -> Self {
        let settable = fields.into_iter().filter(|field| *field != CourseField::Id);
        Self(settable.fold(0, |bits, field| bits | field.bit()))
    }
}

/// Why a mask was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MaskError {
    /// The mask names no field.
    #[error("an update mask has to name at least one field")]
    Empty,
    /// The name is not a field.
    #[error("an update mask names an unknown field: {0}")]
    Unknown(MaskPath),
    /// The field exists, but a change cannot set it.
    #[error("an update mask names a read-only field: {0}")]
    ReadOnly(MaskPath),
}

/// A name in a mask, as the client sent it, cut to [`MaskPath::MAX`] characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MaskPath(Box<str>);

impl MaskPath {
    /// The most characters of a name that are kept, so that an answer never repeats a long one.
    pub const MAX: usize = 100;

    fn new(path: &str) -> Self {
        Self(path.chars().take(Self::MAX).collect())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MaskPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The fields that a change of a course is about: at least one, and each can be set.
///
/// ```
/// use derslik_domain::course::{CourseField, MaskError, UpdateMask};
///
/// let mask = UpdateMask::parse("name,description_heading")?;
/// assert!(mask.fields().iter().eq([CourseField::Name, CourseField::DescriptionHeading]));
/// assert_eq!(UpdateMask::parse(""), Err(MaskError::Empty));
/// # Ok::<(), MaskError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UpdateMask(CourseFields);

impl UpdateMask {
    /// Reads names between commas, in `lowerCamelCase` or in `snake_case`.
    ///
    /// # Errors
    /// The first [`MaskError`].
    pub fn parse(text: &str) -> Result<Self, MaskError> {
        read_paths(text, &CourseField::SETTABLE, CourseField::name, &READ_ONLY_COURSE_FIELDS).map(Self)
    }

    /// The mask of these fields, or `None` for an empty set.
    pub fn of(fields: CourseFields) -> Option<Self> {
        (!fields.is_empty()).then_some(Self(fields))
    }

    /// The fields.
    pub const fn fields(self) -> CourseFields {
        self.0
    }

    /// Whether the mask names `field`.
    pub const fn contains(self, field: CourseField) -> bool {
        self.0.contains(field)
    }
}

/// A field of the grading-period settings that a change may set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GradingPeriodSetting {
    /// The list of periods.
    Periods,
    /// Whether they are applied to the coursework that exists.
    ApplyToExistingCoursework,
}

impl GradingPeriodSetting {
    /// Every field.
    pub const ALL: [Self; 2] = [Self::Periods, Self::ApplyToExistingCoursework];

    /// The name by which clients know the field.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Periods => "gradingPeriods",
            Self::ApplyToExistingCoursework => "applyToExistingCoursework",
        }
    }
}

/// The fields that a change of the grading-period settings is about. An empty mask changes nothing, and parsing never
/// returns one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct GradingPeriodMask {
    periods: bool,
    apply_to_existing_coursework: bool,
}

impl GradingPeriodMask {
    /// Reads names between commas, in `lowerCamelCase` or in `snake_case`.
    ///
    /// # Errors
    /// The first [`MaskError`].
    pub fn parse(text: &str) -> Result<Self, MaskError> {
        read_paths(text, &GradingPeriodSetting::ALL, GradingPeriodSetting::name, &["previewVersion"])
    }

    /// Whether the mask names `field`.
    pub const fn contains(self, field: GradingPeriodSetting) -> bool {
        match field {
            GradingPeriodSetting::Periods => self.periods,
            GradingPeriodSetting::ApplyToExistingCoursework => self.apply_to_existing_coursework,
        }
    }
}

impl FromIterator<GradingPeriodSetting> for GradingPeriodMask {
    fn from_iter<I: IntoIterator<Item = GradingPeriodSetting>>(fields: I) -> Self {
        let mut mask = Self::default();
        for field in fields {
            match field {
                GradingPeriodSetting::Periods => mask.periods = true,
                GradingPeriodSetting::ApplyToExistingCoursework => mask.apply_to_existing_coursework = true,
            }
        }
        mask
    }
}

/// Reads a mask of the fields `settable`, which `name` names.
fn read_paths<F: Copy, M: FromIterator<F>>(
    text: &str,
    settable: &[F],
    name: impl Fn(F) -> &'static str,
    read_only: &[&str],
) -> Result<M, MaskError> {
    let mut paths = text.split(',').map(str::trim).filter(|path| !path.is_empty()).peekable();
    if paths.peek().is_none() {
        return Err(MaskError::Empty);
    }
    paths
        .map(|path| {
            settable.iter().copied().find(|field| names_field(path, name(*field))).ok_or_else(|| {
                // A path inside a read-only field is read-only too.
                let head = path.split('.').next().unwrap_or(path);
                let read_only = read_only.iter().any(|name| names_field(head, name));
                if read_only { MaskError::ReadOnly(MaskPath::new(path)) } else { MaskError::Unknown(MaskPath::new(path)) }
            })
        })
        .collect()
}

/// Whether `path` is the camel-case `name`, in that form or in snake case.
fn names_field(path: &str, name: &str) -> bool {
    let snake = name.chars().flat_map(|letter| {
        let underscore = letter.is_ascii_uppercase().then_some('_');
        underscore.into_iter().chain(std::iter::once(letter.to_ascii_lowercase()))
    });
    path == name || path.chars().eq(snake)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn unknown(path: &str) -> MaskError {
        MaskError::Unknown(MaskPath::new(path))
    }

    #[test]
    fn takes_every_settable_field_in_both_spellings() {
        let camel = "name,section,descriptionHeading,description,room,ownerId,courseState,subject,levels";
        let snake = "name,section,description_heading,description,room,owner_id,course_state,subject,levels";
        let mask = UpdateMask::parse(camel).unwrap();
        assert_eq!(UpdateMask::parse(snake), Ok(mask));
        assert!(mask.fields().iter().eq(CourseField::SETTABLE));
    }

    #[test]
    fn names_may_repeat_and_stand_between_blanks() {
        assert_eq!(UpdateMask::parse(" room ,name,, room,"), UpdateMask::parse("name,room"));
    }

    #[rstest]
    #[case("", MaskError::Empty)]
    #[case(" , ", MaskError::Empty)]
    #[case("*", unknown("*"))]
    #[case("name,nmae", unknown("nmae"))]
    #[case("Name", unknown("Name"))]
    #[case("name.first", unknown("name.first"))]
    #[case("course_State", unknown("course_State"))]
    #[case("learningStandardSettings", unknown("learningStandardSettings"))]
    #[case("name section", unknown("name section"))]
    fn refuses_what_names_no_field(#[case] text: &str, #[case] error: MaskError) {
        assert_eq!(UpdateMask::parse(text), Err(error));
    }

    #[rstest]
    fn refuses_every_read_only_field_in_both_spellings(
        #[values(
            "id",
            "creationTime",
            "creation_time",
            "updateTime",
            "update_time",
            "enrollmentCode",
            "enrollment_code",
            "alternateLink",
            "teacherGroupEmail",
            "course_group_email",
            "teacherFolder",
            "teacher_folder.id",
            "courseMaterialSets",
            "guardiansEnabled",
            "calendarId",
            "gradebookSettings.displaySetting"
        )]
        path: &str,
    ) {
        assert_eq!(UpdateMask::parse(&format!("name,{path}")), Err(MaskError::ReadOnly(MaskPath::new(path))));
    }

    #[test]
    fn an_error_repeats_no_more_than_a_hundred_characters() {
        let Err(MaskError::Unknown(path)) = UpdateMask::parse(&"ş".repeat(5_000)) else { panic!() };
        assert_eq!(path.as_str().chars().count(), MaskPath::MAX);
    }

    #[test]
    fn the_id_is_never_in_a_set_of_settable_fields() {
        let fields: CourseFields = [CourseField::Id].into_iter().collect();
        assert_eq!(UpdateMask::of(fields), None);
    }

    #[test]
    fn reads_the_mask_of_grading_periods() {
        let both = GradingPeriodMask::parse("grading_periods,applyToExistingCoursework").unwrap();
        assert!(GradingPeriodSetting::ALL.into_iter().all(|field| both.contains(field)));
        let one = GradingPeriodMask::parse("apply_to_existing_coursework").unwrap();
        assert!(!one.contains(GradingPeriodSetting::Periods));
        assert_eq!(GradingPeriodMask::parse(""), Err(MaskError::Empty));
        assert_eq!(GradingPeriodMask::parse("gradingPeriods.title"), Err(unknown("gradingPeriods.title")));
        assert_eq!(GradingPeriodMask::parse("previewVersion"), Err(MaskError::ReadOnly(MaskPath::new("previewVersion"))));
    }
}
