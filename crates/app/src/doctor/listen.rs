//! Judges the address of the service, and the proxies in front of it.

use std::fs::{read_dir, read_link, read_to_string};
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use super::report::Finding;
use crate::config::{Config, Profile};

/// What stands at an address.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Nothing: the service can listen there.
    Free,
    /// The same program.
    Ours,
    /// Another program, if its name can be read.
    Taken(Option<String>),
    /// The address can't be used, for this reason.
    Unusable(String),
}

/// Looks what stands at the address, by a short attempt to listen there.
pub(super) fn look_at(address: SocketAddr) -> Place {
    let proc = Path::new("/proc");
    match TcpListener::bind(address) {
        Ok(_) => Place::Free,
        Err(error) if is_taken(error.kind(), || !sockets_at(proc, address.port()).is_empty()) => {
            let own = std::env::current_exe().ok().and_then(|program| program_name(&program));
            match listening_program(proc, address.port()) {
                Some(name) if Some(&name) == own.as_ref() => Place::Ours,
                name => Place::Taken(name),
            }
        }
        Err(error) => Place::Unusable(error.to_string()),
    }
}

/// Whether a failure to listen means that the port is in use. A low port is denied to most users before it is looked whether it is.
fn is_taken(failure: ErrorKind, has_sockets: impl FnOnce() -> bool) -> bool {
    failure == ErrorKind::AddrInUse || failure == ErrorKind::PermissionDenied && has_sockets()
}

/// The sockets that listen on a port, as `/proc` tells them. None if there is no `/proc`.
fn sockets_at(proc: &Path, port: u16) -> Vec<PathBuf> {
    let tables = ["net/tcp", "net/tcp6"].map(|table| read_to_string(proc.join(table)).unwrap_or_default());
    tables.iter().flat_map(|table| listening_sockets(table, port)).map(PathBuf::from).collect()
}

/// The program that listens on a port. `None` if it belongs to another user, or there is no `/proc`.
fn listening_program(proc: &Path, port: u16) -> Option<String> {
    let sockets = sockets_at(proc, port);
    let processes = read_dir(proc).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let holds = |process: &PathBuf| {
        let mut open = read_dir(process.join("fd")).into_iter().flatten().filter_map(|file| read_link(file.ok()?.path()).ok());
        open.any(|target| sockets.contains(&target))
    };
    processes.filter(holds).find_map(|process| program_name(&read_link(process.join("exe")).ok()?))
}

/// The name of a program's file, also if the file was replaced since the start.
fn program_name(program: &Path) -> Option<String> {
    let name = program.file_name()?.to_string_lossy();
    Some(name.strip_suffix(" (deleted)").unwrap_or(&name).to_owned())
}

/// The sockets that listen on a port, as links of open files name them.
fn listening_sockets(table: &str, port: u16) -> Vec<String> {
    const LISTENING: &str = "0A";
    let socket = |line: &str| {
        let fields: Vec<_> = line.split_whitespace().collect();
        let (_, found) = fields.get(1)?.rsplit_once(':')?;
        let is_wanted = u16::from_str_radix(found, 16) == Ok(port) && *fields.get(3)? == LISTENING;
        let inode = fields.get(9).filter(|_| is_wanted)?;
        Some(format!("socket:[{inode}]"))
    };
    table.lines().filter_map(socket).collect()
}

/// Whether the service can listen at the address that a setting names.
pub(super) fn judge_place(check: &'static str, setting: &str, address: SocketAddr, place: &Place) -> Finding {
    match place {
        Place::Free => Finding::ok(check, format!("{address} is free")),
        Place::Ours => Finding::ok(check, format!("the service listens on {address}")),
        Place::Taken(name) => {
            let who = name.as_ref().map_or_else(|| "another process".to_owned(), |name| format!("the program {name}"));
            let fix = format!("stop it, or name another address in {setting}");
            match name {
                Some(_) => Finding::problem(check, format!("{who} listens on {address}"), fix),
                // A service of another user is the usual case, and its program can't be read.
                None => Finding::warning(check, format!("{who} listens on {address}"), format!("if it is not the service: {fix}")),
            }
        }
        Place::Unusable(reason) => {
            Finding::problem(check, format!("{address} can't be listened on: {reason}"), format!("name another address in {setting}"))
        }
    }
}

/// Whether the service learns which clients stand behind a proxy.
pub(super) fn judge_proxies(config: &Config) -> Finding {
    const CHECK: &str = "proxies";
    let is_everything = |network: &&String| network.ends_with("/0");
    if let Some(network) = config.trusted_proxies.iter().find(is_everything) {
        return Finding::warning(
            CHECK,
            format!("trusted_proxies has {network}: every client may name another address, and escape the limits"),
            "name the addresses of the proxies alone",
        );
    }
    let is_plain = config.tls_cert.is_none();
    if config.profile == Profile::Production && is_plain && config.trusted_proxies.is_empty() {
        return Finding::warning(
            CHECK,
            "the service has no TLS of its own and trusts no proxy: behind a proxy, all clients count as one",
            "name the addresses of the proxy in trusted_proxies",
        );
    }
    Finding::ok(CHECK, if config.trusted_proxies.is_empty() { "no proxy is trusted" } else { "only named proxies are trusted" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::report::State;

    const TABLE: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0 100 0 0 10 0
   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 4712 1 0 20 4 30 10 -1
   2: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0 100 0 0 10 0
";

    #[test]
    fn listening_sockets_are_found_by_port_and_state() {
        assert_eq!(listening_sockets(TABLE, 8080), ["socket:[4711]"]);
        assert_eq!(listening_sockets(TABLE, 80), ["socket:[4713]"]);
        assert_eq!(listening_sockets(TABLE, 443), Vec::<String>::new());
        assert_eq!(listening_sockets("", 80), Vec::<String>::new());
    }

    #[test]
    fn the_owner_of_a_port_is_recognised() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        assert_eq!(look_at(address), Place::Ours);
        drop(listener);
        assert_eq!(look_at(SocketAddr::from(([127, 0, 0, 1], 0))), Place::Free);
        // The address belongs to documents, so no machine has it.
        assert!(matches!(look_at(SocketAddr::from(([192, 0, 2, 1], 0))), Place::Unusable(_)));
    }

    #[test]
    fn a_denied_port_is_taken_if_something_listens_there() {
        assert!(is_taken(ErrorKind::AddrInUse, || false) && is_taken(ErrorKind::PermissionDenied, || true));
        assert!(!is_taken(ErrorKind::PermissionDenied, || false) && !is_taken(ErrorKind::AddrNotAvailable, || true));
    }

    #[test]
    fn a_port_is_judged_by_what_stands_there() {
        let address = SocketAddr::from(([127, 0, 0, 1], 8080));
        let state = |place| judge_place("port", "listen", address, &place).state;
        assert_eq!([state(Place::Free), state(Place::Ours)], [State::Ok; 2]);
        assert_eq!(state(Place::Taken(Some("nginx".to_owned()))), State::Problem);
        assert_eq!(state(Place::Taken(None)), State::Warning);
        assert_eq!(state(Place::Unusable("no such address".to_owned())), State::Problem);
    }

    #[test]
    fn proxies_are_named_in_production_without_tls_and_never_everything() {
        let config = |profile, proxies: &[&str], has_certificate: bool| Config {
            profile,
            trusted_proxies: proxies.iter().map(|proxy| (*proxy).to_owned()).collect(),
            tls_cert: has_certificate.then(|| "tls.crt".into()),
            ..Config::default()
        };
        let state = |config: &Config| judge_proxies(config).state;
        assert_eq!(state(&config(Profile::Dev, &[], false)), State::Ok);
        assert_eq!(state(&config(Profile::Production, &[], true)), State::Ok);
        assert_eq!(state(&config(Profile::Production, &["10.0.0.7"], false)), State::Ok);
        assert_eq!(state(&config(Profile::Production, &[], false)), State::Warning);
        assert_eq!(state(&config(Profile::Dev, &["10.0.0.7", "::/0"], true)), State::Warning);
    }
}
