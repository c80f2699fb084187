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


def test_a_refusal_names_the_place_and_the_value(derslik):
    with pytest.raises(helpers.ControlError, match=r"^4\d\d: .*no-such-preset"):
        derslik.faults.preset("no-such-preset")
    with pytest.raises(helpers.ControlError, match=r"^422: .*courses\.0\.state.*ACTIV\b"):
        derslik.seed({"courses": [{"name": "Kimya", "owner": "teacher", "state": "ACTIV"}]})
    with pytest.raises(helpers.ControlError, match="line 2"):
        derslik.seed("courses:\n- nam: Kimya\n")


def test_a_problem_is_told_with_what_the_service_says_of_it():
    problem = {"detail": "not ACTIVE", "field": "courses.0.state", "line": 7}
    assert str(helpers.ControlError(422, {**problem, "value": "ACTIV"})) == '422: courses.0.state: not ACTIVE; it was "ACTIV" (line 7)'
    sent = {"courses": [{"state": "ON"}]}
    assert str(helpers.ControlError(422, problem, sent)) == '422: courses.0.state: not ACTIVE; it was "ON" (line 7)'
    told = {**problem, "detail": 'courses.0.state is "ON" in line 7'}
    assert str(helpers.ControlError(422, told, sent)) == '422: courses.0.state is "ON" in line 7'
    assert str(helpers.ControlError(502, "from a proxy")) == "502: from a proxy"


def test_a_count_that_is_not_met_is_told(derslik):
    derslik.post("/v1/courses", COURSE)
    expected = "^1 request matches, and 2 were expected: path='/v1/courses'\nrequest 1, POST /v1/courses, matches"
    with pytest.raises(AssertionError, match=expected):
        derslik.journal.assert_(count=2, path="/v1/courses")
    with pytest.raises(AssertionError, match="^1 request matches, and 0 were expected"):
        derslik.journal.assert_(none=True, path="/v1/courses")


def test_a_wait_shows_the_nearest_requests(derslik):
    derslik.post("/v1/courses", COURSE)
    with pytest.raises(helpers.ControlError, match='path: expected "/v1/corses", found "/v1/courses"'):
        derslik.journal.wait(path="/v1/corses", timeout=0.05)


def test_a_duration_is_a_text_a_number_a_timedelta_or_its_parts(derslik):
    begin = derslik.clock.now()
    for by, parts in [("1d", {}), (86400, {}), (timedelta(days=1), {}), (None, {"hours": 24}), (None, {"to": begin + timedelta(days=5)})]:
        derslik.clock.advance(by, **parts)
    assert derslik.clock.now() == begin + timedelta(days=5)
    for by, parts, text in [
        (None, {}, "give a duration"),
        (None, {"day": 1}, "day"),
        ("1d", {"days": 1}, "give a duration"),
        ("1d", {"to": begin}, "not both"),
        (-1, {}, "use set"),
        (0.5, {}, "whole seconds"),
    ]:
        with pytest.raises((TypeError, ValueError), match=text):
            derslik.clock.advance(by, **parts)
    assert derslik.clock.now() == begin + timedelta(days=5)


def test_a_person_or_a_setting_that_does_not_exist_is_told_with_those_that_do(derslik):
    for use in (lambda: derslik.users["techer"], lambda: derslik.classroom("techer")):
        with pytest.raises(KeyError, match="there is no person 'techer': the roles are admin, teacher"):
            use()
    with pytest.raises(TypeError, match="there is no argument frozn: there are frozen"):
        helpers.start(frozn=False)
    with pytest.raises(TypeError, match="stauts"):
        derslik.faults.add("status", stauts=503)
    with pytest.raises(TypeError, match="there is no argument status: there are api, method, path"):
        derslik.faults.preset("flaky-wifi", status=503)
    for read in (derslik.journal.list, derslik.journal.wait, derslik.journal.assert_, derslik.journal.live, derslik.journal.curl):
        with pytest.raises(TypeError, match="there is no argument pth: there are api, method, path, status, contains, after"):
            read(pth="/v1/courses")
    with pytest.raises(ValueError, match="a snapshot has a name"):
        derslik.snapshot("")


def test_a_path_is_read_and_a_text_is_a_document(derslik, derslik_server, tmp_path):
    path = tmp_path / "seed.yaml"
    # As the editors of Windows write it.
    path.write_bytes("courses:\r\n- name: Kimya\r\n  owner: teacher\r\n".encode("utf-8-sig"))
    for content in (path, str(path), "courses:\n- name: Tarih\n  owner: teacher\n", {"courses": [{"name": "Fizik", "owner": "teacher"}]}):
        assert derslik.seed(content)["courses"] == 1
    with pytest.raises(FileNotFoundError, match="sed.yml"):
        derslik.seed(str(tmp_path / "sed.yml"))
    with derslik_server.account(seed=path) as other:
        assert [course["name"] for course in other.get("/v1/courses")["courses"]] == ["Kimya"]


def test_each_method_of_http_has_its_own(derslik):
    path = f"/v1/courses/{derslik.post('/v1/courses', COURSE)['id']}"
    derslik.put(path, {**COURSE, "name": "Biology 102"})
    patched = derslik.patch(f"{path}?updateMask=courseState", {"courseState": "ARCHIVED"})
    assert (patched["name"], patched["courseState"]) == ("Biology 102", "ARCHIVED")
    derslik.delete(path)
    with pytest.raises(AssertionError, match="GET .* was answered 404"):
        derslik.get(path)


def test_snapshots_are_listed_and_removed_and_a_clock_is_released(derslik):
    derslik.snapshot("one")
    derslik.snapshot("other")
    derslik.snapshot_remove("one")
    assert [snapshot["name"] for snapshot in derslik.snapshot_list()] == ["other"]
    assert derslik.clock.show()["own"]
    derslik.clock.release()
    assert not derslik.clock.show()["own"]


def test_requests_are_seen_as_they_come(derslik):
    derslik.get("/v1/courses")
    seen = []
    for entry in derslik.journal.live(timeout=5, path="/v1/courses"):
        seen.append(entry["seq"])
        if len(seen) == 3:
            break
        derslik.get("/v1/courses")
    assert seen == [1, 2, 3]
    assert list(derslik.journal.live(timeout=0.05, after=3)) == []


def test_an_account_that_has_ended_stays_so(derslik_server):
    account = derslik_server.account()
    again = helpers.Account(derslik_server, {**vars(account), "users": list(account.users.values())})
    account.end()
    account.end()
    again.end()
    assert account.id not in [listed["id"] for listed in derslik_server.accounts()]


def test_requests_of_no_account_are_seen_too(derslik, derslik_server):
    assert derslik.request("GET", "/v1/courses?nobody", headers={"Authorization": "Bearer nobody"})[0] == 401
    assert [entry["status"] for entry in derslik_server.unmatched() if entry["query"] == "nobody"] == [401]
