//! The people of an account: their list, and one person with what can be changed.

mod change;
pub(crate) mod confirm;
pub(crate) mod form;
mod list;
mod new;
mod secrets;
mod show;
mod words;

use actix_web::web::{self, ServiceConfig};
use derslik_domain::id::PrincipalId;
use derslik_domain::identity::{Actor, User, UserKey};

use crate::failure::Failure;
use crate::visit::Visit;

pub(crate) use words::full_name;

/// Adds the pages.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .route("/people", web::get().to(list::list))
        .route("/people/new", web::get().to(new::show))
        .route("/people/new", web::post().to(new::add))
        .route("/people/{id}", web::get().to(show::show))
        .route("/people/{id}", web::post().to(change::change))
        .route("/people/{id}/active", web::post().to(change::activate))
        .route("/people/{id}/passive", web::get().to(change::ask_to_stop))
        .route("/people/{id}/passive", web::post().to(change::stop))
        .route("/people/{id}/delete", web::get().to(change::ask_to_delete))
        .route("/people/{id}/delete", web::post().to(change::delete))
        .route("/people/{id}/password", web::post().to(secrets::set_password))
        .route("/people/{id}/token", web::post().to(secrets::issue_token));
}

/// The id in the address.
fn id_of(visit: &Visit) -> Result<PrincipalId, Failure> {
    visit.request.match_info().query("id").parse().map(PrincipalId::new).map_err(|_| Failure::NotFound)
}

/// The person in the address, and an actor of the visitor.
async fn person(visit: &Visit) -> Result<(Actor, User), Failure> {
    let (id, actor) = (id_of(visit)?, visit.actor().await?);
    let user = visit.ports()?.clients.people.get(&actor, UserKey::Id(id)).await?;
    Ok((actor, user))
}
