//! Finds what is wrong with a URL of PostgreSQL before libpq reads it. The messages of libpq quote the part that is wrong, which
//! may be a piece of a password.

use crate::db::pool::DatabaseUrlError;

/// Checks the part after `postgres://`.
pub(crate) fn check_postgres(rest: &str) -> Result<(), DatabaseUrlError> {
    let (before_query, query) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = before_query.split('/').next().unwrap_or_default();
    let hosts = match authority.split('@').collect::<Vec<_>>().as_slice() {
        [hosts] | [_, hosts] => *hosts,
        _ => return Err(DatabaseUrlError::Unescaped),
    };
    // An unescaped / or ? in a password ends the authority early. Then the rest of the password is in the path or the query.
    let is_cut = !authority.contains('@')
        && (before_query.contains('@') || query.split('&').any(|part| part.split('=').next().is_none_or(|name| name.contains('@'))));
    if is_cut || authority.contains(['#', ' ']) || !hosts.split(',').all(has_port) {
        return Err(DatabaseUrlError::Unescaped);
    }
    let is_pair = |part: &str| part.split('=').count() == 2;
    if !query.is_empty() && !query.split('&').all(is_pair) {
        return Err(DatabaseUrlError::Parameters);
    }
    if rest.split('%').skip(1).all(is_escape) { Ok(()) } else { Err(DatabaseUrlError::Unescaped) }
}

/// Whether the text after the colon of a host, if there is one, is a port.
fn has_port(host: &str) -> bool {
    let after_brackets = host.rsplit_once(']').map_or(host, |(_, rest)| rest);
    after_brackets.split_once(':').is_none_or(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether the two characters after a percent sign are an escape that PostgreSQL accepts.
fn is_escape(after: &str) -> bool {
    let digits = after.get(..2).unwrap_or_default();
    digits.len() == 2 && digits != "00" && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_as_operators_write_them_are_taken() {
        for rest in [
            "",
            "localhost",
            "/derslik",
            "user@/derslik?host=/var/run/postgresql",
            "user:p%40ss%2Fword@db.example:5432/derslik?sslmode=require&connect_timeout=3",
            "user:secret@[::1]:5432,other:5433/derslik?target_session_attrs=read-write",
            "user@db/derslik?options=-csearch_path%3Dderslik",
            "db/derslik?user=me%40srv&password=hunter2",
            "db/derslik?user=me@srv&password=hunter2",
        ] {
            assert_eq!(check_postgres(rest), Ok(()), "{rest}");
        }
    }

    #[test]
    fn a_password_that_is_not_escaped_is_refused() {
        for rest in ["u:a/b@h/d", "u:a@b@h/d", "u:a?b@h/d", "u:a#b@h/d", "u:a%b@h/d", "u:a%00@h/d", "u:a%4@h/d", "h:pass/d", "u:a b@h/d"] {
            assert_eq!(check_postgres(rest), Err(DatabaseUrlError::Unescaped), "{rest}");
        }
        assert_eq!(check_postgres("h/d?secret"), Err(DatabaseUrlError::Parameters));
        assert_eq!(check_postgres("h/d?password=a=b"), Err(DatabaseUrlError::Parameters));
    }
}
