"""Courses and their members as files, for the administrator for whom a service account acts."""

import csv
import json
import os
import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def course(admin):
    """A course with an alias of the program, a co-teacher and a student. At least one course needs a heading: the program reads it."""
    new = {"name": "Tarih", "descriptionHeading": "9. sınıf", "ownerId": "teacher@demo.example", "courseState": "ACTIVE"}
    course = admin("POST", "/v1/courses", new)["id"]
    admin("POST", f"/v1/courses/{course}/aliases", {"alias": "d:EdFiLMS.tarih-9"})
    admin("POST", f"/v1/courses/{course}/teachers", {"userId": "coteacher@demo.example"})
    admin("POST", f"/v1/courses/{course}/students", {"userId": "student@demo.example"})
    return course


@pytest.fixture(scope="module")
def key(derslik, base):
    """The credentials file of a service account that may act for the administrator, as docs/CLIENTS.md makes it."""
    # The program asks for scopes of other APIs as well, and can't be told to leave them out.
    derslik("service-account", "create", "extractor", "--account", "demo", "--act-for", "admin@demo.example", "--scope", "all")
    return derslik("token", "create", "extractor", "--account", "demo", "--as", "service-account", "--url", base)


@pytest.fixture
def extract(client, key, tmp_path):
    """Runs the program, and returns how it ended."""

    def run(*features):
        (tmp_path / "service-account.json").write_text(json.dumps(key))
        command = [sys.executable, "-m", "edfi_google_classroom_extractor", "-a", "admin@demo.example", "-o", "out", "-d", "out"]
        variables = client | {"REQUEST_RETRY_COUNT": "1"}
        return subprocess.run([*command, *features], env=variables, cwd=tmp_path, capture_output=True, text=True, timeout=300)

    return run


def rows(folder, kind):
    """The rows of all files of a kind."""
    found = []
    for place, _, files in os.walk(folder / "out"):
        if kind in place.split(os.sep):
            for name in files:
                with open(os.path.join(place, name), encoding="utf-8") as file:
                    found.extend(csv.DictReader(file))
    return found


def test_courses_and_their_members_become_files(extract, course, tmp_path):
    ended = extract()
    assert ended.returncode == 0, ended.stdout + ended.stderr
    [section] = [row for row in rows(tmp_path, "sections") if row["SourceSystemIdentifier"] == course]
    assert (section["Title"], section["SISSectionIdentifier"]) == ("Tarih", "tarih-9"), section
    users = {row["EmailAddress"] for row in rows(tmp_path, "users")}
    assert {"teacher@demo.example", "coteacher@demo.example", "student@demo.example"} <= users


def test_assignments_which_are_not_carried_out_end_it_with_an_error(extract, course):
    ended = extract("-f", "assignments")
    assert ended.returncode != 0 and "501" in ended.stdout, ended.stdout
