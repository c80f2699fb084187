//! Jobs.

mod history;
mod postgres;
mod repo;
mod rows;
mod search;
mod terms;

pub(crate) use history::{counts_from_json, counts_to_json};

#[cfg(test)]
pub(crate) fn statements() -> Vec<crate::db::sql::printed::Printed> {
    let mut statements = postgres::statements();
    statements.push(repo::due_accounts(&["prune"], derslik_domain::time::Timestamp::MIN, 1).printed());
    statements.extend([repo::depth::<diesel::pg::Pg>().printed(), repo::depth::<diesel::sqlite::Sqlite>().printed()]);
    statements
}
