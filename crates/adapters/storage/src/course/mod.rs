//! Courses, their aliases, members and grading periods.

mod aliases;
mod extras;
mod list;
mod members;
mod periods;
mod postgres;
mod repo;
mod rows;
mod updates;
mod writer;

pub(crate) use writer::CourseBatchWriter;

#[cfg(test)]
mod plans;

#[cfg(test)]
pub(crate) fn statements() -> Vec<crate::db::sql::printed::Printed> {
    let mut statements = plans::statements();
    statements.push(postgres::found(derslik_domain::id::Id::new(1), &[]).printed());
    statements.extend(members::statements());
    statements.extend(updates::statements());
    statements
}
