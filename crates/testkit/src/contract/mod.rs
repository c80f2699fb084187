//! The contract of the stores, the same for every database. One list of cases drives the tests of each database.

mod admins;
mod attendees;
mod audit;
mod change_log;
mod clocks;
mod course_reader;
mod course_writer;
mod courses;
mod credentials;
mod erasures;
mod grants;
mod idempotency;
mod identity;
mod job_pages;
mod job_reader;
mod jobs;
mod projects;
mod session_index;
mod session_reader;
mod sessions;
mod test_accounts;
mod unit_of_work;

use derslik_ports::outbound::{CourseWriter, Readers, StoreError, Stores, UnitOfWork};
use tokio::runtime::Runtime;

use crate::builders::account;

/// A store under test, empty at the start of each case.
#[derive(Debug)]
pub struct Harness<U> {
    uow: U,
    runtime: Runtime,
}

/// One rule of the contract.
#[derive(Debug)]
pub struct Case<U> {
    /// The rule, as a sentence with underscores.
    pub name: &'static str,
    /// Checks the rule; panics if it is broken.
    pub run: fn(&Harness<U>),
}

/// All cases of the contract.
pub fn cases<U: UnitOfWork + Readers + CourseWriter + Clone>() -> Vec<Case<U>> {
    [
        unit_of_work::cases(),
        identity::cases(),
        credentials::cases(),
        grants::cases(),
        admins::cases(),
        idempotency::cases(),
        attendees::cases(),
        audit::cases(),
        sessions::cases(),
        session_index::cases(),
        change_log::cases(),
        clocks::cases(),
        session_reader::cases(),
        projects::cases(),
        jobs::cases(),
        job_pages::cases(),
        erasures::cases(),
        job_reader::cases(),
        courses::cases(),
        course_reader::cases(),
        course_writer::cases(),
        test_accounts::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

impl<U: UnitOfWork> Harness<U> {
    /// A harness around the unit of work that `connect` makes on the harness's runtime.
    ///
    /// # Panics
    /// If no runtime can be built.
    pub fn new(connect: impl FnOnce(&tokio::runtime::Handle) -> U) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
        Self { uow: connect(runtime.handle()), runtime }
    }

    /// Reads, and expects success.
    ///
    /// # Panics
    /// If the store fails.
    pub fn read<T: Send + 'static>(&self, work: impl Fn(&mut dyn Stores) -> Result<T, StoreError> + Send + 'static) -> T {
        self.runtime.block_on(self.uow.read(account().id, work)).expect("the read succeeds")
    }

    /// Writes in a transaction, and expects success.
    ///
    /// # Panics
    /// If the store fails.
    pub fn write<T: Send + 'static>(&self, work: impl FnOnce(&mut dyn Stores) -> Result<T, StoreError> + Send + 'static) -> T {
        self.try_write(work).expect("the write succeeds")
    }

    /// Writes in a transaction.
    ///
    /// # Errors
    /// The error of `work` or of the store.
    pub fn try_write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn Stores) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.runtime.block_on(self.uow.write(account().id, work))
    }

    /// The unit of work under test.
    pub fn unit_of_work(&self) -> &U {
        &self.uow
    }

    /// The runtime on which the harness waits.
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }
}
