//! Projects.

mod repo;

#[cfg(test)]
pub(crate) fn statements() -> Vec<crate::db::sql::printed::Printed> {
    vec![repo::next_id().printed()]
}
