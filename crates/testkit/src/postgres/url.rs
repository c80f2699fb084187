//! The parts of a server's URL. This module must not know the purpose of the databases.

use super::PostgresError;

/// A `postgres://` URL whose database can be replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ServerUrl {
    authority: String,
    database: String,
    parameters: String,
}

impl ServerUrl {
    /// A private cluster on this machine.
    pub(super) fn local(port: u16) -> Self {
        Self { authority: format!("postgres://postgres@127.0.0.1:{port}"), database: "postgres".to_owned(), parameters: String::new() }
    }

    /// Splits a URL. If it names no database, maintenance uses `postgres`.
    ///
    /// # Errors
    ///
    /// [`PostgresError::Url`] for any other scheme or form.
    pub(super) fn parse(url: &str) -> Result<Self, PostgresError> {
        let (scheme, rest) = url.split_once("://").ok_or(PostgresError::Url)?;
        if !matches!(scheme, "postgres" | "postgresql") {
            return Err(PostgresError::Url);
        }
        let (location, parameters) = match rest.split_once('?') {
            Some((location, parameters)) => (location, format!("?{parameters}")),
            None => (rest, String::new()),
        };
        let (host, database) = location.split_once('/').unwrap_or((location, ""));
        let database = if database.is_empty() { "postgres" } else { database };
        Ok(Self { authority: format!("{scheme}://{host}"), database: database.to_owned(), parameters })
    }

    pub(super) fn with_database(&self, database: &str) -> String {
        format!("{}/{database}{}", self.authority, self.parameters)
    }

    pub(super) fn maintenance(&self) -> String {
        self.with_database(&self.database)
    }

    /// The name of the database of the URL itself.
    pub(super) fn database(&self) -> &str {
        &self.database
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exchanges_the_database_and_keeps_the_rest() {
        let url = ServerUrl::parse("postgresql://u:p%2F@[::1]:5433/main?sslmode=disable").unwrap();

        assert_eq!(url.with_database("x1"), "postgresql://u:p%2F@[::1]:5433/x1?sslmode=disable");
        assert_eq!(url.maintenance(), "postgresql://u:p%2F@[::1]:5433/main?sslmode=disable");
    }

    #[test]
    fn maintains_from_postgres_when_no_database_is_named() {
        for url in ["postgres://host", "postgres://host/", "postgres://host?x=/y"] {
            assert!(ServerUrl::parse(url).unwrap().maintenance().starts_with("postgres://host/postgres"), "{url}");
        }
    }

    #[test]
    fn rejects_other_forms() {
        for url in ["", "host=localhost dbname=x", "mysql://host/x", "sqlite://x"] {
            assert!(matches!(ServerUrl::parse(url), Err(PostgresError::Url)), "{url}");
        }
    }
}
