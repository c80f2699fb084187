"""Credentials files from the CLI, for a client that reaches the service by the names of the original."""

import json

import pytest


@pytest.fixture
def places(folder, port, proxy, monkeypatch):
    """The names of the original lead to the service, whose authority is trusted. What was asked of the proxy is returned."""
    url, names = proxy
    for variable in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(variable, url)
    monkeypatch.setenv("NO_PROXY", "localhost,127.0.0.1")
    monkeypatch.setenv("no_proxy", "localhost,127.0.0.1")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(folder / "authority.pem"))
    names.clear()
    return names


@pytest.fixture(scope="session")
def service_account(derslik):
    """The address of a service account that may act for the teacher."""
    made = derslik("service-account", "create", "timetable", "--account", "demo", "--role", "admin", "--act-for", "teacher@demo.example")
    return made["address"]


@pytest.fixture
def credentials_file(derslik, service_account, base, tmp_path, monkeypatch):
    """Makes a credentials file of a kind, and tells client libraries of it."""

    def make(owner, kind, *more):
        file = derslik("token", "create", owner, "--account", "demo", "--as", kind, "--url", base, *more)
        return use(file)

    def use(file):
        path = tmp_path / "credentials.json"
        path.write_text(json.dumps(file))
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
        return file

    make.use = use
    return make
