//! The form that makes a key.

use actix_web::HttpResponse;
use askama::Template;
use derslik_domain::identity::CredentialKind;
use derslik_ports::inbound::operators::NewKey;

use super::words::{by_slug, failure, kind, slug, with_secret};
use super::{confirm, confirm_input};
use crate::failure::Failure;
use crate::fields::Fields;
use crate::notes::Note;
use crate::people::form::{Choice, Input, Issue};
use crate::shell::{Section, Shell};
use crate::texts::Texts;
use crate::visit::Visit;

/// The kinds that an account makes. Tokens are issued to people.
const KINDS: [CredentialKind; 2] = [CredentialKind::AccessKey, CredentialKind::AccountKey];
/// How many days a key lives, as choices.
pub(super) const DAYS: [u32; 3] = [30, 90, 365];
/// The longest life of a key, in days.
const MAX_DAYS: u32 = 36_500;

#[derive(Template)]
#[template(path = "keys/new.html")]
struct NewPage {
    shell: Shell,
    t: Texts,
    /// The address of the list.
    url: String,
    /// The address of the people, to whom tokens are issued.
    people: String,
    kinds: Vec<Choice>,
    lifetimes: Vec<Choice>,
    confirm: Vec<Input>,
    issues: Vec<Issue>,
}

pub(super) async fn show(visit: Visit) -> Result<HttpResponse, Failure> {
    let page = page(&visit, &Fields::default(), Vec::new()).await?;
    visit.page(&page)
}

pub(super) async fn make(visit: Visit) -> Result<HttpResponse, Failure> {
    let (t, form) = (visit.t, visit.form());
    let new = read(&form).ok_or_else(|| Failure::Refused(t.keys_bad_form()))?;
    if let Some(problem) = confirm(&visit, &form).await? {
        let page = page(&visit, &form, vec![Issue::new("confirm", problem)]).await?;
        return visit.refused_page(&page);
    }
    let made = visit.operators()?.credentials.create(visit.account.id, new).await.map_err(|error| failure(t, error))?;
    let note = with_secret(t, Note::ok(t.keys_made_note()), &made.secret);
    Ok(visit.leave(note, &format!("keys/{}", made.id)))
}

/// The key that a form asks for. `None` for a value that the page does not offer.
fn read(form: &Fields) -> Option<NewKey> {
    let kind = by_slug(form.get("kind")?).filter(|kind| KINDS.contains(kind))?;
    let days = match form.get("days")? {
        "never" => None,
        days => Some(days.parse().ok().filter(|days| (1..=MAX_DAYS).contains(days))?),
    };
    Some(NewKey { kind, days })
}

async fn page(visit: &Visit, form: &Fields, issues: Vec<Issue>) -> Result<NewPage, Failure> {
    let t = visit.t;
    let chosen = form.get("kind").and_then(by_slug).unwrap_or(CredentialKind::AccessKey);
    let days = form.get("days").unwrap_or("never");
    let never = Choice::new("never", t.keys_never(), days == "never");
    let lives = DAYS.into_iter().map(|count| Choice::new(count.to_string(), t.keys_lives_days(count), days == count.to_string()));
    Ok(NewPage {
        shell: Shell::of(visit, Section::Keys, t.keys_make()).await?,
        t,
        url: visit.url("keys"),
        people: visit.url("people"),
        kinds: KINDS.map(|one| Choice::new(slug(one), kind(t, one), one == chosen)).into(),
        lifetimes: std::iter::once(never).chain(lives).collect(),
        confirm: confirm_input(visit, "confirm", &issues).into_iter().collect(),
        issues,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_asks_for_a_key_of_the_account_and_its_life() {
        let read = |form: &str| read(&Fields::read(form.as_bytes()));
        assert_eq!(read("kind=access-key&days=never"), Some(NewKey { kind: CredentialKind::AccessKey, days: None }));
        assert_eq!(read("kind=account-key&days=90"), Some(NewKey { kind: CredentialKind::AccountKey, days: Some(90) }));
        for form in ["kind=access-token&days=never", "kind=access-key", "kind=access-key&days=0", "kind=access-key&days=36501", "days=1"] {
            assert_eq!(read(form), None, "{form}");
        }
    }
}
