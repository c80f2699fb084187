//! Tokens for passwords.

mod issue;
mod view;

pub(super) use self::issue::issue;
