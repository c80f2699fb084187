//! Courses, their aliases, members and grading periods.

mod aliases;
mod extras;
mod list;
mod members;
mod periods;
mod postgres;
mod repo;
mod rows;

#[cfg(test)]
mod plans;
