//! Sessions: the repository, the search, and the tables that follow the change log.
//!
//! | module | purpose |
//! |---|---|
//! | `repo` | the repository |
//! | `rows`, `options` | a session as a row |
//! | `postgres` | the statements that write many sessions |
//! | `sqlite` | the statement that updates one |
//! | `search` | a search, step by step |
//! | `terms`, `keys` | a filter in the types of the databases, and as keys of the index |
//! | `index` | the projection that answers searches |
//! | `ends` | the projection of the ends of open sessions, and their expiry |
//! | `upcoming` | the ends of open sessions that come first |
//! | `creators` | the projection of who created a session |
//! | `pending` | sessions that a projection has not applied yet |
//! | `signature` | bits by which a search rules out pending sessions |
//! | `projections` | the projections as the change log drives them |

mod creators;
mod ends;
mod index;
mod keys;
mod options;
mod pending;
mod postgres;
mod projections;
mod repo;
mod rows;
mod search;
mod signature;
mod sqlite;
mod terms;
mod upcoming;

pub(crate) use creators::all_created_by;

#[cfg(test)]
pub(crate) fn statements() -> Vec<crate::db::sql::printed::Printed> {
    use diesel::pg::Pg;
    use diesel::sqlite::Sqlite;

    let projections =
        [ends::statements::<Pg>(), ends::statements::<Sqlite>(), creators::statements::<Pg>(), creators::statements::<Sqlite>()];
    let written = postgres::statements().into_iter().chain(sqlite::statements());
    written.chain(index::statements()).chain(projections.into_iter().flatten()).collect()
}
