//! The URL of a database. What is wrong with a URL of PostgreSQL is found before the client library reads it, since the messages of
//! the library quote the part that is wrong, which may be a piece of a password.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::postgres::{Server, TlsMode};

/// The URL of a database.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A PostgreSQL server, as `postgres://user:password@host:port/database`.
    Postgres(String),
    /// An SQLite file, as `sqlite://path`.
    Sqlite(PathBuf),
}

/// The URL of a database can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseUrlError {
    /// The scheme is unknown.
    #[error("the database URL must begin with sqlite:// or postgres://, not with {0}")]
    Scheme(String),
    /// The URL has no scheme that may be shown: the text may hold a password.
    #[error("the database URL must begin with sqlite:// or postgres://")]
    NoScheme,
    /// A character ends a part of the URL too early, or an escape is not complete.
    #[error(
        "the user, the password, the host or the port in the database URL can't be read: special characters in them must be \
         percent-encoded, such as %40 for @, %2F for /, %3A for :, %3F for ?, %23 for # and %25 for %"
    )]
    Unescaped,
    /// A parameter is not a pair.
    #[error("each parameter of the database URL must be a name, one = and a value")]
    Parameters,
    /// The URL of SQLite names no file, or one that would be a separate database for each connection.
    #[error("an SQLite URL must name a file: sqlite://path/to/file")]
    NoFile,
    /// A parameter, or another part, of a URL of PostgreSQL can't be used.
    #[error("the database URL can't be used: {0}")]
    Postgres(String),
}

impl FromStr for DatabaseUrl {
    type Err = DatabaseUrlError;

    fn from_str(url: &str) -> Result<Self, DatabaseUrlError> {
        match url.split_once("://") {
            Some(("postgres" | "postgresql", rest)) => {
                check_postgres(rest)?;
                Server::parse(url).map(|_| Self::Postgres(url.to_owned())).map_err(|error| DatabaseUrlError::Postgres(error.chain()))
            }
            Some(("sqlite", "" | ":memory:")) => Err(DatabaseUrlError::NoFile),
            Some(("sqlite", path)) => Ok(Self::Sqlite(path.into())),
            Some((scheme, _)) if is_scheme(scheme) => Err(DatabaseUrlError::Scheme(format!("{scheme}://"))),
            _ => Err(DatabaseUrlError::NoScheme),
        }
    }
}

impl DatabaseUrl {
    /// How much TLS protects the connections: the least of all addresses on other machines, or of all addresses if they are on this
    /// one. `None` for SQLite.
    pub fn tls(&self) -> Option<TlsMode> {
        self.server().map(|server| server.tls_mode())
    }

    /// The user at the server, decoded. `None` for SQLite, or if the URL names none.
    pub fn user(&self) -> Option<String> {
        self.server().and_then(|server| server.user().map(str::to_owned))
    }

    /// Whether what is sent to the database stays on this machine.
    pub fn is_local(&self) -> bool {
        self.server().is_none_or(|server| server.is_local())
    }

    /// The file with the key of the certificate that is shown to the server, if the URL names one.
    pub fn key_file(&self) -> Option<PathBuf> {
        self.server().and_then(|server| server.key_file().map(Path::to_owned))
    }

    fn server(&self) -> Option<Server> {
        match self {
            Self::Postgres(url) => Server::parse(url).ok(),
            Self::Sqlite(_) => None,
        }
    }
}

fn is_scheme(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'+')
}

impl fmt::Display for DatabaseUrl {
    /// Shows the URL without user, password and parameters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Self::Postgres(url) => {
                let rest = url.split_once("://").map_or("", |(_, rest)| rest);
                // The parameters may hold a password, and an @ as well.
                let rest = rest.split('?').next().unwrap_or_default();
                let address = rest.rsplit_once('@').map_or(rest, |(_, address)| address);
                write!(f, "postgres://{address}")
            }
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Checks the part after `postgres://`.
fn check_postgres(rest: &str) -> Result<(), DatabaseUrlError> {
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

    #[test]
    fn the_scheme_selects_the_database() {
        assert_eq!("sqlite://data/derslik.sqlite".parse(), Ok(DatabaseUrl::Sqlite("data/derslik.sqlite".into())));
        for url in ["postgres://localhost/derslik", "postgresql://localhost/derslik"] {
            assert_eq!(url.parse(), Ok(DatabaseUrl::Postgres(url.to_owned())));
        }
    }

    #[test]
    fn any_other_scheme_is_refused_without_showing_a_password() {
        let refused = |url: &str| url.parse::<DatabaseUrl>().unwrap_err().to_string();
        assert_eq!(refused("mysql://u:secret@h/d"), "the database URL must begin with sqlite:// or postgres://, not with mysql://");
        assert!(!refused("host=h user=u password=secret").contains("secret"));
        for url in ["sqlite://", "sqlite://:memory:"] {
            assert_eq!(url.parse::<DatabaseUrl>(), Err(DatabaseUrlError::NoFile));
        }
    }

    #[test]
    fn a_url_tells_how_its_connections_are_protected() {
        for (url, mode, is_local) in [
            ("sqlite://data/derslik.sqlite", None, true),
            ("postgres://localhost/derslik", Some(TlsMode::Disable), true),
            ("postgres://u:p%40@db.example/derslik", Some(TlsMode::VerifyFull), false),
            ("postgres://db.example/derslik?sslmode=require", Some(TlsMode::Require), false),
        ] {
            let url: DatabaseUrl = url.parse().unwrap();
            assert_eq!((url.tls(), url.is_local()), (mode, is_local), "{url}");
        }
        let user = |url: &str| url.parse::<DatabaseUrl>().unwrap().user();
        assert_eq!(user("postgres://me%40srv:hunter2@db/d").as_deref(), Some("me@srv"));
        assert_eq!([user("postgres://db/d?user=me"), user("postgres://db/d"), user("sqlite://d")], [Some("me".to_owned()), None, None]);
        let is_safe = |url: &str| url.parse::<DatabaseUrl>().unwrap().tls().is_some_and(TlsMode::is_verified);
        assert!(is_safe("postgres://db/d") && !is_safe("postgres://db/d?sslmode=verify-ca"));
        let key_file = |url: &str| url.parse::<DatabaseUrl>().unwrap().key_file();
        assert_eq!(key_file("postgres://db/d?sslcert=/c.pem&sslkey=/k%20.pem"), Some("/k .pem".into()));
        assert_eq!([key_file("postgres://db/d"), key_file("sqlite://d")], [None, None]);
        let refused = "postgres://u:hunter2@db/d?sslmode=full".parse::<DatabaseUrl>().unwrap_err().to_string();
        assert!(refused.contains("verify-full") && !refused.contains("hunter2"), "{refused}");
    }

    #[test]
    fn a_printed_url_shows_neither_user_nor_password() {
        let url: DatabaseUrl = "postgres://user:p%40ss@db:5432/derslik?password=again".parse().unwrap();
        assert_eq!(format!("{url} {url:?}"), "postgres://db:5432/derslik postgres://db:5432/derslik");
        let url: DatabaseUrl = "postgres://db/derslik?user=me@srv&password=hunter2".parse().unwrap();
        assert_eq!(url.to_string(), "postgres://db/derslik");
    }
}
