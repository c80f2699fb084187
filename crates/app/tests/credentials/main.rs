//! The life of keys and tokens, as an operator manages them by commands: two processes of the service on one database take and
//! refuse the same ones. Also what the database holds of their secrets. On both databases.
#![expect(clippy::indexing_slicing, reason = "a part that is not there is null in JSON, and fails the check")]

mod dump;
mod life;
#[path = "../process/sql.rs"]
#[expect(dead_code, reason = "this binary only reads")]
mod sql;
mod stored;
#[path = "../support/mod.rs"]
mod support;

use std::process::ExitCode;

use derslik_storage::DatabaseUrl;
use libtest_mimic::{Failed, Trial};
use support::{DATABASES, run};

type Case = (&'static str, fn(&DatabaseUrl) -> Result<(), Failed>);

const CASES: [Case; 9] = [
    ("a_new_key_works_on_every_process_until_it_is_revoked", life::created_and_revoked),
    ("the_last_day_of_a_key_is_recorded", life::last_used),
    ("a_rotated_key_and_its_successor_work_until_the_overlap_ends", life::rotated),
    ("the_end_of_an_access_key_leaves_the_tokens_of_other_keys", life::tokens_of_other_keys),
    ("a_disabled_account_is_refused_by_every_process_until_it_is_enabled", life::disabled),
    ("a_passive_person_is_refused_by_every_process", life::passive),
    ("a_new_password_ends_the_log_ins_with_the_old_one_on_every_process", life::new_password),
    ("an_expired_credential_is_401", life::expired),
    ("the_database_holds_no_secret_of_fifty_credentials", stored::no_secret_is_stored),
];

fn main() -> ExitCode {
    let mut trials = Vec::new();
    for (database, open) in DATABASES {
        for (name, case) in CASES {
            trials.push(Trial::test(format!("{database}::{name}"), move || {
                let (url, _place) = open()?;
                case(&url)
            }));
        }
    }
    run(trials)
}

fn check(holds: bool, about: &dyn std::fmt::Debug) -> Result<(), Failed> {
    if holds { Ok(()) } else { Err(format!("{about:?}").into()) }
}
