//! The use cases of the rosters of courses, and of the profiles of users.

mod add;
mod get;
mod list;
mod profile;
mod remove;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use derslik_domain::course::alias::CourseRef;
use derslik_domain::course::roster::{Roster, UserRef};
use derslik_domain::id::PrincipalId;
use derslik_domain::identity::{Actor, User};
use derslik_domain::page::{Page, PageRequest};
use derslik_ports::inbound::{CourseError, IdempotentOutcome, IdempotentRequest, MemberWithAccess, NewMember, RosterService};
use derslik_ports::outbound::{Clock, UnitOfWork};

/// The use cases of rosters over a unit of work.
#[derive(Debug, Clone)]
pub struct Rosters<U> {
    uow: U,
    clock: Arc<dyn Clock>,
}

impl<U: UnitOfWork> Rosters<U> {
    /// The use cases over these ports.
    pub fn new(uow: U, clock: Arc<dyn Clock>) -> Self {
        Self { uow, clock }
    }
}

#[async_trait]
impl<U: UnitOfWork> RosterService for Rosters<U> {
    async fn add(
        &self,
        actor: &Actor,
        course: CourseRef,
        new_member: NewMember,
        idempotent: Option<IdempotentRequest<MemberWithAccess>>,
    ) -> Result<IdempotentOutcome<MemberWithAccess>, CourseError> {
        add::run(self, actor, course, new_member, idempotent).await
    }

    async fn get(&self, actor: &Actor, course: CourseRef, roster: Roster, user: UserRef) -> Result<MemberWithAccess, CourseError> {
        get::run(self, actor, course, roster, user).await
    }

    async fn list(
        &self,
        actor: &Actor,
        course: CourseRef,
        roster: Roster,
        page: PageRequest<PrincipalId>,
    ) -> Result<Page<MemberWithAccess>, CourseError> {
        list::run(self, actor, course, roster, page).await
    }

    async fn remove(&self, actor: &Actor, course: CourseRef, roster: Roster, user: UserRef) -> Result<(), CourseError> {
        remove::run(self, actor, course, roster, user).await
    }

    async fn profile(&self, actor: &Actor, user: UserRef) -> Result<User, CourseError> {
        profile::run(self, actor, user).await
    }
}
