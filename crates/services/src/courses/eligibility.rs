//! Checks whether the actor could do something to a course, without doing it.

use derslik_domain::course::alias::CourseRef;
use derslik_domain::course::{CourseAction, eligible_for_add_ons, eligible_for_grading_periods};
use derslik_domain::identity::Actor;
use derslik_ports::inbound::{CourseError, Eligibility};
use derslik_ports::outbound::UnitOfWork;

use super::Courses;
use super::access::{find, owner_account};

/// The thing to check.
#[derive(Debug, Clone, Copy)]
pub(super) enum EligibilityCheck {
    /// Whether the grading periods could be changed.
    GradingPeriods,
    /// Whether an add-on could attach something.
    AddOns,
}

pub(super) async fn run<U: UnitOfWork>(
    service: &Courses<U>,
    actor: &Actor,
    course: CourseRef,
    check: EligibilityCheck,
) -> Result<Eligibility, CourseError> {
    let actor = actor.clone();
    let action = match check {
        EligibilityCheck::GradingPeriods => CourseAction::CheckGradingPeriods,
        EligibilityCheck::AddOns => CourseAction::CheckAddOns,
    };
    service
        .uow
        .read(actor.account_id(), move |stores| {
            let seen = find(stores, &actor, &course, action)?;
            let eligible = match check {
                EligibilityCheck::GradingPeriods => eligible_for_grading_periods(
                    seen.access,
                    seen.course.state,
                    owner_account(stores, &actor, &seen.course)?,
                    &actor.account.settings.courses,
                ),
                EligibilityCheck::AddOns => eligible_for_add_ons(seen.access, seen.course.state),
            };
            Ok(Eligibility { course: seen.course.id, eligible })
        })
        .await
}
