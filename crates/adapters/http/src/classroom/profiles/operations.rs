//! The methods of user profiles.

use derslik_domain::course::CatalogueAction;
use derslik_domain::course::roster::UserRef;

use super::messages::USER_PROFILE;
use super::view::ProfileView;
use crate::classroom::engine::{Context, ONLY_PREVIEW, Operation, Outcome};

pub(crate) static OPERATIONS: [Operation; 1] = [Operation {
    resource: "userProfiles",
    name: "get",
    verb: "GET",
    path: "v1/userProfiles/{userId}",
    query: &ONLY_PREVIEW,
    request: None,
    response: &USER_PROFILE,
    scopes: CatalogueAction::ReadProfile.scopes(),
    takes_key: false,
    about: "Returns the profile of a user.",
    handler: |context| Box::pin(get(context)),
}];

async fn get(context: &Context<'_>) -> Outcome {
    let user = context.state.rosters.profile(&context.actor, UserRef::parse(context.value(0))).await?;
    context.answer(&ProfileView::new(&user, &context.actor), 512)
}
