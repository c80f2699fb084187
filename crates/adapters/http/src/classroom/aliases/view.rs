//! Aliases as messages.

use derslik_domain::course::alias::Alias;
use serde::Serialize;

/// An alias.
#[derive(Serialize)]
pub(super) struct AliasView<'a> {
    alias: &'a str,
}

impl<'a> AliasView<'a> {
    pub(super) fn new(alias: &'a Alias) -> Self {
        Self { alias: alias.as_str() }
    }
}
