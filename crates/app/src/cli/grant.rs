//! `derslik grant`: keys of service accounts and refresh tokens, from their creation by `derslik token create --as` to their end.

use clap::{Args, Subcommand};
use derslik_domain::id::{GrantId, Id};
use derslik_domain::identity::{Grant, GrantKind, Scope};
use derslik_domain::time::{Timestamp, Zone};
use derslik_ports::inbound::operators::RevokeGrantError;
use serde_json::{Value, json};

use super::list_args::ListArgs;
use super::output::second;
use super::service_account::{find as find_service_account, read_name};
use super::{Context, Failure, Operator, database, user};

#[derive(Debug, Subcommand)]
pub(super) enum GrantCommand {
    /// Lists the keys of service accounts and the refresh tokens of an account without their secrets, by their ids.
    List(ListGrants),
    /// Revokes a key or a refresh token for good, and all tokens that it got. Every process refuses them within one second.
    Revoke(OneGrant),
}

#[derive(Debug, Args)]
pub(super) struct ListGrants {
    /// The account, by its name or its id.
    #[arg(long, value_name = "ACCOUNT")]
    account: String,
    /// Only refresh tokens of this person, named by number, GUID, e-mail address or user name.
    #[arg(long, value_name = "USER", conflicts_with = "service_account")]
    user: Option<String>,
    /// Only keys of this service account, by its name or its address.
    #[arg(long, value_name = "NAME")]
    service_account: Option<String>,
    #[command(flatten)]
    list: ListArgs,
}

#[derive(Debug, Args)]
pub(super) struct OneGrant {
    /// The id that `derslik grant list` shows; never a secret.
    grant: String,
    /// The account, by its name or its id.
    #[arg(long, value_name = "ACCOUNT")]
    account: String,
}

impl GrantCommand {
    pub(super) fn run(self, context: &Context<'_>) -> Result<(), Failure> {
        let operator = Operator::open(context.config)?;
        match self {
            Self::List(arguments) => {
                let grants = list(&operator, &arguments)?;
                let now = operator.now_of(operator.account(&arguments.account)?);
                context.output.print_list(&grants, |grant| as_line(grant, now), |grant| as_json(grant, now))
            }
            Self::Revoke(one) => {
                let id = revoke(&operator, &one)?;
                let text = || format!("grant {id} is revoked: every process refuses it and its tokens within one second");
                context.output.print(text, || json!({ "id": id.get(), "state": "revoked" }))
            }
        }
    }
}

fn list(operator: &Operator, arguments: &ListGrants) -> Result<Vec<Grant>, Failure> {
    let account = operator.account(&arguments.account)?;
    let principal = match (&arguments.user, &arguments.service_account) {
        (Some(named), _) => Some(user::find(operator, account, named)?),
        (None, Some(named)) => {
            let name = read_name(named, operator.named(account))?;
            Some(find_service_account(operator, account, &name, &arguments.account)?.principal)
        }
        (None, None) => None,
    };
    let read = |page| operator.wait_for(operator.ports.grants.list(account, principal, page)).map_err(database);
    arguments.list.read(read, |grant| grant.id)
}

fn revoke(operator: &Operator, one: &OneGrant) -> Result<GrantId, Failure> {
    // What is not a number may be a secret, which is not repeated.
    let id = one.grant.trim().parse().map(Id::new).map_err(|_| {
        Failure::Usage(anyhow::anyhow!("name the key or refresh token by the id that `derslik grant list --account {}` shows", one.account))
    })?;
    let account = operator.account(&one.account)?;
    operator.wait_for(operator.ports.grants.revoke(account, id)).map(|()| id).map_err(|error| match error {
        RevokeGrantError::Store(error) => database(error),
        RevokeGrantError::NotFound => Failure::Usage(anyhow::anyhow!(
            "there is no such key or refresh token in the account: `derslik grant list --account {}` lists them",
            one.account
        )),
    })
}

const fn kind_name(kind: GrantKind) -> &'static str {
    match kind {
        GrantKind::Key => "service-account",
        GrantKind::Refresh => "refresh-token",
    }
}

/// What a grant is good for at an instant.
fn state(grant: &Grant, now: Timestamp) -> &'static str {
    match grant.revoked_at {
        Some(_) => "revoked",
        None if grant.has_ended(now) => "expired",
        None => "valid",
    }
}

fn instant(instant: Timestamp) -> String {
    instant.in_zone(Zone::UTC).to_string()
}

fn as_line(grant: &Grant, now: Timestamp) -> String {
    let (kind, state) = (kind_name(grant.proof.kind()), state(grant, now));
    let expires = grant.expires_at.map_or_else(|| "never".to_owned(), second);
    let used = grant.last_used_on.map_or_else(|| "never".to_owned(), |day| day.to_string());
    format!("{}\t{kind}\t{}\tprincipal {}\t{state}\texpires {expires}\tused {used}", grant.id, grant.public_id, grant.principal)
}

fn as_json(grant: &Grant, now: Timestamp) -> Value {
    json!({
        "id": grant.id.get(),
        "kind": kind_name(grant.proof.kind()),
        "public_id": grant.public_id,
        "principal": grant.principal.get(),
        "scopes": grant.scopes.iter().map(Scope::name).collect::<Vec<_>>(),
        "project": grant.project.map(Id::get),
        "state": state(grant, now),
        "created_at": instant(grant.created_at),
        "expires_at": grant.expires_at.map(instant),
        "revoked_at": grant.revoked_at.map(instant),
        "last_used_on": grant.last_used_on.map(|day| day.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use derslik_domain::identity::{GrantProof, PublicKey, SignatureAlgorithm};
    use derslik_ports::inbound::operators::MockGrantAdministration;
    use derslik_testkit::builders::now;

    use super::*;
    use crate::cli::operator::testing::{code_and_text, operator, operators};
    use crate::wiring::Operators;

    fn grant() -> Grant {
        Grant {
            id: Id::new(5),
            principal: Id::new(200),
            public_id: "0a".to_owned(),
            proof: GrantProof::Key { algorithm: SignatureAlgorithm::Rs256, key: PublicKey::new([1]) },
            scopes: [Scope::Courses].into_iter().collect(),
            project: None,
            created_at: now(),
            expires_at: None,
            revoked_at: None,
            last_used_on: None,
        }
    }

    #[test]
    fn a_grant_is_listed_with_its_state() {
        assert_eq!(as_line(&grant(), now()), "5\tservice-account\t0a\tprincipal 200\tvalid\texpires never\tused never");
        let expired = Grant { expires_at: Some(now()), ..grant() };
        let revoked = Grant { revoked_at: Some(now()), ..expired.clone() };
        let line = as_line(&Grant { expires_at: Some("2025-05-07T13:07:35.123456Z".parse().unwrap()), ..grant() }, now());
        assert!(line.contains("\texpires 2025-05-07T13:07:35Z\t"), "{line}");
        assert_eq!((&as_json(&expired, now())["state"], &as_json(&revoked, now())["state"]), (&json!("expired"), &json!("revoked")));
        assert_eq!(as_json(&grant(), now())["scopes"], json!(["classroom.courses"]));
    }

    #[test]
    fn a_grant_that_the_account_does_not_have_is_a_wrong_argument() {
        let mut grants = MockGrantAdministration::new();
        grants.expect_revoke().once().returning(|account, grant| {
            assert_eq!((account.get(), grant.get()), (7, 5));
            Err(RevokeGrantError::NotFound)
        });
        let operator = operator(Operators { grants: Arc::new(grants), ..operators() });
        let (code, text) =
            revoke(&operator, &OneGrant { grant: "5".to_owned(), account: "okul".to_owned() }).map_err(code_and_text).unwrap_err();
        assert!(code == 2 && text.contains("`derslik grant list --account okul`"), "{text}");
        let secret = OneGrant { grant: "derslik_rt_0a".to_owned(), account: "okul".to_owned() };
        let (code, text) = revoke(&operator, &secret).map_err(code_and_text).unwrap_err();
        assert!(code == 2 && !text.contains("derslik_rt"), "{text}");
    }
}
