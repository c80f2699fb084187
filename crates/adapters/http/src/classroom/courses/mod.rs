//! `courses`: creating, finding, changing and deleting courses. What other resources of a course need is re-exported here.

mod error;
mod fields;
mod messages;
mod operations;
mod page;
mod read;
mod view;

pub(super) use error::{inactive_owner, not_modifiable};
pub(super) use messages::{DRIVE_FILE, DRIVE_FOLDER, FORM, GRADE_CATEGORY, LINK, YOU_TUBE_VIDEO};
pub(super) use operations::OPERATIONS;
pub(super) use page::page_below;
pub(super) use read::course_ref;
