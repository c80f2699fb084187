//! Assertions in the form of a JWT (RFC 7519): a header and claims in JSON, and a signature. Nothing in them is trusted here. No library
//! is asked to verify one by what its header says: the use case compares the header with the stored key.

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use derslik_domain::identity::SignatureAlgorithm;
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::Assertion;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::scopes;

/// Base64 as JWTs have it. Some libraries pad it.
static BASE64: GeneralPurpose =
    GeneralPurpose::new(&URL_SAFE, GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent));

/// The beginning of every JWT: `{"` in Base64.
const BEGINNING: &str = "eyJ";

const MICROS: i64 = 1_000_000;

/// A header. Members that are not listed change nothing.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    /// What a reader must understand. Nothing of that kind is understood.
    crit: Option<Value>,
}

/// The claims. A member that stands twice is an error.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: Option<String>,
    aud: Option<Value>,
    scope: Option<String>,
    iat: i64,
    exp: i64,
}

/// An assertion, its list of scopes, and whether it says for whom it is. That can be any text: libraries name the server of Google,
/// whatever their file says.
pub(super) struct Decoded {
    pub(super) assertion: Assertion,
    pub(super) scopes: Option<String>,
    pub(super) has_audience: bool,
}

/// Reads a JWT. `None` for any other text, and for an algorithm that no key has.
pub(super) fn decode(text: &str) -> Option<Decoded> {
    let (message, signature) = text.rsplit_once('.')?;
    let (header, claims) = message.split_once('.')?;
    let header: Header = read_object(header)?;
    let claims: Claims = read_object(claims)?;
    if header.crit.is_some() {
        return None;
    }
    let instant = |seconds: i64| seconds.checked_mul(MICROS).map(Timestamp::from_micros);
    let has_audience = match &claims.aud {
        Some(Value::String(audience)) => !audience.is_empty(),
        Some(Value::Array(audiences)) => !audiences.is_empty(),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => false,
    };
    let assertion = Assertion {
        key: header.kid,
        algorithm: SignatureAlgorithm::by_name(&header.alg)?,
        issuer: claims.iss,
        subject: claims.sub,
        scopes: claims.scope.as_deref().and_then(scopes::read),
        issued_at: instant(claims.iat)?,
        expires_at: instant(claims.exp)?,
        message: message.as_bytes().to_vec(),
        signature: BASE64.decode(signature).ok()?,
    };
    Some(Decoded { assertion, scopes: claims.scope, has_audience })
}

/// Reads the JSON object of a part. An array of the values would fit as well, and is none.
fn read_object<T: DeserializeOwned>(part: &str) -> Option<T> {
    let text = BASE64.decode(part).ok()?;
    if text.trim_ascii_start().first() != Some(&b'{') {
        return None;
    }
    serde_json::from_slice(&text).ok()
}

/// The assertion that a client sends in place of an access token. `None` for an access token.
pub(crate) fn read_bearer(token: &str) -> Option<Assertion> {
    // No client pads a token that it sends as a bearer (RFC 7515, section 2).
    if !token.starts_with(BEGINNING) || token.contains('=') {
        return None;
    }
    decode(token).map(|decoded| decoded.assertion)
}

#[cfg(test)]
pub(super) mod testing {
    //! Assertions as clients make them.

    use serde_json::{Value, json};

    use super::*;

    /// The text of a JWT with that header and these claims, both as JSON texts.
    pub(in crate::oauth) fn encoded(header: &str, claims: &str) -> String {
        format!("{}.{}.{}", BASE64.encode(header), BASE64.encode(claims), BASE64.encode("signature"))
    }

    /// The claims of a service account that acts for a person.
    pub(in crate::oauth) fn claims() -> Value {
        json!({
            "iss": "timetable@1329.iam.derslik.internal", "sub": "ayse@demo.example", "aud": "https://oauth2.googleapis.com/token",
            "scope": "https://www.googleapis.com/auth/classroom.courses", "iat": 1_738_847_255, "exp": 1_738_850_855,
        })
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::identity::Scope;
    use rstest::rstest;
    use serde_json::json;

    use super::testing::{claims, encoded};
    use super::*;

    const HEADER: &str = r#"{"alg":"RS256","typ":"JWT","kid":"0a"}"#;

    #[test]
    fn a_jwt_is_read_with_or_without_padding() {
        let text = encoded(HEADER, &claims().to_string());
        let decoded = decode(&text).unwrap();
        let assertion = decoded.assertion;
        assert_eq!((assertion.key.as_deref(), assertion.algorithm, decoded.has_audience), (Some("0a"), SignatureAlgorithm::Rs256, true));
        assert_eq!(assertion.subject.as_deref(), Some("ayse@demo.example"));
        assert_eq!(assertion.expires_at, "2025-02-06T14:07:35Z".parse().unwrap());
        assert!(assertion.scopes.is_some_and(|scopes| scopes.known.contains(Scope::Courses) && !scopes.has_unknown));
        assert_eq!(
            (assertion.message.as_slice(), assertion.signature.as_slice()),
            (text.rsplit_once('.').unwrap().0.as_bytes(), &b"signature"[..])
        );
        let bare: String = text.chars().filter(|letter| *letter != '=').collect();
        assert_eq!(decode(&bare).unwrap().assertion.signature, b"signature");
    }

    #[rstest]
    #[case::unsigned(r#"{"alg":"none"}"#)]
    #[case::shared_secret(r#"{"alg":"HS256"}"#)]
    #[case::other_hash(r#"{"alg":"RS512"}"#)]
    #[case::in_lower_case(r#"{"alg":"rs256"}"#)]
    #[case::without_algorithm("{}")]
    #[case::twice(r#"{"alg":"RS256","alg":"none"}"#)]
    #[case::critical(r#"{"alg":"RS256","crit":["b64"]}"#)]
    #[case::not_an_object("7")]
    #[case::not_json("{")]
    fn another_header_is_refused(#[case] header: &str) {
        assert!(decode(&encoded(header, &claims().to_string())).is_none());
    }

    #[rstest]
    fn a_claim_that_is_missing_or_of_another_type_is_refused(#[values("iss", "iat", "exp")] name: &str) {
        let mut without = claims();
        without.as_object_mut().unwrap().remove(name);
        assert!(decode(&encoded(HEADER, &without.to_string())).is_none());
        for value in [json!(null), json!(1.5), json!(["a"]), json!(u64::MAX)] {
            let mut wrong = claims();
            wrong[name] = value.clone();
            assert!(decode(&encoded(HEADER, &wrong.to_string())).is_none(), "{value}");
        }
        let twice = claims().to_string().replacen('{', &format!("{{\"{name}\":1,"), 1);
        assert!(decode(&encoded(HEADER, &twice)).is_none(), "{twice}");
    }

    #[test]
    fn an_optional_claim_may_be_missing_or_null() {
        for name in ["sub", "scope", "aud"] {
            let mut without = claims();
            without[name] = json!(null);
            assert!(decode(&encoded(HEADER, &without.to_string())).is_some(), "{name}");
        }
        for (audience, counts) in [(json!(""), false), (json!([]), false), (json!(7), false), (json!(["a"]), true), (json!("a"), true)] {
            let mut with = claims();
            with["aud"] = audience.clone();
            assert_eq!(decode(&encoded(HEADER, &with.to_string())).unwrap().has_audience, counts, "{audience}");
        }
    }

    #[test]
    fn any_other_text_is_not_an_assertion() {
        let whole = encoded(HEADER, &claims().to_string());
        let (unsigned, _) = whole.rsplit_once('.').unwrap();
        for text in ["", ".", "..", "a.b.c", "derslik_at_0a", unsigned, &format!("{whole}.x"), &format!("{unsigned}.!"), &whole[1..]] {
            assert!(decode(text).is_none(), "{text}");
            assert!(read_bearer(text).is_none(), "{text}");
        }
        let bare: String = whole.chars().filter(|letter| *letter != '=').collect();
        assert!(read_bearer(&bare).is_some());
        assert!(read_bearer(&format!("{bare}=")).is_none() && read_bearer(&format!("{bare}==")).is_none(), "{bare}");
        let array = json!(["timetable@1329.iam.derslik.internal", null, "aud", null, 1_738_847_255, 1_738_850_855]).to_string();
        assert!(decode(&encoded(HEADER, &array)).is_none() && decode(&encoded(r#"["RS256","0a",null]"#, &claims().to_string())).is_none());
        let far = claims().to_string().replace("1738850855", &i64::MAX.to_string());
        assert!(decode(&encoded(HEADER, &far)).is_none(), "no instant is that far");
    }
}
