//! Judges the way to a PostgreSQL server and the rights of its role.

use derslik_storage::{Fact, LinkFacts, Network, RoleFacts, TlsMode};

use super::report::Finding;
use super::server::unread;

/// Whether the way to the server is encrypted, and leads to the right server.
pub(super) fn judge_tls(mode: TlsMode, link: &Fact<LinkFacts>) -> Finding {
    const CHECK: &str = "database_tls";
    let LinkFacts { is_encrypted, network } = match link {
        Ok(link) => *link,
        Err(reason) => return unread(CHECK, &reason.to_string()),
    };
    let verify = "set sslmode=verify-full in database_url, with sslrootcert=FILE if the authority is your own";
    let mode_name = mode.name();
    let state = if is_encrypted { "encrypted" } else { "not encrypted" };
    let found = |more: &str| format!("{state}, sslmode={mode_name}: {more}");
    match mode {
        _ if network == Network::Local => Finding::ok(CHECK, found("the server is on this machine")),
        TlsMode::Require | TlsMode::VerifyCa | TlsMode::VerifyFull if !is_encrypted => Finding::warning(
            CHECK,
            found("TLS ends before the server, which gets the connection unencrypted"),
            "let the pooler or proxy in between use TLS to the server as well",
        ),
        TlsMode::VerifyFull => Finding::ok(CHECK, found("the certificate of the server is verified with its name")),
        TlsMode::VerifyCa => Finding::ok(CHECK, found("the certificate of the server is verified without its name")),
        TlsMode::Require => Finding::warning(CHECK, found("the server is not verified"), verify),
        TlsMode::Prefer => Finding::warning(CHECK, found("TLS only if the server offers it, and the server is not verified"), verify),
        TlsMode::Disable if network == Network::Private => Finding::ok(CHECK, found("the server is in a private network")),
        TlsMode::Disable => Finding::warning(CHECK, found("the server is in a public network"), verify),
    }
}

/// Whether the role may do what the service does.
pub(super) fn judge_role(role: &Fact<RoleFacts>) -> Finding {
    const CHECK: &str = "database_rights";
    let role = match role {
        Ok(role) => role,
        Err(reason) => return unread(CHECK, &reason.to_string()),
    };
    if role.lacking.is_empty() {
        return Finding::ok(CHECK, format!("the role {} may read and write all tables", role.name));
    }
    Finding::problem(
        CHECK,
        format!("the role {} lacks rights on {}", role.name, role.lacking.join(", ")),
        format!(
            "as the owner of the tables: GRANT USAGE ON SCHEMA … TO {name}; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA \
             … TO {name}; GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA … TO {name}; and ALTER DEFAULT PRIVILEGES in the same way for \
             the tables of later releases (docs/OPERATIONS.md)",
            name = role.name
        ),
    )
}

/// Whether each connection has a process of the server for itself.
pub(super) fn judge_pooler(is_shared: &Fact<bool>) -> Finding {
    const CHECK: &str = "database_pooler";
    match is_shared {
        Ok(false) => Finding::ok(CHECK, "each connection has a process of the server for itself"),
        Ok(true) => Finding::problem(
            CHECK,
            "a pooler gives one server connection to several clients in turn: settings of sessions, prepared statements and the \
             notifications of jobs get lost",
            "name the server itself in database_url, or let the pooler keep whole sessions (pool_mode = session)",
        ),
        Err(reason) => Finding::warning(
            CHECK,
            format!("can't tell whether there is a pooler: {reason}"),
            "look whether the server takes two more connections of this role, and run this again",
        ),
    }
}

#[cfg(test)]
mod tests {
    use derslik_storage::Unread;

    use super::*;
    use crate::doctor::report::State;

    #[test]
    fn encryption_is_judged_by_mode_network_and_by_what_the_server_says() {
        let state = |mode, is_encrypted, network| judge_tls(mode, &Ok(LinkFacts { is_encrypted, network })).state;
        for mode in [TlsMode::Disable, TlsMode::Prefer, TlsMode::Require, TlsMode::VerifyCa, TlsMode::VerifyFull] {
            assert_eq!(state(mode, false, Network::Local), State::Ok, "{mode:?}");
        }
        for network in [Network::Private, Network::Public] {
            assert_eq!(state(TlsMode::VerifyFull, true, network), State::Ok);
            assert_eq!(state(TlsMode::VerifyCa, true, network), State::Ok);
            assert_eq!(state(TlsMode::VerifyFull, false, network), State::Warning);
            assert_eq!(state(TlsMode::Require, true, network), State::Warning);
            assert_eq!(state(TlsMode::Prefer, true, network), State::Warning);
        }
        assert_eq!(state(TlsMode::Disable, false, Network::Private), State::Ok);
        assert_eq!(state(TlsMode::Disable, false, Network::Public), State::Warning);
        for (mode, is_encrypted, network, begin) in [
            (TlsMode::Disable, false, Network::Local, "not encrypted, sslmode=disable: the server is on this machine"),
            (TlsMode::VerifyFull, true, Network::Local, "encrypted, sslmode=verify-full: "),
            (TlsMode::Prefer, false, Network::Private, "not encrypted, sslmode=prefer: "),
            (TlsMode::VerifyCa, true, Network::Public, "encrypted, sslmode=verify-ca: "),
        ] {
            let found = judge_tls(mode, &Ok(LinkFacts { is_encrypted, network })).found;
            assert!(found.starts_with(begin), "{found}");
        }
    }

    #[test]
    fn a_role_without_a_right_is_a_problem_that_names_the_tables() {
        let role = |lacking: &[&str]| {
            let lacking = lacking.iter().map(|name| (*name).to_owned()).collect();
            judge_role(&Ok(RoleFacts { name: "clerk".to_owned(), is_superuser: false, connection_limit: None, lacking }))
        };
        assert_eq!(role(&[]).state, State::Ok);
        let lacking = role(&["jobs", "sessions"]);
        assert!(lacking.state == State::Problem && lacking.found.contains("jobs, sessions"), "{lacking:?}");
        assert!(
            lacking
                .fix
                .is_some_and(|fix| ["GRANT USAGE ON SCHEMA", "TO clerk", "ALTER DEFAULT PRIVILEGES"].iter().all(|part| fix.contains(part)))
        );
    }

    #[test]
    fn a_pooler_of_transactions_is_a_problem() {
        assert_eq!(judge_pooler(&Ok(false)).state, State::Ok);
        assert_eq!(judge_pooler(&Ok(true)).state, State::Problem);
        assert_eq!(judge_pooler(&Err(Unread::new("too many connections"))).state, State::Warning);
    }
}
