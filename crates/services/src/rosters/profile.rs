//! Reads the profile of a user.

use derslik_domain::course::roster::UserRef;
use derslik_domain::course::{CatalogueAction, authorize_catalogue, may_read_profile};
use derslik_domain::identity::{Actor, Role, User};
use derslik_ports::inbound::CourseError;
use derslik_ports::outbound::UnitOfWork;

use super::Rosters;
use crate::courses::access::find_user;

pub(super) async fn run<U: UnitOfWork>(service: &Rosters<U>, actor: &Actor, user: UserRef) -> Result<User, CourseError> {
    authorize_catalogue(actor, CatalogueAction::ReadProfile)?;
    let actor = actor.clone();
    service
        .uow
        .read(actor.account_id(), move |stores| {
            let Some(user) = find_user(stores, &actor, &user)? else {
                // Members must not learn whether another user exists.
                return Err(match actor.principal.role {
                    Role::Admin => CourseError::UnknownUser,
                    Role::Member => CourseError::PrivateProfile,
                });
            };
            let shares = actor.principal.role == Role::Member
                && actor.principal.id != user.id
                && stores.rosters().share_course(actor.account_id(), actor.principal.id, user.id)?;
            if may_read_profile(&actor, user.id, shares) { Ok(user) } else { Err(CourseError::PrivateProfile) }
        })
        .await
}
