//! The use cases of the operator of the installation, one file for each port. They have no actor, so each writes without asking
//! whether a principal may act.

mod accounts;
mod actors;
mod admins;
mod audit;
mod audit_verification;
mod backlog;
mod courses;
mod credentials;
mod due;
mod erasures;
mod grants;
mod installation;
mod jobs;
mod keys;
mod known_secrets;
mod passwords;
mod projects;
mod secrets;
pub(crate) mod set_up;
mod tokens;
mod users;

use std::sync::Arc;

use derslik_domain::audit::Requester;
use derslik_domain::identity::PasswordRules;
use derslik_ports::inbound::control::AccountIds;
use derslik_ports::outbound::{Clock, Ids, Passwords, UnitOfWork};

pub use audit_verification::AuditVerifier;
pub use grants::GrantUseCases;

/// The use cases of operators over a unit of work.
#[derive(Clone)]
pub struct UseCases<U> {
    uow: U,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    passwords: Arc<dyn Passwords>,
    rules: PasswordRules,
    /// What the audit log names.
    requester: Requester,
    /// Which accounts tests have replaced.
    account_ids: Arc<AccountIds>,
}

impl<U> std::fmt::Debug for UseCases<U> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UseCases").finish_non_exhaustive()
    }
}

impl<U: UnitOfWork> UseCases<U> {
    /// The use cases over these ports. New passwords have to meet the rules.
    pub fn new(uow: U, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>, passwords: Arc<dyn Passwords>, rules: PasswordRules) -> Self {
        Self { uow, clock, ids, passwords, rules, requester: Requester::Operator, account_ids: Arc::default() }
    }

    /// The same use cases, where tests have replaced accounts.
    #[must_use]
    pub fn with_account_ids(self, account_ids: Arc<AccountIds>) -> Self {
        Self { account_ids, ..self }
    }

    /// The same use cases in the name of another requester than the operator at the command line.
    #[must_use]
    pub fn acting_for(self, requester: Requester) -> Self {
        Self { requester, ..self }
    }
}

#[cfg(test)]
mod testing {
    //! The use cases over mocks.

    use derslik_domain::audit::{AuditEvent, Change, NewAuditRecord, Object};
    use derslik_domain::id::AccountId;
    use derslik_domain::identity::PasswordHash;
    use derslik_ports::mocks::{FakeUnitOfWork, FixedIds, MockStores, StoppedClock};
    use derslik_ports::outbound::MockPasswords;
    use derslik_testkit::builders::{guid, now};
    use mockall::Sequence;

    use super::*;

    /// The use cases over these stores. No password is hashed.
    pub(super) fn operators(stores: MockStores) -> UseCases<FakeUnitOfWork> {
        operators_with(FakeUnitOfWork::new(stores), MockPasswords::new())
    }

    /// The use cases over this unit of work and password hasher.
    pub(super) fn operators_with(uow: FakeUnitOfWork, passwords: MockPasswords) -> UseCases<FakeUnitOfWork> {
        let (clock, ids) = (Arc::new(StoppedClock(now())), Arc::new(FixedIds(guid(99))));
        UseCases::new(uow, clock, ids, Arc::new(passwords), PasswordRules { min_chars: 8 })
    }

    /// A hasher that is called once, and whose hashes show the password.
    pub(super) fn one_hash() -> MockPasswords {
        let mut passwords = MockPasswords::new();
        passwords.expect_hash().once().returning(|password| Ok(PasswordHash::new(format!("hash of {}", password.reveal()))));
        passwords
    }

    /// Expects these records of changes by the operator in this order, and no others.
    pub(super) fn expect_records(stores: &mut MockStores, account: AccountId, changes: &[(Change, Object)]) {
        let mut order = Sequence::new();
        for (change, object) in changes.iter().copied() {
            stores.audit.expect_add().once().in_sequence(&mut order).returning(move |of, record| {
                let event = AuditEvent::Change(Requester::Operator, change, object);
                assert_eq!((of, record), (account, &NewAuditRecord { at: now(), event }));
                Ok(())
            });
        }
    }
}
