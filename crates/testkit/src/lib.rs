//! Builders, fakes, the storage contract suite and a PostgreSQL for tests.
