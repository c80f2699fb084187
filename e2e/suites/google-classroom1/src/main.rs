//! The unmodified Rust client with the connector of its documentation, which speaks HTTP/2 alone. The argument is the URL of the service.

use google_classroom1::api::Course;
use google_classroom1::{Classroom, Error, FieldMask, hyper_rustls, hyper_util};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let base = std::env::args().nth(1).ok_or("the URL of the service is missing")?;
    let connector = hyper_rustls::HttpsConnectorBuilder::new().with_native_roots()?.https_only().enable_http2().build();
    let client = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new()).build(connector);
    let mut hub = Classroom::new(client, "demo-teacher-token".to_owned());
    hub.base_url(format!("{base}/"));
    hub.root_url(format!("{base}/"));

    let new = Course {
        name: Some("Müzik".to_owned()),
        owner_id: Some("me".to_owned()),
        course_state: Some("ACTIVE".to_owned()),
        ..Course::default()
    };
    let (answer, course) = hub.courses().create(new).doit().await?;
    assert_eq!(format!("{:?}", answer.version()), "HTTP/2.0");
    let id = course.id.ok_or("the course has no id")?;

    let changes = Course { description_heading: Some("9. sınıf".to_owned()), ..Course::default() };
    let mask = FieldMask::new(&["description_heading"]);
    let (_, changed) = hub.courses().patch(changes, &id).update_mask(mask).doit().await?;
    assert_eq!(changed.description_heading.as_deref(), Some("9. sınıf"));

    // Both run on one connection.
    let (found, listed) = tokio::try_join!(hub.courses().get(&id).doit(), hub.courses().list().add_course_states("ACTIVE").doit())?;
    assert_eq!(found.1.name.as_deref(), Some("Müzik"));
    let courses = listed.1.courses.unwrap_or_default();
    assert!(courses.iter().any(|course| course.id.as_deref() == Some(id.as_str())), "the course is not listed");

    match hub.courses().get("d:missing").doit().await {
        Err(Error::BadRequest(refusal)) => assert_eq!(refusal["error"]["status"], "NOT_FOUND", "{refusal}"),
        other => panic!("a missing course was answered by {:?}", other.map(|(_, course)| course)),
    }
    println!("4 calls over HTTP/2, and the refusal of a fifth");
    Ok(())
}
