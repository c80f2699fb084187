//! The size and the seed of a proof: small and the same each time beside the other tests, full and with any seed in `make prove`.

/// The variable that asks for the full size.
const SIZE: &str = "DERSLIK_PROVE";
/// The variable with the seed.
const SEED: &str = "DERSLIK_PROVE_SEED";

/// The seed of everything that is drawn.
pub(crate) fn seed() -> u64 {
    std::env::var_os(SEED).and_then(|seed| seed.to_str()?.parse().ok()).unwrap_or(1)
}

/// How much is drawn.
pub(crate) fn of(small: u32, full: u32) -> u32 {
    if std::env::var_os(SIZE).is_some_and(|size| size == "full") { full } else { small }
}
