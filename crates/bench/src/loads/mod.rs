//! The loads, one file each.

mod bare_actix;
mod batch_create;
mod get_session;
mod select_session;
mod unnest_insert;

pub(crate) use self::bare_actix::serve as serve_bare;

use self::bare_actix::BareActix;
use self::batch_create::BatchCreate;
use self::get_session::GetSession;
use self::select_session::SelectSession;
use self::unnest_insert::UnnestInsert;
use crate::load::Load;

/// Two loads whose rates are compared within each round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    /// The load that is judged.
    pub(crate) load: &'static str,
    /// What it is held against.
    pub(crate) limit: &'static str,
    /// What the ratio should come to, at least.
    pub(crate) goal: Option<f64>,
}

/// What is compared.
pub(crate) const PAIRS: [Pair; 3] = [
    Pair { load: batch_create::NAME, limit: unnest_insert::NAME, goal: Some(0.6) },
    Pair { load: get_session::NAME, limit: select_session::NAME, goal: Some(0.5) },
    Pair { load: get_session::NAME, limit: bare_actix::NAME, goal: None },
];

/// All loads, in the order of the report.
pub(crate) fn all() -> Vec<Box<dyn Load>> {
    vec![Box::new(BatchCreate), Box::new(UnnestInsert), Box::new(GetSession), Box::new(SelectSession), Box::new(BareActix)]
}

#[cfg(test)]
mod tests {
    use derslik_storage::{DatabaseUrl, schema_revision};
    use derslik_testkit::postgres::{PostgresServer, Template};

    use super::select_session::Selector;
    use super::unnest_insert::Inserter;
    use crate::load::Client;
    use crate::postgres::Database;

    #[tokio::test]
    async fn the_bare_statements_fit_the_migrated_schema() {
        let template = Template::new("derslik", &schema_revision(), |url| Ok(url.parse::<DatabaseUrl>()?.migrate().map(drop)?));
        let own = PostgresServer::shared().unwrap().create_database(&template).unwrap();
        let database = Database::open(own.url()).await.unwrap();

        let mut selector = Selector::connect(&database).await.unwrap();
        selector.request().await.unwrap();
        database.empty().await.unwrap();
        let mut inserter = Inserter::connect(&database).await.unwrap();
        inserter.request().await.unwrap();
        inserter.request().await.unwrap();

        database.check_written().await.unwrap();
        assert_eq!(database.rows().await.unwrap().len(), 200);
    }
}
