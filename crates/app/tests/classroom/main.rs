//! The courses API against the whole service on both databases: invalid requests change nothing, authorization, and concurrent
//! clients.
#![expect(clippy::indexing_slicing, reason = "a part that is not there is null in JSON, and fails the check")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is what a test is for")]

mod access;
mod api;
mod bad_input;
mod batches;
mod concurrency;
mod lists;
#[path = "../support/mod.rs"]
mod support;

use std::pin::Pin;
use std::process::ExitCode;

use derslik_http::Limits;
use derslik_testkit::builders::now;
use libtest_mimic::{Failed, Trial};

use api::Api;
use support::{DATABASES, Service, block_on, run};

type Behaviour = fn(Api) -> Pin<Box<dyn Future<Output = ()>>>;

const BEHAVIOURS: [(&str, Behaviour); 24] = [
    ("a_refused_request_changes_nothing", |api| Box::pin(bad_input::bad_input(api))),
    ("an_unreadable_request_changes_nothing", |api| Box::pin(bad_input::unreadable(api))),
    ("read_only_fields_are_ignored_on_create_and_never_taken_over", |api| Box::pin(bad_input::mass_assignment(api))),
    ("lengths_are_counted_in_characters", |api| Box::pin(bad_input::lengths(api))),
    ("a_change_keeps_to_the_same_lengths", |api| Box::pin(bad_input::lengths_of_changes(api))),
    ("grading_periods_keep_to_their_limits", |api| Box::pin(bad_input::limits_of_grading_periods(api))),
    ("each_role_may_do_exactly_what_the_table_says", |api| Box::pin(access::roles(api))),
    ("requests_outside_of_a_course_are_open_to_the_roles_of_the_table", |api| Box::pin(access::catalogue(api))),
    ("every_form_that_names_the_caller_is_the_caller", |api| Box::pin(access::callers(api))),
    ("the_owner_of_a_course_is_not_removed_from_it", |api| Box::pin(access::owner_stays(api))),
    ("a_tag_that_is_not_ascii_matches_no_version", |api| Box::pin(access::odd_tags(api))),
    ("students_see_less_of_a_course", |api| Box::pin(access::sight(api))),
    ("a_scope_opens_what_it_names_and_the_refusal_names_what_would", |api| Box::pin(access::scopes(api))),
    ("the_caller_is_known_by_the_token_alone", |api| Box::pin(access::authentication(api))),
    ("page_tokens_serve_their_own_list_alone", |api| Box::pin(lists::page_tokens(api))),
    ("tokens_and_words_keep_to_their_list_and_their_length", |api| Box::pin(lists::tokens_of_other_lists(api))),
    ("lists_are_searched_and_ordered", |api| Box::pin(lists::searches(api))),
    ("pages_stay_stable_while_courses_are_created", |api| Box::pin(lists::stable_pages(api))),
    ("a_batch_is_refused_as_a_whole_only_where_it_cannot_be_read", |api| Box::pin(batches::batches(api))),
    ("a_part_of_a_batch_may_name_another_method", |api| Box::pin(batches::overrides(api))),
    ("changes_of_different_fields_at_once_all_stay", |api| Box::pin(concurrency::disjoint_patches(api))),
    ("a_count_guarded_by_tags_loses_nothing", |api| Box::pin(concurrency::compare_and_set(api))),
    ("of_racing_transitions_only_legal_ones_happen", |api| Box::pin(concurrency::racing_transitions(api))),
    ("of_racing_creations_of_one_alias_one_wins", |api| Box::pin(concurrency::racing_aliases(api))),
];

fn main() -> ExitCode {
    let mut trials = Vec::new();
    for (database, open) in DATABASES {
        for (name, behaviour) in BEHAVIOURS {
            trials.push(Trial::test(format!("{database}::{name}"), move || {
                block_on(async {
                    let service = Service::start(open, now(), Limits::default()).await?;
                    behaviour(Api { state: service.state.clone(), operators: service.operators.clone() }).await;
                    Ok::<(), Failed>(())
                })
            }));
        }
    }
    run(trials)
}
