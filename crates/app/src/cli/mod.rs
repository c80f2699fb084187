//! The commands, one file each. A command parses its arguments, calls an inbound port, and prints the outcome. It knows no use
//! case and no store. Some commands know more: `migrate`, `backup`, `restore` and `erasures` call the storage adapter, since the schema
//! and whole tables are its own affair, and `serve` and `worker` start the parts that [`wiring`](crate::wiring) builds. `config` and
//! `doctor` report on the set-up itself, `health` asks a running process, `dev` calls test control of one, and
//! `completions` knows the commands alone.

mod account;
mod addresses;
mod admin;
mod audit;
mod backup;
mod banner;
mod completions;
mod config;
mod course;
mod database;
mod dev;
mod doctor;
mod erasures;
mod folder;
mod grant;
mod health;
mod job;
mod key;
mod known_keys;
mod list_args;
mod metadata;
mod migrate;
mod operations;
mod operator;
mod output;
mod password;
mod project;
mod restore;
mod runtime;
mod scopes;
mod serve;
mod service_account;
mod start;
mod token;
mod user;
mod worker;

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand};
use derslik_ports::StoreError;
use derslik_storage::set_application_name;

use crate::config::{Config, Flags, LogFormat, OpsFlags, Profile, read_address, read_ops_listen};
use crate::safety::Purpose;
use crate::signals::{Ended, Signals};
use crate::system::try_random;
use crate::telemetry;

use operator::Operator;
use output::Output;
use runtime::runtime;

/// What went wrong, by the exit code: the end of the help of the program. `docs/CLI.md` shows the same.
const EXIT_CODES: &str = "\
Exit codes:
  0             done, or stopped by a signal
  1             an unexpected failure, a process that does not answer `health` as it should, or damage that a command found
  2             wrong usage or configuration, an unsafe set-up, or a problem that `doctor` found
  3             the database can't be reached or brought up to date
  4             the address can't be listened on
  128 and more  a signal, whose number is added, ended a command other than `serve` and `worker` before it was done";

/// The end of the help of `serve`.
const SERVE_EXAMPLES: &str = "\
Examples:
  derslik serve --fixed-dev-keys
  derslik serve --config /etc/derslik/derslik.toml --listen 127.0.0.1:9090";

/// One service that speaks three public classroom APIs.
#[derive(Debug, Parser)]
#[command(name = "derslik", version, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves, and runs jobs, until a signal comes.
    #[command(after_help = SERVE_EXAMPLES)]
    Serve(ServeArgs),
    /// Runs jobs, and nothing else, until a signal comes.
    Worker(WorkerArgs),
    /// Brings the database up to date, and does nothing else.
    Migrate,
    /// Asks the running service whether it lives, or with --ready whether it can do its work. Exit code 0 means yes, 1 means no.
    Health(health::HealthArgs),
    /// The settings.
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Writes all data of the database into a file, while the service runs.
    Backup(backup::BackupArgs),
    /// Brings a backup into an empty database. Stop the service before.
    Restore(restore::RestoreArgs),
    /// Erasures and revocations, which a restore must not undo.
    #[command(subcommand)]
    Erasures(erasures::ErasuresCommand),
    /// Looks for faults in the configured set-up. Exit code 2 means that it found a problem.
    Doctor(doctor::DoctorArgs),
    /// Accounts.
    #[command(subcommand)]
    Account(account::AccountCommand),
    /// Access keys, organization keys and access tokens.
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Courses.
    #[command(subcommand)]
    Course(course::CourseCommand),
    /// Jobs.
    #[command(subcommand)]
    Job(job::JobCommand),
    /// The audit log.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// People.
    #[command(subcommand)]
    User(user::UserCommand),
    /// New access tokens of people, and credentials files; `derslik key` and `derslik grant` list and revoke them.
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Keys of service accounts, and refresh tokens of people.
    #[command(subcommand)]
    Grant(grant::GrantCommand),
    /// Service accounts: programs that prove themselves by signatures.
    #[command(subcommand)]
    ServiceAccount(service_account::ServiceAccountCommand),
    /// Projects, which own jobs and aliases of courses.
    #[command(subcommand)]
    Project(project::ProjectCommand),
    /// Admins of the installation, who sign in to the console.
    #[command(subcommand)]
    Admin(admin::AdminCommand),
    /// Test control of a running service of profile dev: accounts, clocks, seeds, snapshots, faults and journals.
    Dev(dev::DevArgs),
    /// Prints a script by which a shell completes commands and their flags. It needs no settings.
    Completions(completions::CompletionsArgs),
}

#[derive(Debug, Args)]
struct WorkerArgs {
    /// The address and port of the operations listener, or `off` [default: off].
    #[arg(long, value_name = "ADDRESS", value_parser = read_ops_listen)]
    ops_listen: Option<String>,
    /// An RFC 3339 instant at which the clock of the service starts (profile dev only).
    #[arg(long, value_name = "INSTANT")]
    dev_clock: Option<String>,
}

#[derive(Debug, Args)]
struct Common {
    /// A TOML file with settings.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The folder for all files of the service [default: ./data].
    #[arg(long, global = true, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// The URL of the database, which begins with postgres:// or sqlite:// [default: an SQLite file in the data folder].
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
    /// Whether the service is for development or for production [default: dev].
    #[arg(long, global = true)]
    profile: Option<Profile>,
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
}

/// The settings of `serve` that flags set. Commands that report on a start of `serve` take them as well.
#[derive(Debug, Args)]
struct ServeSettings {
    /// The address and port to listen on [default: 127.0.0.1:8080].
    #[arg(long, value_name = "ADDRESS", value_parser = read_address)]
    listen: Option<SocketAddr>,
    /// The address and port of the operations listener, or `off` [default: 127.0.0.1 and the port after that of --listen].
    #[arg(long, value_name = "ADDRESS", value_parser = read_ops_listen)]
    ops_listen: Option<String>,
    /// A PEM file with the certificate chain, to speak HTTPS.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// A PEM file with the key of the certificate.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Use publicly known credentials, for tests (profile dev only).
    #[arg(long)]
    fixed_dev_keys: bool,
    /// An RFC 3339 instant at which the clock of the service starts (profile dev only).
    #[arg(long, value_name = "INSTANT")]
    dev_clock: Option<String>,
    /// A number by which each new account gets the same ids in each run (profile dev only).
    #[arg(long, value_name = "NUMBER")]
    id_seed: Option<u64>,
}

#[derive(Debug, Args)]
struct ServeArgs {
    #[command(flatten)]
    settings: ServeSettings,
    /// Run no jobs: worker processes run them.
    #[arg(long)]
    no_worker: bool,
    /// Add the content of this file, in YAML or JSON, to the account `demo` of a fresh database (profile dev only).
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Keep all data in a new folder for temporary files, without waiting for the disk, and remove that at the end. For tests.
    #[arg(long)]
    temporary: bool,
    /// Stop within a second once standard input is closed, so that the service ends with the process that started it. For tests.
    #[arg(long)]
    exit_with_stdin: bool,
    /// What is printed once the service takes requests [default: text, or json with --json].
    #[arg(long, value_name = "FORMAT")]
    print: Option<Output>,
}

/// The settings and the output format that every command gets.
struct Context<'c> {
    config: &'c Config,
    output: Output,
}

/// Why a command failed; each variant has its own exit code.
#[derive(Debug)]
enum Failure {
    Other(anyhow::Error),
    Usage(anyhow::Error),
    Database(anyhow::Error),
    Listen(anyhow::Error),
}

/// The commands and their arguments, for what describes them: completions of shells, and the reference in `docs/CLI.md`.
pub fn command_tree() -> clap::Command {
    Cli::command()
}

/// Runs the command that the arguments of the process name.
pub fn run() -> ExitCode {
    let outcome = Cli::try_parse().map_err(|error| wrong_arguments(&error)).and_then(Cli::run);
    let code = outcome.map_or_else(Failure::report, |()| ExitCode::SUCCESS);
    telemetry::flush();
    code
}

/// What is wrong with the arguments, as one line of JSON where the environment says that the log is JSON. Otherwise, and where help was
/// asked for, the process ends here with the text as it is.
fn wrong_arguments(error: &clap::Error) -> Failure {
    let format = LogFormat::named(None);
    if format == LogFormat::Text || !error.use_stderr() {
        error.exit();
    }
    telemetry::write_as(format);
    Failure::Usage(anyhow::anyhow!("{}", error.to_string().trim_end()))
}

impl Cli {
    fn run(self) -> Result<(), Failure> {
        let mut flags = Flags {
            data_dir: self.common.data_dir,
            database_url: self.common.database_url,
            profile: self.common.profile,
            ..Flags::default()
        };
        if let Some(settings) = self.command.serve_settings() {
            flags.listen = settings.listen;
            flags.tls_cert.clone_from(&settings.tls_cert);
            flags.tls_key.clone_from(&settings.tls_key);
            flags.fixed_dev_keys = settings.fixed_dev_keys;
            flags.dev_clock.clone_from(&settings.dev_clock);
            flags.id_seed = settings.id_seed;
            flags.ops = settings.ops_listen.clone().map(|listen| OpsFlags { listen });
        }
        if let Command::Worker(args) = &self.command {
            flags.dev_clock.clone_from(&args.dev_clock);
            flags.ops = args.ops_listen.clone().map(|listen| OpsFlags { listen });
        }
        let _removed_at_the_end = match &self.command {
            Command::Serve(args) if args.temporary => Some(folder::use_temporary(&mut flags)?),
            _ => None,
        };
        let output = if self.common.json { Output::Json } else { Output::Text };
        // It has to answer soon, so the log, the signals and the checks of a start are left out.
        if let Command::Health(args) = &self.command {
            return health::run(self.common.config.as_ref(), &flags, args, output);
        }
        if let Command::Dev(args) = &self.command {
            return dev::run(self.common.config.as_ref(), &flags, args, output);
        }
        // It works before the machine has any settings.
        if let Command::Completions(args) = &self.command {
            return completions::run(args, output);
        }
        set_application_name(&format!("derslik {}", self.command.name()));
        telemetry::write_as(LogFormat::named(self.common.config.as_deref()));
        let loaded = match Config::load_with_origins(self.common.config.as_ref(), &flags) {
            Ok(loaded) => loaded,
            Err(error) if matches!(self.command, Command::Config(config::ConfigCommand::Check(_))) => {
                return config::not_loaded(&error, output);
            }
            Err(error) => return Err(Failure::Usage(error)),
        };
        let config = &loaded.config;
        let is_service = matches!(self.command, Command::Serve(_) | Command::Worker(_));
        telemetry::start(&config.log, is_service).map_err(Failure::Usage)?;
        telemetry::log_panics();
        if let Some(purpose) = self.command.purpose() {
            start::check_settings(&loaded, purpose)?;
        }
        let signals = Signals::watch(self.command.when_interrupted()).map_err(|error| Failure::Other(error.into()))?;
        try_random().map_err(|error| Failure::Other(error.into()))?;
        let context = Context { config, output };
        match self.command {
            Command::Serve(args) => serve::run(&context, &signals, &args),
            Command::Worker(_) => worker::run(config, &signals),
            Command::Health(args) => health::run(self.common.config.as_ref(), &flags, &args, output),
            Command::Migrate => migrate::run(&context),
            Command::Config(command) => command.run(&loaded, output),
            Command::Doctor(args) => doctor::run(&loaded, &args, output),
            Command::Backup(args) => args.run(&context),
            Command::Restore(args) => restore::run(&context, &args),
            Command::Erasures(command) => command.run(&context),
            Command::Account(command) => command.run(&context),
            Command::Key(command) => command.run(&context),
            Command::Course(command) => command.run(&context),
            Command::Job(command) => command.run(&context),
            Command::Audit(command) => command.run(&context),
            Command::User(command) => command.run(&context),
            Command::Token(command) => command.run(&context),
            Command::Grant(command) => command.run(&context),
            Command::ServiceAccount(command) => command.run(&context),
            Command::Project(command) => command.run(&context),
            Command::Admin(command) => command.run(&context),
            Command::Dev(args) => dev::run(self.common.config.as_ref(), &flags, &args, output),
            Command::Completions(args) => completions::run(&args, output),
        }
    }
}

impl Command {
    /// What the rules of a safe set-up ask; `None` for a command that reports on the set-up itself.
    const fn purpose(&self) -> Option<Purpose> {
        match self {
            Self::Serve(_) => Some(Purpose::Serve),
            Self::Worker(_) => Some(Purpose::Work),
            Self::Migrate => Some(Purpose::Migrate),
            // `backup verify` uses a temporary database alone.
            Self::Config(_)
            | Self::Doctor(_)
            | Self::Health(_)
            | Self::Dev(_)
            | Self::Completions(_)
            | Self::Backup(backup::BackupArgs { command: Some(_), .. }) => None,
            _ => Some(Purpose::Operate),
        }
    }

    /// The name of the command, as it is typed.
    const fn name(&self) -> &'static str {
        match self {
            Self::Serve(_) => "serve",
            Self::Worker(_) => "worker",
            Self::Migrate => "migrate",
            Self::Config(_) => "config",
            Self::Doctor(_) => "doctor",
            Self::Health(_) => "health",
            Self::Backup(_) => "backup",
            Self::Restore(_) => "restore",
            Self::Erasures(_) => "erasures",
            Self::Account(_) => "account",
            Self::Key(_) => "key",
            Self::Course(_) => "course",
            Self::Job(_) => "job",
            Self::Audit(_) => "audit",
            Self::User(_) => "user",
            Self::Token(_) => "token",
            Self::Grant(_) => "grant",
            Self::ServiceAccount(_) => "service-account",
            Self::Project(_) => "project",
            Self::Admin(_) => "admin",
            Self::Dev(_) => "dev",
            Self::Completions(_) => "completions",
        }
    }

    /// The flags for the settings of `serve`, where the command takes them.
    const fn serve_settings(&self) -> Option<&ServeSettings> {
        match self {
            Self::Serve(args) => Some(&args.settings),
            Self::Config(config::ConfigCommand::Show(settings) | config::ConfigCommand::Check(settings)) => Some(settings),
            Self::Doctor(args) => Some(&args.settings),
            _ => None,
        }
    }

    /// How a signal affects the exit code.
    const fn when_interrupted(&self) -> Ended {
        match self {
            Self::Serve(_) | Self::Worker(_) => Ended::Done,
            _ => Ended::Interrupted,
        }
    }
}

impl Failure {
    /// The exit code and the error.
    fn parts(self) -> (u8, anyhow::Error) {
        match self {
            Self::Other(error) => (1, error),
            Self::Usage(error) => (2, error),
            Self::Database(error) => (3, error),
            Self::Listen(error) => (4, error),
        }
    }

    fn report(self) -> ExitCode {
        let (code, error) = self.parts();
        telemetry::fail(&format!("{error:#}"));
        ExitCode::from(code)
    }
}

/// A failure of the store.
fn database(error: StoreError) -> Failure {
    Failure::Database(error.into())
}

/// A failure to listen on that address, which the flag sets.
fn cannot_listen(address: SocketAddr, flag: &str, error: std::io::Error) -> Failure {
    let cure = match error.kind() {
        ErrorKind::AddrInUse => format!("another process listens on this port: stop it, or name another port with {flag}"),
        ErrorKind::AddrNotAvailable => format!("this machine does not have the address: name another with {flag}"),
        ErrorKind::PermissionDenied => format!("the port is reserved: name one above 1023 with {flag}"),
        _ => format!("name another address with {flag}"),
    };
    Failure::Listen(anyhow::Error::new(error).context(format!("can't listen on {address}; {cure}")))
}

/// The command that these arguments name.
#[cfg(test)]
fn parsed(arguments: &[&str]) -> Command {
    Cli::try_parse_from([&["derslik"][..], arguments].concat()).unwrap().command
}
