"""Stand-ins for the images that the files of the deployment name, for a private engine, which reaches no registry.

Each is made of Debian's packages, and of the Rust toolchain of this machine, and does what the original does for these files. They
are kept with the engine's images.
"""

import hashlib
import os
import pathlib
import re
import shutil
import subprocess

import debian

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PLAIN = ["base-files", "bash", "coreutils", "dash", "findutils", "grep", "libc-bin", "mawk", "sed"]
POSTGRES_USER = 999

ENTRYPOINT = f"""#!/bin/bash
# Does what the start script of the original does for docker-compose.yml: makes the database at the first start, and then serves it.
set -eu
if [ "$(id -u)" = 0 ]; then
    mkdir -p "$PGDATA" /var/run/postgresql
    chown {POSTGRES_USER}:{POSTGRES_USER} "$PGDATA" /var/run/postgresql
    chmod 700 "$PGDATA"
    exec setpriv --reuid={POSTGRES_USER} --regid={POSTGRES_USER} --clear-groups -- "$0" "$@"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    initdb --username="$POSTGRES_USER" --pwfile=<(printf '%s\\n' "$POSTGRES_PASSWORD") --encoding=UTF8 --locale=C.UTF-8 \\
        --auth-local=trust --auth-host=scram-sha-256
    echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
    pg_ctl -w -o "-c listen_addresses=''" start
    [ "$POSTGRES_DB" = postgres ] || createdb --username="$POSTGRES_USER" --maintenance-db=postgres "$POSTGRES_DB"
    pg_ctl -w -m fast stop
fi
exec postgres -c listen_addresses='*'
"""


def named(pattern, path):
    """The name of an image in a file of the deployment."""
    found = re.search(pattern, (ROOT / path).read_text(), re.MULTILINE)
    if not found:
        raise SystemExit(f"{path} names no image as {pattern}")
    return found.group(1)


def prepare(place):
    """Makes the root folders of all stand-ins. This needs the network."""
    place.mkdir(parents=True, exist_ok=True)
    build = named(r"^ARG BASE_BUILD=(\S+)", "Dockerfile")
    postgres = named(r"image: (postgres:\S+)", "docker-compose.yml")
    proxy = named(r"image: (caddy:\S+)", "docker-compose.scale.yml")
    return [
        make(build, "build", ["gcc", "libc6-dev", "zlib1g", "ca-certificates"], finish_build, place),
        make(postgres, "postgres", ["postgresql", "tzdata", "util-linux"], finish_postgres, place),
        make(proxy, "proxy", ["caddy", "ca-certificates"], finish_proxy, place),
    ]


def make(tag, name, packages, finish, place):
    """The name of an image, its root folder, and the changes that are made with its import."""
    root = place / name
    if not root.exists():
        print(f"making a stand-in for {tag}", flush=True)
        unfinished = place / f"{name}.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        debian.unpack(debian.download([*packages, *PLAIN], place / f"{name}-packages", whole=True), unfinished)
        prepare_root(unfinished)
        unfinished.rename(root)
    return tag, root, finish(root)


def prepare_root(root):
    """What the scripts of the packages would have done."""
    (root / "tmp").mkdir(exist_ok=True)
    (root / "tmp").chmod(0o1777)
    users = {"root": 0, "postgres": POSTGRES_USER, "nobody": 65534}
    (root / "etc/passwd").write_text("".join(f"{name}:x:{number}:{number}::/tmp:/bin/bash\n" for name, number in users.items()))
    (root / "etc/group").write_text("".join(f"{name}:x:{number}:\n" for name, number in users.items()))
    (root / "etc/nsswitch.conf").write_text("hosts: files dns\n")
    links = {"usr/bin/sh": "dash", "usr/bin/awk": "mawk", "usr/bin/cc": "gcc"}
    for link, target in links.items():
        path = root / link
        if not path.is_symlink() and not path.exists() and (path.parent / target).exists():
            path.symlink_to(target)
    authorities = sorted((root / "usr/share/ca-certificates/mozilla").glob("*.crt"))
    if authorities:
        bundle = root / "etc/ssl/certs/ca-certificates.crt"
        bundle.parent.mkdir(parents=True, exist_ok=True)
        bundle.write_text("".join(path.read_text() for path in authorities))


def finish_build(root):
    """Adds the toolchain, and the sources of all dependencies, since the engine reaches no registry."""
    toolchain, cargo = root / "usr/local/rust", root / "usr/local/cargo"
    if not toolchain.exists():
        here = subprocess.run(["rustc", "--print", "sysroot"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        # The documentation is a large part, and no compiler reads it.
        unfinished = toolchain.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(here, unfinished, symlinks=True, ignore=shutil.ignore_patterns("doc"))
        unfinished.rename(toolchain)
    lock = (ROOT / "Cargo.lock").read_text()
    vendored = cargo / "Cargo.lock"
    if not vendored.exists() or vendored.read_text() != lock:
        shutil.rmtree(cargo, ignore_errors=True)
        cargo.mkdir(parents=True)
        subprocess.run(
            ["cargo", "vendor", "--quiet", "--locked", "--versioned-dirs", "--respect-source-config", str(cargo / "vendor")],
            cwd=ROOT, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=1200,
        )
        (cargo / "config.toml").write_text(
            '[source.crates-io]\nreplace-with = "vendored"\n\n[source.vendored]\ndirectory = "/usr/local/cargo/vendor"\n'
        )
        vendored.write_text(lock)
    return ["ENV PATH=/usr/local/rust/bin:/usr/bin:/usr/sbin", "ENV CARGO_HOME=/usr/local/cargo", "ENV CARGO_NET_OFFLINE=true"]


def finish_postgres(root):
    script = root / "usr/local/bin/entrypoint"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(ENTRYPOINT)
    script.chmod(0o755)
    programs = next(iter(sorted((root / "usr/lib/postgresql").glob("*/bin"))), None)
    if not programs:
        raise SystemExit("the package postgresql has no server")
    path = f"/{programs.relative_to(root)}:/usr/local/bin:/usr/bin:/usr/sbin"
    return [f"ENV PATH={path}", "ENV PGDATA=/var/lib/postgresql/data", 'ENTRYPOINT ["/usr/local/bin/entrypoint"]', 'CMD ["postgres"]']


def finish_proxy(root):
    for name in ["data", "config", "etc/caddy"]:
        (root / name).mkdir(parents=True, exist_ok=True)
    return [
        "ENV PATH=/usr/bin:/usr/sbin", "ENV XDG_DATA_HOME=/data", "ENV XDG_CONFIG_HOME=/config",
        'CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]',
    ]


def load(engine, prepared):
    """Puts the stand-ins into a private engine, where the same one is not there already."""
    for tag, root, changes in prepared:
        wanted = state(root, changes)
        label = '{{index .Config.Labels "derslik.stand-in"}}'
        known = engine.run("image", "inspect", "--format", label, tag, check=False)
        if known.returncode == 0 and known.stdout.strip() == wanted:
            continue
        print(f"importing the stand-in for {tag}", flush=True)
        files = subprocess.Popen(["tar", "--create", "--numeric-owner", "--directory", str(root), "."], stdout=subprocess.PIPE)
        options = [part for change in [*changes, f"LABEL derslik.stand-in={wanted}"] for part in ("--change", change)]
        engine.run("import", *options, "-", tag, stdin=files.stdout, timeout=1800)
        files.stdout.close()
        if files.wait():
            raise SystemExit(f"the stand-in for {tag} could not be read")


def state(root, changes):
    """Changes with what an image is made of: its packages, the dependencies, the start script and the changes of the import."""
    lock = root / "usr/local/cargo/Cargo.lock"
    made = [str(os.stat(path).st_mtime_ns) for path in [root / "etc/passwd", lock] if path.exists()]
    return hashlib.sha256("\n".join([*made, ENTRYPOINT, *changes]).encode()).hexdigest()[:16]
