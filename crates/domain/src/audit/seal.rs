//! Seals of the audit log. The records of an account form a chain: each seal is a message authentication code over the seal before
//! it and over one record. So an altered, missing or inserted record breaks the chain. Keys and codes are made elsewhere.

use std::fmt;
use std::str::FromStr;

use super::AuditId;
use crate::id::AccountId;
use crate::text::{from_hex, hex};
use crate::time::Timestamp;

/// The position of a seal in the chain of its account. The first seal has position 1, and there are no gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SealSequence(i64);

impl SealSequence {
    /// The position before the first seal.
    pub const START: Self = Self(0);

    /// Wraps a position.
    pub const fn new(value: i64) -> Self {
        Self(value)
    }

    /// The position as a number.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The position after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for SealSequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A message authentication code, 32 bytes. It does not have to be kept secret, and only the holder of the key can make or check it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Seal([u8; 32]);

impl Seal {
    /// What the first seal covers in place of a seal before it.
    pub const START: Self = Self([0; 32]);

    /// Wraps a code.
    pub const fn new(code: [u8; 32]) -> Self {
        Self(code)
    }

    /// The code.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

/// Names the key of a seal without revealing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SealKeyId([u8; 8]);

impl SealKeyId {
    /// Wraps an id.
    pub const fn new(id: [u8; 8]) -> Self {
        Self(id)
    }

    /// The id.
    pub const fn bytes(&self) -> &[u8; 8] {
        &self.0
    }
}

impl fmt::Display for SealKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

/// A seal as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct StoredSeal {
    /// Its position.
    pub sequence: SealSequence,
    /// The record that it covers.
    pub record: AuditId,
    /// The key that it was made with.
    pub key: SealKeyId,
    /// The code.
    pub seal: Seal,
}

/// The end of a chain. An operator who keeps it outside of the database can prove later that no record up to it was removed.
///
/// ```
/// use derslik_domain::audit::{AuditHead, Seal, SealSequence};
///
/// let head = AuditHead { sequence: SealSequence::new(7), seal: Seal::new([0xab; 32]) };
/// assert_eq!(head.to_string(), format!("7:{}", "ab".repeat(32)));
/// assert_eq!(head.to_string().parse(), Ok(head));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AuditHead {
    /// The position of the last seal.
    pub sequence: SealSequence,
    /// The last seal.
    pub seal: Seal,
}

impl AuditHead {
    /// The end of a chain without seals.
    pub const START: Self = Self { sequence: SealSequence::START, seal: Seal::START };
}

impl fmt::Display for AuditHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.sequence, self.seal)
    }
}

/// The text is not a position, a colon, and 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[error("not the head of an audit log: a position, a colon, and 64 hexadecimal digits")]
pub struct AuditHeadError;

impl FromStr for AuditHead {
    type Err = AuditHeadError;

    fn from_str(text: &str) -> Result<Self, AuditHeadError> {
        let (sequence, seal) = text.split_once(':').ok_or(AuditHeadError)?;
        let sequence = sequence.parse::<i64>().ok().filter(|sequence| *sequence >= 0).ok_or(AuditHeadError)?;
        let seal = from_hex(seal).ok_or(AuditHeadError)?;
        Ok(Self { sequence: SealSequence::new(sequence), seal: Seal::new(seal) })
    }
}

/// The end of what was pruned, so that the chain is verified from there on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Checkpoint {
    /// The last seal that was pruned.
    pub head: AuditHead,
    /// When it was pruned.
    pub at: Timestamp,
    /// The key of the code.
    pub key: SealKeyId,
    /// The code over [`checkpoint_message`].
    pub code: Seal,
}

/// What the seal of a record covers. `record` is the stored record as bytes, in a form that tells any two records apart.
pub fn seal_message(account: AccountId, previous: AuditHead, id: AuditId, record: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(96 + record.len());
    message.extend_from_slice(b"derslik audit seal 1\0");
    message.extend_from_slice(&account.get().to_be_bytes());
    message.extend_from_slice(&previous.sequence.next().get().to_be_bytes());
    message.extend_from_slice(previous.seal.bytes());
    message.extend_from_slice(&id.get().to_be_bytes());
    message.extend_from_slice(record);
    message
}

/// What the code of a checkpoint covers.
pub fn checkpoint_message(account: AccountId, head: AuditHead, at: Timestamp) -> Vec<u8> {
    let mut message = Vec::with_capacity(96);
    message.extend_from_slice(b"derslik audit checkpoint 1\0");
    message.extend_from_slice(&account.get().to_be_bytes());
    message.extend_from_slice(&head.sequence.get().to_be_bytes());
    message.extend_from_slice(head.seal.bytes());
    message.extend_from_slice(&at.micros().to_be_bytes());
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;

    fn head(sequence: i64, byte: u8) -> AuditHead {
        AuditHead { sequence: SealSequence::new(sequence), seal: Seal::new([byte; 32]) }
    }

    #[test]
    fn a_head_is_read_as_it_is_printed() {
        for printed in [head(1, 0), head(i64::MAX, 0xff), AuditHead::START] {
            assert_eq!(printed.to_string().parse(), Ok(printed));
        }
        let digits = "ab".repeat(32);
        for text in [
            "",
            "7",
            "7:",
            "7:ab",
            &digits,
            &format!(":{digits}"),
            &format!("-1:{digits}"),
            &format!("x:{digits}"),
            &format!("7:{digits}0"),
        ] {
            assert_eq!(text.parse::<AuditHead>(), Err(AuditHeadError), "{text}");
        }
    }

    #[test]
    fn messages_differ_in_every_part() {
        let message = |account, previous, id, record: &[u8]| seal_message(Id::new(account), previous, Id::new(id), record);
        let messages = [
            message(1, head(1, 1), 1, b"a"),
            message(2, head(1, 1), 1, b"a"),
            message(1, head(2, 1), 1, b"a"),
            message(1, head(1, 2), 1, b"a"),
            message(1, head(1, 1), 2, b"a"),
            message(1, head(1, 1), 1, b"b"),
            checkpoint_message(Id::new(1), head(1, 1), Timestamp::from_micros(1)),
            checkpoint_message(Id::new(2), head(1, 1), Timestamp::from_micros(1)),
            checkpoint_message(Id::new(1), head(2, 1), Timestamp::from_micros(1)),
            checkpoint_message(Id::new(1), head(1, 2), Timestamp::from_micros(1)),
            checkpoint_message(Id::new(1), head(1, 1), Timestamp::from_micros(2)),
        ];
        let different: std::collections::HashSet<_> = messages.iter().collect();
        assert_eq!(different.len(), messages.len());
    }
}
