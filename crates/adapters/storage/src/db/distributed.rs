//! Tells whether the tables are distributed by account: as the shards of a cluster, or as partitions, which stand in for them in tests.

use std::time::{Duration, Instant};

use diesel::RunQueryDsl;
use diesel::pg::Pg;
use diesel::result::QueryResult;
use diesel::sql_types::Bool;

use super::postgres::{PgConnection, PgControl};
use super::sql::{Sql, Statement};

/// How long a connection keeps the answer of its server. `deploy/citus.sql` may distribute the tables while the service runs.
const KEPT_FOR: Duration = Duration::from_secs(60);

static IS_DISTRIBUTED: Statement = Statement::new(
    "is_distributed",
    "
    SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')
        OR EXISTS (SELECT FROM pg_class WHERE oid = to_regclass('sessions') AND relkind = 'p')",
);

/// Whether a statement has to name the account in a condition on each of its tables. Most do anyway; this is for those that are slower
/// with it on a single server. The answer may be a minute old. Without `control`, the server is asked each time.
pub(crate) fn is_distributed(conn: &mut PgConnection, control: Option<&PgControl>) -> QueryResult<bool> {
    let now = Instant::now();
    if let Some(is_distributed) = control.and_then(PgControl::distribution).and_then(|answer| still_valid(answer, now)) {
        return Ok(is_distributed);
    }
    let is_distributed: bool = Sql::<Pg>::of(&IS_DISTRIBUTED).returning::<Bool>().get_result(conn)?;
    if let Some(control) = control {
        control.keep_distribution(is_distributed, now);
    }
    Ok(is_distributed)
}

/// The answer that the server gave at an instant, unless it may have changed since.
fn still_valid((is_distributed, asked_at): (bool, Instant), now: Instant) -> Option<bool> {
    (now.saturating_duration_since(asked_at) < KEPT_FOR).then_some(is_distributed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_valid_for_a_minute() {
        let asked_at = Instant::now();
        for is_distributed in [false, true] {
            let after = |seconds| still_valid((is_distributed, asked_at), asked_at + Duration::from_secs(seconds));
            assert_eq!([0, 59, 60].map(after), [Some(is_distributed), Some(is_distributed), None]);
        }
    }
}
