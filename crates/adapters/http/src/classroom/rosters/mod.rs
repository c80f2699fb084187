//! `courses.teachers` and `courses.students`: the members of courses.

mod error;
mod messages;
mod operations;
mod read;
mod view;

pub(super) use operations::OPERATIONS;
