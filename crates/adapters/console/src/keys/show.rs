//! One key: its facts, its rotation and its end.

use std::time::Duration;

use actix_web::HttpResponse;
use askama::Template;
use derslik_domain::identity::{CredentialKind, StoredCredential, TokenLifetime};
use derslik_ports::inbound::operators::MAX_OVERLAP;

use super::new::DAYS;
use super::words::{Owner, failure, kind, last_use, owner, owners, scopes, status, with_secret};
use super::{confirm, confirm_input, credential};
use crate::failure::Failure;
use crate::fields::Fields;
use crate::notes::Note;
use crate::people::confirm::{Question, ask};
use crate::people::form::{Choice, Fact, Input, Issue, Status};
use crate::shell::{Section, Shell};
use crate::texts::Texts;
use crate::visit::Visit;

const HOUR: u64 = 60 * 60;
/// For how many hours the old key works beside the new one, as choices.
const OVERLAPS: [u64; 4] = [0, 1, 24, 7 * 24];
/// The longest life of a key, in days.
const MAX_DAYS: u32 = 36_500;

#[derive(Template)]
#[template(path = "keys/show.html")]
struct KeyPage {
    shell: Shell,
    t: Texts,
    /// The address of the list.
    list: String,
    /// The address of this page.
    url: String,
    kind: String,
    name: String,
    owner: Owner,
    status: Status,
    facts: Vec<Fact>,
    issues: Vec<Issue>,
    rotation: Rotation,
    can_revoke: bool,
}

/// The form that replaces a key.
struct Rotation {
    /// Why the key can't be replaced.
    obstacle: Option<String>,
    overlaps: Vec<Choice>,
    lifetimes: Vec<Choice>,
    confirm: Vec<Input>,
}

pub(super) async fn show(visit: Visit) -> Result<HttpResponse, Failure> {
    let key = credential(&visit).await?;
    let page = page(&visit, &key, &Fields::default(), Vec::new()).await?;
    visit.page(&page)
}

pub(super) async fn rotate(visit: Visit) -> Result<HttpResponse, Failure> {
    let (t, form) = (visit.t, visit.form());
    let key = credential(&visit).await?;
    let (overlap, lifetime) = read(&form).ok_or_else(|| Failure::Refused(t.keys_bad_form()))?;
    if let Some(problem) = confirm(&visit, &form).await? {
        let page = page(&visit, &key, &form, vec![Issue::new("confirm", problem)]).await?;
        return visit.refused_page(&page);
    }
    let made = visit.operators()?.credentials.rotate(visit.account.id, key.id, overlap, lifetime).await;
    let made = made.map_err(|error| failure(t, error))?;
    let note = if overlap.is_zero() {
        Note::ok(t.keys_rotated_now(key.public_id.as_str()))
    } else {
        Note::ok(t.keys_rotated(key.public_id.as_str(), visit.when(visit.now.plus(overlap))))
    };
    Ok(visit.leave(with_secret(t, note, &made.secret), &format!("keys/{}", made.id)))
}

pub(super) async fn ask_to_revoke(visit: Visit) -> Result<HttpResponse, Failure> {
    let key = credential(&visit).await?;
    let (t, used) = (visit.t, last_use(visit.t, visit.language, key.last_used_on, visit.now));
    let used = if key.last_used_on.is_some() { t.keys_revoke_used(used) } else { t.keys_revoke_not_used() };
    let text = if key.kind == CredentialKind::AccessKey { t.keys_revoke_access_key() } else { t.keys_revoke_text() };
    let question = Question {
        title: t.keys_revoke_title(key.public_id.as_str()),
        text: used,
        more: text,
        deed: t.keys_revoke(),
        keep: t.keys_keep(),
        action: visit.url(&format!("keys/{}/revoke", key.id)),
        back: visit.url(&format!("keys/{}", key.id)),
        name: key.public_id.clone(),
    };
    ask(&visit, Section::Keys, question, facts(&visit, &key)).await
}

pub(super) async fn revoke(visit: Visit) -> Result<HttpResponse, Failure> {
    let key = credential(&visit).await?;
    let revoked = visit.operators()?.credentials.revoke(visit.account.id, key.id).await;
    revoked.map_err(|error| failure(visit.t, error))?;
    let note = Note::ok(visit.t.keys_revoked_note(key.public_id.as_str())).and(visit.t.keys_revoked_more());
    Ok(visit.leave(note, &format!("keys/{}", key.id)))
}

/// The overlap and the lifetime that a form asks for; without a lifetime the new key lives as long as the old one. `None` for a value that
/// the page does not offer.
fn read(form: &Fields) -> Option<(Duration, Option<TokenLifetime>)> {
    let hours: u64 = form.get("overlap")?.parse().ok()?;
    let overlap = hours.checked_mul(HOUR).map(Duration::from_secs).filter(|overlap| *overlap <= MAX_OVERLAP)?;
    let lifetime = match form.get("days") {
        None => None,
        Some("never") => Some(TokenLifetime::Never),
        Some(days) => Some(TokenLifetime::Days(days.parse().ok().filter(|days| (1..=MAX_DAYS).contains(days))?)),
    };
    Some((overlap, lifetime))
}

async fn page(visit: &Visit, key: &StoredCredential, form: &Fields, issues: Vec<Issue>) -> Result<KeyPage, Failure> {
    let t = visit.t;
    let owners = owners(visit, std::slice::from_ref(key)).await?;
    let obstacle = if key.has_ended(visit.now) { Some(t.keys_ended()) } else { key.issued_for.is_some().then(|| t.keys_issued()) };
    Ok(KeyPage {
        shell: Shell::of(visit, Section::Keys, key.public_id.as_str()).await?,
        t,
        list: visit.url("keys"),
        url: visit.url(&format!("keys/{}", key.id)),
        kind: kind(t, key.kind),
        name: key.public_id.clone(),
        owner: owner(&owners, key.principal),
        status: status(t, visit.language, key, visit.now, visit.account.zone),
        facts: facts(visit, key),
        rotation: Rotation {
            obstacle,
            overlaps: overlaps(t, form),
            lifetimes: lifetimes(t, form),
            confirm: confirm_input(visit, "confirm", &issues).into_iter().collect(),
        },
        issues,
        can_revoke: key.revoked_at.is_none(),
    })
}

fn overlaps(t: Texts, form: &Fields) -> Vec<Choice> {
    let chosen = form.get("overlap").unwrap_or("24");
    let label = |hours: u64| match hours {
        0 => t.keys_overlap_none(),
        1..=24 => t.keys_overlap_hours(hours),
        _ => t.keys_overlap_days(hours / 24),
    };
    OVERLAPS.map(|hours| Choice::new(hours.to_string(), label(hours), chosen == hours.to_string())).into()
}

fn lifetimes(t: Texts, form: &Fields) -> Vec<Choice> {
    let chosen = form.text("days");
    let mut choices =
        vec![Choice::new("", t.keys_lives_as_long(), chosen.is_empty()), Choice::new("never", t.keys_never(), chosen == "never")];
    choices.extend(DAYS.map(|days| Choice::new(days.to_string(), t.keys_lives_days(days), chosen == days.to_string())));
    choices
}

fn facts(visit: &Visit, key: &StoredCredential) -> Vec<Fact> {
    let mut facts = vec![
        Fact::code("id", key.id.to_string()),
        Fact::code("public_id", key.public_id.clone()),
        Fact::code("principal", key.principal.to_string()),
        Fact::code("scopes", scopes(key).join(" ")),
        Fact::words("created_at", visit.moment(key.created_at)),
        Fact::words("last_used_on", last_use(visit.t, visit.language, key.last_used_on, visit.now)),
    ];
    let more = [("expires_at", key.expires_at), ("revoked_at", key.revoked_at)];
    facts.extend(more.into_iter().filter_map(|(name, at)| at.map(|at| Fact::words(name, visit.moment(at)))));
    let ids = [("project", key.project.map(|id| id.to_string())), ("access_key", key.access_key.map(|id| id.to_string()))];
    facts.extend(ids.into_iter().filter_map(|(name, id)| id.map(|id| Fact::code(name, id))));
    facts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;
    use crate::people::form::testing::shell;

    #[test]
    fn a_form_names_an_overlap_in_hours_and_a_lifetime() {
        let read = |form: &str| read(&Fields::read(form.as_bytes()));
        assert_eq!(read("overlap=24&days="), Some((Duration::from_secs(86_400), None)));
        assert_eq!(read("overlap=0&days=never"), Some((Duration::ZERO, Some(TokenLifetime::Never))));
        assert_eq!(read("overlap=168&days=30"), Some((Duration::from_secs(604_800), Some(TokenLifetime::Days(30)))));
        for form in ["days=30", "overlap=-1", "overlap=8785", "overlap=99999999999999999999", "overlap=1&days=0"] {
            assert_eq!(read(form), None, "{form}");
        }
    }

    #[test]
    fn both_keys_work_for_a_day_unless_something_else_was_chosen() {
        let chosen = |form: &str| {
            let choices = overlaps(Texts::of(Language::English), &Fields::read(form.as_bytes()));
            choices.into_iter().filter(|choice| choice.is_current).map(|choice| choice.value).collect::<Vec<_>>()
        };
        assert_eq!([chosen(""), chosen("overlap=0")], [["24"], ["0"]]);
    }

    #[test]
    fn a_hostile_name_is_shown_as_text_and_an_obstacle_in_place_of_the_form() {
        const HOSTILE: &str = r#""><script>alert(1)</script>"#;
        for language in Language::ALL {
            let t = Texts::of(language);
            let rotation = |obstacle| Rotation {
                obstacle,
                overlaps: overlaps(t, &Fields::default()),
                lifetimes: lifetimes(t, &Fields::default()),
                confirm: Vec::new(),
            };
            let page = |obstacle| KeyPage {
                shell: shell(language),
                t,
                list: "/console/1/keys".to_owned(),
                url: "/console/1/keys/12".to_owned(),
                kind: t.keys_access_key(),
                name: HOSTILE.to_owned(),
                owner: Owner { name: HOSTILE.to_owned(), url: None },
                status: Status { class: "ok", icon: "done", text: t.keys_active() },
                facts: vec![Fact::code("public_id", HOSTILE.to_owned())],
                issues: Vec::new(),
                rotation: rotation(obstacle),
                can_revoke: true,
            };
            let [open, closed] = [None, Some(t.keys_issued())].map(|obstacle| page(obstacle).render().unwrap());
            assert!(!open.contains("<script>alert"), "{open}");
            assert!(open.contains("/console/1/keys/12/rotate") && !closed.contains("/console/1/keys/12/rotate"), "{closed}");
        }
    }
}
