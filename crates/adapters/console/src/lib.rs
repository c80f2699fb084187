//! The console: pages in a browser for operators, and for those who test with the service. The operations listener shows them below
//! [`CONSOLE_PATH`]. They call inbound ports, and know no database and none of the public APIs.
//!
//! | file or folder | content |
//! |---|---|
//! | `now`, `sessions`, `courses`, `jobs`, `people`, `keys`, `audit`, `requests`, `tests_control`, `connect`, `find`, `sign_in` | the pages, a folder for each kind |
//! | `assets` | the style sheet, the scripts and the icons |
//! | `failure` | what a page could not do |
//! | `fields` | queries and forms |
//! | `guard` | who may ask for what: sign-ins, roles, and the token against foreign forms |
//! | `locale`, `texts` | the languages |
//! | `multipart` | forms with a file |
//! | `notes` | what was done, as the next page says it |
//! | `ports` | the ports that the pages call |
//! | `shell` | the frame of a page: navigation, account, bar of test control |
//! | `stream` | streams of events, by which a page renews its parts |
//! | `ui` | small pieces that templates call |
//! | `visit` | what a page knows of its visitor |
//!
//! To add a page: a folder with `configure`, a line in [`Console::configure`], a place in `shell::Section`, templates, and texts in each
//! language.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod assets;
mod audit;
mod connect;
mod courses;
mod failure;
mod fields;
mod find;
mod guard;
mod jobs;
mod keys;
mod local;
mod locale;
mod multipart;
mod notes;
mod now;
mod people;
mod ports;
mod requests;
mod sessions;
mod shell;
mod sign_in;
mod stream;
#[cfg(test)]
mod testing;
mod tests_control;
mod texts;
mod ui;
mod visit;

use std::sync::{Arc, OnceLock};

use actix_web::web::{self, Data, ServiceConfig};

pub use ports::{ClientPorts, ConsolePorts, ControlPorts, OperatorPorts, OperatorsFor, Time, TimeOf};

use local::LocalSignIns;
use notes::Notes;

/// The path below which all pages are.
pub const CONSOLE_PATH: &str = "/console";

/// How visitors show who they are.
#[derive(Clone)]
pub enum SignInMode {
    /// They need not: each program on this machine may do all.
    NotNeeded,
    /// By a token that was printed at the start, and that signs in once.
    Token(String),
    /// By the name and the password of an admin.
    Admins,
}

impl std::fmt::Debug for SignInMode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NotNeeded => "NotNeeded",
            Self::Token(_) => "Token(..)",
            Self::Admins => "Admins",
        })
    }
}

/// The settings of a console.
#[derive(Clone)]
pub struct ConsoleSettings {
    /// How visitors show who they are.
    pub sign_in: SignInMode,
    /// Random bytes of this process, from which its tokens are made.
    pub secret: [u8; 32],
    /// Whether browsers reach the console by TLS, which something before it ends.
    pub is_https: bool,
    /// The URL of the public APIs, as clients on other machines reach them, without a slash at its end. It is set once the public listener is
    /// there.
    pub public_url: Arc<OnceLock<String>>,
    /// Whether the documentation of the APIs is at `/docs` of the same listener.
    pub docs_url: &'static str,
    /// The version of the program.
    pub version: &'static str,
}

impl std::fmt::Debug for ConsoleSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConsoleSettings").field("is_https", &self.is_https).field("public_url", &self.public_url).finish_non_exhaustive()
    }
}

/// A console. Clones are the same. Until its ports are set, each page answers 503.
#[derive(Clone)]
pub struct Console(Arc<Inner>);

struct Inner {
    settings: ConsoleSettings,
    ports: OnceLock<ConsolePorts>,
    notes: Notes,
    local: LocalSignIns,
}

impl std::fmt::Debug for Console {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Console").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}

impl Console {
    /// A console without ports.
    pub fn new(settings: ConsoleSettings) -> Self {
        let local = LocalSignIns::new(settings.secret, &settings.sign_in);
        Self(Arc::new(Inner { settings, ports: OnceLock::new(), notes: Notes::default(), local }))
    }

    /// Sets the ports. Only the first call has an effect.
    pub fn open(&self, ports: ConsolePorts) {
        self.0.ports.set(ports).ok();
    }

    /// Adds the pages to a listener.
    pub fn configure(&self, config: &mut ServiceConfig) {
        let pages = web::scope(CONSOLE_PATH)
            .configure(assets::configure)
            .configure(sign_in::configure)
            .configure(visit::configure)
            .service(
                web::scope("/{account}")
                    .configure(now::configure)
                    .configure(sessions::configure)
                    .configure(courses::configure)
                    .configure(jobs::configure)
                    .configure(people::configure)
                    .configure(keys::configure)
                    .configure(audit::configure)
                    .configure(requests::configure)
                    .configure(tests_control::configure)
                    .configure(connect::configure)
                    .configure(find::configure)
                    .configure(visit::configure_account)
                    // Without it the listener would answer, which has no pages.
                    .default_service(web::to(visit::no_such_page)),
            )
            .default_service(web::to(visit::no_such_page))
            .wrap(actix_web::middleware::from_fn(guard::guard))
            .wrap(actix_web::middleware::from_fn(guard::secure_headers))
            .wrap(actix_web::middleware::Compress::default());
        config.app_data(Data::new(self.clone())).service(pages);
    }

    fn ports(&self) -> Option<&ConsolePorts> {
        self.0.ports.get()
    }

    fn settings(&self) -> &ConsoleSettings {
        &self.0.settings
    }
}
