//! Tables that are distributed by account, on one server.

/// Makes partitions of the tables, by the file that distributes them on a cluster, and lets a statement of the service fail that asks more
/// than one account.
pub(crate) const SCRIPTS: [&str; 3] =
    [include_str!("stand_ins.sql"), include_str!("../../../../../deploy/citus.sql"), include_str!("one_account.sql")];
