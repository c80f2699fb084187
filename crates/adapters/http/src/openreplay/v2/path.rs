//! The parts of paths, queries and bodies. A malformed part is reported only after the project was found in the caller's account.

use actix_web::HttpRequest;
use derslik_domain::id::{Id, JobId};
use derslik_domain::identity::Actor;
use derslik_domain::job::{ProjectKey, ReferenceId};
use derslik_domain::page::OffsetPage;

use super::error::{MAX_USER_ID_BYTES, NotAnInteger, V2Error};
use crate::openreplay::path::{Whole, pairs, whole_number};
use crate::percent;
use crate::state::HttpState;

/// The most entries of a page.
pub(super) const MAX_LIMIT: u32 = 200;

/// The entries of a page if the client asks for no other number.
pub(super) const DEFAULT_LIMIT: u32 = 50;

/// The key of the project. An invalid key counts as an unknown project.
pub(super) fn project_key(request: &HttpRequest) -> Result<ProjectKey, V2Error> {
    request.match_info().get("project_key").and_then(|key| key.parse().ok()).ok_or(V2Error::Unauthorized)
}

/// A part of a request that was read, or its fault once the project was found.
pub(super) async fn checked<T>(state: &HttpState, actor: &Actor, project: &ProjectKey, read: Result<T, V2Error>) -> Result<T, V2Error> {
    if read.is_err() {
        state.projects.get(actor, project).await?;
    }
    read
}

/// The job that the path names.
pub(super) fn job_id(request: &HttpRequest) -> Result<JobId, V2Error> {
    // The framework keeps some escapes, such as that of a sign.
    let bytes = percent::decode(request.match_info().get("job_id").unwrap_or_default());
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let is_too_large = match whole_number(&text) {
        Some(Whole::Fits(id)) => return Ok(Id::new(id)),
        Some(Whole::TooLarge | Whole::TooSmall) => true,
        None => false,
    };
    Err(V2Error::JobId(NotAnInteger { text, is_too_large }))
}

/// The user in the path, which may contain escaped slashes.
pub(super) fn user_id(request: &HttpRequest) -> Result<ReferenceId, V2Error> {
    read_user_id(raw_user_id(request.uri().path()))
}

fn read_user_id(raw: &str) -> Result<ReferenceId, V2Error> {
    let bytes = percent::decode(raw);
    if bytes.is_empty() {
        return Err(V2Error::UserIdEmpty);
    }
    if bytes.len() > MAX_USER_ID_BYTES {
        return Err(V2Error::UserIdTooLong);
    }
    ReferenceId::from_bytes(bytes).map_err(|_| V2Error::UserIdMalformed)
}

/// The path segment after `users`, still encoded.
fn raw_user_id(path: &str) -> &str {
    let mut parts = path.rsplit('/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some("sessions"), Some(user), Some("users")) => user,
        (last, ..) => last.unwrap_or_default(),
    }
}

/// The page that a query asks for. What can't be read, or lies outside of the limits, counts as not sent.
pub(super) fn numbered_page(query: &str) -> OffsetPage {
    let pairs = pairs(query);
    let number = |wanted: &str| {
        let (_, value) = pairs.iter().find(|(name, _)| name == wanted)?;
        match whole_number(value)? {
            Whole::Fits(number) => Some(number),
            Whole::TooLarge | Whole::TooSmall => None,
        }
    };
    let limit = number("limit").and_then(|limit| u32::try_from(limit).ok()).filter(|limit| (1..=MAX_LIMIT).contains(limit));
    let page = number("page").and_then(|page| u64::try_from(page).ok()).unwrap_or(1);
    page_at(page, limit.unwrap_or(DEFAULT_LIMIT))
}

/// The page of that number, counted from 1.
pub(super) fn page_at(number: u64, limit: u32) -> OffsetPage {
    let offset = number.saturating_sub(1).saturating_mul(limit.into());
    OffsetPage::at(offset, limit.min(MAX_LIMIT)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_id_stands_at_the_end_of_a_path_or_before_its_sessions() {
        assert_eq!(raw_user_id("/v2/public/key/users/a%2Fb"), "a%2Fb");
        assert_eq!(raw_user_id("/v2/public/key/users/a%2Fb/sessions"), "a%2Fb");
        assert_eq!(raw_user_id("/v2/public/key/users/sessions"), "sessions");
        assert_eq!(raw_user_id("/v2/public/key/users/"), "");
    }

    #[test]
    fn a_user_id_has_1_to_256_bytes() {
        assert_eq!(read_user_id("%D9%85%2F").unwrap().as_str(), "م/");
        assert!(read_user_id(&"x".repeat(256)).is_ok());
        assert!(matches!(read_user_id(""), Err(V2Error::UserIdEmpty)));
        for long in ["x".repeat(257), "%D9%85".repeat(129)] {
            assert!(matches!(read_user_id(&long), Err(V2Error::UserIdTooLong)), "{long}");
        }
        for malformed in ["a%00b", "%ff"] {
            assert!(matches!(read_user_id(malformed), Err(V2Error::UserIdMalformed)), "{malformed}");
        }
    }

    #[test]
    fn a_page_outside_of_the_limits_is_the_first_one_of_50() {
        let page = |query| {
            let page = numbered_page(query);
            (page.offset(), page.size())
        };
        for query in
            ["", "limit=0&page=0", "limit=201", "limit=-1&page=-7", "limit=x&page=1.5", "limit=&page=", "limit=99999999999999999999"]
        {
            assert_eq!(page(query), (0, 50), "{query}");
        }
        assert_eq!(page("limit=200&page=3"), (400, 200));
        assert_eq!(page("page=2&limit=+7&limit=9"), (50, 50), "a blank is not a sign");
        assert_eq!(page("page=2&limit=%2B7&limit=9"), (7, 7), "the first value counts");
        assert_eq!(page("page=9223372036854775807&limit=200"), (u64::MAX, 200));
    }
}
