//! Refuses requests that a foreign web page causes. A browser on the machine of an operator reaches the listener for any page that it
//! shows, so the page must not get an answer.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HOST, HeaderMap, HeaderName, ORIGIN};
use actix_web::http::uri::Authority;
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, web};

use crate::Operations;
use crate::access::Access;
use crate::pages::refusal;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Foreign {
    /// It names another host, or none.
    Host,
    /// It comes from a page of another site.
    Site,
}

/// Passes on the requests that no foreign page causes.
pub(crate) async fn refuse_foreign<B: MessageBody + 'static>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse, Error> {
    let access = request.app_data::<web::Data<Operations>>().map(|operations| &operations.access);
    let target = request.uri().authority().map(Authority::as_str);
    // Without the settings of the listener nothing is open.
    let foreign = access.map_or(Some(Foreign::Host), |access| find_foreign(access, target, request.headers()));
    match foreign {
        Some(foreign) => Ok(request.into_response(refuse(foreign))),
        None => Ok(next.call(request).await?.map_into_boxed_body()),
    }
}

fn refuse(foreign: Foreign) -> HttpResponse {
    tracing::debug!(?foreign, "a request to the operations listener was refused");
    refusal(match foreign {
        Foreign::Host => "this host name is not known here: use a loopback address, or add the name to ops.hosts",
        Foreign::Site => "requests of other web sites are refused",
    })
}

/// `target` is the host of a request line that names one.
fn find_foreign(access: &Access, target: Option<&str>, headers: &HeaderMap) -> Option<Foreign> {
    let mut hosts = headers.get_all(HOST).map(|host| host.to_str().unwrap_or_default());
    let host = hosts.next().unwrap_or_default();
    if hosts.next().is_some() || !access.may_be_called(host) || target.is_some_and(|target| !access.may_be_called(target)) {
        return Some(Foreign::Host);
    }
    // The listener speaks HTTP alone, so its own pages have this origin, unless a proxy stands before it.
    let own = format!("http://{host}");
    let is_own = |origin: &str| {
        origin.eq_ignore_ascii_case(&own) || access.console_origin.as_ref().is_some_and(|console| origin.eq_ignore_ascii_case(console))
    };
    let has_own_origin = headers.get_all(ORIGIN).all(|origin| origin.to_str().is_ok_and(is_own));
    // `none` is a request that the user of the browser made, such as by typing the address.
    let is_direct = |site: &str| ["same-origin", "none"].contains(&site);
    let has_own_site = headers.get_all(SEC_FETCH_SITE).all(|site| site.to_str().is_ok_and(is_direct));
    (!has_own_origin || !has_own_site).then_some(Foreign::Site)
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use actix_web::http::header::HeaderValue;

    use super::*;

    fn found(address: [u8; 4], headers: &[(HeaderName, &'static str)]) -> Option<Foreign> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name.clone(), HeaderValue::from_static(value));
        }
        find_foreign(&Access::new(IpAddr::from(address), &[], None, false), None, &map)
    }

    const HERE: [u8; 4] = [127, 0, 0, 1];
    const NETWORK: [u8; 4] = [0, 0, 0, 0];
    const OWN: (HeaderName, &str) = (HOST, "127.0.0.1:8081");

    #[test]
    fn a_request_names_one_host_that_is_known() {
        assert_eq!(found(HERE, &[OWN]), None);
        for headers in [&[][..], &[(HOST, "evil.example:8081")], &[OWN, (HOST, "evil.example")], &[OWN, OWN]] {
            assert_eq!(found(HERE, headers), Some(Foreign::Host), "{headers:?}");
        }
        assert_eq!([found(NETWORK, &[]), found(NETWORK, &[(HOST, "derslik-2:8081")])], [None; 2]);
        let access = Access::new(IpAddr::from(HERE), &[], None, false);
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static("127.0.0.1"));
        assert_eq!(find_foreign(&access, Some("evil.example"), &headers), Some(Foreign::Host));
        assert_eq!(find_foreign(&access, Some("localhost:8081"), &headers), None);
    }

    #[test]
    fn the_origin_of_a_page_is_that_of_the_listener() {
        for (origin, expected) in [
            ("http://127.0.0.1:8081", None),
            ("http://127.0.0.1:8080", Some(Foreign::Site)),
            ("https://127.0.0.1:8081", Some(Foreign::Site)),
            ("http://evil.example", Some(Foreign::Site)),
            ("null", Some(Foreign::Site)),
        ] {
            assert_eq!(found(HERE, &[OWN, (ORIGIN, origin)]), expected, "{origin}");
        }
        assert_eq!(found(NETWORK, &[OWN, (ORIGIN, "http://evil.example")]), Some(Foreign::Site));
    }

    #[test]
    fn the_console_behind_a_proxy_has_an_origin_of_its_own() {
        let access = Access::new(IpAddr::from(HERE), &[], None, false).with_console(true, Some("https://ops.okul.example".to_owned()));
        let found = |origin: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_static("ops.okul.example"));
            headers.insert(ORIGIN, HeaderValue::from_static(origin));
            find_foreign(&access, None, &headers)
        };
        assert_eq!(found("https://ops.okul.example"), None);
        assert_eq!(found("https://okul.example"), Some(Foreign::Site));
    }

    #[test]
    fn a_browser_tells_that_the_page_is_of_the_same_origin() {
        for (site, expected) in
            [("same-origin", None), ("none", None), ("same-site", Some(Foreign::Site)), ("cross-site", Some(Foreign::Site))]
        {
            assert_eq!(found(HERE, &[OWN, (SEC_FETCH_SITE, site)]), expected, "{site}");
        }
    }
}
