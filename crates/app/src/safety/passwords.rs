//! Secrets that are publicly known, since they stand in examples.

use super::{Purpose, Violation};
use crate::config::{Loaded, password_of};

/// Passwords and keys of examples, tutorials and earlier versions of our own files, in lower case.
const KNOWN: [&str; 43] = [
    "123456",
    "12345678",
    "123456789",
    "1234567890",
    "<password>",
    "admin",
    "change-me",
    "change_me",
    "changeit",
    "changeme",
    "changeme!",
    "changeme123",
    "default",
    "demo",
    "demo-password",
    "demo-secret",
    "derslik",
    "dev",
    "development",
    "development-only",
    "example",
    "letmein",
    "mypassword",
    "mysecretpassword",
    "pass",
    "passw0rd",
    "passwd",
    "password",
    "placeholder",
    "postgres",
    "postgres1",
    "postgresql",
    "qwerty",
    "replace_me",
    "replaceme",
    "root",
    "secret",
    "test",
    "todo",
    "welcome",
    "xxx",
    "your-password",
    "yourpassword",
];

/// Each setting whose password or key is known. The texts do not show it.
pub(super) fn known(loaded: &Loaded, _: Purpose) -> Vec<Violation> {
    let secrets = loaded.origins.secrets();
    let of_database = |setting: &str| setting.starts_with("database");
    let known = secrets.iter().filter(|(setting, value)| {
        let password = if *setting == "database_url" { password_of(value) } else { Some(value.clone()) };
        password.is_some_and(|password| is_known(&password))
    });
    let problem = |setting: &str| {
        if of_database(setting) {
            let fix = "give the role a random password (ALTER ROLE ... PASSWORD), and set it here";
            Violation::new(setting, "its password is a known one, or a placeholder", fix)
        } else {
            Violation::new(
                setting,
                "its value is a known one, or a placeholder",
                "set a random value, such as `openssl rand -hex 32` prints",
            )
        }
    };
    known.map(|(setting, _)| problem(setting)).collect()
}

/// A password among the arguments of the process, which every user of the machine can see.
pub(super) fn in_arguments(loaded: &Loaded, _: Purpose) -> Vec<Violation> {
    const FLAG: &str = "the flag --database-url";
    let is_flag = loaded.origins.of("database_url").is_some_and(|origin| origin == FLAG);
    let has_password = || loaded.config.database_url.as_ref().is_some_and(|url| password_of(url.reveal()).is_some());
    if !is_flag || !has_password() {
        return Vec::new();
    }
    vec![Violation::new(
        "database_url",
        "its password stands in the arguments of the process, which other users of the machine can see",
        "set DATABASE_URL, or name a file in DATABASE_URL_FILE",
    )]
}

fn is_known(password: &str) -> bool {
    let repeats_one_letter = password.chars().next().is_some_and(|first| password.chars().all(|letter| letter == first));
    repeats_one_letter || KNOWN.contains(&password.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;
    use super::*;

    fn named(settings: &str) -> Vec<String> {
        let findings = found("known_password", &format!("profile = \"production\"\n{settings}"), Purpose::Serve);
        findings.into_iter().map(|finding| finding.setting).collect()
    }

    #[test]
    fn a_known_password_is_found_wherever_it_is_set() {
        for url in [
            "postgres://derslik:development-only@127.0.0.1/derslik",
            "postgres://postgres:Postgres@127.0.0.1/derslik",
            "postgres://u:%63hangeme@127.0.0.1/derslik",
            "postgres://127.0.0.1/derslik?user=u&password=PASSWORD",
            "postgres://u:00000000@127.0.0.1/derslik",
        ] {
            assert_eq!(named(&format!("database_url = \"{url}\"\n")), ["database_url"], "{url}");
        }
        let apart = "database_url = \"postgres://u@127.0.0.1/d\"\n[database]\npassword = \"secret\"\n";
        assert_eq!(named(apart), ["database.password"]);
    }

    #[test]
    fn other_passwords_are_compared_as_a_whole() {
        for url in ["postgres://u:secret1@127.0.0.1/d", "postgres://u@127.0.0.1/d", "postgres://u:@127.0.0.1/d", "sqlite://secret"] {
            assert!(named(&format!("database_url = \"{url}\"\nallow_sqlite = true\n")).is_empty(), "{url}");
        }
    }

    #[test]
    fn the_list_is_in_lower_case_and_sorted() {
        assert!(KNOWN.is_sorted() && KNOWN.iter().all(|known| *known == known.to_lowercase()));
    }
}
