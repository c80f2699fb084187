"""An account of a test: its own data, its clock, its faults and its journal."""

from datetime import datetime, timedelta, timezone

import pytest

import derslik as helpers

COURSE = {"name": "Biology 101", "ownerId": "me", "courseState": "ACTIVE"}


def test_accounts_of_one_service_share_nothing(derslik, derslik_server):
    other = derslik_server.account()
    course = derslik.post("/v1/courses", COURSE)
    assert derslik.get(f"/v1/courses/{course['id']}")["name"] == "Biology 101"
    assert other.request("GET", f"/v1/courses/{course['id']}")[0] == 404
    other.end()
    assert other.request("GET", "/v1/courses")[0] == 401


def test_each_api_takes_the_keys_of_the_account(derslik):
    assert derslik.request("POST", "/xapi/v2/session/search", {})[0] == 200
    assert derslik.request("GET", f"/api/v1/{derslik.project['key']}/jobs")[0] == 200
    assert derslik.request("GET", "/v1/courses")[0] == 200


def test_the_clock_stands_still_and_goes_where_it_is_told(derslik):
    assert derslik.clock.now() == derslik.clock.now()
    noon = datetime(2031, 3, 1, 12, tzinfo=timezone.utc)
    derslik.clock.set(noon)
    assert derslik.clock.now() == noon
    derslik.clock.advance(hours=1, minutes=30)
    assert derslik.clock.now() == noon + timedelta(minutes=90)
    derslik.clock.set("2020-01-01T00:00:00Z")
    assert derslik.clock.now().year == 2020


def test_an_erasure_at_midnight_has_run_when_advance_returns(derslik):
    status, answer = derslik.request("DELETE", f"/api/v1/{derslik.project['key']}/users/mehdi@openreplay.com")
    assert status == 200 and answer["data"]["status"] == "scheduled"
    ran = derslik.clock.advance(days=1)
    assert [(one["kind"], one["outcome"]) for one in ran] == [("job", "completed")]


def test_an_instant_without_a_zone_is_refused(derslik):
    with pytest.raises(ValueError, match="time zone"):
        derslik.clock.set(datetime(2031, 3, 1))


def test_a_fault_hits_as_often_as_it_says(derslik, derslik_server):
    other = derslik_server.account()
    derslik.faults.add("status", status=429, path="/v1/courses", times=2)
    assert [derslik.request("GET", "/v1/courses")[0] for _ in range(3)] == [429, 429, 200]
    assert other.request("GET", "/v1/courses")[0] == 200
    derslik.faults.clear()
    assert derslik.faults.list() == []
    other.end()


def test_the_journal_waits_and_asserts_with_the_nearest_request(derslik):
    derslik.post("/v1/courses", COURSE)
    (entry,) = derslik.journal.wait(method="POST", path="/v1/courses")
    assert entry["status"] == 200
    derslik.journal.assert_(count=1, method="POST", path="/v1/courses")
    with pytest.raises(AssertionError, match="/v1/courses"):
        derslik.journal.assert_(method="POST", path="/v1/course")
    assert derslik.journal.curl(path="/v1/courses").startswith("curl ")
    assert derslik.token not in str(derslik.journal.list())


def test_a_snapshot_and_a_reset_bring_the_account_back(derslik):
    derslik.post("/v1/courses", COURSE)
    derslik.snapshot("one-course")
    derslik.post("/v1/courses", COURSE)
    derslik.restore("one-course")
    assert len(derslik.get("/v1/courses")["courses"]) == 1
    derslik.reset()
    assert derslik.get("/v1/courses") == {}


def test_a_snapshot_goes_into_another_account_by_a_file(derslik, derslik_server):
    derslik.post("/v1/courses", COURSE)
    derslik.snapshot("one-course")
    content = derslik.snapshot_save("one-course")
    other = derslik_server.account()
    other.snapshot_load("theirs", content)
    other.restore("theirs")
    assert len(other.get("/v1/courses")["courses"]) == 1
    with pytest.raises(helpers.ControlError, match="not a backup"):
        other.snapshot_load("broken", b"PK")


def test_a_seed_comes_back_as_it_was_written(derslik, derslik_server):
    derslik.post("/v1/courses", COURSE)
    document = derslik.seed_export()
    other = derslik_server.account(seed=document)
    assert other.seed_export() == document
    other.end()


def test_a_refusal_names_the_problem(derslik):
    with pytest.raises(helpers.ControlError) as refused:
        derslik.faults.preset("no-such-preset")
    assert 400 <= refused.value.status < 500
