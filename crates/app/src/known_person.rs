//! A person whom everybody knows, beside the keys that everybody knows: for clients that log in with a name and a password.

use std::sync::Arc;

use anyhow::Context;
use derslik_domain::form::Field;
use derslik_domain::id::Id;
use derslik_domain::identity::{Account, Actor, CredentialKind, PersonForm, Principal, PrincipalKind, Role, UserKey, Username};
use derslik_ports::inbound::{PeopleService, ServiceError};
use derslik_services::identity::AccountPlan;

const USERNAME: &str = "demo-user";
const PASSWORD: &str = "demo-password";

/// Adds the administrator `demo-user` with the password `demo-password`, unless the account has somebody of that name.
///
/// # Errors
/// If the person can be neither found nor added.
pub async fn add_known_person(people: &dyn PeopleService, plan: &AccountPlan) -> anyhow::Result<()> {
    let account: Arc<Account> = Arc::new(plan.account.clone());
    let principal = Principal { id: plan.service, kind: PrincipalKind::Service, role: Role::Admin };
    let actor = Actor { account, principal, scopes: CredentialKind::PerculusKey.scopes(), credential: Id::new(0), project: None };
    let key = UserKey::Username(Username::parse(USERNAME)?);
    match people.get(&actor, key).await {
        Err(ServiceError::NotFound) => {}
        found => return found.map(drop).context("the known person can't be looked for"),
    }
    let given = |text: &str| Field::Given(text.as_bytes().to_vec());
    let form = PersonForm {
        name: given("Demo"),
        surname: given("User"),
        email: given("demo-user@demo.example"),
        username: given(USERNAME),
        role: given("a"),
        password: given(PASSWORD),
        ..PersonForm::default()
    };
    let person = form.read_new().map_err(|_| anyhow::anyhow!("the known person breaks a rule"))?;
    people.add(&actor, person, None).await.map(drop).context("the known person can't be added")
}
