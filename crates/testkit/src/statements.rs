//! Records the statements that diesel runs in this process.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use diesel::QueryResult;
use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};

/// A statement without its values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Statement {
    /// The SQL.
    pub text: String,
    /// Whether values are bound to it.
    pub has_values: bool,
}

static STATEMENTS: Mutex<BTreeSet<Statement>> = Mutex::new(BTreeSet::new());

/// Records each statement of all connections that are made from now on.
///
/// # Errors
/// If diesel can't take the recorder.
pub fn record_statements() -> QueryResult<()> {
    set_default_instrumentation(recorder)
}

/// The statements since the last call, each once.
pub fn take_statements() -> BTreeSet<Statement> {
    std::mem::take(&mut *statements())
}

#[expect(clippy::unnecessary_wraps, reason = "the form in which diesel takes it")]
fn recorder() -> Option<Box<dyn Instrumentation>> {
    Some(Box::new(|event: InstrumentationEvent<'_>| {
        let InstrumentationEvent::StartQuery { query, .. } = event else { return };
        let query = query.to_string();
        let (text, has_values) = query.split_once(" -- binds: ").map_or((query.as_str(), false), |(text, _)| (text, true));
        statements().insert(Statement { text: text.to_owned(), has_values });
    }))
}

fn statements() -> MutexGuard<'static, BTreeSet<Statement>> {
    STATEMENTS.lock().unwrap_or_else(PoisonError::into_inner)
}
