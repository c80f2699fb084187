//! The use cases of operators over the configured database, and the runtime in which a command waits for them.

use std::mem::ManuallyDrop;

use derslik_domain::id::AccountId;
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::operators::FindAccountError;
use tokio::runtime::Runtime;

use super::database::open_database;
use super::{Failure, database, runtime};
use crate::config::Config;
use crate::wiring::{Installation, Operators};

/// The use cases, for one command.
pub(super) struct Operator {
    runtime: ManuallyDrop<Runtime>,
    pub(super) ports: Operators,
    /// The instant at which the command began.
    pub(super) now: Timestamp,
    /// What the use cases are over. A test of a command has mocks instead.
    installation: Option<Installation>,
}

impl Operator {
    /// The use cases over the configured database, which must be up to date.
    pub(super) fn open(config: &Config) -> Result<Self, Failure> {
        let runtime = runtime(config)?;
        let installation = open_database(config, &runtime)?;
        runtime.block_on(installation.look_at_tests()).map_err(database)?;
        Ok(Self { runtime, ports: installation.operators(), now: installation.now(), installation: Some(installation) })
    }

    /// Waits until a use case is done.
    pub(super) fn wait_for<T>(&self, use_case: impl Future<Output = T>) -> T {
        self.runtime.block_on(use_case)
    }

    /// The present instant of an account, by which its keys and tokens end.
    pub(super) fn now_of(&self, account: AccountId) -> Timestamp {
        self.installation.as_ref().map_or(self.now, |installation| installation.clock().now_of(account))
    }

    /// The id by which addresses of service accounts name an account.
    pub(super) fn named(&self, account: AccountId) -> AccountId {
        self.installation.as_ref().map_or(account, |installation| installation.named(account))
    }

    /// The account with that name or id.
    pub(super) fn account(&self, named: &str) -> Result<AccountId, Failure> {
        self.wait_for(self.ports.accounts.find(named)).map_err(|error| match error {
            FindAccountError::Store(error) => Failure::Database(error.into()),
            error @ FindAccountError::Unknown(_) => Failure::Usage(anyhow::anyhow!("{error}: `derslik account list` lists them")),
            error @ FindAccountError::Ambiguous { .. } => Failure::Usage(error.into()),
        })
    }
}

#[cfg(test)]
pub(super) mod testing {
    //! Commands over mocked use cases.

    use std::sync::Arc;

    use derslik_domain::id::Id;
    use derslik_ports::inbound::operators::{
        MockAccountAdministration, MockAdminAdministration, MockAdminSignIns, MockAuditReading, MockBacklogReading, MockCourseOperations,
        MockCredentialAdministration, MockDueReading, MockErasureRequests, MockGrantAdministration, MockInstallationKeys,
        MockJobOperations, MockKnownSecretRevocation, MockOperatorActors, MockProjectAdministration, MockSecretMaking, MockTokenIssuing,
        MockUserAdministration,
    };
    use derslik_testkit::builders::now;

    use super::*;

    /// Use cases that expect no call, except that every name is the account 7.
    pub(in crate::cli) fn operators() -> Operators {
        let mut accounts = MockAccountAdministration::new();
        accounts.expect_find().returning(|_| Ok(Id::new(7)));
        Operators {
            accounts: Arc::new(accounts),
            credentials: Arc::new(MockCredentialAdministration::new()),
            users: Arc::new(MockUserAdministration::new()),
            tokens: Arc::new(MockTokenIssuing::new()),
            projects: Arc::new(MockProjectAdministration::new()),
            admins: Arc::new(MockAdminAdministration::new()),
            sign_ins: Arc::new(MockAdminSignIns::new()),
            actors: Arc::new(MockOperatorActors::new()),
            courses: Arc::new(MockCourseOperations::new()),
            jobs: Arc::new(MockJobOperations::new()),
            audit: Arc::new(MockAuditReading::new()),
            backlog: Arc::new(MockBacklogReading::new()),
            due: Arc::new(MockDueReading::new()),
            grants: Arc::new(MockGrantAdministration::new()),
            erasures: Arc::new(MockErasureRequests::new()),
            secrets: Arc::new(MockSecretMaking::new()),
            known_secrets: Arc::new(MockKnownSecretRevocation::new()),
            keys: Arc::new(MockInstallationKeys::new()),
        }
    }

    /// A command's view of these use cases.
    pub(in crate::cli) fn operator(ports: Operators) -> Operator {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        Operator { runtime: ManuallyDrop::new(runtime), ports, now: now(), installation: None }
    }

    /// The exit code of a failure and what it says.
    pub(in crate::cli) fn code_and_text(failure: Failure) -> (u8, String) {
        let (code, error) = failure.parts();
        (code, format!("{error:#}"))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use derslik_domain::id::Id;
    use derslik_ports::inbound::operators::MockAccountAdministration;
    use derslik_ports::{Reason, StoreError};

    use super::testing::{code_and_text, operator, operators};
    use super::*;

    fn find(found: fn() -> Result<AccountId, FindAccountError>) -> Result<AccountId, (u8, String)> {
        let mut accounts = MockAccountAdministration::new();
        accounts.expect_find().once().withf(|named| named == "okul").returning(move |_| found());
        operator(Operators { accounts: Arc::new(accounts), ..operators() }).account("okul").map_err(code_and_text)
    }

    #[test]
    fn an_unknown_account_is_a_wrong_argument_and_a_busy_store_is_not() {
        assert_eq!(find(|| Ok(Id::new(7))), Ok(Id::new(7)));
        let unknown = find(|| Err(FindAccountError::Unknown("okul".to_owned())));
        assert_eq!(unknown, Err((2, "there is no account \"okul\": `derslik account list` lists them".to_owned())));
        let several = find(|| Err(FindAccountError::Ambiguous { name: "okul".to_owned(), ids: vec![Id::new(7), Id::new(9)] }));
        assert_eq!(several, Err((2, "several accounts are called \"okul\": name one by its id (7, 9)".to_owned())));
        let (code, text) = find(|| Err(StoreError::from(Reason::Locked).into())).unwrap_err();
        assert!(code == 3 && text.contains("locked"), "{code}: {text}");
    }
}
