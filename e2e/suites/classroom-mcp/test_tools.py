"""What an assistant asks of the server for a student, over the protocol."""

import asyncio
import json
import pathlib
import sys

import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

SERVER = pathlib.Path(sys.executable).with_name("classroom-mcp")
SCOPES = ["courses.readonly", "announcements.readonly", "student-submissions.me.readonly"]


@pytest.fixture(scope="module")
def course(admin):
    """The id of a course with the student."""
    created = admin("POST", "/v1/courses", {"name": "Fizik", "section": "9B", "ownerId": "teacher@demo.example", "courseState": "ACTIVE"})
    admin("POST", f"/v1/courses/{created['id']}/students", {"userId": "student@demo.example"})
    return created["id"]


@pytest.fixture
def ask(client, tmp_path):
    """Asks a tool of the server, whose `token.json` has this content, and returns the text."""

    async def call(environment, name, arguments):
        server = StdioServerParameters(command=str(SERVER), env=environment)
        async with stdio_client(server) as (reader, writer), ClientSession(reader, writer) as session:
            await session.initialize()
            answer = await session.call_tool(name, arguments)
            return answer.content[0].text

    def run(credentials, name, **arguments):
        (tmp_path / "token.json").write_text(json.dumps(credentials))
        return asyncio.run(call(client | {"CLASSROOM_MCP_CONFIG_DIR": str(tmp_path)}, name, arguments))

    return run


@pytest.fixture(scope="module")
def token():
    """A `token.json` with an access token whose end is far ahead."""
    return {
        "token": "demo-student-token",
        "refresh_token": "any",
        "client_id": "any",
        "client_secret": "any",
        "scopes": [f"https://www.googleapis.com/auth/classroom.{name}" for name in SCOPES],
        "expiry": "2099-01-01T00:00:00Z",
    }


def test_a_student_is_told_the_courses(ask, token, course):
    assert f"- Fizik (ID: {course}) | Section: 9B" in ask(token, "get_all_courses")


def test_a_resource_that_is_not_carried_out_is_an_error_and_not_a_crash(ask, token, course):
    for tool, action in {"get_assessment_items": "coursework", "read_stream_announcements": "announcements"}.items():
        answer = ask(token, tool, course_id=course)
        assert answer.startswith(f"Error fetching {action}: ") and "501" in answer


def test_a_refresh_token_of_ours_needs_no_other_token(ask, derslik, course):
    # The program asks for scopes of resources that are not carried out.
    scopes = ["--scope", "classroom.courses.readonly", "--scope", "other"]
    create = ["token", "create", "student@demo.example", "--account", "demo", "--as", "authorized-user", "--url", "https://localhost"]
    assert "Fizik" in ask(derslik(*create, *scopes), "get_all_courses")
