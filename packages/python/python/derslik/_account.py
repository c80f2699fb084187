"""An account of a test: its keys, its clients, its clock, its faults and its journal."""

from datetime import datetime, timedelta, timezone

from ._control import ControlError, request, segment


def _instant(value):
    """An instant as RFC 3339. Texts pass as they are."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone: use datetime.now(timezone.utc), or a text as 2026-01-01T00:00:00Z")
        return value.astimezone(timezone.utc).replace(tzinfo=None).isoformat() + "Z"
    return value


def _span(by, parts):
    """A duration in seconds, or a text as 7d or 90s."""
    if by is not None and parts:
        raise TypeError("give a duration, or its parts, and not both")
    if isinstance(by, str):
        return by
    seconds = (by if by is not None else timedelta(**parts)).total_seconds()
    return int(seconds) if seconds.is_integer() else seconds


class Clock:
    """The clock of one account. Leases, timeouts and limits of the service stay on real time."""

    def __init__(self, control):
        self._control = control

    def show(self):
        """The state of the clock: `now`, `frozen`, `own` and `next_due`."""
        return self._control.call("GET")

    def now(self):
        """The instant that the clock shows."""
        return datetime.fromisoformat(self.show()["now"].replace("Z", "+00:00"))

    def freeze(self, at=None):
        """Stops the clock, at that instant if one is given."""
        return self._control.call("POST", "freeze", {} if at is None else {"at": _instant(at)})

    def set(self, to):
        """Sets the clock, forwards or backwards. Nothing runs."""
        return self._control.call("POST", "set", {"to": _instant(to)})

    def advance(self, by=None, to=None, **parts):
        """Moves the clock on by a duration, such as `days=1`, or to an instant. Returns what ran, once all that fell due has."""
        body = {"to": _instant(to)} if to is not None else {"by": _span(by, parts)}
        return self._control.call("POST", "advance", body)["ran"]

    def run_to_next_due(self):
        """Moves the clock to the next instant at which something is due. Returns what ran."""
        return self._control.call("POST", "run-to-next-due")["ran"]

    def resume(self):
        """Lets a frozen clock run on."""
        return self._control.call("POST", "resume")


class Faults:
    """Faults that the service injects into requests and jobs of one account."""

    def __init__(self, control):
        self._control = control

    def add(self, kind, **fields):
        """Adds a fault such as `add("status", status=429, path="/v1/courses", times=2)`."""
        return self._control.call("POST", body={"kind": kind, **fields})["faults"][0]

    def preset(self, name):
        """Adds the faults of a preset: google-quota, flaky-wifi or lost-replies."""
        return self._control.call("POST", body={"preset": name})["faults"]

    def list(self):
        """All faults, with how often each was injected."""
        return self._control.call("GET")["faults"]

    def remove(self, fault):
        """Removes a fault, by itself or by its id."""
        self._control.call("DELETE", segment(fault["id"] if isinstance(fault, dict) else fault))

    def clear(self):
        """Removes all faults."""
        self._control.call("DELETE")


class Journal:
    """The requests of one account. A match is made of `api`, `method`, `path`, `status`, `contains` and `after`."""

    def __init__(self, control):
        self._control = control

    def list(self, limit=100, **match):
        """The newest requests that match, oldest first."""
        return self._control.call("GET", query={"limit": limit, **match})["entries"]

    def wait(self, count=1, timeout=5, **match):
        """Waits until that many requests match. A ControlError has the nearest ones otherwise."""
        query = {"count": count, "timeout": timeout, **match}
        return self._control.call("GET", "wait", query=query, timeout=timeout + 10)["entries"]

    def assert_(self, count=None, at_least=None, none=None, **match):
        """Fails with the differences of the nearest requests, unless the number of matching ones is right. `body` is a part of a
        body.
        """
        given = {"count": count, "at_least": at_least, "none": none}
        chosen = {name: value for name, value in given.items() if value is not None} or {"at_least": 1}
        try:
            return self._control.call("POST", "assert", {"match": match, **chosen})["matched"]
        except ControlError as error:
            if error.status != 409:
                raise
            raise AssertionError(_difference(match, chosen, error.problem)) from None

    def curl(self, **match):
        """The matching requests as commands of curl."""
        return self._control.call("GET", "curl", query=match)

    def clear(self):
        """Forgets all requests."""
        self._control.call("DELETE")


def _difference(match, chosen, problem):
    lines = [f"no such requests: {match} {chosen}"]
    for near in (problem or {}).get("nearest", []):
        lines.append(f"request {near['seq']} differs:")
        for part in near["differences"]:
            lines.append(f"  {part['field']}: expected {part['expected']!r}, found {part['found']!r}")
    return "\n".join(lines)


class Account:
    """An account with keys for all three APIs."""

    def __init__(self, server, made):
        self.server = server
        self.url = server.url
        self.id = made["id"]
        self.name = made["name"]
        self.access_key = made["access_key"]
        self.secret_key = made["secret_key"]
        self.bearer = made["bearer"]
        self.account_key = made["account_key"]
        self.project = made["project"]
        self.users = {user["role"]: user for user in made["users"]}
        self.token = self.users["admin"]["token"]
        self._control = server.control.below(f"accounts/{segment(self.id)}")
        self.clock = Clock(self._control.below("clock"))
        self.faults = Faults(self._control.below("faults"))
        self.journal = Journal(self._control.below("journal"))

    def env(self):
        """The variables from which clients, and code that makes its own, take addresses and keys."""
        return {
            "DERSLIK_URL": self.url,
            "PERCULUS_AUTH_URL": f"{self.url}/auth",
            "PERCULUS_XAPI_URL": f"{self.url}/xapi",
            "PERCULUS_ACCESS_KEY": self.access_key,
            "PERCULUS_SECRET_KEY": self.secret_key,
            "PERCULUS_ACCOUNT_ID": self.id,
            "OPENREPLAY_API_URL": f"{self.url}/api/v1",
            "OPENREPLAY_API_KEY": self.account_key,
            "OPENREPLAY_PROJECT_KEY": self.project["key"],
            "CLASSROOM_URL": f"{self.url}/",
            "CLASSROOM_TOKEN": self.token,
        }

    def classroom(self, role="admin"):
        """The courses API for google-api-python-client, which is installed by itself. `role` names a person of `users`."""
        from google.oauth2.credentials import Credentials
        from googleapiclient.discovery import build

        token = self.users[role]["token"]
        return build(
            "classroom",
            "v1",
            credentials=Credentials(token=token),
            discoveryServiceUrl=self.url + "/$discovery/rest?version={apiVersion}",
            static_discovery=False,
            cache_discovery=False,
        )

    def perculus(self):
        """A client of perculus_sdk, which is installed by itself, with a token of this account."""
        from perculus_sdk.client import APIClient

        client = APIClient()
        client.auth_client.base_url = f"{self.url}/auth"
        for part in (client.sessions, client.users, client.attendees):
            part.base_url = f"{self.url}/xapi"
        problem = client.set_credentials(self.access_key, self.secret_key, self.id)
        if problem:
            raise RuntimeError(problem)
        return client

    def authorization(self, path):
        """The header that the API of a path takes."""
        if path.startswith(("/xapi", "/api/groups")):
            return f"Bearer {self.bearer}"
        if path.startswith(("/v1/courses", "/v1/userProfiles", "/batch")):
            return f"Bearer {self.token}"
        return self.account_key

    def request(self, method, path, body=None, headers=None):
        """One request with the credential of its API: the status, and the body as JSON."""
        return request(self.url, method, path, body, {"Authorization": self.authorization(path), **(headers or {})})

    def get(self, path):
        """The body that a path answers with."""
        return self._expect(path, *self.request("GET", path))

    def post(self, path, body):
        """The body of the answer to a JSON document."""
        return self._expect(path, *self.request("POST", path, body))

    @staticmethod
    def _expect(path, status, body):
        if status >= 400:
            raise AssertionError(f"{path} was answered {status}: {body}")
        return body

    def reset(self):
        """Brings the account back to its first content. Keys stay valid."""
        self._control.call("POST", "reset")

    def seed(self, document):
        """Adds the content of a seed: YAML as a text, or data."""
        kind = "application/yaml" if isinstance(document, str) else None
        return self._control.call("POST", "seed", document, content_type=kind)

    def seed_export(self):
        """The content of the account as a seed."""
        return self._control.call("GET", "seed")

    def snapshot(self, name):
        """Keeps the present state under a name."""
        return self._control.call("PUT", f"snapshots/{segment(name)}")

    def restore(self, name):
        """Brings the account back to a snapshot."""
        self._control.call("POST", f"snapshots/{segment(name)}/restore")

    def snapshot_save(self, name):
        """A snapshot as the bytes of a file, which `derslik backup verify` takes as well."""
        return self._control.call("GET", f"snapshots/{segment(name)}")

    def snapshot_load(self, name, content):
        """Keeps the content of such a file as a snapshot, also if it is of another account."""
        if not content:
            raise ValueError("the file of a snapshot is not empty")
        return self._control.call("PUT", f"snapshots/{segment(name)}", bytes(content), content_type="application/zstd")

    def end(self):
        """Ends the account. Its keys stop working."""
        self._control.call("DELETE")
