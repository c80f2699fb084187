//! The settings of an account for its courses.

/// The settings of an account for its courses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CourseSettings {
    /// What members without the role of administrator may create.
    pub member_creation: MemberCreation,
    /// Whether grading periods may be written.
    pub grading_periods: GradingPeriodLicence,
}

/// What members without the role of administrator may create.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum MemberCreation {
    /// Courses that wait to be accepted.
    ProvisionedOnly,
    /// Courses that are active at once as well.
    ActiveToo,
}

/// Whether an account holds the licence to write grading periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum GradingPeriodLicence {
    /// It does.
    Held,
    /// It does not.
    Missing,
}

impl Default for CourseSettings {
    /// The defaults, for an account that has not chosen.
    fn default() -> Self {
        Self { member_creation: MemberCreation::ProvisionedOnly, grading_periods: GradingPeriodLicence::Held }
    }
}
