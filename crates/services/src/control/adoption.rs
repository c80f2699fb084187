//! The rows of a snapshot from elsewhere, as those of an account that is here: it keeps its name and its keys.

use std::collections::{BTreeMap, BTreeSet};

use derslik_ports::inbound::control::ControlError;
use derslik_ports::outbound::{AccountRows, TableRows};
use serde_json::{Map, Value};

/// The tables of the account itself that are needed.
pub(super) const OWN: [&str; 3] = ["accounts", "principals", "credentials"];

/// Tables of the snapshot that are left out: keys of an account that is not this one.
const LEFT_OUT: [&str; 2] = ["credentials", "token_grants"];

type Row = Map<String, Value>;

/// The rows of the snapshot with the name and the keys of the account. The account itself has the key of its service principal, and
/// people who are in both, by their ids, keep their tokens.
pub(super) fn adopt(snapshot: &AccountRows, own: &AccountRows) -> Result<AccountRows, ControlError> {
    let name = rows(own, "accounts")?.into_iter().next().and_then(|mut account| account.remove("name"));
    let name = name.ok_or_else(|| broken(&"the account has no name"))?;
    let accounts = rows(snapshot, "accounts")?.into_iter().map(|mut account| {
        account.insert("name".to_owned(), name.clone());
        account.insert("disabled_at".to_owned(), Value::Null);
        Value::Object(account).to_string()
    });
    let mut tables = vec![TableRows { table: "accounts", rows: accounts.collect() }];
    let others = snapshot.tables.iter().filter(|rows| rows.table != "accounts" && !LEFT_OUT.contains(&rows.table));
    tables.extend(others.cloned());
    // Behind all that they refer to.
    tables.push(TableRows { table: "credentials", rows: keys(snapshot, own)? });
    Ok(AccountRows { tables, is_foreign: true })
}

/// The keys of the account, as those of principals of the snapshot.
fn keys(snapshot: &AccountRows, own: &AccountRows) -> Result<Vec<String>, ControlError> {
    let (here, there) = (principals(own)?, principals(snapshot)?);
    let mut places: BTreeMap<i64, i64> = there.people.intersection(&here.people).map(|person| (*person, *person)).collect();
    places.extend(here.service.zip(there.service));
    let mut keys = Vec::new();
    for mut key in rows(own, "credentials")? {
        let is_of_grant = ["grant_id", "exchanged_from"].iter().any(|column| key.get(*column).is_some_and(|grant| !grant.is_null()));
        let owner = number(&key, "principal_id").and_then(|owner| places.get(&owner));
        if let Some(owner) = owner.filter(|_| !is_of_grant) {
            key.insert("principal_id".to_owned(), (*owner).into());
            keys.push(Value::Object(key).to_string());
        }
    }
    Ok(keys)
}

/// The principals of an account.
struct Principals {
    /// The first service principal, which stands for the account.
    service: Option<i64>,
    people: BTreeSet<i64>,
}

fn principals(of: &AccountRows) -> Result<Principals, ControlError> {
    let mut principals = Principals { service: None, people: BTreeSet::new() };
    for row in rows(of, "principals")? {
        let id = number(&row, "id").ok_or_else(|| broken(&"a principal has no id"))?;
        if row.get("kind").is_some_and(|kind| kind == "service") {
            principals.service = Some(principals.service.map_or(id, |first| first.min(id)));
        } else {
            principals.people.insert(id);
        }
    }
    Ok(principals)
}

fn rows(of: &AccountRows, table: &str) -> Result<Vec<Row>, ControlError> {
    let rows = of.tables.iter().filter(|rows| rows.table == table).flat_map(|rows| &rows.rows);
    rows.map(|row| serde_json::from_str(row).map_err(|error| broken(&error))).collect()
}

fn number(row: &Row, column: &str) -> Option<i64> {
    row.get(column).and_then(Value::as_i64)
}

fn broken(problem: &dyn std::fmt::Display) -> ControlError {
    ControlError::Conflict(format!("the snapshot can't be used: {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(table: &'static str, rows: &[&str]) -> TableRows {
        TableRows { table, rows: rows.iter().map(|row| (*row).to_owned()).collect() }
    }

    #[test]
    fn an_account_keeps_its_name_and_its_keys() {
        let snapshot = AccountRows {
            tables: vec![
                table("accounts", &[r#"{"disabled_at":null,"id":9,"lang":"tr","name":"theirs"}"#]),
                table("principals", &[r#"{"id":4,"kind":"service"}"#, r#"{"id":101,"kind":"user"}"#]),
                table("credentials", &[r#"{"id":1,"principal_id":4}"#]),
                table("token_grants", &[r#"{"id":1,"principal_id":4}"#]),
                table("sessions", &[r#"{"guid":"aa"}"#]),
            ],
            is_foreign: true,
        };
        let own = AccountRows {
            tables: vec![
                table("accounts", &[r#"{"id":7,"lang":"en","name":"ours"}"#]),
                table("principals", &[r#"{"id":1,"kind":"service"}"#, r#"{"id":101,"kind":"user"}"#, r#"{"id":102,"kind":"user"}"#]),
                table(
                    "credentials",
                    &[
                        r#"{"id":11,"principal_id":1}"#,
                        r#"{"grant_id":null,"id":12,"principal_id":101}"#,
                        r#"{"id":13,"principal_id":102}"#,
                        r#"{"grant_id":5,"id":14,"principal_id":101}"#,
                    ],
                ),
            ],
            is_foreign: false,
        };
        let adopted = adopt(&snapshot, &own).unwrap();
        assert_eq!(
            adopted.tables,
            [
                table("accounts", &[r#"{"disabled_at":null,"id":9,"lang":"tr","name":"ours"}"#]),
                table("principals", &[r#"{"id":4,"kind":"service"}"#, r#"{"id":101,"kind":"user"}"#]),
                table("sessions", &[r#"{"guid":"aa"}"#]),
                table("credentials", &[r#"{"id":11,"principal_id":4}"#, r#"{"grant_id":null,"id":12,"principal_id":101}"#]),
            ]
        );
        assert!(adopted.is_foreign);
    }

    #[test]
    fn a_row_that_is_not_json_is_refused() {
        let own = AccountRows { tables: vec![table("accounts", &["{"])], is_foreign: false };
        assert!(matches!(adopt(&AccountRows::default(), &own), Err(ControlError::Conflict(_))));
    }
}
