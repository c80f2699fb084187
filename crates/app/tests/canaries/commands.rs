//! The commands that make, replace and list secrets, and commands that are given a secret where none belongs.

use std::io::Write;
use std::process::{Output, Stdio};

use libtest_mimic::Failed;
use serde_json::Value;

use crate::canary::Canary;
use crate::check;
use crate::site::{Site, secret_file};

const FILE_PASSWORD: &str = "kanarya2b8eparoladosyada";
const INPUT_PASSWORD: &str = "kanarya5c1dparolagirdide";
const ADMIN_PASSWORD: &str = "kanarya7e4ayoneticiparolasi";

/// The secrets of an account, as an integration holds them.
pub(crate) struct Keys {
    pub(crate) account: String,
    pub(crate) access_key: String,
    pub(crate) secret_key: String,
    pub(crate) bearer: String,
    pub(crate) organization_key: String,
    pub(crate) token: String,
}

impl Keys {
    /// Creates an account with a person, and a token of that person.
    pub(crate) fn create(site: &mut Site) -> Result<Self, Failed> {
        let created = prints_a_secret(site, &["account", "create", "okul"])?;
        let person = ["user", "create", "muallim@okul.example", "--role", "admin", "--account", "okul"];
        check(run(site, &person)?.status.success(), &"no person")?;
        let token = prints_a_secret(site, &["token", "create", "muallim@okul.example", "--account", "okul"])?;
        let text = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(|| format!("no text: {value}"));
        Ok(Self {
            account: created["account"]["id"].to_string(),
            access_key: text(&created["access_key"])?,
            secret_key: text(&created["secret_key"])?,
            bearer: text(&created["bearer"])?,
            organization_key: text(&created["organization_key"])?,
            token: text(&token["token"])?,
        })
    }
}

/// Runs a command, and notes all that it writes.
fn run(site: &mut Site, arguments: &[&str]) -> Result<Output, Failed> {
    let output = site.program(arguments).output()?;
    see_output(site, arguments, &output, true);
    Ok(output)
}

/// Runs a command that prints a new secret on purpose, as one line. The secret may be seen nowhere else.
fn prints_a_secret(site: &mut Site, arguments: &[&str]) -> Result<Value, Failed> {
    let output = site.program(arguments).arg("--json").output()?;
    check(output.status.success(), &(arguments, &output))?;
    see_output(site, arguments, &output, false);
    let printed = String::from_utf8(output.stdout)?;
    check(printed.lines().count() == 1, &"more than the line with the secret")?;
    let printed: Value = serde_json::from_str(&printed)?;
    let secrets = Canary::printed(&arguments.join(" "), &printed);
    check(!secrets.is_empty(), &(arguments, "printed no secret"))?;
    site.canaries.extend(secrets);
    Ok(printed)
}

fn see_output(site: &mut Site, arguments: &[&str], output: &Output, with_standard_output: bool) {
    // An argument of a test may be a secret itself, so that only the first two name the command.
    let name = arguments.iter().take(2).copied().collect::<Vec<_>>().join(" ");
    site.see(format!("standard error of {name}"), String::from_utf8_lossy(&output.stderr));
    if with_standard_output {
        site.see(format!("standard output of {name}"), String::from_utf8_lossy(&output.stdout));
    }
}

/// Makes and replaces secrets of every kind.
pub(crate) fn make_secrets(site: &mut Site) -> Result<(), Failed> {
    for kind in ["access", "organization"] {
        let created = prints_a_secret(site, &["key", "create", "--kind", kind, "--account", "okul"])?;
        let rotated = prints_a_secret(site, &["key", "rotate", &created["id"].to_string(), "--account", "okul"])?;
        let revoke = run(site, &["key", "revoke", &rotated["id"].to_string(), "--account", "okul"])?;
        check(revoke.status.success(), &revoke)?;
    }
    credentials_files(site)?;
    prints_a_secret(site, &["user", "password", "muallim@okul.example", "--account", "okul"])?;
    prints_a_secret(site, &["admin", "create", "nazir"])?;
    site.canaries.extend([Canary::new("a password in a file", FILE_PASSWORD), Canary::new("a password of an admin", ADMIN_PASSWORD)]);
    let password = secret_file(site.folder.path(), "person", FILE_PASSWORD)?.to_string_lossy().into_owned();
    let admin = secret_file(site.folder.path(), "admin", ADMIN_PASSWORD)?.to_string_lossy().into_owned();
    let set = run(site, &["user", "password", "muallim@okul.example", "--password-file", &password, "--account", "okul"])?;
    check(set.status.success(), &set)?;
    let created = run(site, &["admin", "create", "mudur", "--password-file", &admin])?;
    check(created.status.success(), &created)?;
    password_by_standard_input(site)
}

/// Makes credentials files of every kind, each with secrets of its own.
fn credentials_files(site: &mut Site) -> Result<(), Failed> {
    let created = run(site, &["service-account", "create", "timetable", "--act-for-everyone", "--account", "okul"])?;
    check(created.status.success(), &created)?;
    let files: [&[&str]; 3] = [
        &["timetable", "--as", "service-account", "--algorithm", "es256"],
        &["muallim@okul.example", "--as", "authorized-user"],
        &["muallim@okul.example", "--as", "external"],
    ];
    for file in files {
        prints_a_secret(site, &[&["token", "create"][..], file, &["--url", "https://okul.example", "--account", "okul"]].concat())?;
    }
    Ok(())
}

/// A command that waits for a password: meanwhile other users can see its arguments and its environment.
fn password_by_standard_input(site: &mut Site) -> Result<(), Failed> {
    site.canaries.push(Canary::new("a password by standard input", INPUT_PASSWORD));
    let arguments = ["user", "password", "muallim@okul.example", "--password-file", "-", "--account", "okul"];
    let mut command = site.program(&arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    site.see_process("user password", child.id())?;
    child.stdin.take().ok_or("no standard input")?.write_all(format!("{INPUT_PASSWORD}\n").as_bytes())?;
    let output = child.wait_with_output()?;
    see_output(site, &arguments, &output, true);
    check(output.status.success(), &output)
}

/// Commands that show what there is, and commands that fail.
pub(crate) fn show_and_fail(site: &mut Site, keys: &Keys) -> Result<(), Failed> {
    let shown: [&[&str]; 15] = [
        &["account", "list"],
        &["account", "show", "okul"],
        &["key", "list", "--all", "--account", "okul"],
        &["user", "list", "--account", "okul"],
        &["service-account", "list", "--account", "okul"],
        &["grant", "list", "--account", "okul"],
        &["project", "list", "--account", "okul"],
        &["admin", "list"],
        &["audit", "list", "--account", "okul"],
        &["audit", "list", "--installation"],
        &["audit", "export"],
        &["config", "show"],
        &["config", "show", "--json"],
        &["key", "list", "--json", "--account", "okul"],
        &["audit", "list", "--json", "--account", "okul"],
    ];
    for arguments in shown {
        let output = run(site, arguments)?;
        check(output.status.success() && !output.stdout.is_empty(), &(arguments, output))?;
    }
    // What these find depends on the machine, and on what was sealed so far.
    for arguments in [&["audit", "verify"][..], &["config", "check"], &["doctor"], &["doctor", "--json"]] {
        let output = run(site, arguments)?;
        check(!output.stdout.is_empty(), &(arguments, output))?;
    }
    for secret in [&keys.bearer, &keys.secret_key, &keys.organization_key, &keys.token] {
        for command in ["revoke", "rotate"] {
            let refused = run(site, &["key", command, secret, "--account", "okul"])?;
            check(refused.status.code() == Some(2), &(command, refused))?;
        }
        let refused = run(site, &["grant", "revoke", secret, "--account", "okul"])?;
        check(refused.status.code() == Some(2), &("grant revoke", refused))?;
    }
    wrong_databases(site)
}

/// Databases that the program can't use, with secrets in their URLs.
fn wrong_databases(site: &mut Site) -> Result<(), Failed> {
    let secret = "kanarya0d9fyanlisveritabani";
    site.canaries.push(Canary::new("the password of another database", secret));
    let folder = site.folder.path();
    let mut urls = vec![
        format!("postgres://clerk:{secret}@127.0.0.1:1/derslik"),
        format!("postgres://clerk:{secret}@127.0.0.1:1/derslik?unknown={secret}"),
        format!("postgres://127.0.0.1:1/derslik?password={secret}"),
        format!("postgres://clerk:{secret}@127.0.0.1:port/derslik"),
        format!("clerk:{secret}@127.0.0.1"),
    ];
    urls.extend(site.url_with_password(secret));
    let files: Vec<_> =
        (0..).zip(&urls).map(|(number, url)| secret_file(folder, &format!("other{number}"), url)).collect::<Result<_, _>>()?;
    for file in files {
        for arguments in [&["account", "list"][..], &["serve"], &["config", "show"], &["doctor"]] {
            let output = site.program(arguments).env("DATABASE_URL_FILE", &file).output()?;
            check(!output.status.success() || !["account", "serve"].contains(&arguments[0]), &(arguments, &output))?;
            see_output(site, arguments, &output, true);
        }
    }
    Ok(())
}
