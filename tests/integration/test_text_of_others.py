# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server says reaches no terminal raw: run_module() looks at each answer, and here are those that try."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_module
from ansible_collections.postmaster.mail.tests.servers.http_server import HttpServer
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver

EVIL = "\x1b]0;you\x07 \x1b[31m\u202e\x9b\nFAILED {{ 6 * 7 }}"


class _Evil(http.server.BaseHTTPRequestHandler):
    """Refuses everything, in the words of each API; with ``moved``, it sends us elsewhere."""

    moved = False

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        said: dict[str, Any] = {"error": EVIL, "errors": [EVIL], "message": EVIL, "code": EVIL}
        if self.path.endswith("/jsonrpc"):
            said["error"] = {"message": EVIL, "data": {"name": "odoo.exceptions.UserError", "message": EVIL}}
        content = json.dumps(said).encode()
        self.send_response(302 if self.moved else 200 if said["error"] != EVIL else 422)
        self.send_header("Location", "https://\x1b[31mother.example/")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = answer  # noqa: N815 - the names that http.server calls

    def log_message(self, *dummy: Any) -> None:
        pass


@pytest.fixture(params=[False, True], ids=["refused", "redirected"])
def evil(request: pytest.FixtureRequest) -> Iterator[str]:
    with HttpServer(("127.0.0.1", 0), type("Handler", (_Evil,), {"moved": request.param})) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(
    "account",
    [
        {"provider": "powerdns", "api_key": "a-secret"},
        {"provider": "cloudflare", "api_token": "a-secret"},
        {"provider": "godaddy", "api_key": "a-key", "api_secret": "a-secret"},
        {
            "provider": "ovh",
            "application_key": "key",
            "application_secret": "a-secret",
            "consumer_key": "another",
        },
    ],
    ids=lambda account: account["provider"],
)
def test_of_a_provider(evil: str, account: dict[str, str]) -> None:
    done = run_module(
        "dns_record", {"dns": {**account, "endpoint": evil}, "name": "a.example", "type": "TXT", "value": ["a"]}
    )
    assert done["failed"] and "\n" not in done["msg"]


def test_of_an_odoo(evil: str) -> None:
    options = {"odoo": {"url": evil, "database": "x", "username": "x", "password": "a-secret"}, "name": "a.example"}
    done = run_module("odoo_alias_domain", options)
    assert done["failed"] and "\n" not in done["msg"]


def test_of_dns(nameserver: Nameserver) -> None:
    nameserver.set_zone("a.example", '@ 60 IN SOA ns h 1 2 3 4 5\n@ 60 IN TXT "v=spf1 \\027[31m\\226\\128\\174 -all"\n')
    options = {"domains": [{"domain": "a.example", "spf": {"all": "fail"}}], "nameservers": [nameserver.address]}
    done = run_module("domain_info", options)["domains"]["a.example"]
    assert done["spf"] == [r"v=spf1 \x1b[31m\u202e -all"]
