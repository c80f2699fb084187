//! Jobs.

mod history;
mod list;
mod postgres;
mod repo;
mod rows;
mod search;
mod terms;

pub(crate) use history::{counts_from_json, counts_to_json};
pub(crate) use terms::Conditions;

#[cfg(test)]
pub(crate) fn statements() -> Vec<crate::db::sql::printed::Printed> {
    use derslik_domain::id::{AccountId, ProjectId};
    use derslik_domain::page::PageRequest;
    use diesel::pg::Pg;
    use diesel::sqlite::Sqlite;

    let mut statements = postgres::statements();
    statements.push(repo::due_accounts(&["prune"], derslik_domain::time::Timestamp::MIN, 1).printed());
    statements.push(repo::depth().printed());
    let (account, project, page) = (AccountId::new(1), ProjectId::new(1), PageRequest { size: 1_000, after: None });
    statements.extend([list::shown::<Pg>(account, project, page).printed(), list::shown::<Sqlite>(account, project, page).printed()]);
    statements
}
