//! Requests of web pages of other origins (CORS): preflights, and the headers that open other answers to a page. Credentials travel in
//! headers that a page sets by itself, so no cookie is ever allowed, and an origin proves nothing. The exception are publicly known keys:
//! any page could send those, so only pages of this machine may use the service while it takes them.

use std::net::IpAddr;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS,
    ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderName, HeaderValue, ORIGIN,
    VARY,
};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpRequest, HttpResponse};
use derslik_side_listener::host_of;

use crate::client::reached_by;
use crate::origins::{ANY, Access, leads_to_loopback};
use crate::state::HttpState;

/// The header in which a browser tells how the page behind a request is related to the service.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The methods of the APIs.
const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";

/// How long a browser may remember the answer to a preflight: two hours, the most that browsers take.
const PREFLIGHT_SECONDS: &str = "7200";

/// Answers preflights, and tells browsers which pages may read the other answers.
pub(crate) async fn share<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let access = match (request.headers().get(ORIGIN), request.app_data::<Data<HttpState>>()) {
        (Some(origin), Some(state)) => state.allowed_origins().access(origin, |text| is_own(request.request(), text)),
        (None, Some(state)) if state.allowed_origins().are_of_loopback_alone() && is_of_another_site(request.request()) => Access::Refused,
        _ => Access::Unshared,
    };
    let allowed = match access {
        Access::Shared(allowed) => allowed,
        Access::Unshared => return Ok(next.call(request).await?.map_into_left_body()),
        Access::Refused => {
            tracing::debug!("the request of a web page elsewhere was refused, since publicly known keys are accepted");
            return Ok(request.into_response(refuse()).map_into_right_body());
        }
    };
    let mut response = if is_preflight(request.method(), request.headers()) {
        let answer = answer_preflight(request.headers());
        request.into_response(answer).map_into_right_body()
    } else {
        let mut response = next.call(request).await?;
        response.headers_mut().insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(ANY));
        response.map_into_left_body()
    };
    if allowed != ANY {
        response.headers_mut().append(VARY, HeaderValue::from_static("Origin"));
    }
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
    Ok(response)
}

/// Whether a browser asks for leave before it sends the request itself.
fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// Allows every method of the APIs, and the headers that the page wants to send. They have to be repeated: no wildcard covers
/// `Authorization`.
fn answer_preflight(headers: &HeaderMap) -> HttpResponse {
    let mut answer = HttpResponse::NoContent();
    answer.insert_header((ACCESS_CONTROL_ALLOW_METHODS, METHODS)).insert_header((ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS));
    if let Some(wanted) = headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        answer.insert_header((ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone()));
    }
    answer.append_header((VARY, HeaderValue::from_static("Access-Control-Request-Headers")));
    answer.finish()
}

fn refuse() -> HttpResponse {
    let text = r#"{"error":"the service takes publicly known keys, so only web pages of this machine may use it (fixed_dev_keys)"}"#;
    HttpResponse::Forbidden().content_type("application/json").body(text)
}

/// Whether the page came from the service itself. A name proves nothing: its owner may let it lead to this machine.
fn is_own(request: &HttpRequest, origin: &str) -> bool {
    let (scheme, host) = reached_by(request);
    host_of(&host).is_some_and(|host| host.parse::<IpAddr>().is_ok()) && origin == format!("{scheme}://{host}")
}

/// Whether a page elsewhere causes a request without an origin, as an image or a link does. Only browsers send the header. A page of the
/// same site as a service on loopback is one of this machine; `none` is a request that the user of the browser made, such as by typing
/// the address.
fn is_of_another_site(request: &HttpRequest) -> bool {
    let is_of_this_machine = || leads_to_loopback(&reached_by(request).1.to_ascii_lowercase());
    request.headers().get_all(SEC_FETCH_SITE).any(|site| match site.to_str() {
        Ok("same-origin" | "none") => false,
        Ok("same-site") => !is_of_this_machine(),
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use actix_web::App;
    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, call_service, init_service};
    use derslik_ports::inbound::{CourseError, MockCourseService};
    use rstest::rstest;

    use super::*;
    use crate::origins::{AllowedOrigins, OriginError};
    use crate::tests::state;

    const PAGE: &str = "https://app.okul.example";

    fn list(origins: &[&str]) -> AllowedOrigins {
        AllowedOrigins::parse(origins.iter().copied()).unwrap()
    }

    fn known_keys(origins: &[&str]) -> AllowedOrigins {
        list(origins).of_loopback().unwrap()
    }

    /// An answer: its status, and the values of its headers by their names.
    struct Answer(u16, HeaderMap);

    impl Answer {
        fn header(&self, name: &str) -> Option<&str> {
            self.1.get(name).map(|value| value.to_str().unwrap())
        }
    }

    /// The answer to a request, of which the courses answer that there is no such course.
    async fn ask(origins: AllowedOrigins, request: TestRequest) -> Answer {
        let mut courses = MockCourseService::new();
        courses.expect_get().returning(|_, _| Err(CourseError::NotFound));
        let state = state(courses).with_allowed_origins(origins);
        let app = init_service(App::new().wrap(from_fn(share)).configure(|config| crate::configure(config, state))).await;
        let response = call_service(&app, request.to_request()).await;
        Answer(response.status().as_u16(), response.headers().clone())
    }

    fn get(origin: &str) -> TestRequest {
        TestRequest::get().uri("/v1/courses/7").insert_header(("authorization", "Bearer t")).insert_header((ORIGIN, origin))
    }

    fn preflight(path: &str, origin: &str) -> TestRequest {
        TestRequest::with_uri(path)
            .method(Method::OPTIONS)
            .insert_header((ORIGIN, origin))
            .insert_header((ACCESS_CONTROL_REQUEST_METHOD, "PATCH"))
            .insert_header((ACCESS_CONTROL_REQUEST_HEADERS, "authorization,if-match,x-goog-api-client"))
    }

    #[actix_web::test]
    async fn a_preflight_for_any_path_of_each_api_is_allowed_and_may_be_remembered() {
        for path in ["/v1/courses", "/v1/courses/7/students", "/batch", "/xapi/v2/session/batch", "/connect/token", "/api/v1/projects"] {
            let answer = ask(AllowedOrigins::default(), preflight(path, PAGE)).await;
            assert_eq!((answer.0, answer.header("access-control-allow-origin")), (204, Some("*")), "{path}");
            assert_eq!(answer.header("access-control-allow-methods"), Some(METHODS));
            assert_eq!(answer.header("access-control-allow-headers"), Some("authorization,if-match,x-goog-api-client"));
            assert_eq!(answer.header("access-control-max-age"), Some("7200"));
            assert_eq!(answer.header("access-control-allow-credentials"), None);
        }
    }

    #[actix_web::test]
    async fn errors_can_be_read_by_pages_too() {
        for (request, status) in [(get(PAGE), 404), (TestRequest::get().uri("/v1/courses/7").insert_header((ORIGIN, "null")), 401)] {
            let answer = ask(AllowedOrigins::default(), request).await;
            assert_eq!((answer.0, answer.header("access-control-allow-origin")), (status, Some("*")));
            assert_eq!(answer.header("access-control-expose-headers"), Some("*"));
            assert_eq!(answer.header("access-control-allow-credentials"), None);
        }
    }

    #[actix_web::test]
    async fn a_request_that_no_page_sends_is_answered_as_before() {
        let request = TestRequest::get().uri("/v1/courses/7").insert_header(("authorization", "Bearer t"));
        let answer = ask(AllowedOrigins::default(), request).await;
        assert_eq!((answer.0, answer.header("access-control-allow-origin")), (404, None));
        // Without the method that a page wants to use it is not a preflight.
        let options = TestRequest::with_uri("/xapi/user").method(Method::OPTIONS).insert_header((ORIGIN, PAGE));
        let answer = ask(AllowedOrigins::default(), options).await;
        assert_eq!((answer.0, answer.header("access-control-allow-origin")), (405, Some("*")));
    }

    #[actix_web::test]
    async fn a_list_allows_its_own_origins_alone() {
        let listed = ask(list(&[PAGE]), get(PAGE)).await;
        assert_eq!((listed.0, listed.header("access-control-allow-origin")), (404, Some(PAGE)));
        assert!(listed.1.get_all(VARY).any(|value| value == "Origin"));
        assert_eq!(ask(list(&[PAGE]), preflight("/v1/courses", PAGE)).await.0, 204);
        for origins in [&[PAGE][..], &[]] {
            for origin in ["https://other.example", "http://app.okul.example", "https://app.okul.example:8443", "null"] {
                let other = ask(list(origins), get(origin)).await;
                assert_eq!((other.0, other.header("access-control-allow-origin")), (404, None), "{origin}");
                let other = ask(list(origins), preflight("/v1/courses", origin)).await;
                assert_eq!(other.header("access-control-allow-origin"), None, "{origin}");
                assert_ne!(other.0, 204, "{origin}");
            }
        }
    }

    #[actix_web::test]
    async fn with_known_keys_the_pages_of_this_machine_alone_may_use_the_apis() {
        for origin in ["http://localhost:3000", "http://127.0.0.1:8080", "https://[::1]", "http://shop.localhost:80"] {
            let answer = ask(known_keys(&["*"]), get(origin)).await;
            assert_eq!((answer.0, answer.header("access-control-allow-origin")), (404, Some(origin)));
            assert_eq!(ask(known_keys(&["*"]), preflight("/v1/courses", origin)).await.0, 204, "{origin}");
        }
        for origin in [PAGE, "null", "", "http://localhost.evil.example", "http://127.0.0.1.evil.example", "http://10.0.0.1"] {
            for request in [get(origin), preflight("/v1/courses", origin)] {
                let answer = ask(known_keys(&["*"]), request).await;
                assert_eq!((answer.0, answer.header("access-control-allow-origin")), (403, None), "{origin}");
            }
        }
    }

    #[actix_web::test]
    async fn with_known_keys_a_list_narrows_the_pages_of_this_machine_further() {
        let answer = ask(known_keys(&["http://localhost:3000"]), get("http://localhost:3000")).await;
        assert_eq!(answer.header("access-control-allow-origin"), Some("http://localhost:3000"));
        let answer = ask(known_keys(&["http://localhost:3000"]), get("http://localhost:4000")).await;
        assert_eq!((answer.0, answer.header("access-control-allow-origin")), (404, None));
        let foreign = list(&["http://localhost:3000", PAGE]).of_loopback();
        assert_eq!(foreign, Err(OriginError::Foreign(PAGE.to_owned())));
    }

    #[rstest]
    #[case("127.0.0.1:8080", "cross-site", 403)]
    #[case("127.0.0.1:8080", "unknown", 403)]
    #[case("127.0.0.1:8080", "same-site", 404)]
    #[case("LOCALHOST:8080", "same-site", 404)]
    #[case("classroom.okul.example", "same-site", 403)]
    #[case("classroom.okul.example", "same-origin", 404)]
    #[case("127.0.0.1:8080", "none", 404)]
    #[actix_web::test]
    async fn with_known_keys_a_page_elsewhere_can_not_even_link_to_the_apis(#[case] host: &str, #[case] site: &str, #[case] status: u16) {
        let link =
            || TestRequest::get().uri("/v1/courses/7?access_token=t").insert_header(("host", host)).insert_header(("sec-fetch-site", site));
        let answer = ask(known_keys(&["*"]), link()).await;
        assert_eq!((answer.0, answer.header("access-control-allow-origin")), (status, None));
        assert_eq!(ask(AllowedOrigins::default(), link()).await.0, 404, "keys of one's own are told to no page");
        // The origin of a page says more than its site.
        let page = || link().insert_header((ORIGIN, "http://localhost:3000"));
        assert_eq!(ask(known_keys(&["*"]), page()).await.0, 404);
    }

    #[rstest]
    #[case("192.0.2.7:8080", "http://192.0.2.7:8080", 404)]
    #[case("192.0.2.7:8080", "http://192.0.2.8:8080", 403)]
    #[case("192.0.2.7:8080", "https://192.0.2.7:8080", 403)]
    #[case("rebound.example:8080", "http://rebound.example:8080", 403)]
    #[actix_web::test]
    async fn a_page_of_the_service_itself_is_known_by_an_address_and_not_by_a_name(
        #[case] host: &str,
        #[case] origin: &str,
        #[case] status: u16,
    ) {
        let answer = ask(known_keys(&["*"]), get(origin).insert_header(("host", host))).await;
        assert_eq!(answer.0, status);
    }
}
