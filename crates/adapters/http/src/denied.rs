//! Counts requests that were denied although their credential is valid. The dialects turn a denial into an answer of their own, so
//! the count is taken where all answers pass: the sessions API denies with status 401, the others with 403. Refused credentials are
//! counted behind the inbound port of identities.

use actix_web::body::MessageBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use derslik_domain::audit::DenialCause;

use crate::budgets::holder_of;
use crate::memory::Holder;
use crate::state::HttpState;

/// Marks a response whose denials were counted call by call, since it may answer many calls.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CountedByCall;

/// The statuses of a denial.
const DENIALS: [StatusCode; 2] = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN];

/// Counts the answer if it denies the request of a known principal.
pub(crate) fn count<B: MessageBody>(response: &ServiceResponse<B>) {
    if !DENIALS.contains(&response.status()) || response.response().extensions().contains::<CountedByCall>() {
        return;
    }
    let request = response.request();
    if let (Holder::Principal(account, _), Some(state)) = (holder_of(request), request.app_data::<Data<HttpState>>()) {
        state.note_denied(Some(account), DenialCause::NotAllowed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use actix_web::HttpResponse;
    use actix_web::test::TestRequest;
    use derslik_ports::inbound::{MockCourseService, MockDenialLog};
    use derslik_testkit::builders::{account, actor_of};

    use super::*;
    use crate::budgets::note_holder;
    use crate::tests::state;

    /// Counts an answer of that status, with or without a known principal.
    fn counted(mut response: HttpResponse, is_known: bool, is_marked: bool, times: usize) {
        let mut denials = MockDenialLog::new();
        denials.expect_note().times(times).returning(|of, cause| {
            assert_eq!((of, cause), (Some(account().id), DenialCause::NotAllowed));
        });
        let state = state(MockCourseService::new()).with_denials(Arc::new(denials));
        let request = TestRequest::default().app_data(Data::new(state)).to_http_request();
        if is_known {
            note_holder(&request, &actor_of(account()));
        }
        if is_marked {
            response.extensions_mut().insert(CountedByCall);
        }
        count(&ServiceResponse::new(request, response));
    }

    #[actix_web::test]
    async fn denied_requests_of_known_principals_are_counted_once() {
        counted(HttpResponse::Forbidden().finish(), true, false, 1);
        counted(HttpResponse::Forbidden().finish(), true, true, 0);
        counted(HttpResponse::Forbidden().finish(), false, false, 0);
        counted(HttpResponse::Unauthorized().finish(), true, false, 1);
        counted(HttpResponse::Unauthorized().finish(), false, false, 0);
        counted(HttpResponse::Ok().finish(), true, false, 0);
    }
}
