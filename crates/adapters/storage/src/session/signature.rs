//! Signatures of names, by which a search passes over pending sessions without a lookup of each. A record of the change log has one for
//! its sessions: a Bloom filter for each of them, stored bit by bit. It does not know where signatures are stored.
//!
//! Three bytes in a row are a gram, and each gram of a name sets two bits. Each of the [`SLOTS`] bits is a row of the signature. A
//! session is a column, which it shares with others where their names are short: the session at the place `n` of the record has the
//! column `n % width`. So a search combines the rows of its own grams by AND. The columns whose bit is left may match; the others can't.

use std::collections::BTreeSet;

use crate::db::types::DbBits;

/// The rows of a signature. Signatures that are stored have as many, so the number never changes, nor does [`slots_of_gram`].
pub(super) const SLOTS: usize = 512;

/// The length of a gram in bytes. A shorter part of a name rules out nothing.
const GRAM_BYTES: usize = 3;

/// About how many grams share a column. They set a quarter of its bits.
const GRAMS_OF_A_COLUMN: usize = 80;

/// The most columns. With them, a signature and the ids of a batch of 100 fit one page of PostgreSQL.
const MAX_WIDTH: usize = 100;

/// The most grams of a search. More of them would hardly narrow the result.
const MAX_SEARCHED: usize = 16;

/// The signature of sessions with these folded names, in their order in the record.
pub(super) fn of_names(names: &[&str]) -> DbBits {
    let grams: usize = names.iter().map(|name| name.len()).sum();
    let width = (grams / GRAMS_OF_A_COLUMN).clamp(1, names.len().clamp(1, MAX_WIDTH));
    let mut bits = vec![0; SLOTS / 8 * width];
    for (column, name) in (0..width).cycle().zip(names) {
        for slot in grams_of(name).flat_map(slots_of_gram) {
            let (byte, mask) = place(slot * width + column);
            if let Some(byte) = bits.get_mut(byte) {
                *byte |= mask;
            }
        }
    }
    DbBits(bits)
}

/// The rows of a signature that decide whether a name may have that folded part. Of a long part, only some grams are used.
pub(super) fn slots_of(part: &str) -> Vec<usize> {
    let grams: BTreeSet<_> = grams_of(part).collect();
    let step = grams.len().div_ceil(MAX_SEARCHED).max(1);
    let slots: BTreeSet<_> = grams.into_iter().step_by(step).flat_map(slots_of_gram).collect();
    slots.into_iter().collect()
}

/// The columns of a signature, each with whether its sessions may match.
pub(super) fn columns(bits: &[u8], slots: &[usize]) -> Vec<bool> {
    let width = bits.len() * 8 / SLOTS;
    let is_set = |number: usize| {
        let (byte, mask) = place(number);
        bits.get(byte).is_some_and(|byte| byte & mask != 0)
    };
    (0..width).map(|column| slots.iter().all(|slot| is_set(slot * width + column))).collect()
}

/// The byte of a bit and its mask in there. PostgreSQL counts bits from the most significant one.
fn place(number: usize) -> (usize, u8) {
    (number / 8, 0x80 >> (number % 8))
}

fn grams_of(text: &str) -> std::slice::Windows<'_, u8> {
    text.as_bytes().windows(GRAM_BYTES)
}

/// The rows of a gram: nine bits of a multiplicative hash each.
fn slots_of_gram(gram: &[u8]) -> [usize; 2] {
    let number = gram.iter().fold(0_u32, |number, byte| (number << 8) | u32::from(*byte));
    let hash = number.wrapping_mul(0x9e37_79b1);
    [hash >> 23, (hash >> 14) & 0x1ff].map(|slot| usize::try_from(slot).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|number| format!("ders {number} ışık {}", number * 7_919)).collect()
    }

    fn signature(names: &[String]) -> Vec<u8> {
        of_names(&names.iter().map(String::as_str).collect::<Vec<_>>()).0
    }

    #[test]
    fn a_signature_rules_out_no_name_that_has_the_part() {
        for count in [1, 2, 7, 100, 1_000] {
            let names = names(count);
            let signature = signature(&names);
            for part in ["", "d", "ş", "ders", "791", "ık 7", "ders 1 ışık 7919", names[count - 1].as_str()] {
                let columns = columns(&signature, &slots_of(part));
                let missed = names.iter().enumerate().find(|(place, name)| name.contains(part) && !columns[place % columns.len()]);
                assert_eq!(missed, None, "{part:?} among {count}");
            }
        }
    }

    #[test]
    fn a_signature_rules_out_nearly_all_names_that_lack_a_part_of_four_letters() {
        for count in [1, 100, 1_000] {
            let signature = signature(&names(count));
            let may_match = |part: &str| columns(&signature, &slots_of(part)).into_iter().filter(|may| *may).count();
            let passed: usize = ["zeyn", "geometri", "qwxyz", "resim kursu", "müzik"].map(may_match).into_iter().sum();
            assert!(passed <= 1 + count / 100, "{passed} columns of {count}");
        }
    }

    #[test]
    fn a_signature_takes_no_more_bytes_than_the_names_and_fits_a_page() {
        for count in [10, 100, 1_000] {
            let (taken, written) = (signature(&names(count)).len(), names(count).iter().map(String::len).sum::<usize>());
            assert!(taken <= written && taken <= SLOTS / 8 * MAX_WIDTH, "{taken} bytes for {written}");
        }
        assert_eq!([signature(&[]), signature(&names(1)), signature(&["a".repeat(500)])].map(|bits| bits.len()), [64; 3]);
    }

    #[test]
    fn grams_keep_the_rows_that_are_stored() {
        assert_eq!([b"fiz", b"abc"].map(|gram| slots_of_gram(gram)), [[327, 382], [272, 107]]);
        assert_eq!((slots_of("fizik").len(), slots_of("ab").len()), (6, 0));
        assert_eq!(slots_of(&"ab".repeat(250)).len(), 4);
        assert!(slots_of(&('a'..).take(500).collect::<String>()).len() <= 2 * MAX_SEARCHED);
    }
}
