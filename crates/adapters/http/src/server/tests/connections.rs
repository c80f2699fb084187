//! Limits on connections, in all and for each client.

use rstest::rstest;

use super::*;
use crate::server::accept::Acceptor;
use crate::server::permits::ConnectionPermits;

/// Checks the socket option itself: the time that an answer takes would also depend on the machine's speed.
#[rstest]
#[actix_web::test]
async fn writes_on_an_accepted_connection_are_sent_without_delay(#[values(false, true)] is_encrypted: bool) {
    let acceptor = Acceptor {
        tls: is_encrypted.then(|| crate::server::tls_acceptor(certificate())),
        proxies: TrustedProxies::default(),
        permits: ConnectionPermits::new(ConnectionLimits::default()),
        deadlines: Plan::default().deadlines,
        open_refusals: Arc::default(),
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let client = actix_web::rt::spawn(async move {
        let stream = TcpStream::connect(address).await.unwrap();
        let both: Box<dyn Both> = if is_encrypted { Box::new(encrypted(stream).await) } else { Box::new(stream) };
        both
    });
    let (socket, _) = listener.accept().await.unwrap();
    let (stream, _, _) = acceptor.open(socket).await.expect("an open connection");
    assert!(stream.socket().nodelay().unwrap());
    drop(client.await.unwrap());
}

fn few() -> Plan {
    let connections = ConnectionLimits { in_all: 5, per_client: 3 };
    let deadlines = Deadlines { head: 10 * PATIENCE, ..Plan::default().deadlines };
    Plan { deadlines, connections, ..Plan::default() }
}

/// Opens connections and completes a request on each.
async fn open(server: &Running, address: &str, count: usize) -> Vec<TcpStream> {
    let mut streams = Vec::new();
    for _ in 0..count {
        let mut stream = server.connect_from(address).await;
        assert_eq!(exchange(&mut stream, &get("/n")).await.status, 404);
        streams.push(stream);
    }
    streams
}

#[actix_web::test]
async fn an_address_with_all_its_connections_leaves_permits_for_others() {
    let server = few().start();
    let held = open(&server, "127.0.0.2", 3).await;
    let mut refused = server.connect_from("127.0.0.2").await;
    let answer = exchange(&mut refused, &get("/n")).await;
    assert_eq!((answer.status, answer.head.contains("retry-after: 1")), (429, true));
    closed(&mut refused).await;
    let others = open(&server, "127.0.0.3", 2).await;
    // A permit is given back once its connection was closed.
    drop(held);
    let again = timeout(PATIENCE, async {
        loop {
            let mut stream = server.connect_from("127.0.0.2").await;
            if exchange(&mut stream, &get("/n")).await.status == 404 {
                return stream;
            }
        }
    });
    drop((again.await.unwrap(), others));
}

#[actix_web::test]
async fn all_connections_together_have_a_limit() {
    let server = few().start();
    let _held = (open(&server, "127.0.0.2", 3).await, open(&server, "127.0.0.3", 2).await);
    let mut refused = server.connect_from("127.0.0.4").await;
    let answer = exchange(&mut refused, &get("/n")).await;
    assert_eq!((answer.status, answer.head.contains("retry-after: 1")), (503, true));
    closed(&mut refused).await;
}

#[actix_web::test]
async fn a_forged_header_changes_nothing_without_a_trusted_proxy() {
    let server = few().start();
    let _held = open(&server, "127.0.0.2", 3).await;
    let forged = "GET /n HTTP/1.1\r\nHost: derslik\r\nX-Forwarded-For: 192.0.2.7\r\nForwarded: for=192.0.2.7\r\n\r\n";
    assert_eq!(exchange(&mut server.connect_from("127.0.0.2").await, forged).await.status, 429);
    // Nor does it take a permit of the client that it names.
    let held = open(&server, "127.0.0.3", 1).await;
    let named = "GET /n HTTP/1.1\r\nHost: derslik\r\nX-Forwarded-For: 127.0.0.3\r\n\r\n";
    for stream in held {
        let mut stream = stream;
        for _ in 0..4 {
            assert_eq!(exchange(&mut stream, named).await.status, 404);
        }
    }
}

#[actix_web::test]
async fn behind_a_trusted_proxy_the_requests_of_each_client_are_counted() {
    let connections = ConnectionLimits { in_all: 20, per_client: 3 };
    let proxies = TrustedProxies::parse(["127.0.0.2"]).unwrap();
    let server = Plan { connections, proxies, ..few() }.start();
    let of = |client: &str| post("/xapi/v2/session/search", KNOWN, &format!("X-Forwarded-For: {client}\r\nContent-Length: 2"));
    let mut in_flight = Vec::new();
    for _ in 0..3 {
        let mut stream = server.connect_from("127.0.0.2").await;
        stream.write_all(format!("{}{{", of("192.0.2.7")).as_bytes()).await.unwrap();
        in_flight.push(stream);
    }
    // The proxy has more connections than a client may have, and one client with too many requests does not stop another.
    let mut stream = server.connect_from("127.0.0.2").await;
    let refused = timeout(PATIENCE, async {
        loop {
            let answer = exchange(&mut stream, &format!("{}{{}}", of("192.0.2.7"))).await;
            if answer.status != 200 {
                return answer;
            }
        }
    });
    let refused = refused.await.unwrap();
    assert_eq!((refused.status, refused.head.contains("retry-after: 1")), (429, true));
    let mut stream = server.connect_from("127.0.0.2").await;
    assert_eq!(exchange(&mut stream, &format!("{}{{}}", of("192.0.2.8"))).await.status, 200);
    // An answered request no longer counts as under way.
    let mut first = in_flight.pop().unwrap();
    assert_eq!(exchange(&mut first, "}").await.status, 200);
    assert_eq!(exchange(&mut stream, &format!("{}{{}}", of("192.0.2.7"))).await.status, 200);
}

#[actix_web::test]
async fn only_a_trusted_proxy_says_how_the_service_was_reached() {
    let headers = "Host: inside\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: derslik.example\r\n";
    let request = format!("GET /$discovery/rest HTTP/1.1\r\n{headers}\r\n");
    let root = |answer: &Answer| serde_json::from_str::<serde_json::Value>(&answer.body).unwrap()["rootUrl"].clone();
    let untrusted = Plan::default().start().ask(&request).await;
    assert_eq!(root(&untrusted), "http://inside/");
    let proxies = TrustedProxies::parse(["127.0.0.0/8"]).unwrap();
    let trusted = Plan { proxies, ..Plan::default() }.start().ask(&request).await;
    assert_eq!(root(&trusted), "https://derslik.example/");
    let server = Plan { is_encrypted: true, ..Plan::default() }.start();
    let encrypted = exchange(&mut server.connect_encrypted().await, &get("/$discovery/rest")).await;
    assert_eq!(root(&encrypted), "https://derslik/");
}
