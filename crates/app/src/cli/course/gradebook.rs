//! The arguments of `derslik course gradebook`.

use std::str::FromStr;

use clap::{Args, ValueEnum};
use derslik_domain::course::gradebook::{
    CalculationType, DisplaySetting, GradeCategoryForm, GradeCategoryName, GradeDenominator, GradeWeight, GradebookForm,
};

#[derive(Debug, Args)]
pub(in crate::cli) struct GradebookArgs {
    /// How the overall grade is calculated.
    #[arg(long, value_enum)]
    calculation: Option<Calculation>,
    /// Who sees the overall grade.
    #[arg(long, value_enum)]
    display: Option<Display>,
    /// A grade category, as "Homework", "Homework=100" (points) or "Homework=40%" (weight). Repeat it for each category; the list
    /// replaces the categories of the course. A category keeps its id as long as it keeps its name.
    #[arg(long = "category", value_name = "CATEGORY")]
    categories: Vec<Category>,
    /// Leave the course without grade categories.
    #[arg(long, conflicts_with = "categories")]
    no_categories: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Calculation {
    /// The points reached, out of all points.
    TotalPoints,
    /// The average of the categories by their weights.
    WeightedCategories,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Display {
    /// Teachers and students.
    Show,
    /// Neither teachers nor students.
    Hide,
    /// Teachers.
    Teachers,
}

impl GradebookArgs {
    pub(super) fn form(self) -> GradebookForm {
        let categories: Vec<_> = self.categories.into_iter().map(|category| category.0).collect();
        GradebookForm {
            calculation: self.calculation.map(|calculation| match calculation {
                Calculation::TotalPoints => CalculationType::TotalPoints,
                Calculation::WeightedCategories => CalculationType::WeightedCategories,
            }),
            display: self.display.map(|display| match display {
                Display::Show => DisplaySetting::ShowOverallGrade,
                Display::Hide => DisplaySetting::HideOverallGrade,
                Display::Teachers => DisplaySetting::ShowTeachersOnly,
            }),
            categories: (self.no_categories || !categories.is_empty()).then_some(categories),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Category(GradeCategoryForm);

impl FromStr for Category {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, number) = text.rsplit_once('=').map_or((text, None), |(name, number)| (name, Some(number.trim())));
        let (mut weight, mut points) = (None, None);
        match number.map(|number| (number, number.strip_suffix('%'))) {
            None => {}
            Some((_, Some(percent))) => {
                weight = Some(read_percent(percent).ok_or("a weight is above 0 % and up to 100 %, with at most two decimals, as 12.34%")?);
            }
            Some((number, None)) => {
                let read = number.parse().ok().and_then(GradeDenominator::new);
                points = Some(read.ok_or("what grades are out of is a whole number from 1 on; a weight ends with %")?);
            }
        }
        let name = GradeCategoryName::new(name.trim()).map_err(|error| format!("the name of the category is {error}"))?;
        Ok(Self(GradeCategoryForm { name, weight, default_grade_denominator: points }))
    }
}

/// A weight in percent, with at most two decimals.
fn read_percent(text: &str) -> Option<GradeWeight> {
    let (whole, decimals) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || decimals.len() > 2 || !digits(whole) || !digits(decimals) {
        return None;
    }
    // Ten-thousandths of a percent: four decimals.
    GradeWeight::new(format!("{whole}{decimals:0<4}").parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(String, Option<i32>, Option<i32>), String> {
        text.parse().map(|Category(form)| {
            let points = form.default_grade_denominator.map(GradeDenominator::get);
            (form.name.as_str().to_owned(), form.weight.map(GradeWeight::get), points)
        })
    }

    #[test]
    fn a_category_is_a_name_with_points_or_a_weight() {
        for (text, name, weight, points) in [
            ("Ödev", "Ödev", None, None),
            (" Ödev = 100 ", "Ödev", None, Some(100)),
            ("Ödev=12.34%", "Ödev", Some(123_400), None),
            ("a=b=100%", "a=b", Some(1_000_000), None),
            ("Ödev=0.5%", "Ödev", Some(5_000), None),
        ] {
            assert_eq!(read(text), Ok((name.to_owned(), weight, points)), "{text}");
        }
        for text in ["", "=5", "a=", "a=0", "a=-1", "a=0%", "a=100.01%", "a=1.234%", "a=+5%", "a=.5%", "a=ten", "a=99999999999999%"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
