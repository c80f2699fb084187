//! The floor below the repositories: connections, transactions, types and the schema. No module here knows a repository, and the
//! modules use each other in one direction only.
//!
//! | module | purpose |
//! |---|---|
//! | `attempt` | runs the work of a unit of work on a connection, and again where that is safe |
//! | `bulk` | writes many rows in one statement of PostgreSQL |
//! | `changes` | the columns of one row that an update changes |
//! | `conflict` | finds the unique key that a row would have broken |
//! | `conn` | the two kinds of connection, `on_conn!`, which type-checks a query once for each, and the connection of a unit of work |
//! | `connect_error` | why a connection could not be made |
//! | `connector` | the connections of a pool, to either database |
//! | `digest` | digests of names |
//! | `distributed` | whether the tables are distributed by account |
//! | `error` | turns failures of diesel into errors of the ports |
//! | `fair_queue` | the queue in front of a pool, which serves tenants in turn |
//! | `limit` | the time limits of a unit of work |
//! | `migrate` | applies the missing migrations |
//! | `migrations` | the migrations, which are part of the program |
//! | `notify` | wakes workers when there are jobs |
//! | `pool` | keeps connections and replaces dead ones |
//! | `postgres` | connections to PostgreSQL, with TLS, deadlines and the codes of failures |
//! | `readers` | lookups of single objects, which share statements |
//! | `rows` | results that are read row by row |
//! | `schema` | the tables |
//! | `schema_versions` | compares the migrations of a database with those of the program |
//! | `settings` | the limits of the connections |
//! | `shared` | requests of many callers that share statements |
//! | `sqlite` | connections to SQLite, and the meaning of its failures |
//! | `sql` | statements that are written by hand |
//! | `text` | substring searches |
//! | `types` | values of the domain as both databases keep them |
//! | `unit_of_work` | the one hop to a blocking thread, with its time limits |
//! | `url` | the URL of a database |

pub(crate) mod attempt;
pub(crate) mod bulk;
pub(crate) mod changes;
pub(crate) mod conflict;
pub(crate) mod conn;
pub(crate) mod connect_error;
pub(crate) mod connector;
pub(crate) mod digest;
pub(crate) mod distributed;
pub(crate) mod error;
pub(crate) mod fair_queue;
pub(crate) mod limit;
pub(crate) mod migrate;
pub(crate) mod migrations;
pub(crate) mod notify;
pub(crate) mod pool;
pub(crate) mod postgres;
pub(crate) mod readers;
pub(crate) mod rows;
pub(crate) mod schema;
pub(crate) mod schema_versions;
pub(crate) mod settings;
pub(crate) mod shared;
pub(crate) mod sql;
pub(crate) mod sqlite;
pub(crate) mod text;
pub(crate) mod types;
pub(crate) mod unit_of_work;
pub(crate) mod url;
