//! The contract of the stores on PostgreSQL, with a new database for each case. The cases about conflicts and claims also run on
//! a database whose tables are partitioned by account.

use std::process::ExitCode;
use std::time::Duration;

use derslik_storage::{DatabaseUrl, DieselUnitOfWork, PoolSettings, schema_revision};
use derslik_testkit::contract::{Case, Harness, cases};
use derslik_testkit::postgres::{PostgresServer, Template};
use diesel::Connection;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use libtest_mimic::{Arguments, Failed, Trial};

/// The cases that depend on the partition of a row, or on unique keys, which are separate in each partition.
const ON_PARTS: [&str; 12] = [
    "a_taken_guid_is_a_conflict_and_stores_nothing",
    "an_address_and_a_user_name_belong_to_one_user_of_an_account",
    "a_job_does_not_come_alive_beside_one_like_it",
    "two_projects_of_an_account_have_neither_key_nor_name_in_common",
    "a_code_an_address_and_a_person_belong_to_one_attendee_of_a_session",
    "a_taken_course_id_is_a_conflict",
    "an_alias_is_unique_in_its_space",
    "a_key_is_given_one_answer_only",
    "a_live_job_is_returned_instead_of_a_second_one",
    "a_claim_does_what_the_domain_says",
    "jobs_of_another_account_are_neither_found_nor_changed",
    "an_exchange_is_kept_to_the_lease_and_the_account",
];

fn main() -> ExitCode {
    let whole = || Template::new("derslik", &schema_revision(), migrate);
    let in_parts = || {
        Template::new("derslik-in-parts", &schema_revision(), |url| {
            migrate(url)?;
            Ok(PgConnection::establish(url)?.batch_execute(include_str!("partitioned.sql"))?)
        })
    };
    let trials = cases::<DieselUnitOfWork>().into_iter().map(|case| Trial::test(case.name, move || run(&case, &whole())));
    let of_parts = cases::<DieselUnitOfWork>().into_iter().filter(|case| ON_PARTS.contains(&case.name));
    let of_parts: Vec<_> = of_parts.map(|case| Trial::test(format!("in_parts::{}", case.name), move || run(&case, &in_parts()))).collect();
    assert_eq!(of_parts.len(), ON_PARTS.len(), "a name in ON_PARTS is not a case");
    libtest_mimic::run(&Arguments::from_args(), trials.chain(of_parts).collect()).exit_code()
}

fn migrate(url: &str) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    Ok(url.parse::<DatabaseUrl>()?.migrate().map(drop)?)
}

fn run(case: &Case<DieselUnitOfWork>, template: &Template) -> Result<(), Failed> {
    let database = PostgresServer::shared()?.create_database(template)?;
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
