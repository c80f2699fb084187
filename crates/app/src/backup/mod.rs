//! Backups as files: a `tar` of JSON Lines, compressed with `zstd`, and a manifest at its end. The rows come from the storage adapter
//! and go back to it; this module knows no database.
//!
//! ```text
//! tables/accounts/000001.jsonl      a row a line, in canonical JSON
//! tables/sessions/000001.jsonl      parts of about 8 MiB
//! tables/sessions/000002.jsonl
//! manifest.json                     the schema, and the rows and digests of all files
//! ```
//!
//! | file | contents |
//! |---|---|
//! | `manifest` | what the manifest says |
//! | `writer` | rows to an archive |
//! | `reader` | an archive, verified, to rows |
//! | `digests` | the digest of each table, to compare a database with a manifest |
//! | `progress` | tells in the log how far it has come |
//! | `new_file` | files that appear whole or not at all, for their owner alone |
//! | `list` | the file with the erasures and revocations |

pub(crate) mod digests;
pub(crate) mod list;
pub(crate) mod manifest;
pub(crate) mod new_file;
pub(crate) mod progress;
pub(crate) mod reader;
pub(crate) mod writer;

use derslik_domain::time::{Timestamp, Zone};

/// The version of the program, as backups and lists name it.
pub(crate) const PROGRAM: &str = env!("CARGO_PKG_VERSION");

/// An instant as backups and lists write it.
pub(crate) fn written(at: Timestamp) -> String {
    at.in_zone(Zone::UTC).to_string()
}
