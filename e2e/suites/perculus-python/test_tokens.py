"""Tokens."""

import uuid

import pytest
import requests
from conftest import URL, log_in


def test_a_token_lasts_ten_hours():
    token = log_in().json()
    assert (token["expires_in"], token["token_type"], token["scope"]) == (36000, "Bearer", "api")


@pytest.mark.parametrize(
    "change, error",
    [
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"client_id": "web"}, "invalid_client"),
        ({"account_id": 1330}, "invalid_grant"),
        ({"account_id": "demo"}, "invalid_grant"),
        ({"username": "nobody"}, "invalid_grant"),
    ],
)
def test_a_wrong_field_is_told_apart_only_where_it_gives_nothing_away(change, error):
    response = log_in(**change)
    assert (response.status_code, response.json()["error"]) == (400, error)


def test_a_body_that_is_no_form_is_refused():
    assert requests.post(f"{URL}/auth/connect/token", json={}, timeout=30).status_code == 415


def test_the_client_renews_a_token_that_is_not_valid_any_more(client):
    client.access_token = "Bearer derslik_at_gone"
    assert client.sessions.list_sessions().status_code == 200
    assert client.access_token != "Bearer derslik_at_gone"


def test_a_token_opens_version_2_too(raw):
    assert raw("POST", "/xapi/v2/session/search", json={}).status_code == 200


def test_a_person_logs_in_by_name_and_password_until_it_is_deleted(client):
    name = f"u{uuid.uuid4().hex}"
    person = {"name": "Ayşe", "surname": "Yılmaz", "username": name, "email": f"{name}@okul.example", "role": "a", "psd": "doğru parola"}
    assert client.users.create_user(person).status_code == 201
    token = log_in(username=name.upper(), password="doğru parola").json()["access_token"]
    mine = {"Authorization": f"Bearer {token}"}
    assert requests.get(f"{URL}/xapi/session", headers=mine, timeout=30).status_code == 200
    assert client.users.delete_by_user_id(name).status_code == 204
    assert log_in(username=name, password="doğru parola").status_code == 400


def test_the_person_whom_everybody_knows_is_there():
    token = log_in(username="demo-user", password="demo-password").json()["access_token"]
    assert requests.get(f"{URL}/xapi/user", headers={"Authorization": f"Bearer {token}"}, timeout=30).status_code == 200


@pytest.fixture(scope="module")
def member():
    """The token of a person who is not an administrator."""
    name = f"u{uuid.uuid4().hex}"
    admin = {"Authorization": f"Bearer {log_in().json()['access_token']}"}
    person = {"name": "Ali", "surname": "Veli", "username": name, "email": f"{name}@okul.example", "password": "p"}
    assert requests.post(f"{URL}/xapi/user", headers=admin, json=person, timeout=30).status_code == 201
    return log_in(username=name, password="p").json()["access_token"]


SOME = str(uuid.uuid4())
CALLS = [
    ("POST", "/session", {}),
    ("GET", "/session", None),
    ("GET", f"/session/{SOME}", None),
    ("PUT", f"/session/{SOME}", {}),
    ("DELETE", f"/session/{SOME}", None),
    ("POST", f"/session/{SOME}/attendees", []),
    ("GET", f"/session/{SOME}/attendees", None),
    ("POST", f"/session/{SOME}/attendee", {}),
    ("GET", f"/session/{SOME}/attendee/a@b.c", None),
    ("PUT", f"/session/{SOME}/attendee/a@b.c", {}),
    ("DELETE", f"/session/{SOME}/attendee/a@b.c", None),
    ("POST", "/user", {"name": "A", "surname": "B", "username": SOME, "email": "a@b.c"}),
    ("GET", "/user", None),
    ("GET", f"/user/{SOME}", None),
    ("PUT", f"/user/{SOME}", {}),
    ("DELETE", f"/user/{SOME}", None),
    ("POST", "/v2/session/batch", []),
    ("POST", "/v2/session/search", {}),
    ("GET", f"/v2/session/{SOME}", None),
    ("DELETE", f"/v2/session/{SOME}", None),
    ("POST", f"/v2/session/{SOME}/attendee/batch", []),
    ("GET", f"/v2/session/{SOME}/attendee", None),
    ("DELETE", f"/v2/session/{SOME}/attendee/a@b.c", None),
]


@pytest.mark.parametrize("method, path, body", CALLS)
def test_no_call_is_for_members_or_for_nobody(member, method, path, body):
    def status_and_code(headers):
        response = requests.request(method, f"{URL}/xapi{path}", headers=headers, json=body, timeout=30)
        return response.status_code, response.json()["code"]

    assert status_and_code({"Authorization": f"Bearer {member}"}) == (401, 17)
    for nobody in [{}, {"Authorization": "Bearer derslik_at_wrong"}, {"Authorization": f"Bearer demo-access|{'0' * 64}"}]:
        assert status_and_code(nobody) == (401, 14)


def test_ten_wrong_passwords_are_enough():
    name = f"u{uuid.uuid4().hex}"
    statuses = [log_in(username=name, password="wrong").status_code for _ in range(12)]
    assert statuses == [400] * 10 + [429] * 2
    refused = log_in(username=name)
    assert refused.status_code == 429 and int(refused.headers["Retry-After"]) > 0
    assert log_in().status_code == 200, "others are not locked out"
