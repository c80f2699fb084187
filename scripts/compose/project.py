"""The containers of one project of Compose, apart from any other on the machine."""

import json
import os
import shutil
import socket
import subprocess
import time

NAME = "derslik-compose-test"
IMAGE = f"{NAME}:local"
# How long a container may take to be healthy, in seconds.
HEALTHY = 180


def free_ports(count):
    """Ports that are free on the loopback address."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


class Project:
    """The containers that the files of a checkout describe."""

    def __init__(self, engine, compose, checkout, files, settings):
        self.engine, self.compose_binary, self.checkout, self.files = engine, compose, checkout, files
        # A password of the operator's environment would be taken instead of the one that .env has.
        environment = {name: value for name, value in engine.environment.items() if name not in ("POSTGRES_PASSWORD", "AUDIT_SEAL_KEY")}
        self.environment = {**environment, "APP_IMAGE": IMAGE, **settings}

    def compose(self, *arguments, timeout=600, check=True):
        """A command of Compose; its output, or the whole outcome."""
        named = [part for name in self.files for part in ("-f", str(self.checkout / name))]
        command = [self.compose_binary, "--project-name", NAME, "--project-directory", str(self.checkout), *named, *arguments]
        done = subprocess.run(
            command, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            timeout=timeout,
        )
        if check and done.returncode:
            raise SystemExit(f"docker compose {' '.join(arguments[:3])} failed: {done.stderr.strip()[-3000:]}\n{self.last_lines()}")
        return done.stdout.strip() if check else done

    def last_lines(self):
        done = self.compose("logs", "--no-color", "--tail", "15", check=False)
        return (done.stdout + done.stderr)[-6000:]

    def command(self, *arguments):
        """The JSON output of a command of the program, which runs in the container of the service."""
        return json.loads(self.compose("exec", "-T", "derslik", "derslik", *arguments, "--json", timeout=60))

    def container(self, service):
        """The id of the container of a service, running or not."""
        found = self.compose("ps", "--all", "--quiet", service).split()
        if len(found) != 1:
            raise SystemExit(f"the service {service} has {len(found)} containers\n{self.last_lines()}")
        return found[0]

    def inspect(self, service):
        return json.loads(self.engine.run("inspect", self.container(service)))[0]

    def state(self, service):
        """`healthy`, `starting`, `unhealthy`, or the state of a container without a health check."""
        state = self.inspect(service)["State"]
        return (state.get("Health") or {}).get("Status") or state["Status"] if state["Running"] else state["Status"]

    def wait_until_healthy(self, *services):
        """How long it took until all are healthy, in seconds."""
        begin = time.monotonic()
        while time.monotonic() - begin < HEALTHY:
            if all(self.state(service) == "healthy" for service in services):
                return time.monotonic() - begin
            time.sleep(0.5)
        states = {service: self.state(service) for service in services}
        raise SystemExit(f"not all containers are healthy after {HEALTHY} s: {states}\n{self.last_lines()}")

    def kill_process(self, service, helper):
        """Ends the first process of a container by SIGKILL, as the kernel does when memory is short, and waits until the container
        runs again. The engine's own `kill` would count as a stop by the operator, after which nothing is restarted."""
        before = self.inspect(service)
        # A container that sees all processes of the engine sends the signal: its ids may not be those of this process.
        self.engine.run(
            "run", "--rm", "--pid", "host", "--user", "0", "--cap-drop", "ALL", "--cap-add", "KILL", "--network", "none", "--entrypoint",
            "bash", helper, "-c", f"kill -9 {int(before['State']['Pid'])}", timeout=120,
        )
        begin = time.monotonic()
        while time.monotonic() - begin < HEALTHY:
            after = self.inspect(service)["State"]
            if after["Running"] and after["Pid"] not in (0, before["State"]["Pid"]):
                return
            time.sleep(0.1)
        raise SystemExit(f"the service {service} was not restarted after its process was killed\n{self.last_lines()}")

    def stop(self, service):
        """How long the container took to stop, in seconds, and its exit code."""
        begin = time.monotonic()
        self.compose("stop", service, timeout=120)
        return time.monotonic() - begin, self.inspect(service)["State"]["ExitCode"]

    def down(self):
        """Removes the containers, their network and their volumes."""
        done = self.compose("down", "--volumes", "--remove-orphans", "--timeout", "20", check=False)
        if done.returncode:
            print(done.stderr.strip()[-1000:])


def checkout(root, place):
    """A clean checkout of what the working folder holds: its files that Git knows or would add."""
    folder = place / "checkout"
    shutil.rmtree(folder, ignore_errors=True)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=root, check=True, stdout=subprocess.PIPE, text=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        source, target = root / name, folder / name
        # A file that was deleted and not committed.
        if source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    for name in [".env", "data"]:
        if os.path.lexists(folder / name):
            raise SystemExit(f"{name} is in the checkout: it must not be committed")
    return folder
