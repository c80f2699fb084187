//! The use cases of courses.

pub(crate) mod access;
mod aliases;
mod calendar;
mod change;
mod create;
mod delete;
mod eligibility;
mod get;
mod grading_periods;
mod list;
mod random_id;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use derslik_domain::course::alias::{Alias, CourseRef};
use derslik_domain::course::grading_period::{GradingPeriodMask, GradingPeriodSettings, GradingPeriodSettingsForm};
use derslik_domain::course::{CourseCursor, CourseForm, CourseListForm, UpdateMask};
use derslik_domain::identity::Actor;
use derslik_domain::page::{Page, PageRequest};
use derslik_ports::inbound::{
    CourseError, CourseService, CourseWithAccess, Eligibility, IdempotentOutcome, IdempotentRequest, Precondition,
};
use derslik_ports::outbound::{Clock, CourseReader, CourseWriter, Ids, UnitOfWork};

pub(crate) use calendar::enqueue_calendar_job;
pub(crate) use create::create_course;
pub(crate) use random_id::twelve_digits;

/// The use cases of courses over a unit of work.
#[derive(Debug, Clone)]
pub struct Courses<U> {
    uow: U,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

impl<U: UnitOfWork> Courses<U> {
    /// The use cases over these ports.
    pub fn new(uow: U, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Self { uow, clock, ids }
    }
}

#[async_trait]
impl<U: UnitOfWork + CourseReader + CourseWriter> CourseService for Courses<U> {
    async fn create(
        &self,
        actor: &Actor,
        form: CourseForm,
        idempotent: Option<IdempotentRequest<CourseWithAccess>>,
    ) -> Result<IdempotentOutcome<CourseWithAccess>, CourseError> {
        create::run(self, actor, form, idempotent).await
    }

    async fn get(&self, actor: &Actor, course: CourseRef) -> Result<CourseWithAccess, CourseError> {
        get::run(self, actor, course).await
    }

    async fn list(
        &self,
        actor: &Actor,
        form: CourseListForm,
        page: PageRequest<CourseCursor>,
    ) -> Result<Page<CourseWithAccess>, CourseError> {
        list::run(self, actor, form, page).await
    }

    async fn patch(
        &self,
        actor: &Actor,
        course: CourseRef,
        form: CourseForm,
        mask: UpdateMask,
        precondition: Precondition,
    ) -> Result<CourseWithAccess, CourseError> {
        change::run(self, actor, course, change::CourseChange::Patch(form, mask), precondition).await
    }

    async fn replace(
        &self,
        actor: &Actor,
        course: CourseRef,
        form: CourseForm,
        precondition: Precondition,
    ) -> Result<CourseWithAccess, CourseError> {
        change::run(self, actor, course, change::CourseChange::Replace(form), precondition).await
    }

    async fn delete(&self, actor: &Actor, course: CourseRef, precondition: Precondition) -> Result<(), CourseError> {
        delete::run(self, actor, course, precondition).await
    }

    async fn grading_periods(&self, actor: &Actor, course: CourseRef) -> Result<GradingPeriodSettings, CourseError> {
        grading_periods::read(self, actor, course).await
    }

    async fn change_grading_periods(
        &self,
        actor: &Actor,
        course: CourseRef,
        form: GradingPeriodSettingsForm,
        mask: Option<GradingPeriodMask>,
    ) -> Result<GradingPeriodSettings, CourseError> {
        grading_periods::change(self, actor, course, form, mask).await
    }

    async fn check_grading_periods(&self, actor: &Actor, course: CourseRef) -> Result<Eligibility, CourseError> {
        eligibility::run(self, actor, course, eligibility::EligibilityCheck::GradingPeriods).await
    }

    async fn check_add_ons(&self, actor: &Actor, course: CourseRef) -> Result<Eligibility, CourseError> {
        eligibility::run(self, actor, course, eligibility::EligibilityCheck::AddOns).await
    }

    async fn create_alias(
        &self,
        actor: &Actor,
        course: CourseRef,
        alias: Alias,
        idempotent: Option<IdempotentRequest<Alias>>,
    ) -> Result<IdempotentOutcome<Alias>, CourseError> {
        aliases::create(self, actor, course, alias, idempotent).await
    }

    async fn list_aliases(&self, actor: &Actor, course: CourseRef, page: PageRequest<Alias>) -> Result<Page<Alias>, CourseError> {
        aliases::list(self, actor, course, page).await
    }

    async fn delete_alias(&self, actor: &Actor, course: CourseRef, alias: Alias) -> Result<(), CourseError> {
        aliases::delete(self, actor, course, alias).await
    }
}
