"""A container engine: the one that runs here, or a private one that ends with this process.

The private engine is Debian's, unpacked below target. It has its own network, its own process ids and its own mounts, so that it
changes nothing on the machine and leaves nothing behind but its folder of images.
"""

import ctypes
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

import debian

# The programs that the engine needs, and the packages that have them.
PACKAGES = {"dockerd": "docker.io", "iptables": "iptables"}
# How long a private engine may take to answer, in seconds.
START = 90
# The flag of a network namespace, see namespaces(7).
CLONE_NEWNET = 0x40000000


class NoEngine(Exception):
    """No engine runs here, and none can be started."""


class Engine:
    """An engine that answers, and the environment in which its client finds it."""

    def __init__(self, docker, environment, process=None, folder=None):
        self.docker, self.environment, self.process, self.folder = docker, environment, process, folder

    @property
    def is_private(self):
        return self.process is not None

    def run(self, *arguments, timeout=600, check=True, **options):
        """A command of the client; its output."""
        options.setdefault("stdin", subprocess.DEVNULL)
        done = subprocess.run(
            [self.docker, *arguments], env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=timeout,
            **options,
        )
        if check and done.returncode:
            raise SystemExit(f"docker {' '.join(arguments[:3])} failed: {done.stderr.strip()[-2000:]}")
        return done.stdout.strip() if check else done

    def enter_network(self):
        """Moves this process into the network of a private engine, whose loopback address has the published ports. It must have one
        thread only. Other networks are out of reach from then on."""
        if not self.is_private:
            return
        libc = ctypes.CDLL(None, use_errno=True)
        with open(f"/proc/{self.process.pid}/ns/net", encoding="utf-8") as namespace:
            if libc.setns(namespace.fileno(), CLONE_NEWNET):
                raise NoEngine(f"the network of the engine can't be entered: {os.strerror(ctypes.get_errno())}")

    def end(self):
        """Ends a private engine, with all that it started."""
        if not self.is_private:
            return
        daemon = child_of(self.process.pid)
        if daemon:
            os.kill(daemon, signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            # Its child, the first process of the engine's process ids, dies with it, and takes all others along.
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def child_of(parent):
    """The child of a process that has one."""
    for entry in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            return int(entry.parent.name)
    return None


def version(docker, environment):
    """The version of the API of an engine that answers, or None."""
    try:
        done = subprocess.run(
            [docker, "version", "--format", "{{.Server.APIVersion}}"], env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=30,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 and done.stdout.strip() else None


def find(place):
    """The engine that runs here, or a private one whose files are below `place`."""
    docker = shutil.which("docker")
    # Published ports of an engine elsewhere are not on the loopback address of this machine.
    is_here = os.environ.get("DOCKER_HOST", "unix://").startswith("unix://")
    if docker and is_here and version(docker, dict(os.environ)):
        return Engine(docker, {**os.environ, "DOCKER_BUILDKIT": "1"})
    return start(place)


def start(place):
    """Starts a private engine."""
    if os.geteuid() != 0:
        raise NoEngine("no engine answers, and only root can start one: start Docker, or run this as root")
    for tool in ["unshare", "ip"]:
        if not shutil.which(tool):
            raise NoEngine(f"no engine answers, and this machine lacks {tool} to start one: start Docker, and try again")
    root = place / "engine"
    environment = unpacked(root)
    daemon, docker = (shutil.which(name, path=environment["PATH"]) for name in ["dockerd", "docker"])
    if not daemon or not docker:
        raise NoEngine("the package docker.io has no dockerd")
    # The path of a socket has about 100 characters at most.
    folder = pathlib.Path(tempfile.mkdtemp(prefix="derslik-engine-"))
    environment |= {"DOCKER_HOST": f"unix://{folder}/docker.sock", "DOCKER_CONFIG": f"{folder}/config", "DOCKER_BUILDKIT": "1"}
    apart = ["unshare", "--net", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc", "--"]
    command = [
        *apart, "sh", "-c", 'ip link set lo up && exec "$@"', "sh", daemon, "--host", environment["DOCKER_HOST"],
        "--data-root", str(place / "images"), "--exec-root", str(folder / "run"), "--pidfile", str(folder / "pid"),
        "--exec-opt", "native.cgroupdriver=cgroupfs", "--oom-score-adjust", "0", "--log-level", "warn",
    ]
    log = place / "engine.log"
    with open(log, "w", encoding="utf-8") as output:
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
    engine = Engine(docker, environment, process, folder)
    deadline = time.monotonic() + START
    while time.monotonic() < deadline and process.poll() is None:
        api = version(docker, environment)
        if api:
            # Newer clients than the engine do not agree on a version by themselves.
            engine.environment["DOCKER_API_VERSION"] = api
            return engine
        time.sleep(0.5)
    engine.end()
    raise NoEngine(f"no engine answers, and a private one did not start; {log} ends with:\n{log.read_text()[-1500:]}")


def unpacked(root):
    """Unpacks the engine unless that was done, and returns the environment in which it finds its parts."""
    folders = [root / "links", root / "usr/sbin", root / "usr/bin"]
    path = ":".join([*map(str, folders), os.environ.get("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")])
    libraries = [str(folder) for folder in (root / "usr/lib").glob("*-linux-gnu*")]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DOCKER_")}
    environment["PATH"] = path
    done, missing = root / "unpacked", [package for program, package in PACKAGES.items() if not shutil.which(program)]
    if missing and not done.exists():
        try:
            debian.unpack(debian.download(missing, root.parent / "engine-packages"), root)
        except debian.Unavailable as reason:
            raise NoEngine(f"no engine answers, and none can be started: {reason}") from reason
        done.touch()
        libraries = [str(folder) for folder in (root / "usr/lib").glob("*-linux-gnu*")]
    if libraries:
        environment["LD_LIBRARY_PATH"] = ":".join(libraries)
        environment["XTABLES_LIBDIR"] = f"{libraries[0]}/xtables"
    if "iptables" in missing:
        choose_iptables(root, environment)
    return environment


def choose_iptables(root, environment):
    """Debian installs a link to the kind of iptables that is wanted; without the installation there is none. Takes the first kind
    that this kernel has. Names of containers are resolved by its rules."""
    links = root / "links"
    links.mkdir(parents=True, exist_ok=True)
    for kind in ["xtables-nft-multi", "xtables-legacy-multi"]:
        for name in ["iptables", "ip6tables"]:
            (links / name).unlink(missing_ok=True)
            (links / name).symlink_to(root / "usr/sbin" / kind)
        probe = ["unshare", "--net", str(links / "iptables"), "-t", "nat", "-L", "-n"]
        if subprocess.run(probe, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0:
            return
    raise NoEngine("no engine answers, and none can be started: this kernel has no NAT, by which containers find each other's names")
