//! Reads the codes of failures from the bytes that a server sends. Their texts are in the server's language; the codes are not.

use super::sqlstate::SqlState;

/// A message consists of a letter, its length (which counts its own four bytes) and a body.
const HEADER: usize = 5;
const LENGTH: usize = 4;
const ERROR: u8 = b'E';
/// Bytes of an error that are kept. The code is among its first fields.
const KEPT: usize = 256;
const CODE_FIELD: u8 = b'C';

/// Follows the messages of a server, in chunks of any size.
#[derive(Debug, Default)]
pub(super) struct CodeReader {
    header: Vec<u8>,
    /// Bytes of the body that are still to come.
    rest: usize,
    error: Option<Vec<u8>>,
}

impl CodeReader {
    /// The code of the last error that ends within these bytes.
    pub(super) fn read(&mut self, mut bytes: &[u8]) -> Option<SqlState> {
        let mut found = None;
        while !bytes.is_empty() {
            let taken = if self.rest > 0 { self.read_body(bytes) } else { self.read_header(bytes) };
            bytes = bytes.get(taken..).unwrap_or_default();
            if self.rest == 0 && self.header.is_empty() {
                found = self.error.take().as_deref().and_then(code_of).or(found);
            }
        }
        found
    }

    fn read_header(&mut self, bytes: &[u8]) -> usize {
        let taken = bytes.len().min(HEADER - self.header.len());
        self.header.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        if let &[kind, a, b, c, d] = self.header.as_slice() {
            let length = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
            self.rest = length.saturating_sub(LENGTH);
            self.error = (kind == ERROR).then(Vec::new);
            self.header.clear();
        }
        taken
    }

    fn read_body(&mut self, bytes: &[u8]) -> usize {
        let taken = bytes.len().min(self.rest);
        self.rest -= taken;
        if let Some(error) = &mut self.error {
            let kept = taken.min(KEPT.saturating_sub(error.len()));
            error.extend_from_slice(bytes.get(..kept).unwrap_or_default());
        }
        taken
    }
}

/// The code among the fields of an error. A field is a letter and a text that ends with a zero byte.
fn code_of(body: &[u8]) -> Option<SqlState> {
    let code = body.split(|byte| *byte == 0).find(|field| field.first() == Some(&CODE_FIELD))?;
    code.get(1..).and_then(|code| code.try_into().ok()).map(SqlState::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + LENGTH).unwrap().to_be_bytes();
        [&[kind], length.as_slice(), body].concat()
    }

    fn error(code: &str) -> Vec<u8> {
        let mut body = format!("SFEHLER\0VERROR\0C{code}\0Mkann auf Sperre nicht warten\0").into_bytes();
        body.extend([b'x'; 5_000]);
        message(ERROR, &[body.as_slice(), b"\0\0"].concat())
    }

    #[test]
    fn codes_are_found_in_pieces_of_any_size() {
        let stream = [message(b'Z', b"I"), message(b'D', &[7; 600]), error("55P03"), message(b'2', b""), error("57P01")].concat();
        for size in [1, 2, 3, 5, 7, 64, 1_000, stream.len()] {
            let mut reader = CodeReader::default();
            let found: Vec<_> = stream.chunks(size).filter_map(|piece| reader.read(piece)).collect();
            assert_eq!(found.last().map(ToString::to_string).as_deref(), Some("57P01"), "{size}");
            assert!(size == stream.len() || found.len() == 2, "{size}");
        }
    }

    #[test]
    fn rows_that_look_like_errors_are_not_errors() {
        let mut reader = CodeReader::default();
        assert_eq!(reader.read(&message(b'D', &error("53100"))), None);
        assert_eq!(reader.read(&message(b'N', b"SHINWEIS\0C00000\0\0")), None);
    }

    #[test]
    fn an_error_without_a_usable_code_has_none() {
        let mut reader = CodeReader::default();
        assert_eq!(reader.read(&message(ERROR, b"SERROR\0C123\0\0")), None);
        assert_eq!(reader.read(&message(ERROR, b"")), None);
    }
}
