//! `courses.enrollments`: a student joins a course by its code.

mod messages;
mod operations;
mod read;
mod view;

pub(super) use operations::OPERATIONS;
