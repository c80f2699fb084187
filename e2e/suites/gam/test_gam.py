"""Courses, aliases, rosters, synchronisation and copies with their members, as an administrator does them."""

import csv
import io
import json
import pathlib
import subprocess
import sys

import pytest

GAM = pathlib.Path(sys.executable).with_name("gam")
SCOPES = ["courses", "rosters", "profile.emails", "profile.photos"]
SETTINGS = """[DEFAULT]
cacerts_pem = {authority}
drive_dir = {folder}
customer_id = C01
domain = demo.example
admin_email = admin@demo.example
"""
# What GAM exits with: a refused call, and a course that does not exist.
FAILED, MISSING = 50, 56


@pytest.fixture(scope="module")
def settings(folder, derslik, tmp_path_factory):
    """The folder with the settings of GAM and a token of an administrator that does not end."""
    place = tmp_path_factory.mktemp("gam")
    (place / "gamcache").mkdir()
    for name in ("nobrowser.txt", "noupdatecheck.txt"):
        (place / name).touch()
    token = derslik("token", "create", "admin@demo.example", "--account", "demo", "--never")["token"]
    credentials = {
        "client_id": "any",
        "client_secret": "any",
        "refresh_token": "any",
        "id_token": "any",
        "token": token,
        "token_expiry": "2099-01-01T00:00:00Z",
        "decoded_id_token": {"email": "admin@demo.example", "hd": "demo.example", "iss": "any", "sub": "101"},
        "scopes": [f"https://www.googleapis.com/auth/classroom.{name}" for name in SCOPES],
    }
    (place / "oauth2.txt").write_text(json.dumps(credentials))
    (place / "gam.cfg").write_text(SETTINGS.format(authority=folder / "authority.pem", folder=place))
    return place


@pytest.fixture(scope="module")
def gam(settings, client):
    """Runs a command, and returns what it printed."""

    def run(*arguments, code=0, place=settings):
        variables = client | {"GAMCFGDIR": str(place)}
        ended = subprocess.run([GAM, *arguments], env=variables, capture_output=True, text=True, timeout=120)
        assert ended.returncode == code, ended.stdout + ended.stderr
        return ended.stdout if code == 0 else ended.stderr

    return run


@pytest.fixture(scope="module")
def course(gam):
    """The alias of a course with a teacher, a co-teacher and a student."""
    gam("create", "course", "alias", "algebra", "name", "Cebir", "section", "1A", "teacher", "teacher@demo.example", "state", "active")
    gam("course", "d:algebra", "add", "teachers", "coteacher@demo.example")
    gam("course", "d:algebra", "add", "students", "student@demo.example")
    return "d:algebra"


def members(gam, course):
    """The members of a course: their roles and their addresses."""
    rows = csv.DictReader(io.StringIO(gam("print", "course-participants", "course", course)))
    return {(row["userRole"], row["profile.emailAddress"].split("@")[0]) for row in rows}


def test_a_course_is_shown_and_listed(gam, course):
    shown = gam("info", "course", course)
    assert "name: Cebir" in shown and "courseState: ACTIVE" in shown and "ownerEmail: teacher@demo.example" in shown
    listed = list(csv.DictReader(io.StringIO(gam("print", "courses"))))
    assert "Cebir" in [row["name"] for row in listed]


def test_a_course_gets_another_alias(gam, course):
    gam("course", course, "add", "alias", "algebra-2")
    assert "name: Cebir" in gam("info", "course", "d:algebra-2")
    gam("course", course, "delete", "alias", "algebra-2")
    gam("info", "course", "d:algebra-2", code=MISSING)


def test_a_roster_is_synchronised_with_a_list(gam, course):
    everyone = {("TEACHER", "teacher"), ("TEACHER", "coteacher"), ("STUDENT", "student")}
    assert members(gam, course) == everyone
    gam("course", course, "sync", "students", "users", "stranger@demo.example")
    assert members(gam, course) == everyone - {("STUDENT", "student")} | {("STUDENT", "stranger")}
    gam("course", course, "sync", "students", "users", "student@demo.example")
    assert members(gam, course) == everyone


def test_a_course_is_copied_with_its_members(gam, course):
    copy = ["create", "course", "alias", "copy", "name", "Kopya", "teacher", "teacher@demo.example", "state", "active"]
    gam(*copy, "copyfrom", course, "members", "all")
    assert members(gam, "d:copy") == members(gam, course)


def test_a_course_is_deleted_once_it_is_archived(gam):
    gam("create", "course", "alias", "old", "name", "Eski", "teacher", "teacher@demo.example", "state", "active")
    assert "Precondition check failed" in gam("delete", "course", "d:old", code=FAILED)
    gam("delete", "course", "d:old", "archived")
    assert "Does not exist" in gam("info", "course", "d:old", code=MISSING)


def test_a_service_account_lists_courses_with_a_token_that_gam_signs(gam, settings, course, derslik, base, folder, tmp_path):
    derslik("service-account", "create", "gam", "--account", "demo", "--role", "admin")
    key = derslik("token", "create", "gam", "--account", "demo", "--as", "service-account", "--url", base)
    (tmp_path / "gamcache").mkdir()
    (tmp_path / "noupdatecheck.txt").touch()
    (tmp_path / "oauth2service.json").write_text(json.dumps(key))
    (tmp_path / "gam.cfg").write_text(SETTINGS.format(authority=folder / "authority.pem", folder=tmp_path) + "enable_dasa = true\n")
    assert "Cebir" in gam("print", "courses", place=tmp_path)
