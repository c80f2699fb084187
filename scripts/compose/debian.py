"""Packages of Debian that are unpacked into a folder. Nothing is installed on the machine, and no script of a package runs: so no
daemon is started by the way."""

import os
import pathlib
import shutil
import subprocess

# The folders that Debian's packages expect to be links into usr.
MERGED = ["bin", "lib", "lib64", "sbin"]


class Unavailable(Exception):
    """The machine can't get the packages."""


def download(names, folder, whole=False):
    """The files of the packages and of what they depend on. Without `whole`, packages that the machine has are left out."""
    if not shutil.which("apt-get"):
        raise Unavailable("this machine has no apt-get")
    folder = pathlib.Path(folder)
    archives = folder / "archives"
    (archives / "partial").mkdir(parents=True, exist_ok=True)
    settings = {"Dir::Cache::archives": f"{archives}/", "APT::Install-Recommends": "false", "Debug::NoLocking": "true"}
    if whole:
        status = folder / "status"
        status.touch()
        # The machine's own caches must not be written from another list of installed packages.
        settings |= {"Dir::State::status": str(status), "Dir::Cache::pkgcache": "", "Dir::Cache::srcpkgcache": ""}
    options = [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]
    command = ["apt-get", "-qq", "--yes", *options, "--download-only", "install", *names]
    failure = quietly(command)
    if failure:
        # A fresh machine has no package lists.
        failure = quietly(["apt-get", "-qq", "update"]) or quietly(command)
    if failure:
        raise Unavailable(f"the packages {', '.join(names)} can't be downloaded: {failure}")
    return sorted(archives.glob("*.deb"))


def quietly(command):
    """Runs a command; the end of its output if it failed."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=1200
    )
    return "" if done.returncode == 0 else done.stdout.strip()[-500:] or f"{command[0]} failed"


def unpack(packages, root):
    """Unpacks the files of packages, one over the other, into a root folder."""
    for name in MERGED:
        (root / "usr" / name).mkdir(parents=True, exist_ok=True)
        if not (root / name).is_symlink():
            (root / name).symlink_to(f"usr/{name}")
    for package in packages:
        files = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE)
        subprocess.run(["tar", "--extract", "--keep-directory-symlink", "--directory", str(root)], stdin=files.stdout, check=True)
        files.stdout.close()
        if files.wait():
            raise Unavailable(f"{package} is not a package of Debian")
