# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A proxy in the environment that is of no use is named in one sentence, beside the server behind it."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.modules import dns_record
from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_main, run_module
from ansible_collections.postmaster.mail.tests.servers.http_server import HttpServer

PASSWORD = "sesame-of-the-proxy"
ACCOUNTS: dict[str, dict[str, Any]] = {
    "plain": {"provider": "powerdns", "api_key": "key-0123", "endpoint": "http://192.0.2.1"},
    "tls": {"provider": "powerdns", "api_key": "key-0123", "endpoint": "https://192.0.2.1"},
    "cloudflare": {"provider": "cloudflare", "api_token": "token-0123"},
    "route53": {"provider": "route53", "access_key": "access-0123", "secret_key": "secret-0123"},
    "odoo": {},
}


class _Closed(http.server.BaseHTTPRequestHandler):
    def answer(self) -> None:
        self.send_response(407, "Proxy Authentication Required")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = do_CONNECT = answer  # noqa: N815 - the names that http.server calls

    def log_message(self, *dummy: Any) -> None:
        pass


@pytest.fixture(scope="module")
def closed() -> Iterator[str]:
    with HttpServer(("127.0.0.1", 0), _Closed) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def told(account: str, proxy: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """What a module says that goes through the proxy."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, proxy)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    if account == "odoo":
        odoo = {"url": "https://192.0.2.1", "database": "x", "username": "x", "password": "secret-0123", "timeout": 2}
        done = run_module("odoo_alias_domain", {"odoo": odoo, "name": "a.example"})
    else:
        record = {"name": "a.example", "type": "TXT", "value": ["a"]}
        done = run_module("dns_record", {"dns": {**ACCOUNTS[account], "timeout": 2}, **record})
    message: str = done["msg"]
    assert done["failed"] and PASSWORD not in message and message.count("cannot be reached") == 1
    assert "no_proxy in the environment" in message
    return message


@pytest.mark.parametrize("account", ACCOUNTS)
def test_a_proxy_that_does_not_answer_or_lets_nobody_through_is_named(
    account: str, closed: str, free_port: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for address in (closed, f"127.0.0.1:{free_port()}"):
        message = told(account, f"http://user:{PASSWORD}@{address}", monkeypatch)
        assert f"because the proxy http://{address} refuses the connection" in message


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "http://[", "ftp://127.0.0.1:1", "http://127.0.0.1:99999"])
@pytest.mark.parametrize("account", ACCOUNTS)
def test_a_proxy_of_another_kind_or_spelling_is_named(
    account: str, proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert f"because the proxy {proxy} cannot be used" in told(account, proxy, monkeypatch)


@pytest.mark.parametrize("account", [name for name in ACCOUNTS if name != "odoo"])
@pytest.mark.parametrize("endpoint", ["http://admin:open-sesame@192.0.2.1", "http://[", "https://x:99999"])
def test_an_endpoint_that_is_none_or_holds_a_password_is_refused_and_not_shown(account: str, endpoint: str) -> None:
    options = {"dns": {**ACCOUNTS[account], "endpoint": endpoint}, "name": "a.example", "type": "TXT", "value": ["a"]}
    done = run_main(dns_record.main, options)
    assert done["failed"] and "dns: endpoint must" in done["msg"]
    assert "open-sesame" not in json.dumps(done)
