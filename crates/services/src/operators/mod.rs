//! The use cases of the operator of the installation, one file for each port. They have no actor, so each writes without asking
//! whether a principal may act.

mod accounts;
mod audit;
mod courses;
mod credentials;
mod installation;
mod jobs;
mod known_secrets;
mod secrets;
mod set_up;
mod tokens;
mod users;

use std::sync::Arc;

use derslik_ports::outbound::{Clock, Ids, Passwords, UnitOfWork};

/// The use cases of operators over a unit of work.
#[derive(Clone)]
pub struct UseCases<U> {
    uow: U,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    passwords: Arc<dyn Passwords>,
}

impl<U> std::fmt::Debug for UseCases<U> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UseCases").finish_non_exhaustive()
    }
}

impl<U: UnitOfWork> UseCases<U> {
    /// The use cases over these ports.
    pub fn new(uow: U, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>, passwords: Arc<dyn Passwords>) -> Self {
        Self { uow, clock, ids, passwords }
    }
}

#[cfg(test)]
mod testing {
    //! The use cases over mocks.

    use derslik_ports::mocks::{FakeUnitOfWork, FixedIds, MockStores, StoppedClock};
    use derslik_ports::outbound::MockPasswords;
    use derslik_testkit::builders::{guid, now};

    use super::*;

    /// The use cases over these stores. No password is hashed.
    pub(super) fn operators(stores: MockStores) -> UseCases<FakeUnitOfWork> {
        operators_with(FakeUnitOfWork::new(stores), MockPasswords::new())
    }

    /// The use cases over this unit of work and password hasher.
    pub(super) fn operators_with(uow: FakeUnitOfWork, passwords: MockPasswords) -> UseCases<FakeUnitOfWork> {
        UseCases::new(uow, Arc::new(StoppedClock(now())), Arc::new(FixedIds(guid(99))), Arc::new(passwords))
    }
}
