//! Derslik: one self-hosted service that speaks three public classroom APIs.
