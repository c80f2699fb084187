//! The gradebook of a course: how the overall grade of a student is calculated, and who sees it. Single grades are not part
//! of it.

use std::collections::BTreeSet;

use crate::id::GradeCategoryId;
use crate::text::Name;

/// The name of a grade category: 1 to 750 characters.
pub type GradeCategoryName = Name<750>;

/// How the overall grade is calculated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum CalculationType {
    /// The points reached, out of all points.
    TotalPoints,
    /// The average of the categories by their weights.
    WeightedCategories,
}

impl CalculationType {
    /// Every type.
    pub const ALL: [Self; 2] = [Self::TotalPoints, Self::WeightedCategories];

    /// The number by which the type is stored.
    pub const fn code(self) -> i16 {
        match self {
            Self::TotalPoints => 1,
            Self::WeightedCategories => 2,
        }
    }

    /// The type of that number.
    pub fn by_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|calculation| i64::from(calculation.code()) == code)
    }
}

/// Who sees the overall grade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum DisplaySetting {
    /// Teachers and students.
    ShowOverallGrade,
    /// Neither teachers nor students.
    HideOverallGrade,
    /// Teachers.
    ShowTeachersOnly,
}

impl DisplaySetting {
    /// Every setting.
    pub const ALL: [Self; 3] = [Self::ShowOverallGrade, Self::HideOverallGrade, Self::ShowTeachersOnly];

    /// The number by which the setting is stored.
    pub const fn code(self) -> i16 {
        match self {
            Self::ShowOverallGrade => 1,
            Self::HideOverallGrade => 2,
            Self::ShowTeachersOnly => 3,
        }
    }

    /// The setting of that number.
    pub fn by_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|display| i64::from(display.code()) == code)
    }
}

/// The share of a category in the overall grade, in ten-thousandths of a percent. It is above 0 and at most 100 %, in steps
/// of a hundredth of a percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GradeWeight(i32);

impl GradeWeight {
    /// The whole: 100 %.
    pub const WHOLE: Self = Self(1_000_000);
    const STEP: i32 = 100;

    /// A weight by its ten-thousandths of a percent; `None` out of range or between two steps.
    pub fn new(parts: i32) -> Option<Self> {
        (parts > 0 && parts <= Self::WHOLE.0 && parts % Self::STEP == 0).then_some(Self(parts))
    }

    /// The ten-thousandths of a percent.
    pub const fn get(self) -> i32 {
        self.0
    }
}

/// The points for full marks in a category, if the coursework sets no others: at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GradeDenominator(i32);

impl GradeDenominator {
    /// That many points; `None` below 1.
    pub fn new(points: i32) -> Option<Self> {
        (points > 0).then_some(Self(points))
    }

    /// The points.
    pub const fn get(self) -> i32 {
        self.0
    }
}

/// A category of grades.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct GradeCategory {
    /// Its id.
    pub id: GradeCategoryId,
    /// Its name.
    pub name: GradeCategoryName,
    /// Its share; only if the grade is calculated by weights.
    pub weight: Option<GradeWeight>,
    /// The points for full marks; only if the grade is calculated by points.
    pub default_grade_denominator: Option<GradeDenominator>,
}

/// A category of grades without an id.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct GradeCategoryForm {
    /// Its name.
    pub name: GradeCategoryName,
    /// Its share; only if the grade is calculated by weights.
    pub weight: Option<GradeWeight>,
    /// The points for full marks; only if the grade is calculated by points.
    pub default_grade_denominator: Option<GradeDenominator>,
}

/// A change of gradebook settings: fields that are `None` stay.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct GradebookForm {
    /// How the grade is calculated.
    pub calculation: Option<CalculationType>,
    /// Who sees it.
    pub display: Option<DisplaySetting>,
    /// All categories after the change, in order.
    pub categories: Option<Vec<GradeCategoryForm>>,
}

/// The gradebook settings of a course: how the overall grade is calculated, who sees it, and the categories.
///
/// ```
/// use derslik_domain::course::gradebook::{CalculationType, DisplaySetting, GradebookSettings};
///
/// let settings = GradebookSettings::default();
/// assert_eq!(settings.calculation(), CalculationType::TotalPoints);
/// assert_eq!(settings.display(), DisplaySetting::HideOverallGrade);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct GradebookSettings {
    calculation: CalculationType,
    display: DisplaySetting,
    categories: Vec<GradeCategory>,
}

/// Why gradebook settings were refused. A position counts the categories from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum GradebookError {
    /// A category has a weight although the grade is calculated by points.
    #[error("category {0} has a weight in a calculation by points")]
    WeightWithPoints(usize),
    /// A category has no weight although the grade is calculated by weights.
    #[error("category {0} has no weight in a calculation by weights")]
    NoWeight(usize),
    /// A category has a denominator although the grade is calculated by weights.
    #[error("category {0} has a denominator in a calculation by weights")]
    DenominatorWithWeights(usize),
    /// A category has the id or the name of one before it.
    #[error("category {0} repeats another")]
    Repeated(usize),
    /// More categories than a gradebook holds.
    #[error("more than {} categories", GradebookSettings::MAX_CATEGORIES)]
    TooMany,
    /// The weights do not add up to 100 %.
    #[error("the weights do not add up to 100 percent")]
    NotWhole,
}

impl GradebookSettings {
    /// The most categories of a gradebook.
    pub const MAX_CATEGORIES: usize = 100;

    /// Settings with these categories.
    ///
    /// # Errors
    /// The first [`GradebookError`].
    pub fn new(calculation: CalculationType, display: DisplaySetting, categories: Vec<GradeCategory>) -> Result<Self, GradebookError> {
        if categories.len() > Self::MAX_CATEGORIES {
            return Err(GradebookError::TooMany);
        }
        let (mut ids, mut names) = (BTreeSet::new(), BTreeSet::new());
        for (position, category) in categories.iter().enumerate() {
            validate_category(calculation, position, category)?;
            if !ids.insert(category.id) || !names.insert(category.name.as_str().trim()) {
                return Err(GradebookError::Repeated(position));
            }
        }
        let weights: i64 = categories.iter().filter_map(|category| category.weight).map(|weight| i64::from(weight.get())).sum();
        match calculation {
            CalculationType::WeightedCategories if !categories.is_empty() && weights != i64::from(GradeWeight::WHOLE.get()) => {
                Err(GradebookError::NotWhole)
            }
            CalculationType::WeightedCategories | CalculationType::TotalPoints => Ok(Self { calculation, display, categories }),
        }
    }

    /// The settings after the change. A category keeps the id of the old category with the same name; a new one gets its id
    /// from `next_id`.
    ///
    /// # Errors
    /// The first [`GradebookError`].
    pub fn revised(&self, form: GradebookForm, mut next_id: impl FnMut() -> GradeCategoryId) -> Result<Self, GradebookError> {
        let categories = match form.categories {
            None => self.categories.clone(),
            Some(forms) if forms.len() > Self::MAX_CATEGORIES => return Err(GradebookError::TooMany),
            Some(forms) => forms
                .into_iter()
                .map(|GradeCategoryForm { name, weight, default_grade_denominator }| {
                    let id = self.id_of(&name).unwrap_or_else(&mut next_id);
                    GradeCategory { id, name, weight, default_grade_denominator }
                })
                .collect(),
        };
        Self::new(form.calculation.unwrap_or(self.calculation), form.display.unwrap_or(self.display), categories)
    }

    fn id_of(&self, name: &GradeCategoryName) -> Option<GradeCategoryId> {
        let name = name.as_str().trim();
        self.categories.iter().find(|category| category.name.as_str().trim() == name).map(|category| category.id)
    }

    /// How the grade is calculated.
    pub const fn calculation(&self) -> CalculationType {
        self.calculation
    }

    /// Who sees it.
    pub const fn display(&self) -> DisplaySetting {
        self.display
    }

    /// The categories, in order.
    pub fn categories(&self) -> &[GradeCategory] {
        &self.categories
    }
}

impl Default for GradebookSettings {
    /// The gradebook of a new course: by points, hidden from teachers and students, without categories.
    fn default() -> Self {
        Self { calculation: CalculationType::TotalPoints, display: DisplaySetting::HideOverallGrade, categories: Vec::new() }
    }
}

fn validate_category(calculation: CalculationType, position: usize, category: &GradeCategory) -> Result<(), GradebookError> {
    match (calculation, category.weight, category.default_grade_denominator) {
        (CalculationType::TotalPoints, Some(_), _) => Err(GradebookError::WeightWithPoints(position)),
        (CalculationType::WeightedCategories, None, _) => Err(GradebookError::NoWeight(position)),
        (CalculationType::WeightedCategories, Some(_), Some(_)) => Err(GradebookError::DenominatorWithWeights(position)),
        (CalculationType::TotalPoints, None, _) | (CalculationType::WeightedCategories, Some(_), None) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::id::Id;

    fn category(id: i64, weight: Option<i32>, points: Option<i32>) -> GradeCategory {
        GradeCategory {
            id: Id::new(id),
            name: GradeCategoryName::new(format!("Category {id}")).unwrap(),
            weight: weight.map(|parts| GradeWeight::new(parts).unwrap()),
            default_grade_denominator: points.map(|points| GradeDenominator::new(points).unwrap()),
        }
    }

    fn weighted(categories: Vec<GradeCategory>) -> Result<GradebookSettings, GradebookError> {
        GradebookSettings::new(CalculationType::WeightedCategories, DisplaySetting::ShowOverallGrade, categories)
    }

    fn by_points(categories: Vec<GradeCategory>) -> Result<GradebookSettings, GradebookError> {
        GradebookSettings::new(CalculationType::TotalPoints, DisplaySetting::ShowOverallGrade, categories)
    }

    #[rstest]
    #[case(123_400, true)]
    #[case(100, true)]
    #[case(1_000_000, true)]
    #[case(0, false)]
    #[case(-100, false)]
    #[case(99, false)]
    #[case(101, false)]
    #[case(1_000_100, false)]
    fn a_weight_is_a_hundredth_of_a_percent_up_to_the_whole(#[case] parts: i32, #[case] fits: bool) {
        assert_eq!(GradeWeight::new(parts).is_some(), fits);
    }

    #[test]
    fn a_grade_is_out_of_at_least_one_point() {
        assert_eq!(GradeDenominator::new(0), None);
        assert_eq!(GradeDenominator::new(1).map(GradeDenominator::get), Some(1));
    }

    #[test]
    fn weights_make_a_whole() {
        assert!(weighted(vec![category(1, Some(123_400), None), category(2, Some(876_600), None)]).is_ok());
        assert!(weighted(vec![]).is_ok());
        assert_eq!(weighted(vec![category(1, Some(999_900), None)]), Err(GradebookError::NotWhole));
        assert_eq!(weighted(vec![category(1, Some(1_000_000), None), category(2, Some(100), None)]), Err(GradebookError::NotWhole));
    }

    #[test]
    fn each_calculation_takes_its_own_numbers_alone() {
        assert!(by_points(vec![category(1, None, Some(100)), category(2, None, None)]).is_ok());
        assert_eq!(by_points(vec![category(1, None, None), category(2, Some(100), None)]), Err(GradebookError::WeightWithPoints(1)));
        assert_eq!(weighted(vec![category(1, None, None)]), Err(GradebookError::NoWeight(0)));
        assert_eq!(weighted(vec![category(1, Some(1_000_000), Some(1))]), Err(GradebookError::DenominatorWithWeights(0)));
    }

    #[test]
    fn categories_differ_in_id_and_name() {
        let namesake = GradeCategory { id: Id::new(2), ..category(1, None, None) };
        assert_eq!(by_points(vec![category(1, None, None), namesake]), Err(GradebookError::Repeated(1)));
        let twin = GradeCategory { id: Id::new(1), ..category(2, None, None) };
        assert_eq!(by_points(vec![category(1, None, None), twin]), Err(GradebookError::Repeated(1)));
    }

    #[test]
    fn a_revised_gradebook_keeps_the_ids_of_the_names_it_keeps() {
        let form = |id: i64, weight: i32| {
            let GradeCategory { name, weight, default_grade_denominator, .. } = category(id, Some(weight), None);
            GradeCategoryForm { name, weight, default_grade_denominator }
        };
        let old = weighted(vec![category(1, Some(500_000), None), category(2, Some(500_000), None)]).unwrap();
        let mut next = 10;
        let mut revise = |form: GradebookForm| {
            old.revised(form, || {
                next += 1;
                Id::new(next)
            })
        };
        let categories = Some(vec![form(2, 400_000), form(3, 600_000)]);
        let revised = revise(GradebookForm { categories, ..GradebookForm::default() }).unwrap();
        assert_eq!(revised.categories().iter().map(|category| category.id.get()).collect::<Vec<_>>(), [2, 11]);
        assert_eq!((revised.calculation(), revised.display()), (old.calculation(), old.display()));

        let hidden = GradebookForm { display: Some(DisplaySetting::HideOverallGrade), ..GradebookForm::default() };
        assert_eq!(revise(hidden).unwrap().categories(), old.categories());
        let by_points = GradebookForm { calculation: Some(CalculationType::TotalPoints), ..GradebookForm::default() };
        assert_eq!(revise(by_points), Err(GradebookError::WeightWithPoints(0)));
        let many = (0..=100).map(|id| form(id, 100)).collect();
        assert_eq!(revise(GradebookForm { categories: Some(many), ..GradebookForm::default() }), Err(GradebookError::TooMany));
    }

    #[test]
    fn every_setting_is_found_by_its_code() {
        for calculation in CalculationType::ALL {
            assert_eq!(CalculationType::by_code(i64::from(calculation.code())), Some(calculation));
        }
        for display in DisplaySetting::ALL {
            assert_eq!(DisplaySetting::by_code(i64::from(display.code())), Some(display));
        }
        assert_eq!(CalculationType::by_code(0), None);
        assert_eq!(DisplaySetting::by_code(4), None);
    }
}
