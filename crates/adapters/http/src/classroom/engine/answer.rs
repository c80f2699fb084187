//! An answer to a call, and the format in which it is written.

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::PrettyFormatter;

use super::error::ClassroomError;
use super::fields::FieldsMask;
use super::query::System;
use crate::memory::Reservation;

/// The content type of an answer to one call.
pub(super) const JSON: &str = "application/json; charset=UTF-8";

/// What a handler returns.
pub(crate) type Outcome = Result<Answer, ClassroomError>;

/// An answer to a call.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    /// The memory that the answer counts for until it is sent.
    pub(crate) reservation: Reservation,
}

/// The format of an answer.
#[derive(Debug, Clone)]
pub(crate) struct AnswerFormat {
    pub(super) compact: bool,
    /// The requested fields, if the client asks for some only.
    pub(super) fields: Option<FieldsMask>,
}

impl AnswerFormat {
    /// The answer that shows `view`, which takes about `size` bytes.
    ///
    /// # Errors
    /// A view that is not JSON.
    pub(crate) fn answer<T: Serialize>(&self, view: &T, size: usize) -> Outcome {
        let body = match &self.fields {
            None => render(view, self.compact, size),
            Some(fields) => serde_json::to_value(view).and_then(|value| render(&fields.apply(value), self.compact, size)),
        };
        let body = body.map_err(|_| ClassroomError::unimplemented())?;
        Ok(Answer { status: 200, headers: Vec::new(), body, reservation: Reservation::default() })
    }
}

/// The answer that reports an error.
pub(super) fn refusal(error: ClassroomError, system: &System) -> Answer {
    let body = render(&error.body(system.newer_errors), system.compact, 512).unwrap_or_default();
    Answer { status: error.status(), headers: error.headers, body, reservation: Reservation::default() }
}

fn render<T: Serialize>(view: &T, compact: bool, size: usize) -> serde_json::Result<Vec<u8>> {
    let mut body = Vec::with_capacity(size);
    if compact {
        serde_json::to_writer(&mut body, view)?;
    } else {
        view.serialize(&mut Serializer::with_formatter(&mut body, PrettyFormatter::new()))?;
    }
    body.push(b'\n');
    Ok(body)
}
