//! The database below the repositories: connections, transactions, types and the schema.
//!
//! | module | purpose |
//! |---|---|
//! | `conflict` | finds the unique key that a row would have broken |
//! | `conn` | the two kinds of connection, and `on_conn!`, which type-checks a query once for each |
//! | `digest` | keyed digests of names |
//! | `error` | turns failures of diesel into errors of the ports |
//! | `fair_queue` | the queue in front of the pool, which serves tenants in turn |
//! | `limit` | the time limits of a unit of work |
//! | `migrate` | brings a database up to date |
//! | `notify` | wakes workers when there are jobs |
//! | `pool` | makes connections and replaces dead ones |
//! | `postgres` | connections to PostgreSQL, with deadlines and the codes of failures |
//! | `readers` | lookups of single objects, which share statements |
//! | `rows` | results that are read row by row |
//! | `schema` | the tables |
//! | `schema_state` | tells whether a database is up to date |
//! | `text` | substring searches |
//! | `types` | values of the domain as both databases keep them |
//! | `unit_of_work` | the one hop to a blocking thread, with its transaction |
//! | `url` | finds what is wrong with the URL of a database |

pub(crate) mod conflict;
pub(crate) mod conn;
pub(crate) mod digest;
pub(crate) mod error;
pub(crate) mod fair_queue;
pub(crate) mod limit;
pub(crate) mod migrate;
pub(crate) mod notify;
pub(crate) mod pool;
pub(crate) mod postgres;
pub(crate) mod readers;
pub(crate) mod rows;
pub(crate) mod schema;
pub(crate) mod schema_state;
pub(crate) mod text;
pub(crate) mod types;
pub(crate) mod unit_of_work;
pub(crate) mod url;
