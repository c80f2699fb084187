//! Tokens for grants against the whole service on both databases: keys of service accounts, refresh tokens and exchanges, and what ends
//! each of them.
#![expect(clippy::indexing_slicing, reason = "a part that is not there is null in JSON, and fails the check")]
#![expect(clippy::unwrap_used, reason = "a failed expectation is what a test is for")]

mod refused;
mod school;
#[path = "../support/mod.rs"]
mod support;
mod taken;

use std::pin::Pin;
use std::process::ExitCode;

use derslik_http::Limits;
use derslik_testkit::builders::now;
use libtest_mimic::{Failed, Trial};

use school::School;
use support::{DATABASES, Service, block_on, run};

type Behaviour = fn(School) -> Pin<Box<dyn Future<Output = ()>>>;

const BEHAVIOURS: [(&str, Behaviour); 13] = [
    ("a_key_of_either_algorithm_gets_a_token_of_its_service_account", |school| Box::pin(taken::either_algorithm(school))),
    ("a_token_for_a_person_acts_as_that_person_and_the_audit_log_names_both", |school| Box::pin(taken::for_a_person(school))),
    ("an_assertion_may_be_shown_again_and_stands_in_place_of_a_token", |school| Box::pin(taken::as_a_bearer(school))),
    ("a_refresh_token_gets_tokens_of_its_person", |school| Box::pin(taken::refreshed(school))),
    ("a_token_is_exchanged_for_one_with_fewer_scopes", |school| Box::pin(taken::exchanged(school))),
    ("a_service_account_inside_of_the_program_gets_a_token", |school| Box::pin(taken::inside(school))),
    ("a_key_of_one_account_proves_no_service_account_of_another", |school| Box::pin(refused::of_another_account(school))),
    ("an_unsigned_assertion_or_one_by_the_public_key_as_a_secret_is_refused", |school| Box::pin(refused::other_algorithms(school))),
    ("a_revoked_key_service_account_or_refresh_token_ends_with_its_tokens", |school| Box::pin(refused::revoked(school))),
    ("no_one_acts_for_a_passive_person_or_one_who_is_not_on_the_list", |school| Box::pin(refused::other_people(school))),
    ("a_scope_outside_of_the_list_refuses_the_request", |school| Box::pin(refused::scopes(school))),
    ("an_assertion_lives_for_an_hour_at_the_most", |school| Box::pin(refused::times(school))),
    ("a_refresh_token_of_another_client_is_refused", |school| Box::pin(refused::another_client(school))),
];

fn main() -> ExitCode {
    let mut trials = Vec::new();
    for (database, open) in DATABASES {
        for (name, behaviour) in BEHAVIOURS {
            trials.push(Trial::test(format!("{database}::{name}"), move || {
                block_on(async {
                    let service = Service::start(open, now(), Limits::default()).await?;
                    behaviour(School::of(&service)).await;
                    Ok::<(), Failed>(())
                })
            }));
        }
    }
    run(trials)
}
