"""The place of a reader: a folder like a checkout, the program on the path, and the services and databases that a document says run.

Programs that stand for others are few: `sudo` runs its command as this user, `cargo` gives the program that was built already, and the
editor writes what the reader types. Addresses and folders of a document that another program may hold stand for free ones.
"""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from . import ROOT, Fault

# What a checkout has that commands of the documents read. The sources are not copied: `cargo` does not run here.
COPIED = ["Makefile", "Cargo.toml", "Dockerfile", "docker-compose.yml", "docker-compose.scale.yml", "scripts", "deploy", "docs"]
FOLDERS = ["/etc/derslik", "/usr/local/bin", "/var/lib/derslik", "/etc/systemd/system"]
# The URL of a database that names no port of its own.
DATABASE = re.compile(r"(postgres(?:ql)?://(?:[^@/\s'\"]*@)?127\.0\.0\.1)(?::5432)?(?=[/?])")
ADDRESS = re.compile(r"\b(127\.0\.0\.1|localhost):(\d{4,5})\b")
# The password of the role `derslik`, for documents in which the reader types it.
PASSWORD = "password-of-derslik"
# How long a service may take to start and to stop, in seconds. A machine that does something else at the same time needs a part of it.
START, STOP = 60, 30

SUDO = """#!/usr/bin/env bash
# Runs the command as this user, since root is not needed below a folder of one's own.
while [[ ${1:-} == -* ]]; do
    case $1 in -u | -g) shift 2 ;; *) shift ;; esac
done
exec env "$@"
"""

CARGO = """#!/usr/bin/env bash
# Gives the program that was built already, and does nothing else.
set -euo pipefail
command=${{1:-}} folder=debug package=
case $command in
--version) exit 0 ;;
build | run) shift ;;
*) package=unknown ;;
esac
while [ $# -gt 0 ]; do
    case $1 in
    --release) folder=release ;;
    --quiet | -q | --locked) ;;
    -p) shift && package=$1 ;;
    --) shift && break ;;
    *) package=unknown ;;
    esac
    shift
done
[ "$package" = derslik ] || {{
    echo "cargo builds and runs nothing but derslik here: give this block the class \\`run by\\` or \\`check\\`" >&2
    exit 1
}}
mkdir -p "target/$folder"
ln -sf {binary} "target/$folder/derslik"
[ "$command" = build ] || exec "target/$folder/derslik" "$@"
"""

EDITOR = """#!/usr/bin/env bash
# Writes the line that the reader types.
IFS= read -r line
printf '%s\\n' "$line" >"$1"
"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def group_lives(group):
    """Whether a process of the group runs. One that has ended and was not waited for does not."""
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, _, of_group = (entry / "stat").read_text().rpartition(")")[2].split()[:3]
            except OSError:
                continue
            if of_group == str(group) and state != "Z":
                return True
    return False


def end_group(group, limit):
    """Stops the processes of a group. Returns whether they ended in time."""
    for number, patience in [(signal.SIGTERM, limit), (signal.SIGKILL, 5)]:
        deadline = time.monotonic() + patience
        try:
            os.killpg(group, number)
        except ProcessLookupError:
            return number == signal.SIGTERM
        while time.monotonic() < deadline:
            if not group_lives(group):
                return number == signal.SIGTERM
            time.sleep(0.02)
    return False


class Databases:
    """One PostgreSQL for all documents. Each place gets it as if it were new."""

    def __init__(self):
        self.cluster = None

    def fresh(self):
        """An empty database `derslik`, which belongs to the role of this name and asks for its password."""
        # The scripts of the proofs are not needed otherwise.
        from proofs.postgres import Cluster

        if self.cluster is None:
            cluster = Cluster()
            cluster.__enter__()
            self.cluster = cluster
            access = cluster.data / "pg_hba.conf"
            access.write_text("host all derslik 127.0.0.1/32 scram-sha-256\n" + access.read_text())
            cluster.ask("SELECT pg_reload_conf()")
        ask = self.cluster.ask
        for (name,) in ask("SELECT quote_ident(datname) FROM pg_database WHERE datname NOT IN ('postgres', 'template0', 'template1')"):
            ask(f"DROP DATABASE {name} WITH (FORCE)")
        for (name,) in ask("SELECT quote_ident(rolname) FROM pg_roles WHERE rolname <> 'postgres' AND rolname NOT LIKE 'pg\\_%'"):
            ask(f"DROP ROLE {name}")
        ask(f"CREATE ROLE derslik LOGIN PASSWORD '{PASSWORD}'")
        ask("CREATE DATABASE derslik OWNER derslik")
        return self.cluster

    def end(self):
        if self.cluster is not None:
            self.cluster.__exit__(None, None, None)


class Place:
    """The folder of a reader, and what runs for them. It ends with everything that it started."""

    def __init__(self, binary, databases, stop=STOP):
        self.binary, self.databases, self.stop = binary, databases, stop
        # A socket's path is short, so the folder is not below a long one.
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="derslik-docs-", dir="/tmp"))
        self.folder, self.root, self.programs = self.top / "derslik", self.top / "root", self.top / "bin"
        self.groups, self.ports, self.has = [], {}, set()
        # The groups that have to be there until the end.
        self.serving = set()
        # Begins the state of the shell: a document's own assignments come after it.
        self.variables = {}
        for folder in [self.folder, self.programs, self.top / "tmp", self.top / "home", *(self.root / name[1:] for name in FOLDERS)]:
            folder.mkdir(parents=True)
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, self.folder / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
            elif source.exists():
                shutil.copy2(source, self.folder / name)
        for name, text in [("sudo", SUDO), ("cargo", CARGO.format(binary=binary)), ("docs-editor", EDITOR)]:
            (self.programs / name).write_text(text)
            (self.programs / name).chmod(0o755)
        if binary:
            (self.programs / "derslik").symlink_to(binary)

    def environment(self):
        """What a new shell of the reader has. Nothing comes from the environment of this process but the path."""
        path = [self.programs, self.root / "usr/local/bin", *([self.databases.cluster.programs] if self.databases.cluster else [])]
        return {
            # The reader's own programs come first, and PostgreSQL's after those of the machine.
            "PATH": os.pathsep.join([*map(str, path[:2]), os.environ["PATH"], *map(str, path[2:])]),
            "HOME": str(self.top / "home"),
            "TMPDIR": str(self.top / "tmp"),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "TERM": "dumb",
            "EDITOR": "docs-editor",
            "DERSLIK_LISTEN": f"127.0.0.1:{self.port(8080)}",
            "DERSLIK_OPS__LISTEN": f"127.0.0.1:{self.port(8081)}",
        }

    def port(self, shown):
        if shown in (getattr(self.databases.cluster, "port", None), *self.ports.values()):
            # It was replaced already.
            return shown
        if shown not in self.ports:
            self.ports[shown] = free_port()
        return self.ports[shown]

    def here(self, text):
        """A text of a document, with addresses and folders that are free on this machine."""
        text = text.replace("db.example", "127.0.0.1")
        if "postgres" in self.has:
            text = DATABASE.sub(rf"\1:{self.databases.cluster.port}", text)
        text = ADDRESS.sub(lambda found: f"127.0.0.1:{self.port(int(found.group(2)))}", text)
        for folder in FOLDERS:
            text = re.sub(rf"(?<!\w){re.escape(folder)}(?!\w)", str(self.root) + folder, text)
        return text

    def shown(self, text):
        """An output, with the addresses and folders that the document shows."""
        if "postgres" in self.has:
            text = text.replace(f"127.0.0.1:{self.databases.cluster.port}", "127.0.0.1")
        for shown, port in self.ports.items():
            text = text.replace(f"127.0.0.1:{port}", f"127.0.0.1:{shown}")
        return text.replace(str(self.root), "").replace(str(self.folder), "~/derslik").replace(str(self.top), "")

    def provide(self, word):
        """Starts what a document says runs; the variables that name it."""
        if word in self.has:
            return {}
        self.has.add(word)
        return {"service": self.service, "postgres": self.postgres}[word]()

    def service(self):
        log = self.top / "service"
        with open(log, "wb") as output:
            process = subprocess.Popen(
                [self.programs / "derslik", "serve", "--fixed-dev-keys"], cwd=self.folder, env=self.environment(), stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            )
        self.serves(process.pid)
        deadline = time.monotonic() + START
        while b" serves on " not in log.read_bytes():
            if process.poll() is not None or time.monotonic() > deadline:
                raise Fault(f"the service did not start:\n{log.read_text(errors='replace')}")
            time.sleep(0.02)
        return {}

    def serves(self, group):
        self.groups.append(group)
        self.serving.add(group)

    def postgres(self):
        cluster = self.databases.fresh()
        file = self.root / "etc/derslik/password"
        file.touch(mode=0o600)
        file.write_text(PASSWORD)
        return {
            "PGPORT": str(cluster.port),
            "PGHOST": "127.0.0.1",
            "PGUSER": "postgres",
            "DATABASE_URL": f"postgres://derslik@127.0.0.1:{cluster.port}/derslik",
            "DERSLIK_DATABASE__PASSWORD_FILE": str(file),
            "PATH": f"{self.environment()['PATH']}",
        }

    def end(self):
        """Stops what runs, and removes the folder. Returns what was wrong with it, or None."""
        ended = any(not group_lives(group) for group in self.serving)
        stopped = [end_group(group, self.stop) for group in reversed(self.groups)]
        self.groups, self.serving = [], set()
        shutil.rmtree(self.top, ignore_errors=True)
        if ended:
            return "a program that serves ended before the blocks did"
        return None if all(stopped) else "a program did not stop when it was told to"
