# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The vendors' own clients for Node.js."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.postmaster.mail.tests.servers.certificates import CertificateAuthority
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver
from ansible_collections.postmaster.mail.tests.servers.npm import npm_modules

CLIENTS = (
    "mailgun.js@14.0.1",
    "form-data@4.0.6",  # with which the documentation of mailgun.js encodes
    "node-mailjet@6.0.11",
    "postmark@5.1.0",
    "@sendgrid/client@8.1.6",
    "@getbrevo/brevo@6.0.3",
)
Ask = Callable[..., list[Any]]


@pytest.fixture(scope="session")
def clients() -> Path:
    return npm_modules("clients", *CLIENTS)


@pytest.fixture
def nameserver() -> Iterator[Nameserver]:
    with Nameserver({"company.test": ""}) as server:
        yield server


@pytest.fixture
def ask(clients: Path, ca: CertificateAuthority) -> Ask:
    """Call functions of a client at an account, and give back what it makes of each answer."""
    environment = {**os.environ, "NODE_PATH": str(clients), "NODE_EXTRA_CA_CERTS": str(ca.ca_path)}

    def one(client: str, account: dict[str, Any], *calls: list[Any]) -> list[Any]:
        asked = {"client": client, "endpoint": account["endpoint"], "account": account, "calls": calls}
        command = ["node", str(Path(__file__).parent / "ask.js"), json.dumps(asked)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)
        assert done.returncode == 0, done.stderr[-3000:]
        told: list[Any] = json.loads(done.stdout)
        return [item["told"] if "told" in item else (item["refused"], json.dumps(item["said"])) for item in told]

    return one
