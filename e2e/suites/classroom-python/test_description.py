"""The discovery document of the service, against the one of the original that the client brings along."""

import importlib.resources
import json
import re
import urllib.error
import urllib.request

import pytest
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build, build_from_document

# Methods that the original had in an earlier revision.
OLDER = {"courses.checkAddOnCreationEligibility", "courses.checkGradingPeriodsSetupEligibility"}
# What the service carries out. Everything else is answered 501.
SERVED = re.compile(r"courses\.([a-zA-Z]+|(aliases|teachers|students)\.[a-z]+)|userProfiles\.get")


def get(url):
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


@pytest.fixture(scope="module")
def ours(base):
    status, document = get(f"{base}/$discovery/rest?version=v1")
    assert status == 200
    return document


@pytest.fixture(scope="module")
def theirs():
    documents = importlib.resources.files("googleapiclient.discovery_cache") / "documents"
    return json.loads((documents / "classroom.v1.json").read_text(encoding="utf-8"))


def methods(document):
    """All methods by their names, such as `courses.aliases.list`."""
    found = {}

    def walk(node, names):
        for name, method in node.get("methods", {}).items():
            found[".".join([*names, name])] = method
        for name, below in node.get("resources", {}).items():
            walk(below, [*names, name])

    walk(document, [])
    return found


def shape(value):
    """A type without its words."""
    words = {"description", "enumDescriptions", "readOnly", "deprecated", "default"}
    return {name: shape(member) if isinstance(member, dict) else member for name, member in value.items() if name not in words}


def marks(value):
    return {mark for mark in ("readOnly", "deprecated") if value.get(mark)}


def test_it_is_the_description_of_the_same_revision(ours, theirs):
    for name in ("revision", "id", "name", "version", "protocol", "basePath", "servicePath", "batchPath", "kind", "discoveryVersion"):
        assert ours[name] == theirs[name], name
    assert ours["auth"]["oauth2"]["scopes"].keys() == theirs["auth"]["oauth2"]["scopes"].keys()
    assert ours["parameters"].keys() == theirs["parameters"].keys()


def test_every_method_is_described_with_the_same_path_parameters_and_messages(ours, theirs):
    ours, theirs = methods(ours), methods(theirs)
    assert len(theirs) == 105
    assert ours.keys() - theirs.keys() == OLDER and not theirs.keys() - ours.keys()
    for name, wanted in theirs.items():
        method = ours[name]
        for member in ("id", "path", "flatPath", "httpMethod", "parameterOrder", "request", "response"):
            assert method.get(member) == wanted.get(member), (name, member)
        # A method that is carried out may ask for fewer scopes.
        scopes, all_scopes = set(method["scopes"]), set(wanted["scopes"])
        assert scopes and scopes <= all_scopes and (scopes == all_scopes or SERVED.fullmatch(name)), name
        assert method["parameters"].keys() - wanted["parameters"].keys() <= {"previewVersion"}, name
        for parameter, value in wanted["parameters"].items():
            assert shape(method["parameters"][parameter]) == shape(value), (name, parameter)
            assert marks(method["parameters"][parameter]) >= marks(value), (name, parameter)


def test_every_message_has_the_same_fields(ours, theirs):
    for name, wanted in theirs["schemas"].items():
        schema = ours["schemas"][name]
        assert (schema["id"], schema["type"]) == (wanted["id"], wanted["type"])
        properties, all_properties = schema.get("properties", {}), wanted.get("properties", {})
        assert properties.keys() - all_properties.keys() <= {"previewVersion"}, name
        for field, value in all_properties.items():
            assert shape(properties[field]) == shape(value), (name, field)
            assert marks(properties[field]) >= marks(value), (name, field)


def words(value):
    """All sentences of a document."""
    if isinstance(value, list):
        return [text for member in value for text in words(member)]
    if not isinstance(value, dict):
        return []
    found = []
    for name, member in value.items():
        if name == "description" and isinstance(member, str):
            found.append(member)
        elif name == "enumDescriptions":
            found.extend(member)
        else:
            found.extend(words(member))
    return found


def test_the_words_are_our_own_and_none_are_missing(ours, theirs):
    sentences = words(ours)
    assert len(sentences) > 700 and all(sentences)
    assert not {text.strip().lower() for text in sentences} & {text.strip().lower() for text in words(theirs)}
    for name, method in methods(ours).items():
        assert method["description"], name
        assert all(parameter["description"] for parameter in method["parameters"].values()), name


def test_what_is_not_carried_out_is_answered_as_such(base, theirs):
    for name, method in methods(theirs).items():
        path = re.sub(r"\{[^}]+\}", "7", method["path"])
        request = urllib.request.Request(f"{base}/{path}", method=method["httpMethod"])
        request.add_header("Authorization", "Bearer demo-admin-token")
        status, answer = get(request)
        assert (status == 501) == (SERVED.fullmatch(name) is None), (name, status)
        assert status != 501 or answer["error"]["status"] == "UNIMPLEMENTED", name


def test_a_client_finds_the_description_in_the_list_of_apis(base):
    status, listed = get(f"{base}/discovery/v1/apis?name=classroom&preferred=true")
    [item] = listed["items"]
    assert (status, item["id"], item["preferred"]) == (200, "classroom:v1", True)
    assert item["discoveryRestUrl"].startswith(f"{base}/")
    _, document = get(item["discoveryRestUrl"])
    client = build_from_document(document, credentials=Credentials(token="demo-teacher-token"))
    assert isinstance(client.courses().list().execute().get("courses", []), list)
    assert client.courses().courseWork().studentSubmissions().turnIn(courseId="1", courseWorkId="2", id="3").uri.endswith("/3:turnIn?alt=json")
    assert get(f"{base}/discovery/v1/apis?name=drive")[1]["items"] == []


def test_batches_go_to_the_host_that_described_itself(base):
    client = build(
        "classroom",
        "v1",
        credentials=Credentials(token="demo-teacher-token"),
        discoveryServiceUrl=base + "/$discovery/rest?version={apiVersion}",
        static_discovery=False,
        cache_discovery=False,
    )
    batch = client.new_batch_http_request()
    assert batch._batch_uri == f"{base}/batch"
    answers = []
    batch.add(client.courses().list(), callback=lambda _, answer, error: answers.append((answer, error)))
    batch.execute()
    [(answer, error)] = answers
    assert error is None and isinstance(answer, dict)
