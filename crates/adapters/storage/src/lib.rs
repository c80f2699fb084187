//! The outbound ports over diesel, for PostgreSQL and SQLite from one source.
