//! The header fields of a refusal: `Retry-After` (RFC 9110), and `RateLimit` and `RateLimit-Policy` as in
//! draft-ietf-httpapi-ratelimit-headers-10. Both are lists of structured fields (RFC 9651) with one item, which names the policy.

use super::Exceeded;

/// The stretch of time that a quota is given for.
const WINDOW_SECONDS: u32 = 60;

impl Exceeded {
    /// The names and values of the fields. The names are in lower case, since parts of batches are written by hand.
    pub(crate) fn headers(self) -> [(&'static str, String); 3] {
        let (name, quota, seconds) = (self.policy.name(), self.per_minute, self.retry_after_seconds);
        [
            ("retry-after", seconds.to_string()),
            // No request remains now, and one or more do after that many seconds.
            ("ratelimit", format!("\"{name}\";r=0;t={seconds}")),
            ("ratelimit-policy", format!("\"{name}\";q={quota};w={WINDOW_SECONDS}")),
        ]
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;
    use crate::rate::Policy;

    #[test]
    fn a_refusal_names_its_policy_and_when_to_send_again() {
        let exceeded = |policy| Exceeded { policy, per_minute: NonZeroU32::new(600).unwrap(), retry_after_seconds: 7 };
        let fields = |policy| exceeded(policy).headers().map(|(name, value)| format!("{name}: {value}"));
        let unknown = ["retry-after: 7", "ratelimit: \"unknown\";r=0;t=7", "ratelimit-policy: \"unknown\";q=600;w=60"];
        assert_eq!(fields(Policy::Unknown), unknown);
        assert_eq!(fields(Policy::Credential), unknown.map(|field| field.replace("unknown", "credential")));
    }
}
