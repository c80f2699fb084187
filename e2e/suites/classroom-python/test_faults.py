"""Injected faults, as the unmodified client meets them and gets over them by its own retries."""

import http.client
import json
import os
import urllib.request

import pytest
from googleapiclient.errors import HttpError

# The account of the people of this suite.
ACCOUNT = os.environ["E2E_OPS_URL"].rstrip("/") + "/_derslik/v1/accounts/1329/"
GET_COURSE = {"method": "GET", "path": "/v1/courses/*"}


def control(method, path, body=None):
    sent = b"" if body is None else json.dumps(body).encode()
    request = urllib.request.Request(ACCOUNT + path, data=sent, method=method, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read() or "null")


def recorded(after):
    query = f"journal?method=GET&path=/v1/courses/*&after={after}"
    return [(entry["status"], entry["fault"]) for entry in control("GET", query)["entries"]]


@pytest.fixture
def inject(course):
    """Injects a fault, and returns the place in the journal from which on its requests stand."""

    def add(**fault):
        control("POST", "faults", {**GET_COURSE, **fault})
        return control("GET", "journal?limit=1")["last"]

    yield add
    control("DELETE", "faults")


def test_a_used_up_quota_is_waited_for(teacher, course, inject):
    after = inject(preset="google-quota")
    assert teacher.courses().get(id=course["id"]).execute(num_retries=4)["name"] == "Biyoloji"
    assert recorded(after) == [(429, "status"), (429, "status"), (200, None)]


@pytest.mark.parametrize(("status", "fault"), [(500, "status"), (503, "status")])
def test_a_failure_is_tried_again(teacher, course, inject, status, fault):
    after = inject(kind="status", status=status, times=1)
    assert teacher.courses().get(id=course["id"]).execute(num_retries=4)["name"] == "Biyoloji"
    assert recorded(after) == [(status, fault), (200, None)]


@pytest.mark.parametrize("status", [403, 429, 500, 503])
def test_a_status_is_a_typed_error_without_retries(teacher, course, inject, status):
    inject(kind="status", status=status)
    with pytest.raises(HttpError) as caught:
        teacher.courses().get(id=course["id"]).execute()
    assert json.loads(caught.value.content)["error"]["code"] == caught.value.resp.status == status


@pytest.mark.parametrize("kind", ["reset", "lose-answer"])
def test_a_broken_connection_is_tried_again(teacher, course, inject, kind):
    after = inject(kind=kind, times=1)
    assert teacher.courses().get(id=course["id"]).execute(num_retries=4)["name"] == "Biyoloji"
    assert recorded(after) == [(None, kind), (200, None)]


def test_a_truncated_answer_is_an_error(teacher, course, inject):
    inject(kind="truncate", times=1)
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        teacher.courses().get(id=course["id"]).execute()
    # The client would use the ended connection again.
    teacher.close()


def test_a_slow_answer_is_awaited(teacher, course, inject):
    inject(kind="drip", millis=5, times=1)
    assert teacher.courses().get(id=course["id"]).execute()["name"] == "Biyoloji"
