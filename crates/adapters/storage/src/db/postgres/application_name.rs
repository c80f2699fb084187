//! The name under which a server lists the connections of this process, as `pg_stat_activity.application_name`. A process has one
//! name, so it is not passed through all layers.

use std::sync::OnceLock;

/// The name of a process that gave itself none.
const DEFAULT: &str = "derslik";

/// The longest name that a server keeps, in bytes.
const LONGEST: usize = 63;

static NAME: OnceLock<String> = OnceLock::new();

/// Sets the name of the connections that this process makes from now on, such as `derslik serve`. Only the first call of a process
/// counts. A server keeps at most 63 characters of ASCII, so others are left out. A name in the URL of a database goes before.
pub fn set_application_name(name: &str) {
    // A second call changes nothing: the name is that of the process.
    NAME.set(name.chars().filter(|letter| letter.is_ascii_graphic() || *letter == ' ').take(LONGEST).collect()).ok();
}

/// The name of the connections of this process.
pub(super) fn application_name() -> &'static str {
    NAME.get().map_or(DEFAULT, String::as_str)
}

/// The name of a connection that listens for notifications, and is idle for good.
pub(super) fn name_of_listener() -> String {
    format!("{} listener", application_name())
}
