"""Documents of courses for a chain, with credentials that are given and from the file of a service account."""

import json
import logging

import pytest
from google.oauth2.credentials import Credentials
from langchain_google_classroom import GoogleClassroomLoader
from langchain_google_classroom.classroom_api import ClassroomAPIFetcher

CONTENT = {"load_assignments": False, "load_announcements": False, "load_materials": False, "load_attachments": False}


@pytest.fixture(scope="module")
def course(admin):
    """A course with a co-teacher and a student."""
    created = admin("POST", "/v1/courses", {"name": "Kimya", "ownerId": "teacher@demo.example", "courseState": "ACTIVE"})
    admin("POST", f"/v1/courses/{created['id']}/teachers", {"userId": "coteacher@demo.example"})
    admin("POST", f"/v1/courses/{created['id']}/students", {"userId": "student@demo.example"})
    return created["id"]


@pytest.fixture(autouse=True)
def environment(client, monkeypatch):
    for name, value in client.items():
        monkeypatch.setenv(name, value)


def test_each_member_becomes_a_document(course):
    loader = GoogleClassroomLoader(
        credentials=Credentials(token="demo-teacher-token"), course_ids=[course], load_roster=True, **CONTENT
    )
    names = {document.page_content.splitlines()[0] for document in loader.load()}
    assert names == {"Teacher: teacher demo", "Teacher: coteacher demo", "Student: student demo"}


def test_all_courses_are_listed(course):
    listed = ClassroomAPIFetcher(Credentials(token="demo-teacher-token")).list_courses()
    assert course in [found["id"] for found in listed]


def test_resources_that_are_not_carried_out_are_left_out_with_a_warning(course, caplog):
    with caplog.at_level(logging.WARNING):
        loaded = GoogleClassroomLoader(credentials=Credentials(token="demo-teacher-token"), course_ids=[course]).load()
    assert loaded == [] and "501" in caplog.text


def test_a_service_account_needs_no_other_credentials(course, derslik, base, tmp_path):
    # The loader always asks for the scopes of files in the drive. The line stands in docs/CLIENTS.md.
    derslik("service-account", "create", "loader", "--account", "demo", "--role", "admin", "--scope", "all")
    key = derslik("token", "create", "loader", "--account", "demo", "--as", "service-account", "--url", base)
    (tmp_path / "service_account.json").write_text(json.dumps(key))
    loader = GoogleClassroomLoader(
        service_account_file=str(tmp_path / "service_account.json"), course_ids=[course], load_roster=True, **CONTENT
    )
    assert len(loader.load()) == 3
