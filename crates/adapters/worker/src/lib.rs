//! The job runner: claims, leases, heartbeats and the handlers.
