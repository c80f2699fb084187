"""The unmodified client, logged in to the account `demo`."""

import os
import pathlib
import sys

import pytest
import requests

URL = os.environ["E2E_URL"]
ACCESS_KEY, SECRET_KEY, ACCOUNT = "demo-access", "demo-secret", 1329

# The client takes its addresses from the environment only where it finds a file of this name above its own folder.
os.environ["PERCULUS_AUTH_URL"] = f"{URL}/auth"
os.environ["PERCULUS_XAPI_URL"] = f"{URL}/xapi"
(pathlib.Path(sys.prefix) / ".env").write_text("# read by perculus_sdk\n")

from perculus_sdk.client import APIClient  # noqa: E402


@pytest.fixture
def client():
    client = APIClient()
    assert client.set_credentials(ACCESS_KEY, SECRET_KEY, ACCOUNT) is None
    return client


@pytest.fixture
def session(client):
    payload = {"name": "CS201", "start_date": "2099-05-05T12:00:00Z", "duration": 80}
    response = client.sessions.create_session(payload)
    assert response.status_code == 201
    return response.json()["session_id"]


@pytest.fixture
def raw(client):
    """A plain request with the token of the client."""

    def request(method, path, **kwargs):
        headers = {"Authorization": client.access_token, **kwargs.pop("headers", {})}
        return requests.request(method, f"{URL}{path}", headers=headers, timeout=30, **kwargs)

    return request


def log_in(**changes):
    form = {
        "username": ACCESS_KEY,
        "password": SECRET_KEY,
        "account_id": ACCOUNT,
        "client_id": "api",
        "grant_type": "password",
        **changes,
    }
    return requests.post(f"{URL}/connect/token", data=form, timeout=30)
