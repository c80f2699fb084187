"""People of an account and attendees of a session."""

import uuid

import pytest
import requests
from conftest import URL


@pytest.fixture
def person(client):
    name = f"u{uuid.uuid4().hex}"
    sent = {"name": "Ayşe", "surname": "Yılmaz", "username": name, "email": f"{name}@okul.example", "role": "e", "mobile": "+90 1"}
    response = client.users.create_user(sent)
    assert response.status_code == 201
    return response.json()


def test_a_person_is_shown_key_by_key(person):
    assert list(person) == [
        "user_id", "name", "surname", "username", "email", "role", "mobile", "login_allowed", "status", "lang", "timezone",
        "expires_at", "creation_date", "updating_date",
    ]  # fmt: skip
    assert (person["role"], person["login_allowed"], person["status"], person["expires_at"]) == ("e", True, 1, None)
    assert person["creation_date"].endswith("Z")


def test_a_person_is_found_changed_and_deleted(client, person):
    assert client.users.get_user_by_id(person["user_id"]).json() == person
    assert client.users.get_user_by_username(person["username"].upper()).json() == person
    assert client.users.search_user({"email": person["email"]}).json() == [person]
    changed = client.users.update_user(person["user_id"], {"surname": "Kaya", "mobile": None, "active": False}).json()
    assert (changed["surname"], changed["mobile"], changed["status"]) == ("Kaya", "+90 1", 0)
    assert client.users.delete_by_user_id(person["user_id"]).status_code == 204
    gone = client.users.get_user_by_id(person["user_id"])
    assert (gone.status_code, gone.json()["code"]) == (404, 52)


@pytest.mark.parametrize("field, code", [("username", 50), ("email", 51)])
def test_a_name_and_an_address_belong_to_one_person(client, raw, person, field, code):
    other = {**person, "username": uuid.uuid4().hex, "email": f"{uuid.uuid4().hex}@b.c", field: person[field].upper()}
    response = raw("POST", "/xapi/user", json=other)
    assert (response.status_code, response.json()["code"]) == (409, code)


@pytest.mark.parametrize(
    "field, value",
    [
        (field, value)
        for field in ["name", "surname", "username", "email"]
        for value in [None, "", 7, ["x"], "x" * 300, "a\0b"]
    ]
    + [("role", "boss"), ("active", "yes"), ("login_allowed", 1), ("lang", "?"), ("timezone", "Mars"), ("expires_at", "soon"), ("psd", 1)],
)
def test_a_bad_field_of_a_person_is_named(raw, field, value):
    name = uuid.uuid4().hex
    sent = {"name": "A", "surname": "B", "username": name, "email": f"{name}@b.c", field: value}
    response = raw("POST", "/xapi/user", json=sent)
    assert (response.status_code, response.json()["code"]) == (400, 12)
    assert field in response.json()["details"] or field == "psd"
    assert raw("GET", f"/xapi/user/{name}").status_code == 404


def test_attendees_come_in_three_kinds(client, session, person):
    sent = [
        {"user_id": person["user_id"]},
        {"email": "g@h.example", "name": "G", "surname": "H"},
        {"user_id": str(uuid.uuid4())},
        {"attendance_code": "nobody"},
        {"email": "only@an.address"},
    ]
    response = client.attendees.add_multiple(session, sent)
    body = response.json()
    assert response.status_code == 200
    assert [(attendee["email"], attendee["role"]) for attendee in body["approved"]] == [(person["email"], "e"), ("g@h.example", "u")]
    assert [rejected["state"]["code"] for rejected in body["rejected"]] == [52, 40, 12]
    assert [rejected["model"] for rejected in body["rejected"]] == sent[2:]
    code = body["approved"][0]["attendance_code"]
    assert len(code) >= 22 and code != body["approved"][1]["attendance_code"]

    again = client.attendees.add_by_user_id(session, person["user_id"], role="u").json()["approved"]
    assert [(attendee["attendance_code"], attendee["role"]) for attendee in again] == [(code, "u")]
    assert len(client.attendees.search_attendees(session, {}).json()) == 2


def test_an_attendee_is_known_by_code_address_and_person(client, session, person):
    code = client.attendees.add_by_user_id(session, person["user_id"]).json()["approved"][0]["attendance_code"]
    by_code = client.attendees.get_by_attendance_code(session, code).json()
    assert client.attendees.get_by_email(session, person["email"]).json() == by_code
    assert list(by_code) == [
        "session_id", "user_id", "attendee_id", "attendance_code", "name", "surname", "email", "role", "mobile", "avatar",
        "creation_date", "updating_date",
    ]  # fmt: skip
    assert client.attendees.update_by_attendance_code(session, code, {"role": "e+"}).json()["role"] == "e+"
    assert client.attendees.update_by_email(session, person["email"], {"name": "Can"}).json()["name"] == "Can"
    assert client.attendees.search_attendees(session, {"Name": "can"}).json()[0]["attendance_code"] == code
    assert client.attendees.delete_by_attendance_code_or_user_id(session, person["user_id"]).status_code == 204
    for gone in [client.attendees.get_by_attendance_code(session, code), client.attendees.delete_by_email(session, person["email"])]:
        assert (gone.status_code, gone.json()["code"]) == (404, 40)


def test_one_attendee_at_a_time_is_answered_with_its_code(raw, session):
    response = raw("POST", f"/xapi/session/{session}/attendee", json={"email": "g@h.example", "name": "G", "surname": "H"})
    assert response.status_code == 200 and isinstance(response.json(), str)
    unknown = raw("POST", f"/xapi/session/{session}/attendee", json={"user_id": str(uuid.uuid4())})
    assert (unknown.status_code, unknown.json()["code"]) == (404, 52)


def test_a_thousand_attendees_are_taken_and_one_more_is_not(raw, session):
    guests = [{"email": f"{number}@h.example", "name": "G", "surname": "H"} for number in range(1001)]
    assert raw("POST", f"/xapi/v2/session/{session}/attendee/batch", json=guests).json()["code"] == 19
    response = raw("POST", f"/xapi/v2/session/{session}/attendee/batch", json=guests[:1000])
    assert response.status_code == 200
    assert len({attendee["attendance_code"] for attendee in response.json()["approved"]}) == 1000
    assert len(raw("GET", f"/xapi/v2/session/{session}/attendee").json()) == 1000


def test_version_2_tells_by_the_status_how_a_batch_went(raw, session):
    guest, nobody = {"email": "g@h.example", "name": "G", "surname": "H"}, {"attendance_code": "nobody"}
    for items, status in [([guest], 200), ([guest, nobody], 207), ([nobody], 400), ([], 200)]:
        assert raw("POST", f"/xapi/v2/session/{session}/attendee/batch", json=items).status_code == status
    assert raw("DELETE", f"/xapi/v2/session/{session}/attendee/g@h.example").status_code == 204


def test_nothing_of_another_account_can_be_seen_or_changed(client, session, person):
    import hashlib

    proof = hashlib.sha256(b"other-access|other-secret").hexdigest()
    other = {"Authorization": f"Bearer other-access|{proof}"}
    client.attendees.add_by_user_id(session, person["user_id"])
    for method, path, code in [
        ("GET", f"/session/{session}", 30),
        ("PUT", f"/session/{session}", 30),
        ("DELETE", f"/session/{session}", 30),
        ("GET", f"/session/{session}/attendees", 30),
        ("POST", f"/session/{session}/attendee", 30),
        ("GET", f"/session/{session}/attendee/{person['email']}", 30),
        ("PUT", f"/session/{session}/attendee/{person['email']}", 30),
        ("DELETE", f"/session/{session}/attendee/{person['email']}", 30),
        ("GET", f"/user/{person['user_id']}", 52),
        ("PUT", f"/user/{person['user_id']}", 52),
        ("DELETE", f"/user/{person['username']}", 52),
        ("GET", f"/v2/session/{session}/attendee", 30),
        ("DELETE", f"/v2/session/{session}/attendee/{person['email']}", 30),
    ]:
        body = {"name": "stolen", "surname": "x", "email": "x@y.z"} if method in ("PUT", "POST") else None
        response = requests.request(method, f"{URL}/xapi{path}", headers=other, json=body, timeout=30)
        assert (response.status_code, response.json()["code"]) == (404, code), (method, path, response.text)
    people = requests.get(f"{URL}/xapi/user", headers=other, timeout=30).json()
    assert [found["email"] for found in people] == ["admin@other.example"]
    assert client.users.get_user_by_id(person["user_id"]).json() == person
