//! User profiles as messages. Unset fields are left out.

use derslik_domain::identity::{Actor, Email, Scope, User};
use serde::Serialize;

/// The profile of a user.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProfileView<'a> {
    id: String,
    name: NameView<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_address: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    permissions: Vec<PermissionView>,
}

#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "these are the names of the wire")]
#[serde(rename_all = "camelCase")]
struct NameView<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    given_name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    family_name: &'a str,
    #[serde(skip_serializing_if = "String::is_empty")]
    full_name: String,
}

#[derive(Serialize)]
struct PermissionView {
    permission: &'static str,
}

impl<'a> ProfileView<'a> {
    /// A user as the actor sees them. The address needs the scope for addresses. Permissions are shown to the user only.
    pub(crate) fn new(user: &'a User, actor: &Actor) -> Self {
        let User { id, guid: _, kind: _, role: _, username: _, email, name, surname, status: _, created_at: _, updated_at: _, profile: _ } =
            user;
        let (given_name, family_name) = (name.as_str(), surname.as_str());
        let email = email.as_ref().filter(|_| actor.scopes.contains(Scope::ProfileEmails));
        let permissions = if *id == actor.principal.id { vec![PermissionView { permission: "CREATE_COURSE" }] } else { Vec::new() };
        Self {
            id: id.to_string(),
            name: NameView { given_name, family_name, full_name: format!("{given_name} {family_name}").trim().to_owned() },
            email_address: email.map(Email::as_str),
            permissions,
        }
    }
}
