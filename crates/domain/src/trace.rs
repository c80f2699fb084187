//! The place of a piece of work in a distributed trace, in the text form of W3C Trace Context. It does not know how traces are
//! recorded.

use std::fmt;
use std::str::FromStr;

use crate::text::{from_hex, hex};

/// The length of the text form: version, trace, parent and flags, with hyphens between them.
const LENGTH: usize = 55;

/// The step of a trace that asked for a piece of work, as the header `traceparent` names it.
///
/// ```
/// use derslik_domain::trace::TraceParent;
///
/// let parent: TraceParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse()?;
/// assert_eq!(parent.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
/// assert!(parent.is_sampled());
/// assert_eq!(parent.to_string(), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
/// # Ok::<(), derslik_domain::trace::TraceParentError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceParent {
    trace: TraceId,
    span: [u8; 8],
    flags: u8,
}

/// The id that all steps of a trace share. It is never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId([u8; 16]);

/// A text that names no step of a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[error("not a trace parent of W3C Trace Context")]
pub struct TraceParentError;

impl TraceParent {
    /// The step with that id of a trace. Bit 0 of `flags` says that the trace is recorded.
    ///
    /// # Errors
    /// [`TraceParentError`] if one of the ids is zero.
    pub fn new(trace: [u8; 16], span: [u8; 8], flags: u8) -> Result<Self, TraceParentError> {
        if span == [0; 8] {
            return Err(TraceParentError);
        }
        Ok(Self { trace: TraceId::new(trace)?, span, flags })
    }

    /// The trace.
    pub const fn trace_id(&self) -> TraceId {
        self.trace
    }

    /// The id of the step within its trace.
    pub const fn span_id(&self) -> [u8; 8] {
        self.span
    }

    /// The flags. Bit 0 says that the trace is recorded; the meaning of the others is not defined here.
    pub const fn flags(&self) -> u8 {
        self.flags
    }

    /// Whether the caller records the trace.
    pub const fn is_sampled(&self) -> bool {
        self.flags & 1 == 1
    }
}

impl TraceId {
    /// The id with these bytes.
    ///
    /// # Errors
    /// [`TraceParentError`] if all of them are zero.
    pub fn new(bytes: [u8; 16]) -> Result<Self, TraceParentError> {
        if bytes == [0; 16] { Err(TraceParentError) } else { Ok(Self(bytes)) }
    }

    /// The bytes of the id.
    pub const fn bytes(self) -> [u8; 16] {
        self.0
    }
}

impl FromStr for TraceParent {
    type Err = TraceParentError;

    /// Reads the value of a header. A later version may have more parts after these, which are left out.
    fn from_str(text: &str) -> Result<Self, TraceParentError> {
        let (known, rest) = text.split_at_checked(LENGTH).ok_or(TraceParentError)?;
        // The standard allows lower-case digits alone.
        if known.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(TraceParentError);
        }
        let mut parts = known.split('-');
        let (Some(version), Some(trace), Some(span), Some(flags), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(TraceParentError);
        };
        let [version] = from_hex(version).ok_or(TraceParentError)?;
        let is_whole = match version {
            0 => rest.is_empty(),
            0xff => false,
            _ => rest.is_empty() || rest.starts_with('-'),
        };
        if !is_whole {
            return Err(TraceParentError);
        }
        let [flags] = from_hex(flags).ok_or(TraceParentError)?;
        Self::new(from_hex(trace).ok_or(TraceParentError)?, from_hex(span).ok_or(TraceParentError)?, flags)
    }
}

impl fmt::Display for TraceParent {
    /// The text form of version 0.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{}-{}-{:02x}", self.trace, hex(&self.span), self.flags)
    }
}

impl fmt::Display for TraceId {
    /// 32 hexadecimal digits in lower case.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const SPAN: &str = "00f067aa0ba902b7";

    fn read(text: &str) -> Option<TraceParent> {
        text.parse().ok()
    }

    #[test]
    fn a_text_of_version_0_comes_back_as_it_was() {
        for flags in ["00", "01", "ff"] {
            let text = format!("00-{TRACE}-{SPAN}-{flags}");
            let parent = read(&text).unwrap();
            assert_eq!((parent.to_string(), parent.trace_id().to_string()), (text, TRACE.to_owned()));
            assert_eq!(parent.is_sampled(), flags != "00");
        }
    }

    #[test]
    fn a_later_version_is_read_as_far_as_it_is_known() {
        let known = read(&format!("00-{TRACE}-{SPAN}-01"));
        assert!(known.is_some());
        for text in [format!("01-{TRACE}-{SPAN}-01"), format!("fe-{TRACE}-{SPAN}-01-more")] {
            assert_eq!(read(&text), known, "{text}");
        }
    }

    #[test]
    fn any_other_text_is_refused() {
        let zeros = "0".repeat(32);
        for text in [
            String::new(),
            format!("00-{TRACE}-{SPAN}"),
            format!("00-{TRACE}-{SPAN}-1"),
            format!("00-{TRACE}-{SPAN}-01-more"),
            format!("01-{TRACE}-{SPAN}-01more"),
            format!("ff-{TRACE}-{SPAN}-01"),
            format!("00-{zeros}-{SPAN}-01"),
            format!("00-{TRACE}-{}-01", "0".repeat(16)),
            format!("00-{}-{SPAN}-01", TRACE.to_uppercase()),
            format!("00-{TRACE}_{SPAN}-01"),
            format!("00-{SPAN}-{TRACE}-01"),
            format!("00-{}g-{SPAN}-01", TRACE.get(1..).unwrap()),
            "ş".repeat(28),
        ] {
            assert_eq!(read(&text), None, "{text}");
        }
    }
}
