"""Every method of the courses API through the unmodified client."""

import json
import time
import urllib.request

import pytest
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError


def refused(request):
    with pytest.raises(HttpError) as caught:
        request.execute()
    error = json.loads(caught.value.content)["error"]
    assert error["code"] == caught.value.resp.status
    return error["code"], error["status"], error["message"], error.get("details", [])


def test_the_description_in_the_package_fits_too(base, course):
    packaged = build(
        "classroom",
        "v1",
        credentials=Credentials(token="demo-teacher-token"),
        client_options={"api_endpoint": base + "/"},
        cache_discovery=False,
    )
    assert packaged.courses().get(id=course["id"]).execute()["name"] == "Biyoloji"


def test_a_course_lives_from_create_to_delete(teacher):
    courses = teacher.courses()
    made = courses.create(body={"name": "Fizik 1", "ownerId": "me", "section": "A", "levels": "9"}).execute()
    assert made["courseState"] == "PROVISIONED"
    assert made["id"].isdigit() and made["ownerId"].isdigit()
    assert made["creationTime"].endswith("Z") and made["guardiansEnabled"] is False
    assert courses.get(id=made["id"]).execute() == made

    made = courses.patch(id=made["id"], updateMask="courseState,room", body={"courseState": "ACTIVE", "room": "301"}).execute()
    assert (made["courseState"], made["room"], made["section"]) == ("ACTIVE", "301", "A")
    made["name"] = "Fizik 2"
    del made["section"], made["levels"]
    made = courses.update(id=made["id"], body=made).execute()
    assert (made["name"], made.get("section"), made["levels"]) == ("Fizik 2", None, "9")

    assert courses.patch(id=made["id"], updateMask="courseState", body={"courseState": "ARCHIVED"}).execute()
    assert courses.delete(id=made["id"]).execute() == {}
    assert refused(courses.get(id=made["id"]))[:2] == (404, "NOT_FOUND")


REFUSED = [
    ("ACTIVE", "PROVISIONED"),
    ("ACTIVE", "DECLINED"),
    ("ACTIVE", "SUSPENDED"),
    ("ARCHIVED", "PROVISIONED"),
    ("ARCHIVED", "DECLINED"),
    ("ARCHIVED", "SUSPENDED"),
    ("PROVISIONED", "ARCHIVED"),
    ("PROVISIONED", "SUSPENDED"),
    ("DECLINED", "ACTIVE"),
    ("DECLINED", "ARCHIVED"),
    ("DECLINED", "SUSPENDED"),
]
WAYS = {"ACTIVE": ["ACTIVE"], "ARCHIVED": ["ACTIVE", "ARCHIVED"], "PROVISIONED": [], "DECLINED": ["DECLINED"]}


@pytest.mark.parametrize("start,to", REFUSED)
def test_a_refused_transition_is_a_typed_error(teacher, start, to):
    courses = teacher.courses()
    made = courses.create(body={"name": "Kimya", "ownerId": "me"}).execute()
    for state in WAYS[start]:
        made = courses.patch(id=made["id"], updateMask="courseState", body={"courseState": state}).execute()
    code, status, message, details = refused(courses.patch(id=made["id"], updateMask="courseState", body={"courseState": to}))
    assert (code, status, message) == (400, "FAILED_PRECONDITION", "Precondition check failed.")
    assert start in details[0]["violations"][0]["description"]
    # A course that was active gets a calendar, at an unknown time.
    now = courses.get(id=made["id"]).execute()
    assert {**now, "calendarId": None} == {**made, "calendarId": None}


def with_calendar(teacher, course):
    """Waits until the course has its calendar, and returns it."""
    for _ in range(200):
        found = teacher.courses().get(id=course["id"]).execute()
        if "calendarId" in found:
            return found
        time.sleep(0.05)
    raise AssertionError("the course has no calendar")


def test_a_course_is_given_a_calendar_once_it_is_active(teacher):
    made = teacher.courses().create(body={"name": "Kimya", "ownerId": "me", "courseState": "ACTIVE"}).execute()
    assert "calendarId" not in made
    course = with_calendar(teacher, made)
    assert course["calendarId"] == f"classroom{made['id']}@group.calendar.google.com"
    assert course["updateTime"] == made["updateTime"]


@pytest.mark.parametrize("state", ["ACTIVE", "PROVISIONED", "DECLINED"])
def test_only_an_archived_course_is_deleted(teacher, state):
    courses = teacher.courses()
    made = courses.create(body={"name": "Kimya", "ownerId": "me"}).execute()
    for step in WAYS[state]:
        courses.patch(id=made["id"], updateMask="courseState", body={"courseState": step}).execute()
    code, status, _, details = refused(courses.delete(id=made["id"]))
    assert (code, status) == (400, "FAILED_PRECONDITION")
    assert "ARCHIVED" in details[0]["violations"][0]["description"]


def test_an_archived_course_is_not_modified_unless_it_returns(teacher, course):
    courses = teacher.courses()
    courses.patch(id=course["id"], updateMask="courseState", body={"courseState": "ARCHIVED"}).execute()
    code, status, message, _ = refused(courses.patch(id=course["id"], updateMask="name", body={"name": "b"}))
    assert (code, status) == (400, "FAILED_PRECONDITION") and message.startswith("@CourseNotModifiable ")
    both = {"courseState": "ACTIVE", "name": "back"}
    assert courses.patch(id=course["id"], updateMask="courseState,name", body=both).execute()["name"] == "back"


@pytest.mark.parametrize("name", ["a/b", "a b/c", "ışık Dönem 2", "درس الأحياء", "100%&?#+", "a:b:c"])
def test_aliases_hold_any_character(teacher, admin, unique, name):
    project, domain = f"p:{unique} {name}", f"d:{unique} {name}"
    made = teacher.courses().create(body={"id": project, "name": "Takma", "ownerId": "me"}).execute()
    assert made["id"].isdigit()
    assert teacher.courses().get(id=project).execute()["id"] == made["id"]
    assert refused(teacher.courses().create(body={"id": project, "name": "x", "ownerId": "me"}))[:2] == (409, "ALREADY_EXISTS")
    aliases = admin.courses().aliases()
    assert aliases.create(courseId=project, body={"alias": domain}).execute() == {"alias": domain}
    assert aliases.list(courseId=domain).execute() == {"aliases": [{"alias": domain}, {"alias": project}]}
    assert aliases.delete(courseId=made["id"], alias=domain).execute() == {}
    assert refused(aliases.delete(courseId=made["id"], alias=domain))[:2] == (404, "NOT_FOUND")
    assert refused(teacher.courses().aliases().create(courseId=made["id"], body={"alias": domain}))[0] == 403


def test_lists_go_on_page_by_page(teacher, unique):
    courses = teacher.courses()
    ids = [courses.create(body={"name": f"{unique} {n}", "ownerId": "me"}).execute()["id"] for n in range(7)]
    found, pages = [], 0
    request = courses.list(teacherId="me", pageSize=3, courseStates=["PROVISIONED"])
    while request is not None and not set(ids) <= set(found):
        answer = request.execute()
        found += [course["id"] for course in answer.get("courses", [])]
        request = courses.list_next(request, answer)
        pages += 1
    assert pages >= 3 and found[:7] == ids[::-1]
    assert len(found) == len(set(found))


def test_a_list_of_nothing_is_empty(people):
    assert people["stranger"].courses().list(studentId="me").execute() == {}


def test_a_long_list_is_asked_for_by_another_method(teacher, unique):
    before = teacher.courses().list(pageSize=1).execute()
    states = ["ACTIVE", "PROVISIONED"] * 80
    answer = teacher.courses().list(courseStates=states, pageSize=2, teacherId="me").execute()
    assert all(course["courseState"] in states for course in answer["courses"])
    assert teacher.courses().list(pageSize=1).execute() == before


def test_partial_answers(teacher, course):
    partial = teacher.courses().list(fields="courses(id,name),nextPageToken").execute()
    assert all(set(found) == {"id", "name"} for found in partial["courses"])
    assert teacher.courses().get(id=course["id"], fields="teacherFolder/id").execute().keys() == {"teacherFolder"}
    assert refused(teacher.courses().get(id=course["id"], fields="nothing"))[:2] == (400, "INVALID_ARGUMENT")


def test_a_batch_stays_here_and_its_parts_fail_alone(teacher, course):
    answers = {}
    batch = teacher.new_batch_http_request(callback=lambda name, answer, error: answers.update({name: (answer, error)}))
    batch.add(teacher.courses().get(id=course["id"]), request_id="there")
    batch.add(teacher.courses().get(id="p:nowhere"), request_id="not there")
    batch.add(teacher.courses().create(body={"name": "Toplu ışık", "ownerId": "me"}), request_id="ışık 1")
    batch.execute()
    assert answers["there"][0]["id"] == course["id"]
    assert answers["not there"][1].resp.status == 404
    assert answers["ışık 1"][0]["name"] == "Toplu ışık"


@pytest.mark.parametrize("size", [1, 50, 1000])
def test_a_batch_of_any_size_keeps_its_order(teacher, course, size):
    seen = []
    batch = teacher.new_batch_http_request(callback=lambda name, answer, error: seen.append((int(name), error)))
    for number in range(size):
        batch.add(teacher.courses().get(id=course["id"], fields="id"), request_id=str(number))
    batch.execute()
    assert seen == [(number, None) for number in range(size)]


def test_grading_periods(teacher, course):
    courses = teacher.courses()
    assert courses.getGradingPeriodSettings(courseId=course["id"]).execute() == {}
    date = lambda month, day: {"year": 2026, "month": month, "day": day}
    periods = [
        {"title": "1. Dönem", "start_date": date(9, 1), "end_date": date(10, 31)},
        {"title": "2. Dönem", "start_date": date(11, 1), "end_date": date(12, 31)},
    ]
    set_to = courses.updateGradingPeriodSettings(courseId=course["id"], updateMask="grading_periods", body={"grading_periods": periods}).execute()
    assert [period["title"] for period in set_to["gradingPeriods"]] == ["1. Dönem", "2. Dönem"]
    assert courses.getGradingPeriodSettings(courseId=course["id"]).execute() == set_to
    set_to["gradingPeriods"][1]["startDate"] = date(10, 31)
    request = courses.updateGradingPeriodSettings(courseId=course["id"], updateMask="gradingPeriods", body=set_to)
    assert refused(request)[:2] == (400, "INVALID_ARGUMENT")


def test_eligibility(teacher, people, course):
    checked = teacher.courses().checkGradingPeriodsSetupEligibility(courseId=course["id"]).execute()
    assert checked == {"courseId": course["id"], "isGradingPeriodsSetupEligible": True}
    checked = teacher.courses().checkAddOnCreationEligibility(courseId=course["id"]).execute()
    assert checked == {"courseId": course["id"], "isCreateAttachmentEligible": True}
    assert refused(people["student"].courses().checkGradingPeriodsSetupEligibility(courseId=course["id"]))[0] == 403


def test_rosters(people, admin, teacher, course):
    members = teacher.courses().teachers().list(courseId=course["id"]).execute()["teachers"]
    assert {member["profile"]["emailAddress"] for member in members} == {"teacher@demo.example", "coteacher@demo.example"}
    page = teacher.courses().teachers().list(courseId=course["id"], pageSize=1).execute()
    assert len(page["teachers"]) == 1 and page["nextPageToken"]
    students = people["student"].courses().students()
    assert students.get(courseId=course["id"], userId="me").execute()["courseId"] == course["id"]
    assert refused(teacher.courses().students().create(courseId=course["id"], body={"userId": "stranger@demo.example"}))[2].startswith(
        "@CannotDirectAddUser "
    )
    stranger = people["stranger"]
    assert refused(stranger.courses().get(id=course["id"]))[:2] == (403, "PERMISSION_DENIED")
    join = lambda code: stranger.courses().students().create(courseId=course["id"], enrollmentCode=code, body={"userId": "me"})
    assert refused(join("wrong"))[0] == 403
    assert join(course["enrollmentCode"]).execute()["profile"]["name"]["fullName"] == "stranger demo"
    assert refused(join(course["enrollmentCode"]))[0] == 409
    assert "enrollmentCode" not in stranger.courses().get(id=course["id"]).execute()
    assert stranger.courses().students().delete(courseId=course["id"], userId="me").execute() == {}
    assert refused(admin.courses().teachers().delete(courseId=course["id"], userId="teacher@demo.example"))[0] == 400


def test_profiles(people, admin):
    mine = people["student"].userProfiles().get(userId="me").execute()
    assert mine["emailAddress"] == "student@demo.example"
    assert admin.userProfiles().get(userId=mine["id"]).execute()["name"] == mine["name"]
    assert refused(admin.userProfiles().get(userId="nobody@demo.example"))[0] == 404


def test_a_course_is_handed_over_to_a_co_teacher(admin, people, teacher, course):
    transfer = lambda owner: admin.courses().patch(id=course["id"], updateMask="ownerId", body={"ownerId": owner})
    assert refused(transfer("stranger@demo.example"))[2].startswith("@IneligibleOwner ")
    assert refused(transfer("teacher@demo.example"))[2].startswith("@UserAlreadyOwner ")
    assert refused(teacher.courses().patch(id=course["id"], updateMask="ownerId", body={"ownerId": "me"}))[0] == 403
    assert transfer("coteacher@demo.example").execute()["ownerId"] != course["ownerId"]
    assert teacher.courses().get(id=course["id"]).execute()["enrollmentCode"]


def test_who_sees_what(people, course):
    for name in ["admin", "teacher", "coteacher", "student"]:
        assert people[name].courses().get(id=course["id"]).execute()["id"] == course["id"]
    assert refused(people["stranger"].courses().get(id=course["id"]))[:2] == (403, "PERMISSION_DENIED")
    assert refused(people["other"].courses().get(id=course["id"])) == refused(people["other"].courses().get(id="999999999999"))


def test_both_filters_are_refused(teacher):
    code, status, message, _ = refused(teacher.courses().list(studentId="me", teacherId="me"))
    assert (code, status) == (400, "FAILED_PRECONDITION") and message.startswith("@ListCoursesStudentAndTeacherFilter ")


def test_what_is_not_there_says_so(base):
    request = urllib.request.Request(base + "/v1/courses/1/courseWork", headers={"Authorization": "Bearer demo-admin-token"})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)
    assert caught.value.code == 501
    assert json.loads(caught.value.read())["error"]["status"] == "UNIMPLEMENTED"


def test_a_tag_guards_against_lost_updates(base, teacher, course):
    # The assignment of the calendar changes the course as well.
    with_calendar(teacher, course)

    def patch(tag, name):
        request = urllib.request.Request(
            f"{base}/v1/courses/{course['id']}?updateMask=name",
            method="PATCH",
            data=json.dumps({"name": name}).encode(),
            headers={"Authorization": "Bearer demo-teacher-token", "If-Match": tag, "Content-Type": "application/json"},
        )
        return urllib.request.urlopen(request)

    tag = patch("*", "one").headers["ETag"]
    patch(tag, "two")
    with pytest.raises(urllib.error.HTTPError) as caught:
        patch(tag, "three")
    assert caught.value.code == 412
