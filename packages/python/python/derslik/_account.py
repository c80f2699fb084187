"""An account of a test: its keys, its clients, its clock, its faults and its journal."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Tuple, cast

from ._clock import Clock
from ._control import Body, ControlError, segment
from ._faults import Faults
from ._journal import Journal
from ._types import Project, Role, Seed, SeedCounts, Snapshot, User

if TYPE_CHECKING:
    from ._server import Server

__tracebackhide__ = True

DOCUMENTS = (".yaml", ".yml", ".json")


def document(seed: Seed) -> Any:
    """A seed as test control takes it. A path, or a text on one line that ends as the name of a file, is read."""
    is_path = isinstance(seed, os.PathLike)
    if isinstance(seed, str):
        is_path = "\n" not in seed and seed.strip().lower().endswith(DOCUMENTS)
    # Some editors begin a file with a mark of the byte order.
    return Path(cast(str, seed)).read_text(encoding="utf-8-sig") if is_path else seed


class Users(Dict[str, User]):
    """The people of an account by their roles."""

    def __missing__(self, role: str) -> User:
        raise KeyError(f"there is no person {role!r}: the roles are {', '.join(self)}")


class Account:
    """An account with keys for all three APIs."""

    def __init__(self, server: Server, made: Mapping[str, Any]) -> None:
        self.server = server
        self.url = server.url
        self.id: str = made["id"]
        self.name: str = made["name"]
        self.access_key: str = made["access_key"]
        self.secret_key: str = made["secret_key"]
        self.bearer: str = made["bearer"]
        self.account_key: str = made["account_key"]
        self.project: Project = made["project"]
        self.users = Users({user["role"]: user for user in made["users"]})
        self.token = self.users["admin"]["token"]
        self._control = server._control.below(f"accounts/{segment(self.id)}")
        self._has_ended = False
        self.clock = Clock(self._control.below("clock"))
        self.faults = Faults(self._control.below("faults"))
        self.journal = Journal(self._control.below("journal"))

    def env(self) -> Dict[str, str]:
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

    def classroom(self, role: Role = "admin") -> Any:
        """The courses API for google-api-python-client, which is installed by itself, as the person of a role."""
        from google.oauth2.credentials import Credentials
        from googleapiclient.discovery import build

        token = self.users[role]["token"]
        credentials: Any = Credentials
        return build(
            "classroom",
            "v1",
            credentials=credentials(token=token),
            discoveryServiceUrl=self.url + "/$discovery/rest?version={apiVersion}",
            static_discovery=False,
            cache_discovery=False,
        )

    def perculus(self) -> Any:
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

    def _authorization(self, path: str) -> str:
        """The header that the API of a path takes."""
        if path.startswith(("/xapi", "/api/groups")):
            return f"Bearer {self.bearer}"
        if path.startswith(("/v1/courses", "/v1/userProfiles", "/batch")):
            return f"Bearer {self.token}"
        return self.account_key

    def request(self, method: str, path: str, body: Body = None, headers: Optional[Mapping[str, str]] = None) -> Tuple[int, Any]:
        """One request with the credential of its API: the status, and the body as JSON."""
        sent = {"Authorization": self._authorization(path), **(headers or {})}
        return self._control.send(self.url, method, path, body, sent)

    def get(self, path: str) -> Any:
        """The body that a path answers with. A refusal is an AssertionError, here and below."""
        return self._expect("GET", path)

    def post(self, path: str, body: Body = None) -> Any:
        """The body of the answer to a JSON document."""
        return self._expect("POST", path, body)

    def put(self, path: str, body: Body = None) -> Any:
        """The body of the answer to a JSON document."""
        return self._expect("PUT", path, body)

    def patch(self, path: str, body: Body = None) -> Any:
        """The body of the answer to a JSON document."""
        return self._expect("PATCH", path, body)

    def delete(self, path: str) -> Any:
        """The body of the answer."""
        return self._expect("DELETE", path)

    def _expect(self, method: str, path: str, body: Body = None) -> Any:
        status, answer = self.request(method, path, body)
        if status >= 400:
            raise AssertionError(f"{method} {path} was answered {status}: {answer}")
        return answer

    def reset(self) -> None:
        """Brings the account back to its first content. Keys stay valid."""
        self._control.call("POST", "reset")

    def seed(self, content: Seed) -> SeedCounts:
        """Adds the content of a seed: YAML or JSON as a text, the path of a file that ends so, or data. Returns how much it was."""
        sent = document(content)
        kind = "application/yaml" if isinstance(sent, str) else None
        return cast(SeedCounts, self._control.call("POST", "seed", sent, content_type=kind))

    def seed_export(self) -> str:
        """The content of the account as a seed in YAML."""
        return cast(str, self._control.call("GET", "seed") or "")

    def snapshot(self, name: str) -> Snapshot:
        """Keeps the present state under a name."""
        return cast(Snapshot, self._control.call("PUT", _named(name)))

    def restore(self, name: str) -> None:
        """Brings the account back to a snapshot."""
        self._control.call("POST", f"{_named(name)}/restore")

    def snapshot_list(self) -> List[Snapshot]:
        """The snapshots of the account."""
        return cast("List[Snapshot]", self._control.call("GET", "snapshots")["snapshots"])

    def snapshot_remove(self, name: str) -> None:
        """Forgets a snapshot."""
        self._control.call("DELETE", _named(name))

    def snapshot_save(self, name: str) -> bytes:
        """A snapshot as the bytes of a file, which `derslik backup verify` takes as well."""
        return cast(bytes, self._control.call("GET", _named(name)))

    def snapshot_load(self, name: str, content: bytes) -> Snapshot:
        """Keeps the content of such a file as a snapshot, also if it is of another account."""
        if not content:
            raise ValueError("the file of a snapshot is not empty")
        return cast(Snapshot, self._control.call("PUT", _named(name), bytes(content), content_type="application/zstd"))

    def end(self) -> None:
        """Ends the account. Its keys stop working. An account that has ended stays so."""
        if self._has_ended:
            return
        try:
            self._control.call("DELETE")
        except ControlError as error:
            if error.status != 404:
                raise
        self._has_ended = True

    def __repr__(self) -> str:
        return f"<Account {self.id} {self.name!r}>"

    def __enter__(self) -> Account:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


def _named(name: str) -> str:
    if not name:
        raise ValueError("a snapshot has a name")
    return f"snapshots/{segment(name)}"
