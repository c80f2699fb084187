//! Requests of web pages of other origins (CORS): which pages may use the APIs. Credentials travel in headers that a page sets by itself,
//! so no cookie is ever allowed, and an origin proves nothing. The exception are publicly known keys: any page could send those, so
//! only pages of this machine may use the service while it takes them.

use std::net::IpAddr;
use std::sync::Arc;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS,
    ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderValue, ORIGIN, VARY,
};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpRequest, HttpResponse};

use crate::client::reached_by;
use crate::state::HttpState;

/// The word that stands for every origin.
const ANY: &str = "*";

/// The methods of the APIs.
const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";

/// How long a browser may remember the answer to a preflight: two hours, the most that browsers take.
const PREFLIGHT_SECONDS: &str = "7200";

/// The origins whose pages may use the APIs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedOrigins {
    listed: Listed,
    /// Whether only pages of this machine may use the APIs, and the requests of others are not carried out.
    loopback_alone: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Listed {
    Any,
    These(Arc<[String]>),
}

/// Why a list of origins is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// It is not an origin.
    #[error("{0:?} is neither an origin such as https://app.okul.example nor *")]
    Malformed(String),
    /// `*` beside other origins.
    #[error("* stands for every origin, so nothing else may stand beside it")]
    AnyAmongOthers,
    /// An origin of another machine, where only those of this one are allowed.
    #[error("{0:?} is not an origin of this machine, and publicly known keys are for its pages alone")]
    Foreign(String),
}

impl Default for AllowedOrigins {
    /// Every origin.
    fn default() -> Self {
        Self { listed: Listed::Any, loopback_alone: false }
    }
}

impl AllowedOrigins {
    /// The origins of that list: `*` for every origin, or origins such as `https://app.okul.example`. An empty list allows none.
    ///
    /// # Errors
    /// The first fault of the list.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, OriginError> {
        let texts: Vec<&str> = texts.into_iter().map(str::trim).collect();
        if texts == [ANY] {
            return Ok(Self::default());
        }
        if texts.contains(&ANY) {
            return Err(OriginError::AnyAmongOthers);
        }
        let origins: Vec<String> =
            texts.into_iter().map(|text| normal(text).ok_or_else(|| OriginError::Malformed(text.to_owned()))).collect::<Result<_, _>>()?;
        Ok(Self { listed: Listed::These(origins.into()), loopback_alone: false })
    }

    /// Of these, the origins of this machine. Requests of pages elsewhere are refused.
    ///
    /// # Errors
    /// If the list names an origin of another machine.
    pub fn of_loopback(self) -> Result<Self, OriginError> {
        if let Listed::These(origins) = &self.listed
            && let Some(foreign) = origins.iter().find(|origin| !is_loopback(origin))
        {
            return Err(OriginError::Foreign(foreign.clone()));
        }
        Ok(Self { loopback_alone: true, ..self })
    }

    /// What the page of an origin may do.
    fn access(&self, request: &HttpRequest, origin: &HeaderValue) -> Access {
        let text = origin.to_str().unwrap_or_default();
        let is_listed = match &self.listed {
            Listed::Any => true,
            Listed::These(origins) => origins.iter().any(|listed| listed == text),
        };
        match (self.loopback_alone, is_listed) {
            (false, true) if self.listed == Listed::Any => Access::Shared(HeaderValue::from_static(ANY)),
            (false, true) => Access::Shared(origin.clone()),
            (true, true) if is_loopback(text) => Access::Shared(origin.clone()),
            (true, _) if !is_loopback(text) && !is_own(request, text) => Access::Refused,
            (_, false) | (true, true) => Access::Unshared,
        }
    }
}

/// What a page may do.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Access {
    /// Send every request, and read the answers. It is the value of the header that says so.
    Shared(HeaderValue),
    /// What a page may do with every other service: send requests without headers of its own, and read no answer.
    Unshared,
    /// Nothing.
    Refused,
}

/// Answers preflights, and tells browsers which pages may read the other answers.
pub(crate) async fn share<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let access = match (request.headers().get(ORIGIN), request.app_data::<Data<HttpState>>()) {
        (Some(origin), Some(state)) => state.allowed_origins().access(request.request(), origin),
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

/// An origin as browsers write it: in small letters, and without the default port of its scheme. `None` for any other text.
fn normal(text: &str) -> Option<String> {
    let text = text.to_ascii_lowercase();
    let (scheme, authority) = text.split_once("://")?;
    let is_scheme = scheme.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let is_authority = authority.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte));
    if !is_scheme || !is_authority || host_of(authority).is_empty() || authority.ends_with(':') {
        return None;
    }
    let default_port = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return Some(text),
    };
    let without = authority.strip_suffix(default_port).filter(|host| !host.ends_with(':'));
    Some(format!("{scheme}://{}", without.unwrap_or(authority)))
}

/// Whether an origin is one of this machine.
fn is_loopback(origin: &str) -> bool {
    let Some((_, authority)) = origin.split_once("://") else { return false };
    let host = host_of(authority);
    host == "localhost" || host.ends_with(".localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

/// Whether the page came from the service itself. A name proves nothing: its owner may let it lead to this machine.
fn is_own(request: &HttpRequest, origin: &str) -> bool {
    let (scheme, host) = reached_by(request);
    host_of(&host).parse::<IpAddr>().is_ok() && origin == format!("{scheme}://{host}")
}

/// The host of a text such as `[::1]:8080`, without brackets and port.
fn host_of(authority: &str) -> &str {
    match authority.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or("", |(host, _)| host),
        None => authority.split_once(':').map_or(authority, |(host, _)| host),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::App;
    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, call_service, init_service};
    use derslik_ports::inbound::{CourseError, MockCourseService};
    use rstest::rstest;

    use super::*;
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

    #[rstest]
    #[case("https://App.Okul.example:443", Some("https://app.okul.example"))]
    #[case("http://localhost:80", Some("http://localhost"))]
    #[case("http://localhost:8080", Some("http://localhost:8080"))]
    #[case("https://[2001:db8::1]:443", Some("https://[2001:db8::1]"))]
    #[case("chrome-extension://abcdef", Some("chrome-extension://abcdef"))]
    #[case("app.okul.example", None)]
    #[case("https://", None)]
    #[case("https://app.okul.example/", None)]
    #[case("https://app.okul.example/page", None)]
    #[case("https://*.okul.example", None)]
    #[case("https://user@app.okul.example", None)]
    #[case("https://app.okul.example:", None)]
    #[case("null", None)]
    #[case("", None)]
    fn origins_are_read_as_browsers_write_them(#[case] text: &str, #[case] expected: Option<&str>) {
        assert_eq!(normal(text).as_deref(), expected);
        let parsed = AllowedOrigins::parse([text]);
        assert_eq!(parsed.err(), expected.is_none().then(|| OriginError::Malformed(text.to_owned())));
    }

    #[test]
    fn every_origin_stands_alone() {
        assert_eq!(AllowedOrigins::parse(["*"]), Ok(AllowedOrigins::default()));
        assert_eq!(AllowedOrigins::parse([PAGE, "*"]), Err(OriginError::AnyAmongOthers));
    }
}
