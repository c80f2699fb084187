//! What stays of an account that this process did not make, when it is reset.

use derslik_domain::id::{Id, ProjectId, UserGuid};
use derslik_ports::outbound::{AccountRows, Ids, StoreError};
use serde_json::Value;

/// The tables that stay: people, with their keys, and projects.
pub(super) const KEPT: [&str; 8] =
    ["accounts", "principals", "passwords", "service_accounts", "service_account_people", "token_grants", "credentials", "projects"];

/// The number of the last draw that gave an id of what stays; 0 if none of them was drawn.
pub(super) fn last_draw(kept: &AccountRows, ids: &dyn Ids) -> Result<u64, StoreError> {
    let guid = |value: &Value| value.as_str().and_then(guid_of_digits);
    let number = |value: &Value| value.as_i64().map(Id::new);
    let people: Vec<UserGuid> = column(kept, "principals", "guid", guid)?;
    let projects: Vec<ProjectId> = column(kept, "projects", "id", number)?;
    Ok(ids.last_draw(&people, &projects))
}

/// The GUID of these 32 digits: rows have them without hyphens.
fn guid_of_digits(digits: &str) -> Option<UserGuid> {
    let groups = [digits.get(..8)?, digits.get(8..12)?, digits.get(12..16)?, digits.get(16..20)?, digits.get(20..)?];
    groups.join("-").parse().ok()
}

/// The values of a column.
fn column<T>(
    kept: &AccountRows,
    table: &'static str,
    column: &'static str,
    read: impl Fn(&Value) -> Option<T>,
) -> Result<Vec<T>, StoreError> {
    let rows = kept.tables.iter().filter(|rows| rows.table == table).flat_map(|rows| &rows.rows);
    let value = |row: &String| serde_json::from_str::<Value>(row).ok()?.get(column).and_then(&read);
    rows.map(|row| value(row).ok_or(StoreError::Corrupt { table, column })).collect()
}

#[cfg(test)]
mod tests {
    use derslik_domain::id::{AttendeeGuid, SessionGuid};
    use derslik_ports::outbound::TableRows;

    use super::*;

    /// Ids of which the last draw is the number of people and the highest project.
    #[derive(Debug)]
    struct Counting;

    impl Ids for Counting {
        fn session_guid(&self) -> SessionGuid {
            unreachable!("nothing is drawn")
        }

        fn user_guid(&self) -> UserGuid {
            unreachable!("nothing is drawn")
        }

        fn attendee_guid(&self) -> AttendeeGuid {
            unreachable!("nothing is drawn")
        }

        fn random(&self) -> [u8; 32] {
            unreachable!("nothing is drawn")
        }

        fn last_draw(&self, people: &[UserGuid], projects: &[ProjectId]) -> u64 {
            assert!(people.iter().all(|guid| guid.get().as_u128() == 0x9a));
            let highest = projects.iter().map(|project| project.get()).max().unwrap_or_default();
            u64::try_from(people.len()).unwrap() * 100 + u64::try_from(highest).unwrap()
        }
    }

    fn rows(tables: &[(&'static str, &[&str])]) -> AccountRows {
        let table = |(table, rows): &(&'static str, &[&str])| TableRows { table, rows: rows.iter().map(|row| (*row).to_owned()).collect() };
        AccountRows { tables: tables.iter().map(table).collect(), is_foreign: false }
    }

    #[test]
    fn the_ids_of_people_and_projects_are_read_from_their_rows() {
        let person = r#"{"id":101,"guid":"0000000000000000000000000000009a"}"#;
        let kept = rows(&[
            ("accounts", &[r#"{"id":9}"#]),
            ("principals", &[person, person]),
            ("projects", &[r#"{"id":1}"#, r#"{"id":7}"#]),
            ("credentials", &[r#"{"id":5000}"#]),
        ]);
        assert_eq!(last_draw(&kept, &Counting).unwrap(), 207);
        assert_eq!(last_draw(&rows(&[]), &Counting).unwrap(), 0);
        for broken in [rows(&[("principals", &["{}"])]), rows(&[("projects", &[r#"{"id":"x"}"#])])] {
            assert!(matches!(last_draw(&broken, &Counting), Err(StoreError::Corrupt { .. })));
        }
    }
}
