//! Time, faults, snapshots and seeds of a test account, and the bar about them on each page. A process with test control has them.
//!
//! | file | content |
//! |---|---|
//! | `accounts` | resets and ends the account, and makes others |
//! | `bar` | the bar on each page |
//! | `clock` | moves the clock |
//! | `faults` | adds and removes faults |
//! | `inputs` | fields of forms with their problems |
//! | `outcomes` | what the last advance has run |
//! | `page` | the page *Time and faults* |
//! | `seeds` | adds content, and writes it |
//! | `snapshots` | takes, restores and removes snapshots, and keeps those of files |
//! | `words` | what faults, schedules and due things are called |

mod accounts;
pub(crate) mod bar;
mod clock;
mod faults;
mod inputs;
mod outcomes;
mod page;
mod seeds;
mod snapshots;
mod words;

use std::time::Duration;

use actix_web::web::{self, Data, ServiceConfig};
use derslik_side_listener::Lifetime;

use crate::fields::Fields;
use crate::notes::Note;
use crate::texts::Texts;
use crate::visit::{Visit, own_path};

pub(crate) use faults::{MAX_FAULTS, path_problem};
pub(crate) use inputs::Choice;

use outcomes::Outcomes;

/// How long a deed that moves many rows may take.
const LONG: Duration = Duration::from_secs(120);

/// The page, below the address of the account.
const PAGE: &str = "control";

/// Adds the pages.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .app_data(Data::new(Outcomes::default()))
        .route("/control", web::get().to(page::show))
        .route("/control/clock", web::post().to(clock::change))
        .route("/control/faults", web::post().to(faults::add))
        .route("/control/faults/remove", web::post().to(faults::remove))
        .route("/control/faults/clear", web::post().to(faults::clear))
        .route("/control/snapshots", web::post().to(snapshots::take))
        .route("/control/snapshots/load", web::post().to(snapshots::load))
        .route("/control/snapshots/file", web::get().to(snapshots::file))
        .route("/control/snapshots/restore", web::get().to(snapshots::ask_to_restore))
        .route("/control/snapshots/restore", web::post().to(snapshots::restore))
        .route("/control/snapshots/remove", web::post().to(snapshots::remove))
        .route("/control/seed", web::get().to(seeds::export))
        .route("/control/seed", web::post().to(seeds::add))
        .route("/control/reset", web::get().to(accounts::ask_to_reset))
        .route("/control/reset", web::post().to(accounts::reset))
        .route("/control/end", web::get().to(accounts::ask_to_end))
        .route("/control/end", web::post().to(accounts::end))
        .route("/control/accounts", web::post().to(accounts::make));
}

/// Lets the answer to a deed take long.
fn allow_long(visit: &Visit) {
    if let Some(lifetime) = visit.request.conn_data::<Lifetime>() {
        lifetime.extend(LONG);
    }
}

/// The page that a form came from, below the address of the account: its field `to`, or [`PAGE`].
fn origin(visit: &Visit, form: &Fields) -> String {
    below(&visit.url(""), own_path(form.text("to"))).to_owned()
}

/// The part of a path below the address of an account, or [`PAGE`].
fn below<'a>(base: &str, to: &'a str) -> &'a str {
    to.strip_prefix(base).filter(|path| !path.is_empty()).unwrap_or(PAGE)
}

/// A note about a deed that may take longer than it was given.
fn timed_out(t: Texts) -> Note {
    Note::bad(t.control_timed_out()).and(t.control_timed_out_more())
}

#[cfg(test)]
mod testing {
    /// A text that would break a page which shows it as it is.
    pub(super) const HOSTILE: &str = "<script>alert(1)</script>\"'&\u{202e}";

    /// Fails if a page shows [`HOSTILE`] as it is.
    pub(super) fn assert_inert(html: &str) {
        assert!(!html.contains("<script>alert"), "{html}");
        assert!(html.contains("&#60;script&#62;"), "{html}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_leads_back_to_a_page_of_its_account() {
        assert_eq!(below("/console/7/", "/console/7/jobs?state=failed"), "jobs?state=failed");
        for elsewhere in ["/console", "/console/7/", "/console/8/jobs"] {
            assert_eq!(below("/console/7/", elsewhere), PAGE, "{elsewhere}");
        }
    }
}
