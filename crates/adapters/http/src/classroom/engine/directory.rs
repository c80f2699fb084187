//! The list of APIs, in which clients look for the discovery document of one.

use serde_json::{Value, json};

use super::discovery::{ABOUT, TITLE};

/// The name of the API in the list.
const NAME: &str = "classroom";

/// The list for an API root, which ends with a slash. `name` is the API that the client looks for, if it looks for one.
pub(super) fn list(root: &str, name: Option<&str>) -> Value {
    let item = json!({
        "kind": "discovery#directoryItem",
        "id": "classroom:v1",
        "name": NAME,
        "version": "v1",
        "title": TITLE,
        "description": ABOUT,
        "discoveryRestUrl": format!("{root}$discovery/rest?version=v1"),
        "preferred": true,
    });
    let items = if name.is_none_or(|name| name == NAME) { vec![item] } else { Vec::new() };
    json!({ "kind": "discovery#directoryList", "discoveryVersion": "v1", "items": items })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_leads_to_the_discovery_document_of_the_host_that_was_asked() {
        let list = list("https://classroom.okul.example/", None);
        let [item] = list["items"].as_array().unwrap().as_slice() else { panic!("{list}") };
        assert_eq!(item["discoveryRestUrl"], "https://classroom.okul.example/$discovery/rest?version=v1");
        assert_eq!((&item["id"], &item["preferred"]), (&json!("classroom:v1"), &json!(true)));
    }

    #[test]
    fn a_client_may_look_for_one_api() {
        for (name, count) in [("classroom", 1), ("drive", 0), ("", 0)] {
            assert_eq!(list("http://localhost/", Some(name))["items"].as_array().unwrap().len(), count, "{name}");
        }
    }
}
