//! The metrics of running processes: few series whatever clients send, and the backlog of the database.

use std::collections::{BTreeMap, BTreeSet};

use derslik::metrics::catalogue::{Kind, Metric, find};
use libtest_mimic::{Failed, Trial};

use crate::support::process::{until, url_text};
use crate::support::{DATABASES, DEMO, Open};
use crate::{Service, check};

const BATCH: &str = "/xapi/v2/session/batch";

/// Methods that some route has, and methods that none has.
const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"];

/// The bound on all series of a process.
const MAX_SERIES: usize = 500;

/// A path of each route, below each prefix that the route has, and paths that no route has.
const PATHS: [(&[&str], &[&str]); 7] = [
    (
        &["/xapi/v2", "/api/groups/xapi"],
        &[
            "/session/batch",
            "/session/search",
            "/session/8293D504-13EE-447F-9B36-6686C5C39FEB",
            "/session/8293D504-13EE-447F-9B36-6686C5C39FEB/",
            "/session/8293D504-13EE-447F-9B36-6686C5C39FEB/attendee/batch",
            "/session/8293D504-13EE-447F-9B36-6686C5C39FEB/attendee",
            "/session/8293D504-13EE-447F-9B36-6686C5C39FEB/attendee/a",
        ],
    ),
    (
        &["/xapi"],
        &[
            "/session",
            "/session/8293D504-13EE-447F-9B36-6686C5C39FEB",
            "/session/8293D504-13EE-447F-9B36-6686C5C39FEB/attendees",
            "/session/8293D504-13EE-447F-9B36-6686C5C39FEB/attendee",
            "/session/8293D504-13EE-447F-9B36-6686C5C39FEB/attendee/a",
            "/user",
            "/user/ayse",
            "/user/ayse/password",
        ],
    ),
    (&["/api/v1", "/v1"], &["/none/jobs", "/none/jobs/1", "/none/users/a", "/none/users/a/sessions", "/projects", "/projects/none"]),
    (&["/api/v1", "/v1"], &["/none/users/erase", "/none/jobs/1/users"]),
    (
        &["/v2/api/public", "/v2/public"],
        &[
            "/none/jobs",
            "/none/jobs/1",
            "/none/users/",
            "/none/users/a",
            "/none/users/a/sessions",
            "/none/sessions/1/events",
            "/projects",
            "/projects/none",
            "/nothing",
        ],
    ),
    (
        &["/v1"],
        &[
            "/courses",
            "/courses/7",
            "/courses/7:checkAddOnCreationEligibility",
            "/courses/7:checkGradingPeriodsSetupEligibility",
            "/courses/7/gradingPeriodSettings",
            "/courses/7/aliases",
            "/courses/7/aliases/d:a",
            "/courses/7/teachers",
            "/courses/7/teachers/me",
            "/courses/7/students",
            "/courses/7/students/me",
            "/userProfiles/me",
            "/invitations",
            "/registrations",
            "/lessons",
            "/token",
        ],
    ),
    (
        &[""],
        &[
            "/auth/connect/token",
            "/connect/token/",
            "/batch",
            "/batch/classroom/v1",
            "/$discovery/rest",
            "/discovery/v1/apis",
            "/discovery/v1/apis/classroom/v1/rest",
            "/token",
            "/o/oauth2/token",
            "/",
            "/nothing",
            "/xapi/nothing",
            "/api/v1/nothing/at/all",
        ],
    ),
];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for (name, open) in DATABASES {
        trials.push(Trial::test(format!("{name}::every_route_and_many_wrong_ones_make_few_series"), move || few_series(open)));
        trials.push(Trial::test(format!("{name}::work_that_waits_is_among_the_metrics"), move || work_that_waits(open)));
    }
    trials
}

/// The lines of `/metrics` that are samples.
fn samples(service: &Service) -> Result<Vec<String>, Failed> {
    let answer = service.operations.get("/metrics")?;
    check(answer.status == 200, &answer)?;
    let is_sample = |line: &&str| !line.is_empty() && !line.starts_with('#');
    Ok(answer.body.lines().filter(is_sample).map(str::to_owned).collect())
}

/// The name of a metric in a sample, without the suffixes of histograms.
fn metric_of(sample: &str) -> &str {
    let name = sample.split(['{', ' ']).next().unwrap_or_default();
    let of_histogram =
        |suffix| name.strip_suffix(suffix).filter(|name| find(name).is_some_and(|metric| matches!(metric.kind, Kind::Histogram(_))));
    ["_bucket", "_sum", "_count"].into_iter().find_map(of_histogram).unwrap_or(name)
}

/// The value of a label in a sample.
fn label<'s>(sample: &'s str, name: &str) -> Option<&'s str> {
    sample.split_once(&format!("{name}=\"")).and_then(|(_, rest)| rest.split('"').next())
}

fn few_series(open: Open) -> Result<(), Failed> {
    let (url, _place) = open()?;
    let service = Service::start(&url_text(&url), &[])?;
    for (prefixes, paths) in PATHS {
        for path in prefixes.iter().flat_map(|prefix| paths.iter().map(move |path| format!("{prefix}{path}"))) {
            for method in METHODS {
                let head = format!(
                    "{method} {path} HTTP/1.1\r\nHost: derslik\r\nConnection: close\r\nAuthorization: Bearer {DEMO}\r\nContent-Length: 0\r\n\r\n"
                );
                service.running.send(&head, b"")?;
            }
        }
    }
    let samples = samples(&service)?;
    check(samples.len() < MAX_SERIES, &samples.len())?;
    let mut series: BTreeMap<&str, usize> = BTreeMap::new();
    for sample in &samples {
        *series.entry(metric_of(sample)).or_default() += 1;
    }
    for (name, count) in series {
        let most = find(name).map(Metric::series).ok_or_else(|| format!("{name} is not in the catalogue"))?;
        check(count <= most, &(name, count, most))?;
    }
    let routes: BTreeSet<_> = samples.iter().filter_map(|sample| label(sample, "route")).collect();
    for route in [
        "/xapi/v2/session/{guid}",
        "/xapi/session/{guid}/attendees",
        "/connect/token",
        "/api/v1/{project_key}/jobs/{job_id}",
        "/v1/courses/{id}",
        "/batch",
        "other",
    ] {
        check(routes.contains(route), &(route, &routes))?;
    }
    let methods: BTreeSet<_> = samples.iter().filter_map(|sample| label(sample, "method")).collect();
    check(methods == ["DELETE", "GET", "PATCH", "POST", "PUT", "other"].into(), &methods)
}

/// Nothing works on the jobs and on the projections here.
fn work_that_waits(open: Open) -> Result<(), Failed> {
    let (url, _place) = open()?;
    let service = Service::start(&url_text(&url), &["--no-worker"])?;
    let session = r#"[{"name":"first","start_date":"2099-08-05T12:00:00Z","duration":80}]"#;
    check(service.running.post(BATCH, DEMO, session)?.status == 200, &"a session is created")?;
    let expected = [
        "derslik_database_up 1",
        "derslik_jobs_queue{state=\"running\"} 0",
        "derslik_projection_pending{projection=\"search_index\"} 1",
        "derslik_batch_items_total{dialect=\"sessions\",outcome=\"accepted\"} 1",
    ];
    until(|| {
        let samples = samples(&service)?;
        Ok(expected.iter().all(|line| samples.iter().any(|sample| sample == line)))
    })
    .map_err(|error| Failed::from(format!("{error:?}: {:?}", samples(&service))))
}
