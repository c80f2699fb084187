//! The password of the database: within the URL of a server, or apart from it.

use std::fmt::Write;

use anyhow::{Context, ensure};
use derslik_storage::DatabaseUrl;

/// The password in the URL of a PostgreSQL server, decoded. `None` if the URL has none, or an empty one.
pub fn password_of(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://").filter(|(scheme, _)| ["postgres", "postgresql"].contains(scheme))?;
    let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = address.split('/').next().unwrap_or_default();
    let of_user = authority.rsplit_once('@').and_then(|(user, _)| user.split_once(':')).map(|(_, password)| password);
    let mut parameters = query.split('&').filter_map(|parameter| parameter.split_once('='));
    let of_parameter = parameters.rfind(|(name, _)| *name == "password").map(|(_, value)| value);
    of_parameter.or(of_user).filter(|password| !password.is_empty()).map(decode)
}

/// Checks a password that was given apart from the URL.
///
/// # Errors
/// If it can't be one.
pub(super) fn check_password(password: &str) -> anyhow::Result<()> {
    ensure!(!password.is_empty(), "database.password is empty: give the password there, or leave the setting out");
    ensure!(!password.contains('\0'), "database.password has a NUL character, which no password can have");
    Ok(())
}

/// The database of that URL, with a password that was given apart from it.
///
/// # Errors
/// If the URL can't be used, names no server, or has a password of its own.
pub(super) fn with_password(url: &str, password: &str) -> anyhow::Result<DatabaseUrl> {
    let database: DatabaseUrl = url.parse().context("database_url")?;
    ensure!(
        matches!(database, DatabaseUrl::Postgres(_)),
        "database.password is the password of a PostgreSQL server, and database_url names none: take database.password away"
    );
    ensure!(
        password_of(url).is_none(),
        "database_url has a password, and database.password is set as well: give the password in one of them only"
    );
    check_password(password)?;
    let separator = match url.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some((_, parameters)) if parameters.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{url}{separator}password={}", encode(password)).parse().context("database_url")
}

pub(super) fn encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string never fails.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// The text without its escapes. An incomplete escape stays as it is.
fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut parts = text.split('%');
    bytes.extend(parts.next().unwrap_or_default().bytes());
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).unwrap_or(("", part));
        match u8::from_str_radix(digits, 16) {
            // A sign would be read as well.
            Ok(byte) if digits.bytes().all(|digit| digit.is_ascii_hexdigit()) => bytes.push(byte),
            _ => {
                bytes.push(b'%');
                bytes.extend(digits.bytes());
            }
        }
        bytes.extend(rest.bytes());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_of_a_url_is_found_where_it_stands() {
        for (url, password) in [
            ("postgres://u:s%40c%2Fret@h:5432/d", Some("s@c/ret")),
            ("postgresql://u:a:b@h1,h2/d?sslmode=disable", Some("a:b")),
            ("postgres://h/d?user=u&password=s%20t", Some("s t")),
            ("postgres://u:first@h/d?password=second", Some("second")),
            ("postgres://u:50%@h/d", Some("50%")),
            ("postgres://u:@h/d", None),
            ("postgres://u@h/d?options=-ca%3Db:c@d", None),
            ("postgres:///d?host=/run", None),
            ("sqlite://u:secret@h", None),
            ("secret", None),
        ] {
            assert_eq!(password_of(url).as_deref(), password, "{url}");
        }
    }

    #[test]
    fn a_password_apart_becomes_part_of_the_url_whatever_its_characters() {
        for password in ["simple", "a@b/c:d?e#f&g=h i%j", "şifre", "'\"\\", "%41"] {
            for url in
                ["postgres://u@h/d", "postgres://u:@h/d", "postgres://u@h/d?", "postgres://u@h/d?sslmode=disable", "postgres://h,i/d"]
            {
                let DatabaseUrl::Postgres(whole) = with_password(url, password).unwrap() else { panic!("{url}") };
                assert_eq!(password_of(&whole).as_deref(), Some(password), "{whole}");
            }
        }
    }

    #[test]
    fn two_passwords_or_a_password_without_a_server_are_refused_and_not_shown() {
        for (url, password, problem) in [
            ("postgres://u:hunter1@h/d", "hunter2", "in one of them only"),
            ("postgres://h/d?user=u&password=hunter1", "hunter2", "in one of them only"),
            ("sqlite://hunter", "hunter2", "database_url names none"),
            ("postgres://u@h/d", "", "empty"),
        ] {
            let text = format!("{:#}", with_password(url, password).unwrap_err());
            assert!(text.contains(problem) && !text.contains("hunter"), "{text}");
        }
    }
}
