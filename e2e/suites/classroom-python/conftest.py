"""Clients of the courses API for each person of the known accounts."""

import os
import uuid

import pytest
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build

BASE = os.environ["E2E_URL"].rstrip("/")


def client(token):
    """A client that builds itself from the discovery document of the service."""
    return build(
        "classroom",
        "v1",
        credentials=Credentials(token=token),
        discoveryServiceUrl=BASE + "/$discovery/rest?version={apiVersion}",
        static_discovery=False,
        cache_discovery=False,
    )


@pytest.fixture(scope="session")
def base():
    return BASE


@pytest.fixture(scope="session")
def people():
    names = ["admin", "teacher", "coteacher", "student", "stranger"]
    clients = {name: client(f"demo-{name}-token") for name in names}
    clients["other"] = client("other-admin-token")
    return clients


@pytest.fixture(scope="session")
def admin(people):
    return people["admin"]


@pytest.fixture(scope="session")
def teacher(people):
    return people["teacher"]


@pytest.fixture
def unique():
    return uuid.uuid4().hex


@pytest.fixture
def course(teacher, admin):
    """An active course with a teacher, a co-teacher and a student."""
    body = {"name": "Biyoloji", "ownerId": "me", "courseState": "ACTIVE"}
    course = teacher.courses().create(body=body).execute()
    admin.courses().teachers().create(courseId=course["id"], body={"userId": "coteacher@demo.example"}).execute()
    admin.courses().students().create(courseId=course["id"], body={"userId": "student@demo.example"}).execute()
    return course
