//! Sessions: a week, a list, one of them, and batches.
//!
//! | file or folder | content |
//! |---|---|
//! | `week`, `layout` | the week, and where each session stands in it |
//! | `list` | the list |
//! | `filters` | the fields of the search, which the week and the list have |
//! | `search` | the search |
//! | `create`, `change`, `form` | the form of a session |
//! | `show`, `attendees` | one session and its attendees |
//! | `delete` | the question before a deletion, and the deletion |
//! | `batch` | batches that are pasted as JSON or CSV |
//! | `inputs` | fields of forms |
//! | `options` | the settings of a session under their names on the wire |
//! | `problems` | what is wrong with a field |
//! | `states` | the states of a session |
//! | `times` | dates and times as people type them |

mod attendees;
mod batch;
mod change;
mod create;
mod delete;
mod filters;
mod form;
mod inputs;
mod layout;
mod list;
mod options;
mod problems;
mod search;
mod show;
mod states;
mod times;
mod week;

use actix_web::web::{self, ServiceConfig};
use derslik_domain::id::SessionGuid;

use crate::failure::Failure;
use crate::visit::Visit;

/// Adds the pages.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .route("/sessions", web::get().to(week::show))
        .route("/sessions/new", web::get().to(create::show))
        .route("/sessions/new", web::post().to(create::save))
        .route("/sessions/batch", web::get().to(batch::show))
        .route("/sessions/batch", web::post().to(batch::check))
        .route("/sessions/batch/run", web::post().to(batch::run))
        .route("/sessions/{guid}", web::get().to(show::show))
        .route("/sessions/{guid}/edit", web::get().to(change::show))
        .route("/sessions/{guid}/edit", web::post().to(change::save))
        .route("/sessions/{guid}/delete", web::get().to(delete::show))
        .route("/sessions/{guid}/delete", web::post().to(delete::run))
        .route("/sessions/{guid}/attendees", web::post().to(attendees::add))
        .route("/sessions/{guid}/attendees/role", web::post().to(attendees::change_role))
        .route("/sessions/{guid}/attendees/remove", web::post().to(attendees::remove));
}

/// The session that the address names.
fn guid_of(visit: &Visit) -> Result<SessionGuid, Failure> {
    visit.request.match_info().query("guid").parse().map_err(|_| Failure::NotFound)
}
