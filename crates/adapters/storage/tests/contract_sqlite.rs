//! The contract of the stores on SQLite, a new file for each case.

use std::process::ExitCode;
use std::time::Duration;

use derslik_storage::{DatabaseUrl, DieselUnitOfWork, PoolSettings};
use derslik_testkit::contract::{Harness, cases};
use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let trials = cases::<DieselUnitOfWork>().into_iter().map(|case| {
        Trial::test(case.name, move || {
            let folder = tempfile::tempdir()?;
            let url = DatabaseUrl::Sqlite(folder.path().join("contract.sqlite"));
            url.migrate()?;
            let settings = PoolSettings {
                connections: 4,
                acquire_timeout: Duration::from_secs(2),
                statement_timeout: Duration::from_secs(60),
                ..PoolSettings::default()
            };
            (case.run)(&Harness::new(|runtime| DieselUnitOfWork::new(&url, settings, runtime)));
            Ok(())
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}
