"""EMU-07: a service without access to any other host, which does not try to reach one."""

import fcntl
import json
import os
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import sys

from .. import ROOT
from ..postgres import Cluster
from .accounts import SEED
from .place import Client, Place, new_session

ROUNDS = 20
# Calls that name an address: another one, or that of a listener, which shows that the trace has the service.
CALLS = "bind,connect,sendto,sendmsg,sendmmsg"
# Names are asked for here.
DNS_PORT = 53


def prove(figures, place, rounds):
    figures.begin("hermetic", f"a service without a network, under load of all three APIs, on {place.database}")
    # PostgreSQL runs as another user, whom a namespace of users would not know.
    kept = [] if os.geteuid() == 0 else ["--map-root-user"]
    if place.cluster and kept:
        figures.not_measured("packets and calls", "a PostgreSQL in a namespace of its own needs root")
        return
    unshare = shutil.which("unshare")
    if not unshare or subprocess.run([unshare, *kept, "--net", "true"], check=False, stderr=subprocess.DEVNULL).returncode != 0:
        figures.not_measured("packets and calls", "this machine makes no namespace of a network")
        return
    database = "postgres" if place.cluster else "sqlite"
    again = [sys.executable, str(ROOT / "scripts/control-test"), "--binary", place.binary, "--database", database]
    told = place.folder / "told"
    subprocess.run([unshare, *kept, "--net", *again, "--inside", json.dumps([str(told), rounds.of(ROUNDS)])], check=True)
    seen = json.loads(told.read_text())
    figures.show("requests to the three APIs and to test control", f"{seen['requests']}")
    if seen["traced"]:
        figures.show("traced calls that name an address", f"{seen['calls']}")
        figures.holds("its two listeners are among them", seen["calls"] >= 2, seen["calls"])
        figures.at_most("calls to an address other than loopback", len(seen["outward"]), 0, "")
        figures.at_most("queries for names", seen["queries"], 0, "")
        for line in seen["outward"][:3]:
            print(f"    {line}")
    else:
        figures.not_measured("calls to an address other than loopback", "this machine has no strace")
    if seen["sink"]:
        figures.at_most(f"packets on the way out, which is {seen['sink']}", seen["packets"], 0, "")
    else:
        figures.not_measured("packets on the way out", "this machine makes no interface to count them")
    figures.at_most("packets of any process that found no way out", seen["stranded"], 0, "")


def inside(binary, database, about):
    """What runs in the namespace."""
    told, rounds = json.loads(about)
    loopback_up()
    sink = sink_of_packets()
    packets, stranded = sent(sink), without_route()
    strace = shutil.which("strace")
    if database == "postgres":
        with Cluster() as cluster:
            seen = watch(binary, cluster, strace, rounds)
    else:
        seen = watch(binary, None, strace, rounds)
    seen |= {"sink": sink, "packets": sent(sink) - packets, "stranded": without_route() - stranded, "traced": bool(strace)}
    pathlib.Path(told).write_text(json.dumps(seen))


def watch(binary, cluster, strace, rounds):
    """Runs the load, and reads what the calls of the service named."""
    with Place(binary, cluster) as place:
        trace = place.folder / "trace"
        service = place.serve([strace, "-f", "-qq", "-o", str(trace), "-e", f"trace={CALLS}"] if strace else [])
        requests = use(service, rounds)
        service.stop()
        lines = trace.read_text(errors="replace").splitlines() if strace else []
    addresses = [(line, found) for line in lines for found in [re.search(r"sin6?_port=htons\((\d+)\)", line)] if found]
    outward = [line for line, _ in addresses if not re.search(r'inet_addr\("127\.|"::1"|"::ffff:127\.', line)]
    queries = sum(int(found.group(1)) == DNS_PORT for _, found in addresses)
    return {"requests": requests, "calls": len(addresses), "outward": outward, "queries": queries}


def use(service, rounds):
    """Each API and each part of test control: how many requests it took."""
    account, count = service.account(seed=SEED), 0
    project = account.project["key"]
    with Client(service, account) as client:
        for number in range(rounds):
            user = f"user{number}@okul.example"
            session = client.need("POST", "/xapi/v2/session/batch", [new_session(f"ders-{number}")])["approved"][0]["session_guid"]
            course = client.need("POST", "/v1/courses", {"name": f"Kurs {number}", "ownerId": "me", "courseState": "ACTIVE"})["id"]
            job = client.erase(user)
            for method, path in [
                ("GET", f"/xapi/v2/session/{session}"),
                ("GET", f"/v1/courses/{course}"),
                ("GET", f"/v1/courses/{course}/students"),
                ("GET", "/v1/userProfiles/me"),
                ("GET", f"/api/v1/{project}/jobs/{job}"),
                ("GET", "/api/v1/projects"),
            ]:
                client.need(method, path)
            account.clock.advance(days=1)
            account.faults.add("status", status=503, times=1)
            client.ask("GET", "/v1/courses")
            account.faults.clear()
            account.snapshot("here")
            account.restore("here")
            account.journal.list()
            account.reset()
            count += 17
    account.end()
    return count + 2


def loopback_up():
    siocgifflags, siocsifflags, iff_up = 0x8913, 0x8914, 1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = fcntl.ioctl(control, siocgifflags, struct.pack("16sH14x", b"lo", 0))
        flags = struct.unpack("16sH14x", request)[1]
        fcntl.ioctl(control, siocsifflags, struct.pack("16sH14x", b"lo", flags | iff_up))


def sink_of_packets():
    """An interface with the way to everywhere, which counts packets and drops them; its name, or None if there can be none."""
    ip = shutil.which("ip")
    if not ip:
        return None
    name, kinds = "sink", ["link add sink type dummy", "link add sink type veth peer name drain", "tuntap add dev sink mode tun"]
    run = lambda *arguments: subprocess.run([ip, *arguments], check=False, stderr=subprocess.DEVNULL).returncode == 0
    for made in kinds:
        if not run(*made.split()):
            continue
        # The kernel itself greets the neighbours of IPv6.
        setting = pathlib.Path(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6")
        try:
            setting.write_text("1")
        except OSError:
            pass
        run("link", "set", "drain", "up")
        steps = [f"addr add 192.0.2.1/24 dev {name}", f"link set {name} up", f"route add default dev {name}"]
        if all(run(*step.split()) for step in steps):
            return name
        run("link", "del", name)
    return None


def sent(interface):
    """The packets that were sent, and those that were dropped."""
    for line in pathlib.Path("/proc/net/dev").read_text().splitlines():
        name, _, counts = line.partition(":")
        if name.strip() == interface:
            fields = counts.split()
            return int(fields[9]) + int(fields[11])
    return 0


def without_route():
    """The packets that no route led out, of both versions of IP."""
    found = 0
    lines = pathlib.Path("/proc/net/snmp").read_text().splitlines()
    for names, values in zip(lines[::2], lines[1::2]):
        counts = dict(zip(names.split()[1:], values.split()[1:]))
        found += int(counts.get("OutNoRoutes", 0)) if names.startswith("Ip:") else 0
    try:
        for line in pathlib.Path("/proc/net/snmp6").read_text().splitlines():
            name, value = line.split()
            found += int(value) if name == "Ip6OutNoRoutes" else 0
    except OSError:
        pass
    return found
