//! How `derslik key` prints keys and tokens. A secret is printed once, when it is made.

use derslik_domain::id::Id;
use derslik_domain::identity::{CredentialKind, Scope};
use derslik_domain::time::{Timestamp, Zone};
use derslik_http::perculus::bearer;
use derslik_ports::inbound::operators::{CreatedKey, CreatedSecret, KeyPair, StoredCredential};
use serde_json::{Map, Value, json};

use crate::cli::output::second;

/// The name of a kind, as arguments name it.
const fn kind_name(kind: CredentialKind) -> &'static str {
    match kind {
        CredentialKind::AccessKey => "access",
        CredentialKind::AccountKey => "organization",
        CredentialKind::AccessToken => "token",
    }
}

/// A new key, one line for each part.
pub(super) fn created_text(created: &CreatedKey) -> String {
    let secret = match &created.secret {
        CreatedSecret::KeyPair(keys) => pair_text(keys),
        CreatedSecret::Opaque(CredentialKind::AccessToken, token) => format!("token       {token}"),
        CreatedSecret::Opaque(CredentialKind::AccessKey | CredentialKind::AccountKey, key) => format!("org. key    {key}"),
    };
    format!("{secret}\nid          {}\nexpires     {}", created.id, expiry(created.expires_at))
}

fn pair_text(keys: &KeyPair) -> String {
    let KeyPair { access_key, secret_key, proof } = keys;
    format!("access key  {access_key}\nsecret key  {secret_key}\nbearer      {}", bearer(access_key, proof))
}

/// The members of a new key. Its secret parts are named as `derslik account create` names them.
pub(super) fn created_json(created: &CreatedKey) -> Map<String, Value> {
    let mut members = Map::new();
    let mut add = |name: &str, value: Value| members.insert(name.to_owned(), value);
    add("id", created.id.get().into());
    let kind = match &created.secret {
        CreatedSecret::KeyPair(keys) => {
            add("access_key", keys.access_key.as_str().into());
            add("secret_key", keys.secret_key.as_str().into());
            add("bearer", bearer(&keys.access_key, &keys.proof).into());
            CredentialKind::AccessKey
        }
        CreatedSecret::Opaque(kind, secret) => {
            let name = if *kind == CredentialKind::AccessToken { "token" } else { "organization_key" };
            add(name, secret.as_str().into());
            *kind
        }
    };
    add("kind", kind_name(kind).into());
    add("expires_at", created.expires_at.map(instant).into());
    members
}

/// What a credential is good for at an instant.
fn state(credential: &StoredCredential, now: Timestamp) -> &'static str {
    match credential.revoked_at {
        Some(_) => "revoked",
        None if credential.has_ended(now) => "expired",
        None => "valid",
    }
}

/// A stored credential on one line.
pub(super) fn as_line(credential: &StoredCredential, now: Timestamp) -> String {
    let StoredCredential { id, kind, public_id, principal, expires_at, last_used_on, .. } = credential;
    let used = last_used_on.map_or_else(|| "never".to_owned(), |day| day.to_string());
    let (kind, state) = (kind_name(*kind), state(credential, now));
    format!("{id}\t{kind}\t{public_id}\tprincipal {principal}\t{state}\texpires {}\tused {used}", expiry(*expires_at))
}

pub(super) fn as_json(credential: &StoredCredential, now: Timestamp) -> Value {
    json!({
        "id": credential.id.get(),
        "kind": kind_name(credential.kind),
        "public_id": credential.public_id,
        "principal": credential.principal.get(),
        "scopes": credential.scopes.iter().map(Scope::name).collect::<Vec<_>>(),
        "project": credential.project.map(Id::get),
        "state": state(credential, now),
        "created_at": instant(credential.created_at),
        "expires_at": credential.expires_at.map(instant),
        "revoked_at": credential.revoked_at.map(instant),
        "last_used_on": credential.last_used_on.map(|day| day.to_string()),
    })
}

fn expiry(expires_at: Option<Timestamp>) -> String {
    expires_at.map_or_else(|| "never".to_owned(), second)
}

fn instant(instant: Timestamp) -> String {
    instant.in_zone(Zone::UTC).to_string()
}

#[cfg(test)]
mod tests {
    use derslik_domain::course::CalendarDate;
    use derslik_testkit::builders::now;

    use super::*;

    fn stored() -> StoredCredential {
        StoredCredential {
            id: Id::new(12),
            kind: CredentialKind::AccessToken,
            public_id: "ba7816bf".to_owned(),
            principal: Id::new(106),
            scopes: [Scope::Sessions].into_iter().collect(),
            project: Some(Id::new(1)),
            created_at: now(),
            expires_at: None,
            revoked_at: None,
            last_used_on: None,
            access_key: None,
            issued_for: None,
        }
    }

    #[test]
    fn a_credential_is_listed_with_its_state_expiry_and_last_day() {
        assert_eq!(as_line(&stored(), now()), "12\ttoken\tba7816bf\tprincipal 106\tvalid\texpires never\tused never");
        let expired = StoredCredential { expires_at: Some(now()), last_used_on: CalendarDate::new(2025, 2, 6).ok(), ..stored() };
        let line = as_line(&expired, now());
        assert!(line.ends_with(&format!("\texpired\texpires {}\tused 2025-02-06", second(now()))), "{line}");
        assert_eq!(state(&expired, now().minutes_before(1)), "valid");
        let revoked = StoredCredential { revoked_at: Some(now()), ..expired };
        let json = as_json(&revoked, now());
        assert_eq!((&json["state"], &json["last_used_on"], &json["project"]), (&json!("revoked"), &json!("2025-02-06"), &json!(1)));
        assert_eq!((&json["scopes"], &json["kind"], &json["revoked_at"]), (&json!(["sessions"]), &json!("token"), &json!(instant(now()))));
    }

    #[test]
    fn a_new_key_is_shown_with_its_secret_as_a_new_account_shows_it() {
        let keys = KeyPair { access_key: "derslik_ak_07".to_owned(), secret_key: "derslik_sk_07".to_owned(), proof: [7; 32] };
        let pair = CreatedKey { id: Id::new(12), secret: CreatedSecret::KeyPair(keys), expires_at: None };
        let line = format!("bearer      derslik_ak_07|{}", "07".repeat(32));
        let text = created_text(&pair);
        assert!(text.lines().any(|found| found == line) && text.ends_with("id          12\nexpires     never"), "{text}");
        let json = Value::Object(created_json(&pair));
        assert_eq!((&json["secret_key"], &json["kind"], &json["expires_at"]), (&json!("derslik_sk_07"), &json!("access"), &Value::Null));
        for (kind, member, begin) in [
            (CredentialKind::AccountKey, "organization_key", "org. key    secret\n"),
            (CredentialKind::AccessToken, "token", "token       secret\n"),
        ] {
            let created = CreatedKey { secret: CreatedSecret::Opaque(kind, "secret".to_owned()), ..pair.clone() };
            assert!(created_text(&created).starts_with(begin), "{created:?}");
            assert_eq!(Value::Object(created_json(&created))[member], "secret");
        }
    }
}
