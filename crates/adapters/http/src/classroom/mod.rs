//! The courses API of Google Classroom: its names, its shapes, its errors.
//!
//! | file | content |
//! |---|---|
//! | `engine` | what all methods have in common; it knows no resource |
//! | `courses`, `aliases`, `grading_periods`, `rosters`, `profiles` | a folder for each resource |
//! | `described` | the methods of the original that are only described |
//! | `words` | what the discovery document says about scopes and parameters |
//! | `registry` | the one list of resources |
//! | `routes` | the URLs |
//! | `settings` | what depends on the installation |
//!
//! A resource has the same files everywhere: `operations` is the list of its methods, `messages` the shapes of its requests and
//! answers, `read` turns messages into forms of the domain, and `view` turns objects of the domain into messages. Resources
//! import the engine and each other without circles. The registry imports all of them. `docs/adding-a-resource.md` builds one.

mod aliases;
mod courses;
mod described;
mod engine;
#[cfg(test)]
mod example;
mod grading_periods;
mod profiles;
mod registry;
mod rosters;
mod routes;
pub(crate) mod settings;
mod words;

use derslik_domain::identity::Scope;

pub(crate) use engine::{SCOPE_PREFIX, scope_url};
pub(crate) use routes::{configure, configure_rest};
pub use settings::{ClassroomSettings, Templates};

/// The scope with a name that is short, such as `classroom.courses`, or the whole URL of the original.
pub fn scope_by_name(name: &str) -> Option<Scope> {
    Scope::by_name(name.strip_prefix(SCOPE_PREFIX).unwrap_or(name))
}
