"""The examples of docs/TESTING.md that start the image: the service container of GitHub Actions, and Testcontainers for Python. Both run as
they stand there."""

import contextlib
import hashlib
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import textwrap
import threading
import time
import urllib.parse

import load
from project import HEALTHY, IMAGE, NAME

HERE = pathlib.Path(__file__).resolve().parent
PAGE = "docs/TESTING.md"
SERVICE = f"{NAME}-service"
# The public keys of DERSLIK_FIXED_DEV_KEYS.
FIXED = load.Keys(
    {
        "bearer": "demo-access|0a026ae54d3dbe248f0afe3efe1148a0112c282d7e705f5caecd5505125c1ad3",
        "organization_key": "demo-organization-key",
        "project": {"key": "3sWXSsqHgSKnE87YkNJK"},
    },
    "demo-admin-token",
)
# Goes into the `with` of the example of Testcontainers: tells the addresses, and keeps the container until its input closes.
KEEP = """
import json, sys
print(json.dumps([url, control]), flush=True)
sys.stdin.read()
"""


def prepare(place):
    """The Python of an environment with the packages of requirements.txt. The first time needs the network."""
    wanted = (HERE / "requirements.txt").read_bytes()
    environment = place / "examples"
    stamp = environment / f"{hashlib.sha256(wanted).hexdigest()[:16]}.installed"
    if not stamp.exists():
        subprocess.run([str(HERE.parent / "require"), "python"], check=True)
        shutil.rmtree(environment, ignore_errors=True)
        subprocess.run(["python3", "-m", "venv", str(environment)], check=True, timeout=300)
        pip = [str(environment / "bin/pip"), "install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps"]
        subprocess.run([*pip, "--requirement", str(HERE / "requirements.txt")], check=True, stdin=subprocess.DEVNULL, timeout=600)
        stamp.touch()
    return environment / "bin/python"


def block(checkout, language, word):
    """The one block of the page that has the word."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", (checkout / PAGE).read_text(), re.DOTALL | re.MULTILINE)
    found = [text for text in blocks if word in text]
    if len(found) != 1:
        raise SystemExit(f"{PAGE} has {len(found)} blocks of the language {language} with {word}")
    return found[0]


@contextlib.contextmanager
def named(engine, name):
    """Gives the image of this test the name that an example has. An image that had it gets it back."""
    before = engine.run("image", "inspect", "--format", "{{.Id}}", name, check=False)
    engine.run("tag", IMAGE, name)
    try:
        yield
    finally:
        if before.returncode == 0:
            engine.run("tag", before.stdout.strip(), name)
        else:
            engine.run("rmi", name)


def client_of(url):
    address = urllib.parse.urlsplit(url)
    return load.Client(address.hostname, address.port)


def call(figures, what, url, control):
    """The three APIs with the public keys, and with those of an account that test control makes."""
    client, controller = client_of(url), client_of(control)
    below = urllib.parse.urlsplit(control).path
    for api, *request in load.calls(FIXED):
        status, _ = client.ask(*request)
        figures.holds(f"{what}: {api} is answered 200", status == 200, status)
    status, made = controller.ask("POST", f"{below}/accounts", None)
    figures.holds(f"{what}: test control makes an account", status == 201, status)
    if status == 201:
        keys = load.Keys({**made, "organization_key": made["account_key"]}, made["users"][0]["token"])
        answers = [client.ask(*request)[0] for _, *request in load.calls(keys)]
        figures.holds(f"{what}: its keys are for the three APIs", answers == [200, 200, 200], answers)
        status, journal = controller.ask("GET", f"{below}/accounts/{made['id']}/journal", None)
        seen = [entry["path"] for entry in journal["entries"]] if status == 200 else status
        figures.holds(f"{what}: its journal has the requests", status == 200 and len(seen) == len(answers), seen)
    client.close()
    controller.close()


def service_container(figures, engine, checkout, python):
    """Starts `services.derslik` of the workflow as the runner of GitHub does: in a network with its name, with its variables and ports, and
    with its options as a shell reads them. The runner goes on once the health check of the container says so."""
    what, text = "GitHub Actions", block(checkout, "yaml", "services:")
    script = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)"
    read = subprocess.run([str(python), "-c", script], input=text, check=True, stdout=subprocess.PIPE, text=True, timeout=60)
    job = json.loads(read.stdout)["jobs"]["test"]
    service, steps = job["services"]["derslik"], job["steps"]
    variables = next(step["env"] for step in steps if "env" in step)
    flags = [part for name, value in service["env"].items() for part in ("--env", f"{name}={value}")]
    flags += [part for port in service["ports"] for part in ("--publish", port)]
    flags += shlex.split(service.get("options", ""))
    remove_service(engine)
    with named(engine, service["image"]):
        try:
            engine.run("network", "create", SERVICE)
            network = ["--network", SERVICE, "--network-alias", "derslik"]
            engine.run("create", "--name", SERVICE, *network, *flags, service["image"])
            engine.run("start", SERVICE)
            begin, health = time.monotonic(), "starting"
            while health == "starting" and time.monotonic() - begin < HEALTHY:
                time.sleep(0.5)
                template = "{{if .Config.Healthcheck}}{{print .State.Health.Status}}{{end}}"
                health = engine.run("inspect", "--format", template, SERVICE)
            seconds, is_healthy = time.monotonic() - begin, health == "healthy"
            figures.holds(f"{what}: the container is healthy", is_healthy, health)
            if is_healthy:
                figures.show(f"{what}: healthy after", f"{seconds:.0f} s")
                sessions = variables["PERCULUS_XAPI_URL"]
                figures.holds(f"{what}: PERCULUS_XAPI_URL ends with /xapi", sessions.endswith("/xapi"), sessions)
                call(figures, what, sessions, variables["TEST_CONTROL_URL"])
            else:
                print(engine.run("logs", "--tail", "15", SERVICE, check=False).stderr)
        finally:
            remove_service(engine)


def remove_service(engine):
    engine.run("rm", "--force", "--volumes", SERVICE, check=False)
    engine.run("network", "rm", SERVICE, check=False)


def containers(engine, name):
    return set(engine.run("ps", "--all", "--quiet", "--no-trunc", "--filter", f"ancestor={name}").split())


def environment_of(engine):
    """The variables by which the client library finds the engine. The libraries of a private engine are for its programs alone."""
    variables = {name: value for name, value in engine.environment.items() if name.startswith("DOCKER_")}
    if "DOCKER_HOST" not in variables:
        variables["DOCKER_HOST"] = engine.run("context", "inspect", "--format", "{{.Endpoints.docker.Host}}")
    # The container that removes others would be of an image from a registry.
    return {**os.environ, **variables, "TESTCONTAINERS_RYUK_DISABLED": "true", "PYTHONDONTWRITEBYTECODE": "1"}


def testcontainers(figures, engine, checkout, python):
    """Executes the example with the published package, and calls the service at the addresses that it has then."""
    what, text = "Testcontainers", block(checkout, "python", "testcontainers")
    image = re.search(r'DockerContainer\("([^"]+)"', text).group(1)
    with named(engine, image):
        before = containers(engine, image)
        command = [str(python), "-W", "error::DeprecationWarning", "-c", text + textwrap.indent(KEEP, "    ")]
        begin, pipe = time.monotonic(), subprocess.PIPE
        example = subprocess.Popen(command, env=environment_of(engine), stdin=pipe, stdout=pipe, text=True)
        limit = threading.Timer(2 * HEALTHY, example.kill)
        limit.start()
        try:
            printed = example.stdout.readline()
            figures.holds(f"{what}: the example is executed as it stands", bool(printed.strip()))
            if printed.strip():
                figures.show(f"{what}: the `with` begins after", f"{time.monotonic() - begin:.0f} s")
                call(figures, what, *json.loads(printed))
        finally:
            # The example ends, and removes its container.
            example.communicate()
            limit.cancel()
        figures.holds(f"{what}: it ends well", example.returncode == 0, example.returncode)
        left = containers(engine, image) - before
        figures.holds(f"{what}: it leaves no container", not left, left)
