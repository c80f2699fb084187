//! The keys and tokens of an account: their list, one of them, and new ones.

mod list;
mod new;
mod show;
mod words;

use actix_web::web::{self, ServiceConfig};
use derslik_domain::id::CredentialId;
use derslik_domain::identity::{CredentialFilter, Password, StoredCredential};
use derslik_domain::page::PageRequest;
use derslik_ports::inbound::operators::SignInError;

use crate::failure::Failure;
use crate::fields::Fields;
use crate::people::form::{Input, Issue};
use crate::visit::Visit;

/// The field of a form with the password of the admin.
const CONFIRM: &str = "confirm";

/// Adds the pages.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .route("/keys", web::get().to(list::list))
        .route("/keys/new", web::get().to(new::show))
        .route("/keys/new", web::post().to(new::make))
        .route("/keys/{id}", web::get().to(show::show))
        .route("/keys/{id}/rotate", web::post().to(show::rotate))
        .route("/keys/{id}/revoke", web::get().to(show::ask_to_revoke))
        .route("/keys/{id}/revoke", web::post().to(show::revoke));
}

/// Checks the password of the admin again, before a deed that makes a secret. Returns what is wrong with it; `None` if it is right, and
/// where no admin signs in.
pub(crate) async fn confirm(visit: &Visit, form: &Fields) -> Result<Option<String>, Failure> {
    let Some(admin) = &visit.person().admin else { return Ok(None) };
    let Ok(password) = Password::new(form.raw(CONFIRM).unwrap_or_default().as_bytes().to_vec()) else {
        return Ok(Some(visit.t.keys_confirm_wrong()));
    };
    match visit.ports()?.sign_ins.confirm(admin, password, visit.network()).await {
        Ok(()) => Ok(None),
        Err(SignInError::Invalid) => Ok(Some(visit.t.keys_confirm_wrong())),
        Err(SignInError::TooMany { retry_after_seconds }) => Ok(Some(visit.t.keys_confirm_too_many(retry_after_seconds))),
        Err(SignInError::Store(error)) => Err(error.into()),
    }
}

/// The input for that password, where an admin signs in.
pub(crate) fn confirm_input(visit: &Visit, id: &'static str, issues: &[Issue]) -> Option<Input> {
    visit.person().admin.as_ref()?;
    let input = Input::password(id, CONFIRM, visit.t.keys_confirm(), issues).and(visit.t.keys_confirm_more());
    Some(Input { autocomplete: "current-password", ..input })
}

/// The credential in the address, also one that has ended.
async fn credential(visit: &Visit) -> Result<StoredCredential, Failure> {
    let id: i64 = visit.request.match_info().query("id").parse().map_err(|_| Failure::NotFound)?;
    let page = PageRequest { size: 1, after: id.checked_sub(1).map(CredentialId::new) };
    let filter = CredentialFilter { ended: true, ..CredentialFilter::default() };
    let found = visit.operators()?.credentials.list(visit.account.id, filter, page).await?;
    found.into_iter().find(|found| found.id.get() == id).ok_or(Failure::NotFound)
}
