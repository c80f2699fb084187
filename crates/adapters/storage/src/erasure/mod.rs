//! What erasures need beside their jobs: the users of an erasure of many, and a look at what an erasure would remove.

mod repo;
