//! Values that can be written in several forms, and the errors for invalid ones.

use std::fmt;
use std::net::SocketAddr;

use serde::Deserializer;
use serde::de::{Error, SeqAccess, Visitor};

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
