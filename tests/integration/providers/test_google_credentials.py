# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where ``google_cloud_dns`` finds credentials, and what it says when there are none."""

from __future__ import annotations

import json
import sys
import urllib.parse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.errors import PostmasterError
from ansible_collections.postmaster.mail.plugins.module_utils.names import record_name
from ansible_collections.postmaster.mail.plugins.module_utils.zone import engine
from ansible_collections.postmaster.mail.tests.integration.providers.backend import Ensure, open_provider
from ansible_collections.postmaster.mail.tests.integration.providers.google_backend import PROJECT, GoogleBackend
from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_module
from ansible_collections.postmaster.mail.tests.simulators.google_cloud_dns import GoogleCloudDns
from ansible_collections.postmaster.mail.tests.simulators.json_api import Refusal, Request

ZONE = "company-name.com"


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without credentials."""
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT", "GCE_METADATA_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "gcloud"))


@pytest.fixture
def simulator() -> Iterator[GoogleCloudDns]:
    with GoogleCloudDns() as running:
        yield running


@pytest.fixture
def backend(simulator: GoogleCloudDns, monkeypatch: pytest.MonkeyPatch) -> GoogleBackend:
    backend = GoogleBackend(simulator)
    # whatever the file of a person says, Google's package sends its secret to Google only
    monkeypatch.setattr("google.oauth2.credentials._GOOGLE_OAUTH2_TOKEN_ENDPOINT", f"{simulator.endpoint}/token")
    backend.put_zone(ZONE, [])
    return backend


def written(options: Mapping[str, Any]) -> str | None:
    """The error of a run with these options, None where it wrote."""
    try:
        provider = open_provider({"provider": "google_cloud_dns", **options})
    except PostmasterError as error:
        return str(error)
    name = record_name(ZONE)
    result = engine.run([engine.Request(name, provider, (Ensure(ZONE, "TXT", "v=spf1 -all"),))])[name]
    provider.close()
    return result.error


def on_a_machine_of(backend: GoogleBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    """GCE_METADATA_HOST and GCE_METADATA_IP lead to the simulator; Google's package looks at the former only once."""
    address = backend.simulator.endpoint.partition("://")[2]
    monkeypatch.setenv("GCE_METADATA_IP", address)
    monkeypatch.setattr("google.auth.compute_engine._metadata._GCE_METADATA_HOST", address)


def as_user(backend: GoogleBackend, **more: str) -> dict[str, str]:
    """What ``gcloud auth application-default login`` writes."""
    backend.simulator.refresh_tokens["1//refresh"] = backend.account
    user = {"type": "authorized_user", "client_id": "gcloud", "client_secret": "public", "refresh_token": "1//refresh"}
    return {**user, **more}


def test_a_key_in_a_file(backend: GoogleBackend, tmp_path: Path) -> None:
    file = tmp_path / "key.json"
    file.write_text(backend.account.json)
    assert written({"endpoint": backend.simulator.endpoint, "service_account_file": str(file)}) is None


def test_the_file_that_the_environment_names(
    backend: GoogleBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "key.json"
    file.write_text(backend.account.json)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    assert written({"endpoint": backend.simulator.endpoint}) is None


def test_the_sign_in_of_gcloud(backend: GoogleBackend, tmp_path: Path) -> None:
    folder = tmp_path / "gcloud"
    folder.mkdir()
    user = json.dumps(as_user(backend))
    (folder / "application_default_credentials.json").write_text(user)
    options = {"endpoint": backend.simulator.endpoint}
    assert "needs project" in str(written(options))
    assert written({**options, "project": PROJECT}) is None


def test_the_project_that_the_environment_names(backend: GoogleBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", PROJECT)
    user = json.dumps(as_user(backend))
    assert written({"endpoint": backend.simulator.endpoint, "service_account_json": user}) is None


def test_a_sign_in_that_is_over_is_told(backend: GoogleBackend) -> None:
    user = json.dumps(as_user(backend, refresh_token="1//old", quota_project_id=PROJECT))
    error = str(written({"endpoint": backend.simulator.endpoint, "service_account_json": user}))
    assert "Token has been expired or revoked" in error
    assert "sign in again" in error


def test_the_metadata_server(backend: GoogleBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    backend.simulator.machine = backend.account
    on_a_machine_of(backend, monkeypatch)
    assert written({"endpoint": backend.simulator.endpoint}) is None
    assert backend.simulator.calls["metadata project"] == 1


def test_no_credentials_are_one_sentence(backend: GoogleBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    on_a_machine_of(backend, monkeypatch)
    error = str(written({"endpoint": backend.simulator.endpoint}))
    assert "No credentials for Google Cloud DNS were found: give service_account_json" in error
    assert backend.simulator.calls["list zones"] == 0


def test_credentials_of_other_kinds_are_googles_own_packages_matter(backend: GoogleBackend, tmp_path: Path) -> None:
    """An impersonated service account: google-auth asks IAM, for which there is no server here."""
    source = as_user(backend)
    iam = f"{backend.simulator.endpoint}/v1/projects/-/serviceAccounts/x@y:generateAccessToken"
    content = {
        "type": "impersonated_service_account",
        "service_account_impersonation_url": iam,
        "source_credentials": source,
    }
    options = {"endpoint": backend.simulator.endpoint, "project": PROJECT, "service_account_json": json.dumps(content)}
    assert "Google Cloud at https://iamcredentials.googleapis.com cannot be reached" in str(written(options))


def test_without_googles_package_it_is_named(backend: GoogleBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "google.auth", None)
    for options in (backend.options, {"project": PROJECT}):
        assert "The Python package google-auth is needed" in str(written(options))


def test_what_is_sent_to_sign_in_is_shown_to_nobody(backend: GoogleBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    user = json.dumps(as_user(backend, quota_project_id=PROJECT))

    def echo(request: Request) -> None:
        form = dict(urllib.parse.parse_qsl(request.body.decode()))
        raise Refusal(400, {"error": "invalid_grant", "error_description": f"You sent {form['refresh_token']}."})

    monkeypatch.setattr(backend.simulator, "_grant", echo)
    error = str(written({"endpoint": backend.simulator.endpoint, "service_account_json": user}))
    assert "Google refuses the credentials for Google Cloud DNS (invalid_grant: You sent …)" in error


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "is not a JSON key as Google Cloud issues it"),
        ("[]", "is not a JSON key as Google Cloud issues it"),
        ('{"installed": {}}', "is not a JSON key as Google Cloud issues it"),
        ('{"type": "service_account", "client_email": "a@b"}', "private_key"),
        ('{"type": "authorized_user", "client_id": "a"}', "missing"),
    ],
)
def test_what_is_no_key_is_told(content: str, told: str) -> None:
    assert told in str(written({"service_account_json": content}))


def test_a_private_key_that_is_none_is_told(backend: GoogleBackend) -> None:
    error = str(written(backend.with_key(private_key="-----BEGIN PRIVATE KEY-----\nnonsense")))
    assert "is not an RSA key in PEM" in error
    assert "nonsense" not in error


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    error = str(written({"service_account_file": str(tmp_path / "none.json")}))
    assert error.endswith("cannot be read where this runs: No such file or directory.")


@pytest.mark.parametrize("as_text", [True, False])
def test_a_module_takes_the_key_as_a_text_or_as_it_was_loaded(backend: GoogleBackend, as_text: bool) -> None:
    key = backend.account.json if as_text else backend.account.key
    options = {"domain": ZONE, "include": ["_spf.odoo.com"], "dns": {**backend.options, "service_account_json": key}}
    result = run_module("spf_record", options)
    assert result["changed"], result
    assert (ZONE, "TXT") in backend.sets(ZONE)
    assert "PRIVATE KEY" not in json.dumps(result)
