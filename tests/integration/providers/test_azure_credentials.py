# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where ``azure_dns`` finds credentials, and what it says when there are none."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.errors import PostmasterError
from ansible_collections.postmaster.mail.plugins.module_utils.names import record_name
from ansible_collections.postmaster.mail.plugins.module_utils.zone import engine
from ansible_collections.postmaster.mail.tests.integration.providers.azure_backend import GROUP, AzureBackend
from ansible_collections.postmaster.mail.tests.integration.providers.backend import Ensure, open_provider
from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_module
from ansible_collections.postmaster.mail.tests.simulators.azure_dns import AzureDns

ZONE = "company-name.com"


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without credentials."""
    for name in list(os.environ):
        if name.startswith(("AZURE_", "IDENTITY_", "MSI_")):
            monkeypatch.delenv(name)


@pytest.fixture
def simulator() -> Iterator[AzureDns]:
    with AzureDns() as running:
        yield running


@pytest.fixture
def backend(simulator: AzureDns) -> AzureBackend:
    backend = AzureBackend(simulator)
    backend.put_zone(ZONE, [])
    return backend


@pytest.fixture
def bare(backend: AzureBackend) -> dict[str, Any]:
    """Options that say where the zone is, and not who we are."""
    return {
        "endpoint": backend.simulator.endpoint,
        "subscription_id": backend.principal.subscription_id,
        "resource_group": GROUP,
    }


def written(options: Mapping[str, Any]) -> str | None:
    """The error of a run with these options, None where it wrote."""
    try:
        provider = open_provider({"provider": "azure_dns", **options})
    except PostmasterError as error:
        return str(error)
    name = record_name(ZONE)
    result = engine.run([engine.Request(name, provider, (Ensure(ZONE, "TXT", "v=spf1 -all"),))])[name]
    provider.close()
    return result.error


def test_the_environment_says_all(backend: AzureBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    principal = backend.principal
    for name in ("subscription_id", "tenant_id", "client_id", "client_secret"):
        monkeypatch.setenv(f"AZURE_{name.upper()}", getattr(principal, name))
    monkeypatch.setenv("AZURE_AUTHORITY_HOST", backend.simulator.endpoint)
    assert written({"endpoint": backend.simulator.endpoint}) is None


def test_a_managed_identity(backend: AzureBackend, bare: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    backend.simulator.identity = backend.principal
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{backend.simulator.endpoint}/identity")
    monkeypatch.setenv("IDENTITY_HEADER", backend.simulator.identity_header)
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential")
    assert written(bare) is None
    assert backend.simulator.calls == {"identity": 1, "list": 1, "put": 1}


def test_the_sign_in_of_the_azure_cli(
    backend: AzureBackend, bare: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    token = backend.simulator.token_for(backend.principal)
    answer = json.dumps({"accessToken": token, "expires_on": int(time.time()) + 3600, "tokenType": "Bearer"})
    program = tmp_path / "az"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{answer}\nEND\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "AzureCliCredential")
    assert written(bare) is None


def test_no_credentials_are_one_sentence(bare: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "AzureCliCredential")
    error = str(written(bare))
    assert "No credentials for Azure DNS were found. Check that this machine has a managed identity" in error
    assert "\n" not in error


def test_without_azure_identity_it_is_named(bare: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "azure.identity", None)
    error = str(written(bare))
    assert "needs tenant_id, client_id and client_secret; or" in error
    assert "the Python package azure-identity" in error


@pytest.mark.parametrize("option", ["subscription_id", "tenant_id", "client_id"])
def test_what_is_missing_is_named(backend: AzureBackend, option: str) -> None:
    error = str(written({**backend.options, option: None}))
    assert error.startswith(
        f"dns: Azure DNS needs {option}: set it, or the environment variable AZURE_{option.upper()}"
    )


def test_a_module_hides_the_secret(backend: AzureBackend) -> None:
    result = run_module("spf_record", {"domain": ZONE, "include": ["_spf.odoo.com"], "dns": backend.options})
    assert result["changed"], result
    assert backend.principal.client_secret not in json.dumps(result)
