//! The scopes that commands take.

use derslik_domain::identity::{Scope, Scopes};
use derslik_http::classroom::scope_by_name;

use super::Failure;
use crate::dev_accounts::classroom_scopes;

/// Parses names of scopes. Scopes of the jobs API are refused: that API takes its own keys and no tokens.
pub(super) fn read_scopes(names: &[String]) -> Result<Scopes, Failure> {
    if names.is_empty() {
        return Ok(classroom_scopes());
    }
    let possible = || Scope::ALL.into_iter().filter(|scope| *scope != Scope::Jobs);
    let known = || possible().map(Scope::name).collect::<Vec<_>>().join(", ");
    let read = |name: &String| match scope_by_name(name) {
        Some(scope) if possible().any(|possible| possible == scope) => Ok(scope),
        Some(_) => Err(Failure::Usage(anyhow::anyhow!("no token opens {name:?}; a token can have the scopes {}", known()))),
        None => Err(Failure::Usage(anyhow::anyhow!("there is no scope {name:?}; a token can have the scopes {}", known()))),
    };
    names.iter().map(read).collect()
}
