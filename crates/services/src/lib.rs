//! The use cases: one file each, over the ports, without a framework.
