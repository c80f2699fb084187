//! The fields that a change is about. Values are not part of a mask, and the dialects know the names of the fields.

/// A field of a course that a client can send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
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

/// The fields that a change of a course is about: at least one, and each can be set.
///
/// ```
/// use derslik_domain::course::{CourseField, CourseFields, UpdateMask};
///
/// let fields = [CourseField::Room, CourseField::Name].into_iter().collect();
/// let mask = UpdateMask::of(fields).expect("two fields");
/// assert!(mask.fields().iter().eq([CourseField::Name, CourseField::Room]));
/// assert_eq!(UpdateMask::of(CourseFields::default()), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UpdateMask(CourseFields);

impl UpdateMask {
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
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum GradingPeriodSetting {
    /// The list of periods.
    Periods,
    /// Whether they are applied to the coursework that exists.
    ApplyToExistingCoursework,
}

impl GradingPeriodSetting {
    /// Every field.
    pub const ALL: [Self; 2] = [Self::Periods, Self::ApplyToExistingCoursework];
}

/// The fields that a change of the grading-period settings is about. An empty mask changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct GradingPeriodMask {
    periods: bool,
    apply_to_existing_coursework: bool,
}

impl GradingPeriodMask {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_its_fields_in_the_order_of_the_list() {
        let all: CourseFields = CourseField::SETTABLE.into_iter().rev().collect();
        assert!(all.iter().eq(CourseField::SETTABLE));
        let one: CourseFields = [CourseField::Room].into_iter().collect();
        assert_eq!(CourseField::SETTABLE.map(|field| one.contains(field)), CourseField::SETTABLE.map(|field| field == CourseField::Room));
    }

    #[test]
    fn the_id_is_never_in_a_set_of_settable_fields() {
        let fields: CourseFields = [CourseField::Id].into_iter().collect();
        assert_eq!(UpdateMask::of(fields), None);
    }

    #[test]
    fn a_mask_of_grading_periods_names_its_fields() {
        let both: GradingPeriodMask = GradingPeriodSetting::ALL.into_iter().collect();
        assert!(GradingPeriodSetting::ALL.into_iter().all(|field| both.contains(field)));
        for field in GradingPeriodSetting::ALL {
            let one: GradingPeriodMask = [field].into_iter().collect();
            assert!(GradingPeriodSetting::ALL.into_iter().all(|other| one.contains(other) == (other == field)));
        }
        assert!(GradingPeriodSetting::ALL.into_iter().all(|field| !GradingPeriodMask::default().contains(field)));
    }
}
