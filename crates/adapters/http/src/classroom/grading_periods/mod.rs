//! The grading periods of courses. The original has them as methods of `courses`.

mod error;
mod messages;
mod operations;
mod read;
mod view;

pub(super) use messages::DATE;
pub(super) use operations::OPERATIONS;
