//! Who sent a request.

use std::net::IpAddr;

use actix_web::HttpRequest;

/// The address of the client that sent a request. None where the connection has no address, as in tests.
pub(crate) fn client_address(request: &HttpRequest) -> Option<IpAddr> {
    request.peer_addr().map(|address| address.ip().to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn the_client_is_the_peer_whatever_its_headers_say() {
        let peer = "[::ffff:192.0.2.1]:4000".parse().unwrap();
        let request = TestRequest::default().peer_addr(peer).insert_header(("X-Forwarded-For", "198.51.100.7")).to_http_request();
        assert_eq!(client_address(&request), Some("192.0.2.1".parse().unwrap()));
        assert_eq!(client_address(&TestRequest::default().to_http_request()), None);
    }
}
