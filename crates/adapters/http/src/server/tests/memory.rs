//! The memory that one account's requests hold leaves enough for other accounts.

use super::*;

const SEARCH: &str = "/xapi/v2/session/search";
/// The share of a credential, which is also the longest body.
const QUARTER: usize = 256 * 1024;

fn small() -> Plan {
    let limits = Limits { body_bytes: QUARTER, bodies_in_flight_bytes: 4 * QUARTER, ..Plan::default().limits };
    // Neither the reader of an answer nor the sender of a body meets a deadline here.
    let long = 10 * PATIENCE;
    Plan {
        limits,
        deadlines: Deadlines { head: long, unread_body: long, stalled_reader: long, ..Plan::default().deadlines },
        ..Plan::default()
    }
}

/// A request with a body of that length.
fn search(authorization: &str, length: usize) -> String {
    format!("{}{{}}{}", post(SEARCH, authorization, &format!("Content-Length: {length}")), " ".repeat(length - 2))
}

#[actix_web::test]
async fn the_bodies_of_one_account_leave_memory_for_those_of_others() {
    let server = small().start();
    let mut held = Vec::new();
    for number in 1..=2 {
        let mut stream = server.connect().await;
        let request = search(&format!("{KNOWN}-{number}"), QUARTER);
        stream.write_all(request.split_at(request.len() - 1).0.as_bytes()).await.unwrap();
        let free = (4 - number) * QUARTER;
        let held_whole = async {
            while server.state.body_budgets().free_bytes() != free {
                tokio::time::sleep(DRIP).await;
            }
        };
        timeout(PATIENCE, held_whole).await.unwrap();
        held.push(stream);
    }
    for number in 3..=4 {
        let refused = search(&format!("{KNOWN}-{number}"), QUARTER);
        let begun = refused.split_at(QUARTER / 8).0;
        assert_eq!(exchange(&mut server.connect().await, begun).await.status, 503);
    }
    assert_eq!(server.ask(&search("Bearer other", QUARTER)).await.status, 200);
    for stream in &mut held {
        assert_eq!(exchange(stream, " ").await.status, 200);
    }
}
