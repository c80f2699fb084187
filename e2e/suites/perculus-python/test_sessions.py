"""Sessions, as each published client asks for them."""

import http.client
import uuid
from urllib.parse import urlsplit

from conftest import URL


def test_create_shows_the_session_under_the_names_of_version_1(client):
    payload = {"name": "CS201", "start_date": "2099-05-05T12:00:00Z", "duration": "80", "options": {"allow_rating": False}}
    response = client.sessions.create_session(payload)
    session = response.json()
    assert response.status_code == 201
    assert list(session)[0] == "session_id" and "session_guid" not in session
    assert (session["start_date"], session["updating_date"]) == ("2099-05-05T12:00:00+03:00", None)


def test_a_session_that_breaks_rules_is_one_error(client):
    response = client.sessions.create_session({"name": "", "start_date": "2020-01-01T00:00:00Z"})
    assert (response.status_code, response.json()["code"]) == (400, 12)
    assert isinstance(response.json()["details"], str)


def test_update_changes_what_was_sent_and_nothing_else(client, session):
    response = client.sessions.update_session(session, {"duration": 100})
    changed = response.json()
    assert (response.status_code, changed["duration"], changed["name"]) == (200, 100, "CS201")
    assert changed["updating_date"] is not None


def test_get_list_and_delete(client, session):
    assert client.sessions.get_session(session.lower()).json()["session_id"] == session
    assert session in [found["session_id"] for found in client.sessions.list_sessions().json()]
    assert client.sessions.delete_by_session_id(session).status_code == 204
    for gone in [client.sessions.get_session(session), client.sessions.update_session(session, {"duration": 90})]:
        assert (gone.status_code, gone.json()["code"]) == (404, 30)


def test_search_takes_names_in_any_spelling(client, raw):
    name = f"Işık {uuid.uuid4().hex}"
    for number in range(3):
        client.sessions.create_session({"name": f"{name} {number}", "start_date": "2099-05-05T12:00:00Z", "duration": 80})
    assert len(client.sessions.search_session({"name": name.upper(), "page_size": 2}).json()) == 2
    for query in [
        {"SessionName": name, "PageSize": 2, "PageNumber": 2},
        {"session_name": name, "pageSize": 2, "page_number": 2, "Duration": "80"},
    ]:
        assert len(raw("GET", "/xapi/session/", params=query).json()) == 1
    assert len(raw("GET", "/xapi/session", json={"name": name, "page_number": 0, "page_size": 0}).json()) == 3


def test_a_page_that_is_too_large_is_refused(client):
    response = client.sessions.search_session({"page_size": 1001})
    assert (response.status_code, response.json()["code"]) == (400, 38)


def test_the_headers_of_the_php_client_change_nothing(raw, session):
    response = raw("GET", f"/xapi/session/{session}/", headers={"Accept-Encoding": "UTF-8"})
    assert response.status_code == 200 and "Content-Encoding" not in response.headers


def test_a_delete_with_chunks_and_expectations_but_no_body(client, session):
    # As the .NET client sends it.
    connection = http.client.HTTPConnection(urlsplit(URL).netloc, timeout=30)
    connection.putrequest("DELETE", f"/xapi/session/{session}")
    connection.putheader("Authorization", client.access_token)
    connection.putheader("Transfer-Encoding", "chunked")
    connection.putheader("Expect", "100-continue")
    connection.endheaders()
    connection.send(b"0\r\n\r\n")
    assert connection.getresponse().status == 204


def test_a_create_under_a_key_is_done_once(raw):
    key, payload = {"Idempotency-Key": uuid.uuid4().hex}, {"name": "CS201", "start_date": "2099-05-05T12:00:00Z", "duration": 80}
    first = raw("POST", "/xapi/session", json=payload, headers=key)
    second = raw("POST", "/xapi/session", json=payload, headers=key)
    assert (first.status_code, second.status_code, first.text) == (201, 201, second.text)
    assert second.headers["Idempotent-Replayed"] == "true"
    other = raw("POST", "/xapi/session", json={**payload, "duration": 90}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, 15)


def test_version_2_keeps_its_own_paths_and_every_other_answers_in_its_shape(raw):
    assert raw("POST", "/xapi/v2/session/batch", json=[]).json() == {"approved": [], "rejected": []}
    for method, path, status in [("GET", "/xapi/nowhere", 404), ("PATCH", "/xapi/user", 405), ("GET", "/xapi/v2/user", 404)]:
        response = raw(method, path)
        assert response.status_code == status and response.json()["code"] == 19
