//! The discovery document, from which some clients generate their code. It is built from the list of methods and the messages, and names
//! methods that are only described as well.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;
use serde_json::{Map, Value, json};

use super::operation::{Api, Method};
use super::query::{Parameter, ParameterKind};
use super::schema::{Choice, Field, Kind, Message, PREVIEW_VERSION};
use super::scopes::url_of;

/// The title of the API.
pub(super) const TITLE: &str = "Google Classroom API";

/// What the API is about.
pub(super) const ABOUT: &str = "Courses, their members and their work.";

/// The revision of the original that the document describes.
const REVISION: &str = "20261028";

/// How the text of a field begins that a client can't set.
const OUTPUT_ONLY: &str = "Output only.";

/// What stands in the text of a field or a parameter that is kept for older clients.
const DEPRECATED: &str = "Deprecated.";

/// The mark of the place where the root goes. No other text of the document holds it.
const ROOT: &str = "{root}";

/// The bytes that are handed to a connection at a time.
const PIECE_BYTES: usize = 32 * 1024;

/// The discovery document as the body of an answer. All answers share its bytes, however slowly clients read them, so none of them takes
/// memory of its own.
pub(super) struct DocumentBody(VecDeque<Bytes>);

impl DocumentBody {
    /// The document for an API root, which ends with a slash and needs no escapes in JSON.
    pub(super) fn new(api: &Api, root: &str) -> Self {
        let parts = api.document.get_or_init(|| {
            let text = document(api, ROOT).to_string();
            text.split(ROOT).map(|part| Bytes::from(part.to_owned())).collect()
        });
        let root = Bytes::from(root.to_owned());
        let mut pieces = VecDeque::new();
        for part in parts {
            if !pieces.is_empty() {
                pieces.push_back(root.clone());
            }
            pieces.push_back(part.clone());
        }
        Self(pieces)
    }
}

impl MessageBody for DocumentBody {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        let bytes: usize = self.0.iter().map(Bytes::len).sum();
        BodySize::Sized(u64::try_from(bytes).unwrap_or(u64::MAX))
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        let next = self.0.front_mut().map(|part| part.split_to(part.len().min(PIECE_BYTES)));
        if self.0.front().is_some_and(Bytes::is_empty) {
            self.0.pop_front();
        }
        Poll::Ready(next.map(Ok))
    }
}

/// The discovery document for an API root, which ends with a slash.
fn document(api: &Api, root: &str) -> Value {
    let scopes: Map<String, Value> = api.scopes.iter().map(|scope| (url_of(scope.name), json!({ "description": scope.about }))).collect();
    json!({
        "kind": "discovery#restDescription",
        "discoveryVersion": "v1",
        "id": "classroom:v1",
        "name": "classroom",
        "version": "v1",
        "revision": REVISION,
        "title": TITLE,
        "description": ABOUT,
        "protocol": "rest",
        "rootUrl": root,
        "baseUrl": root,
        "basePath": "",
        "servicePath": "",
        "batchPath": "batch",
        "fullyEncodeReservedExpansion": true,
        "auth": { "oauth2": { "scopes": scopes } },
        "parameters": system_parameters(),
        "resources": resources(api),
        "schemas": schemas(api),
    })
}

fn system_parameters() -> Value {
    let text = |about: &str| json!({ "type": "string", "location": "query", "description": about });
    json!({
        "$.xgafv": { "type": "string", "location": "query", "description": "The form of errors.", "enum": ["1", "2"],
            "enumDescriptions": ["As older clients read them.", "As newer clients read them."] },
        "access_token": text("An access token."),
        "alt": { "type": "string", "location": "query", "description": "The form of answers.", "default": "json", "enum": ["json"],
            "enumDescriptions": ["JSON"] },
        "callback": text("Not used."),
        "fields": text("Which fields of the answer to send."),
        "key": text("Not used."),
        "oauth_token": text("An access token."),
        "prettyPrint": { "type": "boolean", "location": "query", "description": "Whether answers are indented.", "default": "true" },
        "quotaUser": text("Not used."),
        "uploadType": text("Not used."),
        "upload_protocol": text("Not used."),
    })
}

fn resources(api: &Api) -> Value {
    let mut root = Value::Null;
    for described in api.methods() {
        let mut level = &mut root;
        for name in described.resource.split('.') {
            level = member(member(level, "resources"), name);
        }
        *member(member(level, "methods"), described.name) = method(api, &described);
    }
    member(&mut root, "resources").take()
}

/// A member of an object, which is added if it is missing.
fn member<'a>(value: &'a mut Value, name: &str) -> &'a mut Value {
    // Indexing by a name adds the member to an object and makes one of a null.
    &mut value[name]
}

fn method(api: &Api, described: &Method) -> Value {
    let Method { resource, name, verb, path, query, request, response, scopes, about } = described;
    let in_path: Vec<&str> = path.split('{').skip(1).filter_map(|part| part.split_once('}').map(|(name, _)| name)).collect();
    let mut parameters = Map::new();
    for name in &in_path {
        let mut parameter = json!({ "type": "string", "location": "path", "required": true });
        describe(&mut parameter, api.parameter_text(resource, name).unwrap_or_default());
        parameters.insert((*name).to_owned(), parameter);
    }
    for parameter in query.iter().filter(|parameter| !parameter.name.starts_with("x-")) {
        let text = api.parameter_text(resource, parameter.name).unwrap_or_default();
        let mut value = query_parameter(parameter);
        describe(&mut value, text);
        if text.starts_with(DEPRECATED) {
            *member(&mut value, "deprecated") = json!(true);
        }
        parameters.insert(parameter.name.to_owned(), value);
    }
    let scopes: Vec<String> = scopes.iter().map(|scope| url_of(scope)).collect();
    let mut method = json!({
        "id": format!("classroom.{resource}.{name}"),
        "path": path,
        "flatPath": path,
        "httpMethod": verb,
        "description": about,
        "parameterOrder": in_path,
        "parameters": parameters,
        "response": { "$ref": response.name },
        "scopes": scopes,
    });
    if let Some(request) = request {
        *member(&mut method, "request") = json!({ "$ref": request.name });
    }
    method
}

/// Adds a description, unless it is empty.
fn describe(value: &mut Value, text: &str) {
    if !text.is_empty() {
        *member(value, "description") = json!(text);
    }
}

fn query_parameter(parameter: &Parameter) -> Value {
    let mut value = match parameter.kind {
        ParameterKind::Text => json!({ "type": "string" }),
        ParameterKind::Int32 => json!({ "type": "integer", "format": "int32" }),
        ParameterKind::FieldMask => json!({ "type": "string", "format": "google-fieldmask" }),
        ParameterKind::Choice(choice) => choice_of(choice),
        ParameterKind::Preview => choice_of(&PREVIEW_VERSION),
        ParameterKind::Choices(choice) => {
            let mut value = choice_of(choice);
            *member(&mut value, "repeated") = json!(true);
            value
        }
    };
    *member(&mut value, "location") = json!("query");
    value
}

/// An enumeration, with the meaning of each value.
fn choice_of(choice: &Choice) -> Value {
    json!({ "type": "string", "enum": choice.values, "enumDescriptions": choice.meanings })
}

fn schemas(api: &Api) -> Value {
    let mut schemas = Map::new();
    for method in api.methods() {
        for message in method.request.into_iter().chain([method.response]) {
            add_schema(&mut schemas, message);
        }
    }
    Value::Object(schemas)
}

fn add_schema(schemas: &mut Map<String, Value>, message: &'static Message) {
    if schemas.contains_key(message.name) {
        return;
    }
    let properties: Map<String, Value> = message.fields.iter().map(|field| (field.name.to_owned(), property(field))).collect();
    schemas.insert(message.name.to_owned(), json!({ "id": message.name, "type": "object", "properties": properties }));
    for field in message.fields {
        if let Kind::One(below) | Kind::Many(below) | Kind::Map(below) = field.kind {
            add_schema(schemas, below);
        }
    }
}

fn property(field: &Field) -> Value {
    let mut property = property_type(field.kind);
    *member(&mut property, "description") = json!(field.about);
    if field.about.starts_with(OUTPUT_ONLY) {
        *member(&mut property, "readOnly") = json!(true);
    }
    if field.about.contains(DEPRECATED) {
        *member(&mut property, "deprecated") = json!(true);
    }
    property
}

fn property_type(kind: Kind) -> Value {
    match kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Int32 => json!({ "type": "integer", "format": "int32" }),
        Kind::Double => json!({ "type": "number", "format": "double" }),
        Kind::Time => json!({ "type": "string", "format": "google-datetime" }),
        Kind::Choice(choice) => choice_of(choice),
        Kind::One(message) => json!({ "$ref": message.name }),
        Kind::Many(message) => json!({ "type": "array", "items": { "$ref": message.name } }),
        Kind::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        Kind::Map(message) => json!({ "type": "object", "additionalProperties": { "$ref": message.name } }),
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::pin;

    use super::*;
    use crate::classroom::registry::API;

    const HERE: &str = "https://classroom.okul.example:8443/";

    async fn read(mut body: Pin<&mut DocumentBody>) -> Vec<Bytes> {
        let mut pieces = Vec::new();
        while let Some(piece) = poll_fn(|context| body.as_mut().poll_next(context)).await {
            pieces.push(piece.unwrap());
        }
        pieces
    }

    #[actix_web::test]
    async fn the_document_is_sent_in_pieces_and_names_the_root_that_was_asked() {
        let body = DocumentBody::new(&API, HERE);
        let BodySize::Sized(size) = body.size() else { panic!("{:?}", body.size()) };
        let pieces = read(pin!(body)).await;
        assert!(pieces.iter().all(|piece| (1..=PIECE_BYTES).contains(&piece.len())), "{:?}", pieces.len());
        let text: Vec<u8> = pieces.iter().flat_map(|piece| piece.to_vec()).collect();
        assert_eq!(text.len(), usize::try_from(size).unwrap());
        let sent: Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(sent, document(&API, HERE));
        assert_eq!((&sent["rootUrl"], &sent["baseUrl"], &sent["batchPath"]), (&json!(HERE), &json!(HERE), &json!("batch")));
    }

    /// Every reference in a value.
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
                members.values().for_each(|member| references(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    #[test]
    fn every_message_that_the_document_names_is_described_in_it_and_everything_has_words() {
        let document = document(&API, HERE);
        let mut found = Vec::new();
        references(&document, &mut found);
        let schemas = document["schemas"].as_object().unwrap();
        assert!(found.len() > 200 && found.iter().all(|name| schemas.contains_key(name)));
        for (name, schema) in schemas {
            for (field, property) in schema["properties"].as_object().unwrap() {
                assert!(property["description"].as_str().is_some_and(|text| text.ends_with('.')), "{name}.{field}");
                let (values, meanings) = (property["enum"].as_array(), property["enumDescriptions"].as_array());
                assert_eq!(values.map(Vec::len), meanings.map(Vec::len), "{name}.{field}");
            }
        }
    }

    #[test]
    fn what_is_kept_for_older_clients_is_marked() {
        let document = document(&API, HERE);
        assert_eq!(document["schemas"]["AddOnAttachment"]["properties"]["postId"]["deprecated"], true);
        let announcements = &document["resources"]["courses"]["resources"]["announcements"];
        let parameters = &announcements["methods"]["getAddOnContext"]["parameters"];
        assert_eq!((&parameters["postId"]["deprecated"], &parameters["itemId"]["deprecated"]), (&json!(true), &Value::Null));
        let posts = &document["resources"]["courses"]["resources"]["posts"]["methods"]["getAddOnContext"]["parameters"];
        assert_eq!(posts["postId"]["deprecated"], Value::Null);
    }
}
