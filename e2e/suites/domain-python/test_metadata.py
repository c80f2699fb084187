"""Programs that carry no credential at all: the library finds the metadata server, and by it the domain."""

import json
import subprocess
import urllib.error
import urllib.request

import pytest
from conftest import ACCOUNT, ENVIRONMENT, HOST, PROGRAM

# Makes the service account of the site.
CREATE = ["service-account", "create", "timetable", "--account", "demo", "--role", "admin"]
CREATE += ["--scope", "classroom.courses", "--scope", "classroom.rosters"]

USER = """
import json
import google.auth
from googleapiclient.discovery import build

credentials, project = google.auth.default(scopes=["https://www.googleapis.com/auth/classroom.courses"])
classroom = build("classroom", "v1", credentials=credentials, cache_discovery=False)
course = classroom.courses().create(body={"name": "Fizik", "ownerId": "teacher@demo.example"}).execute()
found = classroom.courses().get(id=course["id"]).execute()
print(json.dumps([project, credentials.service_account_email, credentials.universe_domain, found["name"]]))
"""

EVERY_SCOPE = """
import json
from googleapiclient.discovery import build

# Without credentials the client asks for all scopes of the description.
classroom = build("classroom", "v1", cache_discovery=False)
print(json.dumps(classroom.courses().list(pageSize=1).execute()))
"""

REFUSED = """
import json
import google.auth
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

credentials, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/classroom.courses"])
classroom = build("classroom", "v1", credentials=credentials, cache_discovery=False)
try:
    classroom.courses().students().list(courseId="1").execute()
except HttpError as error:
    print(json.dumps(error.resp.status))
"""


@pytest.fixture(scope="module", autouse=True)
def service_account(site):
    """The service account, made while the service runs."""
    made = subprocess.run([PROGRAM, *CREATE, *site.data], env=ENVIRONMENT, capture_output=True, text=True, timeout=60)
    assert made.returncode == 0, made.stderr


@pytest.fixture
def here(site):
    return {"GCE_METADATA_HOST": site.metadata, "GCE_METADATA_IP": site.metadata}


def test_a_program_without_credentials_uses_those_of_the_metadata_server(run, here):
    assert run(USER, **here) == ["derslik-1329", ACCOUNT, "okul.example", "Fizik"]


def test_a_program_that_asks_for_every_scope_gets_those_that_there_are(run, here):
    assert isinstance(run(EVERY_SCOPE, **here), dict)


def test_a_token_has_no_scope_that_was_not_asked_for(run, here):
    assert run(REFUSED, **here) == 403


def status(url, **headers):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        assert error.headers["Metadata-Flavor"] == "Google"
        return error.code


def test_requests_that_no_library_sends_get_no_token(site):
    url = f"http://{site.metadata}/computeMetadata/v1/instance/service-accounts/default/token"
    flavor = {"Metadata-Flavor": "Google"}
    assert status(url, **flavor) == 200
    assert status(url) == 403
    assert status(url, **flavor, **{"X-Forwarded-For": "192.0.2.1"}) == 403
    assert status(url, **flavor, Origin="https://app.okul.example") == 403
    assert status(url, **flavor, Host=HOST) == 403
    assert status(url.replace("default", "other@1329.iam.derslik.internal"), **flavor) == 404


def test_the_banner_of_a_service_without_a_metadata_server_names_none(tmp_path):
    arguments = ["serve", "--json", "--listen", "127.0.0.1:0", "--ops-listen", "off", "--data-dir", tmp_path]
    with subprocess.Popen([PROGRAM, *arguments], env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as service:
        assert json.loads(service.stdout.readline())["metadata"] is None
        service.terminate()
