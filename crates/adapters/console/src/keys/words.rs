//! Kinds, owners and states of keys in words.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use derslik_domain::course::CalendarDate;
use derslik_domain::id::PrincipalId;
use derslik_domain::identity::{CredentialKind, Scope, StoredCredential, UserKey};
use derslik_domain::text::hex;
use derslik_domain::time::{Timestamp, Zone};
use derslik_ports::inbound::ServiceError;
use derslik_ports::inbound::operators::{CreatedSecret, KeyError};
use futures_util::future::join_all;

use crate::failure::Failure;
use crate::locale::Language;
use crate::notes::Note;
use crate::people::form::Status;
use crate::people::full_name;
use crate::texts::Texts;
use crate::visit::Visit;

/// A key that ends within this time is shown as one to look at.
const SOON: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// The name of a kind in an address.
pub(super) const fn slug(kind: CredentialKind) -> &'static str {
    match kind {
        CredentialKind::AccessKey => "access-key",
        CredentialKind::AccountKey => "account-key",
        CredentialKind::AccessToken => "access-token",
    }
}

/// The kind of that name.
pub(super) fn by_slug(name: &str) -> Option<CredentialKind> {
    CredentialKind::ALL.into_iter().find(|kind| slug(*kind) == name)
}

/// One key of a kind.
pub(super) fn kind(t: Texts, kind: CredentialKind) -> String {
    match kind {
        CredentialKind::AccessKey => t.keys_access_key(),
        CredentialKind::AccountKey => t.keys_account_key(),
        CredentialKind::AccessToken => t.keys_token(),
    }
}

/// The keys of a kind, as a title.
pub(super) fn kinds(t: Texts, kind: CredentialKind) -> String {
    match kind {
        CredentialKind::AccessKey => t.keys_access_keys(),
        CredentialKind::AccountKey => t.keys_account_keys(),
        CredentialKind::AccessToken => t.keys_tokens(),
    }
}

/// The names of the scopes, as the APIs have them.
pub(super) fn scopes(credential: &StoredCredential) -> Vec<&'static str> {
    credential.scopes.iter().map(Scope::name).collect()
}

/// What a key is good for now.
pub(super) fn status(t: Texts, language: Language, key: &StoredCredential, now: Timestamp, zone: Zone) -> Status {
    let when = |at| language.when(at, now, zone);
    if let Some(at) = key.revoked_at {
        return Status { class: "off", icon: "ban", text: t.keys_revoked_at(when(at)) };
    }
    match key.expires_at {
        Some(at) if at <= now => Status { class: "off", icon: "past", text: t.keys_expired_at(when(at)) },
        Some(at) if at.since(now) <= SOON => Status { class: "warn", icon: "warn", text: ends_in(t, at.since(now)) },
        Some(_) | None => Status { class: "ok", icon: "done", text: t.keys_active() },
    }
}

/// The time that is left, in days or in hours.
fn ends_in(t: Texts, left: Duration) -> String {
    const HOUR: u64 = 60 * 60;
    let hours = left.as_secs().div_ceil(HOUR);
    if hours > 48 { t.keys_ends_in_days(hours / 24) } else { t.keys_ends_in_hours(hours) }
}

/// The last day on which a key was accepted.
pub(super) fn last_use(t: Texts, language: Language, day: Option<CalendarDate>, now: Timestamp) -> String {
    let today = CalendarDate::of_utc(now);
    match day {
        None => t.keys_not_used(),
        Some(day) if Some(day) == today => t.keys_today(),
        Some(day) if today.is_some_and(|today| today.year() == day.year()) => language.day(day.to_naive()),
        Some(day) => language.date(day.to_naive()),
    }
}

/// The principal that a key proves, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Owner {
    /// The name.
    pub(super) name: String,
    /// The page of the person; `None` for the account itself and for services.
    pub(super) url: Option<String>,
}

/// The owners of keys, each looked up once.
pub(super) async fn owners(visit: &Visit, keys: &[StoredCredential]) -> Result<BTreeMap<PrincipalId, Owner>, Failure> {
    let ids: BTreeSet<_> = keys.iter().map(|key| key.principal).collect();
    // Without a service there may still be keys of people.
    let Some(actor) = visit.operators()?.actors.actor(visit.account.id).await? else { return Ok(BTreeMap::new()) };
    let people = &visit.ports()?.clients.people;
    let others: Vec<_> = ids.into_iter().filter(|id| *id != actor.principal.id).collect();
    let found = join_all(others.iter().map(|id| people.get(&actor, UserKey::Id(*id)))).await;
    let mut owners = BTreeMap::from([(actor.principal.id, Owner { name: visit.t.keys_of_account(), url: None })]);
    for (id, found) in others.into_iter().zip(found) {
        match found {
            Ok(user) => {
                owners.insert(id, Owner { name: full_name(&user), url: Some(visit.url(&format!("people/{id}"))) });
            }
            // A service, or a person who was deleted.
            Err(ServiceError::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(owners)
}

/// The owner among those that were looked up; others are shown by their ids.
pub(super) fn owner(owners: &BTreeMap<PrincipalId, Owner>, id: PrincipalId) -> Owner {
    owners.get(&id).cloned().unwrap_or_else(|| Owner { name: format!("#{id}"), url: None })
}

/// A note with the parts of a new secret.
pub(super) fn with_secret(t: Texts, note: Note, secret: &CreatedSecret) -> Note {
    let note = note.and(t.keys_shown_once());
    match secret {
        CreatedSecret::KeyPair(keys) => note
            .with_secret(t.keys_access_key(), keys.access_key.as_str())
            .with_secret(t.keys_secret_key(), keys.secret_key.as_str())
            .with_secret(t.keys_bearer(), format!("{}|{}", keys.access_key, hex(&keys.proof))),
        CreatedSecret::Opaque(of, secret) => note.with_secret(kind(t, *of), secret.as_str()),
    }
}

/// The failure for an error.
pub(super) fn failure(t: Texts, error: KeyError) -> Failure {
    match error {
        KeyError::NotFound => Failure::NotFound,
        KeyError::Ended => Failure::Conflict(t.keys_ended()),
        KeyError::Issued => Failure::Conflict(t.keys_issued()),
        KeyError::TokensAreIssued => Failure::Conflict(t.keys_tokens_are_issued()),
        KeyError::NoService => Failure::NoService,
        KeyError::Store(error) => error.into(),
    }
}

#[cfg(test)]
pub(super) mod testing {
    use derslik_domain::id::Id;
    use derslik_domain::identity::{CredentialKind, StoredCredential};
    use derslik_testkit::builders::now;

    /// An access key of the account that never expires.
    pub(in crate::keys) fn stored() -> StoredCredential {
        StoredCredential {
            id: Id::new(12),
            kind: CredentialKind::AccessKey,
            public_id: "derslik_ak_07".to_owned(),
            principal: Id::new(1),
            scopes: CredentialKind::AccessKey.scopes(),
            project: None,
            created_at: now(),
            expires_at: None,
            revoked_at: None,
            last_used_on: None,
            access_key: None,
            issued_for: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use derslik_ports::inbound::operators::KeyPair;
    use derslik_testkit::builders::now;

    use super::testing::stored;
    use super::*;

    fn class(key: &StoredCredential) -> &'static str {
        status(Texts::of(Language::English), Language::English, key, now(), Zone::ISTANBUL).class
    }

    #[test]
    fn a_key_that_ends_soon_asks_for_a_look() {
        let ends = |minutes: i64| StoredCredential { expires_at: Some(now().minutes_before(-minutes)), ..stored() };
        assert_eq!(
            [class(&stored()), class(&ends(15 * 24 * 60)), class(&ends(14 * 24 * 60)), class(&ends(0))],
            ["ok", "ok", "warn", "off"]
        );
        assert_eq!(class(&StoredCredential { revoked_at: Some(now()), ..ends(9) }), "off");
        let t = Texts::of(Language::English);
        assert_eq!(ends_in(t, Duration::from_secs(30)), t.keys_ends_in_hours(1_u32));
        assert_eq!(ends_in(t, SOON), t.keys_ends_in_days(14_u32));
    }

    #[test]
    fn the_last_use_is_a_day() {
        let t = Texts::of(Language::English);
        let day = |year, month, day| last_use(t, Language::English, CalendarDate::new(year, month, day).ok(), now());
        assert_eq!([day(2025, 2, 6), day(2025, 1, 9), day(2024, 12, 31)], [t.keys_today(), "9 Jan".to_owned(), "31 Dec 2024".to_owned()]);
        assert_eq!(last_use(t, Language::English, None, now()), t.keys_not_used());
    }

    #[test]
    fn kinds_are_found_by_their_names_in_addresses() {
        for kind in CredentialKind::ALL {
            assert_eq!(by_slug(slug(kind)), Some(kind));
        }
        assert_eq!(by_slug("password"), None);
    }

    #[test]
    fn a_pair_of_keys_is_shown_with_what_clients_send() {
        let keys = KeyPair { access_key: "ak".to_owned(), secret_key: "sk".to_owned(), proof: [7; 32] };
        let note = with_secret(Texts::of(Language::English), Note::ok("made"), &CreatedSecret::KeyPair(keys));
        let secrets: Vec<_> = note.secrets.iter().map(|(_, secret)| secret.clone()).collect();
        assert_eq!(secrets, ["ak".to_owned(), "sk".to_owned(), format!("ak|{}", "07".repeat(32))]);
    }

    #[test]
    fn an_owner_that_was_not_found_is_shown_by_its_id() {
        assert_eq!(owner(&BTreeMap::new(), PrincipalId::new(9)), Owner { name: "#9".to_owned(), url: None });
    }
}
