//! Percent escapes in paths and queries.

/// The bytes of a text with its escapes decoded. An invalid escape is kept as it is.
pub(crate) fn decode(raw: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = match tail {
            [high, low, after @ ..] if first == b'%' => digit(*high).zip(digit(*low)).map(|(high, low)| (high << 4 | low, after)),
            _ => None,
        };
        let (byte, after) = escaped.unwrap_or((first, tail));
        bytes.push(byte);
        rest = after;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_and_invalid_ones_kept() {
        assert_eq!(decode("a%2Fb%20%d9%85"), "a/b م".as_bytes());
        assert_eq!(decode("100%+%zz%4"), b"100%+%zz%4");
        assert_eq!(decode("%00%ff"), b"\0\xff");
    }
}
