//! Secrets that must be seen nowhere, and the search for them in every form in which they could be written.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use derslik_domain::text::hex;
use serde_json::Value;

/// The least length of the random part of a generated secret.
const RANDOM_CHARACTERS: usize = 32;

/// A secret, known by a part of it that stands in no other text.
#[derive(Debug, Clone)]
pub(crate) struct Canary {
    /// What it is, for a failure. It says nothing of the secret.
    pub(crate) name: String,
    /// That part: letters and digits of ASCII, so that no escape splits it.
    core: String,
}

impl Canary {
    pub(crate) fn new(name: impl Into<String>, core: &str) -> Self {
        Self { name: name.into(), core: core.to_owned() }
    }

    /// The part that is searched for.
    pub(crate) fn core(&self) -> &str {
        &self.core
    }

    /// A secret that the program generated. A public id and a checksum in it may be seen.
    fn generated(name: String, secret: &str) -> Self {
        let proof = secret.rsplit('|').next().unwrap_or(secret);
        let random = proof.split('_').find(|part| part.len() >= RANDOM_CHARACTERS);
        Self::new(name, random.unwrap_or(proof))
    }

    /// The secrets among the members of an object that a command printed, or that a log-in was answered with.
    pub(crate) fn printed(by: &str, object: &Value) -> Vec<Self> {
        let members = ["secret_key", "bearer", "organization_key", "token", "password", "access_token", "refresh_token", "client_secret"];
        let secret = |member: &str| Some(Self::generated(format!("{member} of {by}"), object[member].as_str()?));
        members.into_iter().filter_map(secret).chain(Self::private_key(by, object)).collect()
    }

    /// The private key of an object, known by its longest run of letters and digits.
    fn private_key(by: &str, object: &Value) -> Option<Self> {
        let runs = object["private_key"].as_str()?.split(|letter: char| !letter.is_ascii_alphanumeric());
        runs.max_by_key(|run| run.len()).map(|run| Self::new(format!("private_key of {by}"), run))
    }

    /// The forms that are searched without regard to case: as it is, percent-encoded, and as hexadecimal digits.
    fn folded_forms(&self) -> Vec<String> {
        vec![self.core.to_lowercase(), percent_encoded(&self.core).to_lowercase(), hex(self.core.as_bytes())]
    }

    /// In base64, behind any number of other bytes. The characters at both ends depend on other bytes, and are left out.
    fn base64_forms(&self) -> Vec<String> {
        let mut forms = Vec::new();
        for (shift, first) in [(0, 0), (1, 2), (2, 3)] {
            let bytes = [vec![0; shift], self.core.as_bytes().to_vec()].concat();
            let whole = bytes.len() / 3 * 4;
            forms.extend([STANDARD.encode(&bytes), URL_SAFE.encode(&bytes)].iter().map(|text| text[first..whole].to_owned()));
        }
        forms.dedup();
        forms
    }
}

/// Each byte as `%` and two digits.
pub(crate) fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |encoded, byte| encoded + &format!("%{byte:02X}"))
}

/// Where canaries stand in a text: their names, and the lines.
pub(crate) fn found(text: &str, canaries: &[Canary]) -> Vec<String> {
    let folded = text.to_lowercase();
    let mut found = Vec::new();
    for canary in canaries {
        for (searched, forms) in [(folded.as_str(), canary.folded_forms()), (text, canary.base64_forms())] {
            for form in forms.iter().filter(|form| searched.contains(form.as_str())) {
                let line = searched.lines().find(|line| line.contains(form.as_str())).unwrap_or_default();
                found.push(format!("{} as {form} in: {}", canary.name, line.chars().take(600).collect::<String>()));
            }
        }
    }
    found
}
