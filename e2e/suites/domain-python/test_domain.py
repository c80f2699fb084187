"""A client that is told its domain, and nothing else."""

from conftest import HOST

PROGRAM = """
import json
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build

credentials = Credentials(token="demo-teacher-token", universe_domain="okul.example")
classroom = build("classroom", "v1", credentials=credentials, cache_discovery=False)
course = classroom.courses().create(body={"name": "Biyoloji", "ownerId": "me"}).execute()
print(json.dumps(classroom.courses().get(id=course["id"]).execute()))
"""

DESCRIBED = """
import json
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build

credentials = Credentials(token="demo-teacher-token", universe_domain="okul.example")
classroom = build(
    "classroom",
    "v1",
    credentials=credentials,
    discoveryServiceUrl="https://classroom.okul.example/$discovery/rest?version={apiVersion}",
    static_discovery=False,
    cache_discovery=False,
)
answers = []
batch = classroom.new_batch_http_request(callback=lambda name, answer, error: answers.append([answer, str(error)]))
batch.add(classroom.courses().list(pageSize=1))
batch.add(classroom.courses().get(id="d:missing"))
batch.execute()
print(json.dumps({"root": classroom._rootDesc["rootUrl"], "answers": answers}))
"""

OWN_BATCH = """
import json
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build
from googleapiclient.http import BatchHttpRequest

credentials = Credentials(token="demo-teacher-token", universe_domain="okul.example")
classroom = build("classroom", "v1", credentials=credentials, cache_discovery=False)
answers = []
batch = BatchHttpRequest(batch_uri="https://classroom.okul.example/batch", callback=lambda name, answer, error: answers.append(str(error)))
batch.add(classroom.courses().list(pageSize=1))
batch.execute()
print(json.dumps(answers))
"""


def test_a_domain_is_all_that_a_client_is_told(run):
    course = run(PROGRAM)
    assert course["name"] == "Biyoloji"


def test_the_description_names_the_host_that_was_asked_and_batches_go_there(run):
    described = run(DESCRIBED)
    assert described["root"] == f"https://{HOST}/"
    [[listed, _], [missing, error]] = described["answers"]
    assert isinstance(listed, dict) and missing is None and "404" in error


def test_a_client_with_the_packaged_description_can_name_the_batch_path(run):
    assert run(OWN_BATCH) == ["None"]
