//! The contract of the stores on PostgreSQL, with a new database for each case.

use std::process::ExitCode;
use std::time::Duration;

use derslik_storage::{DatabaseUrl, DieselUnitOfWork, PoolSettings, schema_revision};
use derslik_testkit::contract::{Case, Harness, cases};
use derslik_testkit::postgres::{PostgresServer, Template};
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let trials = cases::<DieselUnitOfWork>().into_iter().map(|case| Trial::test(case.name, move || run(&case)));
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

fn run(case: &Case<DieselUnitOfWork>) -> Result<(), Failed> {
    let template = Template::new("derslik", &schema_revision(), |url| Ok(url.parse::<DatabaseUrl>()?.migrate().map(drop)?));
    let database = PostgresServer::shared()?.create_database(&template)?;
    let settings = PoolSettings {
        connections: 4,
        acquire_timeout: Duration::from_secs(2),
        statement_timeout: Duration::from_secs(60),
        ..PoolSettings::default()
    };
    let url = database.url().parse()?;
    (case.run)(&Harness::new(|runtime| DieselUnitOfWork::new(&url, settings, runtime)));
    Ok(())
}
