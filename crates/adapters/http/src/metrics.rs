//! The metrics of requests: rate, errors and duration by dialect and route. The number of series has a bound, whatever clients send:
//! a path that no route has, and a method that its route does not have, count as `other`. This module does not know the dialects.
//!
//! Each thread keeps the counters of its routes, so that a request needs neither a lock nor an allocation.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use metrics::{Counter, Histogram, counter, histogram};

use crate::observed::{Dialect, NO_ROUTE, Observed};

/// The label of what has no label of its own.
const OTHER: &str = NO_ROUTE;

/// The labels of the classes of errors.
const FAULT_OF_CALLER: &str = "4xx";
const FAULT_OF_SERVICE: &str = "5xx";

/// The most routes of a dialect that a thread tells apart, each with all of its names.
const MAX_ROUTES: usize = 128;

/// Routes with several names: the dialect, the start of the other name, and what it is counted as.
const ALIASES: [(&str, &str, &str); 7] = [
    ("sessions", "api/groups/xapi/", "xapi/v2/"),
    ("sessions", "auth/connect/token", "connect/token"),
    ("jobs", "v1/", "api/v1/"),
    ("jobs", "v2/api/public/", "api/v1/"),
    ("jobs", "v2/public/", "api/v1/"),
    ("courses", "batch/classroom/v1", "batch"),
    ("courses", "discovery/v1/apis/classroom/v1/rest", "$discovery/rest"),
];

/// Rare routes that are counted with another one, to save series: the dialect, the route, and the other one.
const COUNTED_WITH: [(&str, &str, &str); 4] = [
    ("jobs", "api/v1/{project_key}/users/erase", "api/v1/{project_key}/users/{user_id}"),
    ("jobs", "api/v1/{project_key}/users", "api/v1/{project_key}/users/{user_id}"),
    ("jobs", "api/v1/{project_key}/jobs/{job_id}/users", "api/v1/{project_key}/jobs/{job_id}"),
    ("courses", "discovery/v1/apis", "$discovery/rest"),
];

/// Prefixes of paths. As a route, such a prefix stands for all unknown paths below it.
const PREFIXES: [&str; 7] = ["xapi", "xapi/v2", "api/groups/xapi", "api/v1", "v1", "v2/api/public", "v2/public"];

/// Routes that answer every method but theirs as an unknown path.
const OF_ONE_METHOD: [(&str, &str); 2] = [("/batch", "POST"), ("/$discovery/rest", "GET")];

thread_local! {
    static ROUTES: RefCell<HashMap<&'static str, Routes>> = RefCell::new(HashMap::new());
}

/// The metrics of the routes of a dialect, by the patterns of their paths.
type Routes = HashMap<Box<str>, RouteMetrics>;

/// The metrics of one route. Each series begins with the first request that counts in it.
struct RouteMetrics {
    dialect: &'static str,
    template: String,
    duration: Histogram,
    requests: Vec<(&'static str, Counter)>,
    client_errors: Option<Counter>,
    server_errors: Option<Counter>,
}

/// Counts a request that was answered.
pub(crate) fn request(observed: &Observed<'_>) {
    let method_is_unknown = observed.status == StatusCode::METHOD_NOT_ALLOWED;
    let route = if method_is_unknown { OTHER } else { observed.route };
    // A series of its own for each answer of the endpoint for tokens would be beyond the bound of all series.
    let dialect = match observed.dialect {
        Dialect::Tokens => Dialect::None,
        of_api @ (Dialect::Sessions | Dialect::Jobs | Dialect::Courses | Dialect::None) => of_api,
    };
    let dialect = dialect.as_str();
    // A request may end together with its thread, when there is nothing left to count in.
    let counted = ROUTES.try_with(|dialects| {
        let mut dialects = dialects.borrow_mut();
        let routes = dialects.entry(dialect).or_default();
        let route = if routes.contains_key(route) || routes.len() < MAX_ROUTES { route } else { OTHER };
        if !routes.contains_key(route) {
            routes.insert(route.into(), RouteMetrics::new(dialect, route));
        }
        if let Some(metrics) = routes.get_mut(route) {
            metrics.count(observed.method, observed.status, observed.duration);
        }
    });
    counted.ok();
}

impl RouteMetrics {
    fn new(dialect: &'static str, route: &str) -> Self {
        let template = template(dialect, route);
        let duration = histogram!("derslik_http_request_duration_seconds", "dialect" => dialect, "route" => template.clone());
        Self { dialect, template, duration, requests: Vec::new(), client_errors: None, server_errors: None }
    }

    fn count(&mut self, method: &Method, status: StatusCode, duration: Duration) {
        let method = method_at(&self.template, method);
        self.duration.record(duration);
        if let Some((_, requests)) = self.requests.iter().find(|(known, _)| *known == method) {
            requests.increment(1);
        } else {
            let template = self.template.clone();
            let requests = counter!("derslik_http_requests_total", "dialect" => self.dialect, "route" => template, "method" => method);
            requests.increment(1);
            self.requests.push((method, requests));
        }
        let (class, errors) = match class_of(status) {
            Some(class @ FAULT_OF_SERVICE) => (class, &mut self.server_errors),
            Some(class) => (class, &mut self.client_errors),
            None => return,
        };
        let (dialect, template) = (self.dialect, &self.template);
        let errors = errors.get_or_insert_with(
            || counter!("derslik_http_errors_total", "dialect" => dialect, "route" => template.clone(), "status" => class),
        );
        errors.increment(1);
    }
}

/// The class of an error; `None` for any other status. The caller causes an answer with 501: it asks for a method that is not offered,
/// or cancels a job that can't be cancelled any more. Such an answer must not look like a failure of the service.
fn class_of(status: StatusCode) -> Option<&'static str> {
    if status.is_client_error() || status == StatusCode::NOT_IMPLEMENTED {
        Some(FAULT_OF_CALLER)
    } else {
        status.is_server_error().then_some(FAULT_OF_SERVICE)
    }
}

/// The label of a method at a route.
fn method_at(template: &str, method: &Method) -> &'static str {
    let name = method_name(method);
    let is_wrong = OF_ONE_METHOD.iter().any(|(route, only)| *route == template && *only != name);
    if template == OTHER || is_wrong { OTHER } else { name }
}

/// The label of a method. HEAD does the work of GET, and counts as such.
fn method_name(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" | "HEAD" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        _ => OTHER,
    }
}

/// The template of a route: one for all of its names, and without a slash at the end.
fn template(dialect: &str, route: &str) -> String {
    let path = route.trim_matches('/');
    // A pattern such as `{rest:.*}` stands for all paths that no other route has. The documentation belongs to no API.
    if dialect == Dialect::None.as_str() || path.is_empty() || path == OTHER || path.contains(":.*") || PREFIXES.contains(&path) {
        return OTHER.to_owned();
    }
    let canonical = ALIASES.iter().filter(|(of, ..)| *of == dialect).find_map(|(_, alias, name)| Some((name, path.strip_prefix(alias)?)));
    let path = canonical.map_or_else(|| path.to_owned(), |(name, rest)| format!("{name}{rest}"));
    let other = COUNTED_WITH.iter().find(|(of, route, _)| *of == dialect && *route == path).map(|(_, _, other)| *other);
    format!("/{}", other.unwrap_or(&path))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::{Arc, Mutex};

    use metrics::{Gauge, Key, KeyName, Metadata, Recorder, SharedString, Unit};

    use super::*;

    /// Notes each series that is registered.
    #[derive(Clone, Default)]
    struct Registered(Arc<Mutex<BTreeSet<String>>>);

    impl Registered {
        fn note(&self, key: &Key) {
            let labels: Vec<_> = key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
            self.0.lock().unwrap().insert(format!("{} {}", key.name(), labels.join(",")));
        }

        fn of(&self, name: &str) -> Vec<String> {
            self.0.lock().unwrap().iter().filter_map(|series| series.strip_prefix(name)).map(|labels| labels.trim().to_owned()).collect()
        }
    }

    impl Recorder for Registered {
        fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

        fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

        fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

        fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
            self.note(key);
            Counter::noop()
        }

        fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
            self.note(key);
            Gauge::noop()
        }

        fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
            self.note(key);
            Histogram::noop()
        }
    }

    /// Counts requests with these methods and statuses at a route, as [`request`] does.
    fn send(dialect: &'static str, route: &str, methods: &[&str], statuses: &[u16]) {
        let mut metrics = RouteMetrics::new(dialect, route);
        for method in methods {
            for status in statuses {
                let (method, status) = (method.parse().unwrap(), StatusCode::from_u16(*status).unwrap());
                metrics.count(&method, status, Duration::from_millis(3));
            }
        }
    }

    #[test]
    fn names_of_one_route_are_counted_together() {
        for (dialect, route, expected) in [
            ("sessions", "/xapi/v2/session/{guid}", "/xapi/v2/session/{guid}"),
            ("sessions", "/api/groups/xapi/session/{guid}/", "/xapi/v2/session/{guid}"),
            ("sessions", "/auth/connect/token/", "/connect/token"),
            ("jobs", "/v1/{project_key}/jobs/{job_id}/", "/api/v1/{project_key}/jobs/{job_id}"),
            ("jobs", "/api/v1/projects", "/api/v1/projects"),
            ("jobs", "/v2/api/public/{project_key}/jobs", "/api/v1/{project_key}/jobs"),
            ("jobs", "/v2/public/projects/{project_key}", "/api/v1/projects/{project_key}"),
            ("jobs", "/v2/public/{project_key}/users/", "/api/v1/{project_key}/users/{user_id}"),
            ("jobs", "/v1/{project_key}/users/erase", "/api/v1/{project_key}/users/{user_id}"),
            ("jobs", "/api/v1/{project_key}/jobs/{job_id}/users/", "/api/v1/{project_key}/jobs/{job_id}"),
            ("courses", "v1/courses/{id}", "/v1/courses/{id}"),
            ("courses", "/batch/classroom/v1", "/batch"),
            ("courses", "/discovery/v1/apis/classroom/v1/rest", "/$discovery/rest"),
            ("courses", "/discovery/v1/apis", "/$discovery/rest"),
        ] {
            assert_eq!(template(dialect, route), expected, "{route}");
        }
        for (dialect, route) in [
            ("none", ""),
            ("none", "/docs"),
            ("jobs", "/v1/{rest:.*}"),
            ("jobs", "/v2/public"),
            ("sessions", "/xapi/v2"),
            ("courses", "/v1"),
            ("none", "other"),
        ] {
            assert_eq!(template(dialect, route), OTHER, "{route}");
        }
    }

    #[test]
    fn a_refused_cancellation_is_no_fault_of_the_service() {
        let classes = [200, 304, 404, 429, 499, 500, 501, 503].map(|status| class_of(StatusCode::from_u16(status).unwrap()));
        let (caller, service) = (Some("4xx"), Some("5xx"));
        assert_eq!(classes, [None, None, caller, caller, caller, service, caller, service]);
    }

    #[test]
    fn methods_that_no_route_has_are_one() {
        let names: BTreeSet<_> = ["GET", "HEAD", "OPTIONS", "BREW", "get"].map(|name| method_name(&name.parse().unwrap())).into();
        assert_eq!(names, ["GET", OTHER].into());
    }

    #[test]
    fn methods_that_a_route_does_not_have_are_one() {
        let at = |template, method: &str| method_at(template, &method.parse().unwrap());
        assert_eq!([at("/batch", "POST"), at("/batch", "GET"), at("/$discovery/rest", "PUT")], ["POST", OTHER, OTHER]);
        assert_eq!([at("/v1/courses", "GET"), at(OTHER, "GET")], ["GET", OTHER]);
    }

    /// The rules of the labels bound the series of a route: five methods and `other`, two classes of errors, one duration.
    #[test]
    fn a_route_has_few_series_whatever_clients_send() {
        let registered = Registered::default();
        let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "X"];
        let statuses = [100, 200, 201, 204, 207, 301, 304, 400, 401, 404, 409, 429, 499, 500, 501, 503, 599];
        metrics::with_local_recorder(&registered, || send("jobs", "/v1/projects", &methods, &statuses));
        assert_eq!(registered.of("derslik_http_requests_total").len(), 6);
        assert_eq!(registered.of("derslik_http_request_duration_seconds"), ["dialect=jobs,route=/api/v1/projects"]);
        let errors = ["dialect=jobs,route=/api/v1/projects,status=4xx", "dialect=jobs,route=/api/v1/projects,status=5xx"];
        assert_eq!(registered.of("derslik_http_errors_total"), errors);
    }

    #[test]
    fn unknown_paths_have_one_series_for_all_methods() {
        let registered = Registered::default();
        metrics::with_local_recorder(&registered, || {
            for route in ["", "/v1/{rest:.*}", "/xapi"] {
                send("sessions", route, &["GET", "PUT", "BREW"], &[404]);
            }
        });
        assert_eq!(registered.of("derslik_http_requests_total"), ["dialect=sessions,route=other,method=other"]);
    }
}
