//! Reads and changes the grading periods of a course.

use std::sync::Arc;

use derslik_domain::course::CourseAction;
use derslik_domain::course::alias::CourseRef;
use derslik_domain::course::grading_period::{GradingPeriodMask, GradingPeriodSettings, GradingPeriodSettingsForm, change_grading_periods};
use derslik_domain::identity::Actor;
use derslik_ports::inbound::CourseError;
use derslik_ports::outbound::UnitOfWork;

use super::Courses;
use super::access::{find, lock};
use super::random_id::twelve_digits;
use crate::author::{Author, write_as};

pub(super) async fn read<U: UnitOfWork>(
    service: &Courses<U>,
    actor: &Actor,
    course: CourseRef,
) -> Result<GradingPeriodSettings, CourseError> {
    let actor = actor.clone();
    service
        .uow
        .read(actor.account_id(), move |stores| {
            let seen = find(stores, &actor, &course, CourseAction::ReadGradingPeriods)?;
            Ok(stores.grading_periods().find(actor.account_id(), seen.course.id)?)
        })
        .await
}

pub(super) async fn change<U: UnitOfWork>(
    service: &Courses<U>,
    actor: &Actor,
    course: CourseRef,
    form: GradingPeriodSettingsForm,
    mask: Option<GradingPeriodMask>,
) -> Result<GradingPeriodSettings, CourseError> {
    let (actor, ids) = (actor.clone(), Arc::clone(&service.ids));
    let mask = mask.unwrap_or_else(|| form.fields_present());
    write_as(&service.uow, Author::of(&actor), move |stores| {
        let seen = lock(stores, &actor, &course, CourseAction::WriteGradingPeriods)?;
        let old = stores.grading_periods().find(actor.account_id(), seen.course.id)?;
        let change = change_grading_periods(&seen.course, &old, form, mask, || twelve_digits(ids.as_ref(), actor.account_id()))?;
        if change.settings != old {
            stores.grading_periods().replace(actor.account_id(), seen.course.id, &change.settings)?;
        }
        Ok(change.settings)
    })
    .await
}
