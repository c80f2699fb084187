//! The way out where no connection to a database can be made.

use derslik_storage::ConnectCause;

/// What to do about it, in one line. `None` if the text of the error says it already.
pub const fn way_out(cause: ConnectCause) -> Option<&'static str> {
    Some(match cause {
        ConnectCause::NoPassword => {
            "write the password into a file, and name the file with DERSLIK_DATABASE__PASSWORD_FILE (the setting database.password)"
        }
        ConnectCause::WrongPassword => {
            "correct database.password, or the user and the password in database_url; ALTER ROLE … PASSWORD sets a new one at the server"
        }
        ConnectCause::RoleRefused => {
            "correct the user in database_url, or let pg_hba.conf of the server accept this user and database from this machine"
        }
        ConnectCause::NoSuchDatabase => "create the database, or name another one in database_url",
        ConnectCause::Tls => return None,
        ConnectCause::NothingListens => "start the server, or correct the host and the port in database_url",
        ConnectCause::Refused => "do what the answer of the server asks for; the log of the server has more",
        ConnectCause::File => "name a file in database_url that this user may read and write, in a folder where it may create files",
        ConnectCause::Other => "start the server, or correct database_url; a firewall may drop the connection as well",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_out_fits_the_reason() {
        for (cause, part) in [
            (ConnectCause::NoPassword, "DERSLIK_DATABASE__PASSWORD_FILE"),
            (ConnectCause::WrongPassword, "database.password"),
            (ConnectCause::RoleRefused, "pg_hba.conf"),
            (ConnectCause::NothingListens, "start the server"),
            (ConnectCause::Other, "firewall"),
        ] {
            assert!(way_out(cause).is_some_and(|text| text.contains(part)), "{cause:?}");
        }
        assert_eq!(way_out(ConnectCause::Tls), None);
    }
}
