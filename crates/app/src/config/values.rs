//! Values that can be written in several forms, and the errors for invalid ones.

use std::fmt;
use std::net::SocketAddr;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::JobsCompatName;

/// Reads a list, or a text with commas between the items, as variables of the environment hold it.
pub(super) fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    struct Items;

    impl<'de> Visitor<'de> for Items {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of texts, or one text with commas")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
            Ok(text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(ToOwned::to_owned).collect())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
            let mut list = Vec::new();
            while let Some(item) = items.next_element()? {
                list.push(item);
            }
            Ok(list)
        }
    }

    deserializer.deserialize_any(Items)
}

/// `1.26` without quotes is read as a number, from a TOML file and from the environment.
impl<'de> Deserialize<'de> for JobsCompatName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;

        impl Visitor<'_> for Name {
            type Value = JobsCompatName;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("documented or 1.26")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
                match name {
                    "documented" => Ok(JobsCompatName::Documented),
                    "1.26" => Ok(JobsCompatName::Release126),
                    other => Err(E::unknown_variant(other, &["documented", "1.26"])),
                }
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
                self.visit_str(&number.to_string())
            }
        }

        deserializer.deserialize_any(Name)
    }
}

/// Reads the address to listen on.
///
/// # Errors
/// A text that says what the address must look like.
pub fn read_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| address_problem(text))
}

/// Says what an address must look like, with an example of the same port.
pub(super) fn address_problem(text: &str) -> String {
    let port = text.trim_start_matches(':').parse().unwrap_or(8080_u16);
    format!("it must be an IP address and a port: write {}", SocketAddr::from(([127, 0, 0, 1], port)))
}
