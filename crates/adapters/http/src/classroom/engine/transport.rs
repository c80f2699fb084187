//! The side of actix-web: requests become calls, answers become responses.

use std::time::{Duration, Instant};

use actix_web::body::MessageBody;
use actix_web::dev::{HttpServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, IF_MATCH, VARY,
};
use actix_web::middleware::{Compress, Next, from_fn};
use actix_web::web::{self, Bytes, Data, Payload};
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse};
use derslik_side_listener::host_of;

use super::answer::{Answer, JSON, refusal};
use super::auth::actor_of;
use super::batch::{self, Batch, Sender};
use super::call::Call;
use super::directory;
use super::discovery::DocumentBody;
use super::dispatch::{admit, answer, perform};
use super::error::ClassroomError;
use super::operation::Api;
use super::query::System;
use crate::body::read_bytes;
use crate::body_watcher::BodyWatcher;
use crate::budgets::note_holder;
use crate::client::{client_network, reached_by};
use crate::controlled::meet_faults;
use crate::denied::CountedByCall;
use crate::idempotency::{KEY, KeyHeader};
use crate::observed::{Dialect, Template};
use crate::propagation::noted;
use crate::response::CountedBody;
use crate::state::HttpState;

/// How long a call is admitted. One whose body takes longer is admitted again, so that a revoked credential stops working within a second:
/// it is found in a cache for almost as long.
const ADMITTED_FOR: Duration = Duration::from_millis(100);

/// The header that names another method for a POST.
const OVERRIDE: HeaderName = HeaderName::from_static("x-http-method-override");

/// The calls below a path.
pub(crate) fn calls_below(api: &'static Api, path: &str) -> impl HttpServiceFactory + use<> {
    let call = move |state, request, ahead, payload| one_call(api, state, request, ahead, payload);
    web::scope(path)
        .app_data(Dialect::Courses)
        .wrap(Compress::default())
        .wrap(from_fn(prefer_gzip_or_nothing))
        .default_service(web::to(call))
}

/// Batches of calls, at a path.
pub(crate) fn batches(api: &'static Api, path: &str) -> impl HttpServiceFactory + use<> {
    let batch = move |state, request, ahead, payload| many_calls(api, state, request, ahead, payload);
    web::resource(path)
        .app_data(Dialect::Courses)
        .wrap(Compress::default())
        .wrap(from_fn(prefer_gzip_or_nothing))
        .route(web::post().to(batch))
        .default_service(web::to(no_such_path))
}

/// The discovery document, at a path. It is not compressed: that would take memory for each client that reads it slowly.
pub(crate) fn description(api: &'static Api, path: &str) -> impl HttpServiceFactory + use<> {
    let document = move |request: HttpRequest| async move { describe(api, &request) };
    web::resource(path)
        .app_data(Dialect::Courses)
        .route(web::get().to(document))
        .route(web::head().to(document))
        .default_service(web::to(no_such_path))
}

/// The list of APIs, at a path. It names this one.
pub(crate) fn api_directory(path: &str) -> impl HttpServiceFactory + use<> {
    web::resource(path)
        .app_data(Dialect::Courses)
        .route(web::get().to(list_apis))
        .route(web::head().to(list_apis))
        .default_service(web::to(no_such_path))
}

/// Reduces the accepted encodings of a client to `gzip`, or to none. Any other header value still gets an answer.
async fn prefer_gzip_or_nothing<B: MessageBody>(mut request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
    let takes_gzip = request.headers().get_all(ACCEPT_ENCODING).any(|value| value.to_str().is_ok_and(takes_gzip));
    request.headers_mut().remove(ACCEPT_ENCODING);
    if takes_gzip {
        request.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    }
    next.call(request).await
}

fn takes_gzip(header: &str) -> bool {
    header.split(',').any(|coding| {
        let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
        let is_off = parameters.trim().strip_prefix("q=").is_some_and(|weight| weight.trim().parse() == Ok(0.0_f32));
        name.trim().eq_ignore_ascii_case("gzip") && !is_off
    })
}

async fn one_call(api: &'static Api, state: Data<HttpState>, request: HttpRequest, watcher: BodyWatcher, payload: Payload) -> HttpResponse {
    let headers = request.headers();
    let call = Call {
        verb: request.method().as_str().to_owned(),
        path: request.uri().path().to_owned(),
        query: request.uri().query().unwrap_or_default().to_owned(),
        authorization: header(headers, &AUTHORIZATION),
        if_match: header(headers, &IF_MATCH),
        key: KeyHeader::of(headers),
        client: client_network(&request),
        trace: noted(&request),
        ..Call::default()
    };
    let (verb, kind) = (header(headers, &OVERRIDE), header(headers, &CONTENT_TYPE));
    let mut call = call.overridden(verb.as_deref(), kind.as_deref());
    let began = Instant::now();
    let mut admitted = None;
    // The credential is checked before the body is read. A form may hold the credential, so it is read before the actor is
    // known.
    if !call.may_hide_credential() {
        let found = watcher.wait_for(admit(api, &state, &call)).await;
        note_template(&request, &call);
        match found {
            Ok(Ok(found)) => {
                note_holder(&request, &found.actor);
                if let Err(error) = meet_faults::<ClassroomError>(&state, &request, &found.actor).await {
                    return respond(refusal(error, &found.system));
                }
                call.is_counted = true;
                admitted = Some(found);
            }
            Ok(Err(refusal)) => return respond(refusal),
            Err(error) => return respond(refusal(error.into(), &System::default())),
        }
    }
    match read_bytes(&request, payload, &state).await {
        Ok(body) => {
            // A form adds to the query.
            let still_holds = !call.is_form && began.elapsed() < ADMITTED_FOR;
            let call = call.complete(Bytes::clone(&body));
            let answer = match admitted.filter(|_| still_holds) {
                Some(admitted) => perform(&state, &call, admitted).await,
                None => answer(api, &state, &call).await,
            };
            note_template(&request, &call);
            respond(answer)
        }
        Err(error) => respond(refusal(error.into(), &System::default())),
    }
}

async fn many_calls(
    api: &'static Api,
    state: Data<HttpState>,
    request: HttpRequest,
    watcher: BodyWatcher,
    payload: Payload,
) -> HttpResponse {
    // Parts may bring credentials of their own. A batch without a valid one in its head is read as an anonymous request.
    let authorization = header(request.headers(), &AUTHORIZATION);
    match watcher.wait_for(actor_of(&state, client_network(&request), authorization.as_deref())).await {
        Ok(Some(actor)) => {
            note_holder(&request, &actor);
            if let Err(error) = meet_faults::<ClassroomError>(&state, &request, &actor).await {
                return respond(refusal(error, &System::default()));
            }
        }
        Ok(None) => {}
        Err(error) => return respond(refusal(error.into(), &System::default())),
    }
    let answers = match read_bytes(&request, payload, &state).await {
        // A key would promise that the batch is carried out once as a whole, but each part is carried out on its own.
        Ok(_) if request.headers().contains_key(&KEY) => {
            Err(ClassroomError::invalid("A batch takes no Idempotency-Key; each of its parts may have one."))
        }
        Ok(body) => {
            let sender = Sender { authorization, client: client_network(&request), trace: noted(&request) };
            Batch::read(api, &header(request.headers(), &CONTENT_TYPE).unwrap_or_default(), sender, body)
        }
        Err(error) => Err(error.into()),
    };
    match answers {
        Ok(batch) => {
            let mut response = HttpResponse::Ok();
            response.insert_header((CACHE_CONTROL, "private")).content_type(batch::CONTENT_TYPE).streaming(batch.answers(state))
        }
        Err(error) => respond(refusal(error, &System::default())),
    }
}

fn describe(api: &'static Api, request: &HttpRequest) -> HttpResponse {
    let version = web::Query::<Vec<(String, String)>>::from_query(request.query_string());
    let is_other = version.is_ok_and(|pairs| pairs.iter().any(|(name, value)| name == "version" && value != "v1"));
    if is_other {
        return respond(refusal(ClassroomError::not_found(), &System::default()));
    }
    HttpResponse::Ok().content_type(JSON).body(DocumentBody::new(api, &root(request)))
}

async fn list_apis(request: HttpRequest) -> HttpResponse {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string()).map(web::Query::into_inner).unwrap_or_default();
    let name = pairs.iter().find(|(name, value)| name == "name" && !value.is_empty()).map(|(_, value)| value.as_str());
    let body = directory::list(&root(&request), name).to_string();
    HttpResponse::Ok().content_type(JSON).body(body)
}

/// The root URL at which the client reached the service.
fn root(request: &HttpRequest) -> String {
    let (scheme, host) = reached_by(request);
    let host = if host_of(&host).is_some() { host } else { "localhost".to_owned() };
    format!("{scheme}://{host}/")
}

async fn no_such_path() -> HttpResponse {
    respond(refusal(ClassroomError::no_such_path(), &System::default()))
}

/// Marks the request with the path template of the operation that was found for its call.
fn note_template(request: &HttpRequest, call: &Call) {
    if let Some(path) = call.template.get() {
        request.extensions_mut().insert(Template(path));
    }
}

/// The value of a header. A value that is not ASCII still counts as sent, and equals no known value. Ignoring it would drop a
/// condition.
fn header(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    Some(String::from_utf8_lossy(headers.get(name)?.as_bytes()).into_owned())
}

fn respond(answer: Answer) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    response.content_type(JSON).insert_header((CACHE_CONTROL, "private"));
    for name in ["Origin", "X-Origin", "Referer"] {
        response.append_header((VARY, name));
    }
    for header in answer.headers {
        response.insert_header(header);
    }
    let mut answered = response.body(CountedBody::new(answer.body, answer.reservation));
    answered.extensions_mut().insert(CountedByCall);
    answered
}

#[cfg(test)]
mod tests {
    use actix_web::App;
    use actix_web::http::Method;
    use actix_web::http::header::HOST;
    use actix_web::test::{TestRequest, call_service, init_service, read_body};
    use derslik_ports::inbound::MockCourseService;
    use rstest::rstest;
    use serde_json::Value;

    use super::*;
    use crate::forwarding::TrustedProxies;
    use crate::tests::state;

    const DISCOVERY: [&str; 3] = ["/$discovery/rest?version=v1", "/discovery/v1/apis", "/discovery/v1/apis/classroom/v1/rest"];

    /// The status, the content type and the body of the answer to a request from a trusted proxy.
    async fn ask(request: TestRequest) -> (u16, Option<String>, String) {
        let state = state(MockCourseService::new()).with_trusted_proxies(TrustedProxies::parse(["127.0.0.2"]).unwrap());
        let app = init_service(App::new().configure(|config| crate::configure(config, state))).await;
        let response = call_service(&app, request.peer_addr("127.0.0.2:4711".parse().unwrap()).to_request()).await;
        let kind = response.headers().get(CONTENT_TYPE).map(|kind| kind.to_str().unwrap().to_owned());
        (response.status().as_u16(), kind, String::from_utf8(read_body(response).await.to_vec()).unwrap())
    }

    #[rstest]
    #[case("okul.example:8443", &[], "http://okul.example:8443/")]
    #[case("[::1]:8080", &[], "http://[::1]:8080/")]
    #[case("okul.example:99999", &[], "http://localhost/")]
    #[case("okul.example:abc", &[], "http://localhost/")]
    #[case("[::1", &[], "http://localhost/")]
    #[case("..", &[], "http://localhost/")]
    #[case("me.example", &[("x-forwarded-host", "okul.example"), ("x-forwarded-proto", "https")], "https://okul.example/")]
    #[case("me.example", &[("x-forwarded-host", "")], "http://me.example/")]
    #[case("me.example", &[("x-forwarded-host", "a\"b")], "http://localhost/")]
    #[actix_web::test]
    async fn the_root_is_the_host_that_was_asked_if_it_is_one(#[case] host: &str, #[case] headers: &[(&str, &str)], #[case] root: &str) {
        let mut request = TestRequest::get().uri(DISCOVERY[0]).insert_header((HOST, host));
        for (name, value) in headers {
            request = request.insert_header((*name, *value));
        }
        let document: Value = serde_json::from_str(&ask(request).await.2).unwrap();
        assert_eq!(document["rootUrl"], root);
    }

    #[actix_web::test]
    async fn a_look_at_the_description_is_answered_as_its_request() {
        for path in DISCOVERY {
            let request = |method| TestRequest::default().method(method).uri(path);
            let (status, kind, _) = ask(request(Method::GET)).await;
            assert_eq!(status, 200, "{path}");
            // The connection leaves the body away.
            assert_eq!(ask(request(Method::HEAD)).await.1, kind, "{path}");
            assert_eq!(ask(request(Method::HEAD)).await.0, 200, "{path}");
            assert_eq!(ask(request(Method::POST)).await.0, 404, "{path}");
        }
    }

    #[test]
    fn a_header_that_is_not_ascii_counts_as_sent() {
        let mut headers = HeaderMap::new();
        headers.insert(IF_MATCH, HeaderValue::from_bytes(b"\"7-1\xff\"").unwrap());
        assert_eq!(header(&headers, &IF_MATCH).as_deref(), Some("\"7-1\u{fffd}\""));
        assert_eq!(header(&headers, &OVERRIDE), None);
    }

    #[test]
    fn gzip_is_used_where_it_is_wanted() {
        assert!(["gzip", "gzip, deflate", "br, GZIP;q=0.5", "identity;q=0, gzip"].into_iter().all(takes_gzip));
        assert!(!["", "*;q=0", "identity;q=0", "gzip;q=0", "gzip;q=0.0, br", "x-gzip2", ";;,"].into_iter().any(takes_gzip));
    }
}
