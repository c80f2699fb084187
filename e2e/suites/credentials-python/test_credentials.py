"""`google.auth.default()` of the unmodified library with each kind of credentials file."""

import json

import google.auth
import pytest
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request
from google.oauth2 import service_account as service_accounts
from googleapiclient.discovery import build

SCOPE = "https://www.googleapis.com/auth/classroom.courses"
ROSTERS = "https://www.googleapis.com/auth/classroom.rosters"

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def lists(credentials, **options):
    """The answer to a list of courses, by the package alone."""
    client = build("classroom", "v1", credentials=credentials, cache_discovery=False, client_options=options or None)
    return client.courses().list(pageSize=1).execute()


def test_a_service_account_gets_its_token_at_the_url_of_its_file(credentials_file, places, base):
    file = credentials_file("timetable", "service-account")
    assert file["token_uri"] == base + "/token"
    credentials, project = google.auth.default(scopes=[SCOPE])
    assert project == "demo"
    credentials.refresh(Request())
    assert credentials.token.startswith("derslik_at_")
    assert places == [], "nothing is asked of the original"
    lists(credentials)
    assert set(places) == {"classroom.googleapis.com"}


def test_a_service_account_acts_for_a_person(credentials_file, places, base):
    credentials_file("timetable", "service-account")
    credentials, _ = google.auth.default(scopes=[ROSTERS])
    client = build("classroom", "v1", credentials=credentials.with_subject("teacher@demo.example"), cache_discovery=False)
    assert client.userProfiles().get(userId="me").execute()["id"] == "102"
    with pytest.raises(RefreshError) as refused:
        credentials.with_subject("student@demo.example").refresh(Request())
    assert "invalid_grant" in str(refused.value)


def test_in_a_domain_of_its_own_the_library_signs_its_own_tokens(credentials_file, places):
    credentials_file("timetable", "service-account", "--universe-domain", "okul.example")
    credentials, _ = google.auth.default(scopes=[SCOPE])
    credentials.refresh(Request())
    assert credentials.token.startswith("eyJ") and places == [], "no server is asked for it"
    lists(credentials, universe_domain="okul.example")
    assert set(places) == {"classroom.okul.example"}


def test_a_refresh_token_is_exchanged_at_the_server_of_the_original(credentials_file, places):
    credentials_file("teacher@demo.example", "authorized-user")
    credentials, _ = google.auth.default(scopes=[SCOPE])
    credentials.refresh(Request())
    assert credentials.token.startswith("derslik_at_") and set(places) == {"oauth2.googleapis.com"}
    lists(credentials)


def test_a_refresh_token_of_the_external_kind_is_exchanged_at_the_url_of_its_file(credentials_file, places, base):
    file = credentials_file("teacher@demo.example", "external")
    assert file["token_url"] == base + "/token"
    credentials, _ = google.auth.default(scopes=[SCOPE])
    credentials.refresh(Request())
    assert credentials.token.startswith("derslik_at_") and places == []
    lists(credentials)


def test_a_token_in_a_file_is_exchanged(credentials_file, places, base, tmp_path):
    (tmp_path / "token").write_text("demo-teacher-token")
    credentials_file.use(
        {
            "type": "external_account",
            "audience": "//iam.googleapis.com/locations/global/workforcePools/derslik/providers/derslik",
            "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "token_url": base + "/token",
            "credential_source": {"file": str(tmp_path / "token")},
        }
    )
    credentials, _ = google.auth.default(scopes=[SCOPE])
    credentials.refresh(Request())
    assert credentials.token.startswith("derslik_at_")
    lists(credentials)


def test_a_revoked_service_account_gets_no_token(credentials_file, places, derslik, base, tmp_path):
    derslik("service-account", "create", "reports", "--account", "demo")
    file = derslik("token", "create", "reports", "--account", "demo", "--as", "service-account", "--url", base)
    credentials = service_accounts.Credentials.from_service_account_info(file, scopes=[SCOPE])
    credentials.refresh(Request())
    derslik("service-account", "revoke", "reports", "--account", "demo")
    with pytest.raises(RefreshError) as refused:
        credentials.refresh(Request())
    assert "invalid_grant" in str(refused.value)


def test_a_scope_that_a_file_does_not_have_is_refused(credentials_file, places):
    credentials_file("timetable", "service-account", "--scope", "classroom.courses")
    credentials, _ = google.auth.default(scopes=[SCOPE, ROSTERS])
    with pytest.raises(RefreshError) as refused:
        credentials.refresh(Request())
    assert "invalid_scope" in str(refused.value) and ROSTERS in str(refused.value)


def test_a_program_that_names_no_scopes_asks_for_all_of_the_description(credentials_file, places, derslik):
    credentials_file("timetable", "service-account")
    credentials, _ = google.auth.default()
    with pytest.raises(RefreshError) as refused:
        lists(credentials)
    assert "invalid_scope" in str(refused.value) and "https://www.googleapis.com/auth/classroom." in str(refused.value)
    derslik("service-account", "create", "everything", "--account", "demo", "--role", "admin", "--scope", "all")
    credentials_file("everything", "service-account")
    credentials, _ = google.auth.default()
    lists(credentials)


def test_the_grants_are_listed_without_their_secrets(derslik, credentials_file, places):
    file = credentials_file("teacher@demo.example", "external")
    listed = derslik("grant", "list", "--account", "demo", "--user", "teacher@demo.example")
    assert listed and all(grant["kind"] == "refresh-token" for grant in listed)
    assert file["refresh_token"] not in json.dumps(listed) and file["client_secret"] not in json.dumps(listed)
