//! What an account chooses for its courses. It knows nothing of what comes of a choice.

/// What an account chose for its courses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CourseSettings {
    /// What members who are no administrators may create.
    pub member_creation: MemberCreation,
    /// Whether grading periods may be written.
    pub grading_periods: GradingPeriodLicence,
}

/// What members who are no administrators may create.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MemberCreation {
    /// Courses that wait to be accepted.
    ProvisionedOnly,
    /// Courses that are active at once as well.
    ActiveToo,
}

/// Whether an account holds the licence to write grading periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GradingPeriodLicence {
    /// It does.
    Held,
    /// It does not.
    Missing,
}

impl Default for CourseSettings {
    /// The settings of an account that chose none.
    fn default() -> Self {
        Self { member_creation: MemberCreation::ProvisionedOnly, grading_periods: GradingPeriodLicence::Held }
    }
}
