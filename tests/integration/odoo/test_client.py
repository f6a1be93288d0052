# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both protocols of real Odoos, and the one sentence for each way that they can refuse."""

from __future__ import annotations

import contextlib
import http.server
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import pytest
import requests

from ansible_collections.postmaster.mail.plugins.module_utils.errors import OdooError
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.client import Odoo
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.protocols import online_hint
from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_module
from ansible_collections.postmaster.mail.tests.servers.dripper import HTTP_DRIPS, Dripper
from ansible_collections.postmaster.mail.tests.servers.odoo_database import OdooDatabase
from ansible_collections.postmaster.mail.tests.servers.odoo_lab import RealDatabase
from ansible_collections.postmaster.mail.tests.servers.odoo_stand_in import StandInDatabase


def refusal(**options: Any) -> str:
    with pytest.raises(OdooError) as error:
        Odoo.connect(options)
    text = str(error.value)
    assert "\n" not in text and "Traceback" not in text and "very secret" not in text
    return text


def test_an_api_key_speaks_json_2_and_does_the_same(odoo19: OdooDatabase) -> None:
    connection = {"url": odoo19.url, "database": odoo19.name, "api_key": odoo19.api_key()}
    odoo19.company("Company Name SA")
    options = {
        "odoo": connection,
        "alias_domains": [{"name": "company-name.com", "companies": ["Company Name SA"]}],
        "outgoing_mail_servers": [{"name": "Relay", "host": "smtp.company-name.com"}],
    }
    planned = run_module("odoo_mail", options, check=True)
    done = run_module("odoo_mail", options)
    again = run_module("odoo_mail", options)
    assert done["changed"] and done["failed_items"] == [], done
    assert planned["diff"] == done["diff"] and not again["changed"]
    refused = run_module("odoo_mail", {**options, "alias_domains": [{"name": "a.example", "companies": ["X"]}]})
    assert refused["failed_items"] == ["a.example"]
    # the same key with a name falls back where there is no JSON-2
    assert not run_module("odoo_mail", {**options, "odoo": {**odoo19.options, "password": connection["api_key"]}})[
        "changed"
    ]
    assert "the API key" in refusal(url=odoo19.url, database=odoo19.name, api_key="very secret")
    assert "has no database" in refusal(url=odoo19.url, database="nowhere", api_key="very secret")


def test_a_wrong_login_and_a_wrong_database_are_told_apart(odoo19: OdooDatabase) -> None:
    there = odoo19.options
    assert "the username, the password or the API key is wrong" in refusal(**{**there, "password": "very secret"})
    assert "has no database 'nowhere'" in refusal(**{**there, "database": "nowhere"})
    assert "needs odoo.username" in refusal(**{**there, "username": None})


def test_an_api_key_that_has_expired_is_told(real_odoo19: RealDatabase) -> None:
    key = real_odoo19.api_key()
    expire = "update res_users_apikeys set expiration_date = now() - interval '1 day'"
    real_odoo19.lab.command("shell", real_odoo19.name, stdin=f"env.cr.execute({expire!r})\nenv.cr.commit()\n")
    there = {**real_odoo19.options, "password": None, "api_key": key}
    assert "it is wrong, or it has expired" in refusal(**there)


def test_a_wrong_api_key_is_not_called_a_password(odoo: OdooDatabase) -> None:
    message = refusal(**{**odoo.options, "password": None, "api_key": "very secret"})
    assert "expired" in message and "password" not in message


def test_odoo_online_may_have_another_reason_to_refuse() -> None:
    hint = online_hint("https://company.odoo.com")
    assert "has no password here" in hint and "external API" in hint
    assert online_hint("https://erp.company-name.com") == ""


def test_odoo_14_tells_a_wrong_login_and_a_wrong_database_apart_too(odoo14: OdooDatabase) -> None:
    there = odoo14.options
    assert "the username, the password or the API key is wrong" in refusal(**{**there, "password": "very secret"})
    assert "has no database 'nowhere'" in refusal(**{**there, "database": "nowhere"})


def test_a_missing_access_right_is_named(odoo19: OdooDatabase) -> None:
    user = odoo19.user("clerk")
    server = {"odoo": user, "name": "Relay", "host": "smtp.company-name.com"}
    assert "base.group_system" in run_module("odoo_outgoing_mail_server", server)["msg"]
    domain = {"odoo": user, "name": "company-name.com"}
    assert "base.group_erp_manager" in run_module("odoo_alias_domain", domain)["msg"]


def test_the_credentials_may_come_from_the_environment(odoo19: OdooDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in odoo19.options.items():
        monkeypatch.setenv(f"ODOO_{name.upper()}", value)
    assert run_module("odoo_outgoing_mail_server", {"name": "Relay", "host": "smtp.example.net"})["changed"]


def test_a_method_or_model_that_is_not_there_is_named(odoo19: OdooDatabase) -> None:
    with pytest.raises(OdooError, match="no method nonsense on res.users"):
        odoo19.client.call("res.users", "nonsense", [1])
    with pytest.raises(OdooError, match="no method _login on res.users"):
        odoo19.client.call("res.users", "_login")
    with pytest.raises(OdooError, match=r"has no no\.model"):
        odoo19.client.call("no.model", "search_count", domain=[])
    assert not odoo19.client.has_model("no.model") and odoo19.client.has_model("mail.alias.domain")


def test_odoo_14_says_why_it_refuses_though_it_serves_several_databases(odoo14: OdooDatabase) -> None:
    with pytest.raises(OdooError, match=r"^Odoo refused: .*mandatory field"):
        odoo14.client.create("ir.mail_server", [{"smtp_host": "smtp.example.net"}])
    assert not odoo14.client.has_model("no.model")


class _Page(http.server.BaseHTTPRequestHandler):
    """Something that is no Odoo."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>Welcome</html>")

    def log_message(self, *dummy: Any) -> None:
        pass


@contextlib.contextmanager
def _served(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    with http.server.HTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


class _Odoo13(_Page):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"jsonrpc": "2.0", "id": 1, "result": {"server_version_info": [13, 0, 0, "final", 0, ""]}}')


def test_an_odoo_that_is_too_old_is_told() -> None:
    with _served(_Odoo13) as url:
        message = refusal(url=url, database="x", username="x", password="very secret")
    assert message == f"{url} is Odoo 13, which is too old: this collection knows Odoo 14 and newer."


class _WithoutJsonRpc(_Page):
    """Odoo 19 behind something that lets no call of /jsonrpc through."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_error(403)

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"version": "19.0", "version_info": [19, 0, 0, "final", 0, ""]}')


def test_where_json_rpc_is_blocked_a_password_is_told_to_be_of_no_use() -> None:
    with _served(_WithoutJsonRpc) as url:
        message = refusal(url=url, database="x", username="x", password="very secret")
    assert message == (
        f"{url} is Odoo 19, and does not answer JSON-RPC at /jsonrpc, which a password needs: give odoo.api_key, or "
        "let the server or what is in front of it answer there."
    )


@pytest.fixture
def web_page() -> Iterator[str]:
    with _served(_Page) as url:
        yield url


def test_a_web_page_is_no_odoo(web_page: str) -> None:
    assert "does not answer like Odoo" in refusal(url=web_page, database="x", username="x", password="very secret")


class _Strange(http.server.BaseHTTPRequestHandler):
    """Answers like Odoo until someone is logged in, and then with ``answer``."""

    answer: Any = None

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["params"]["method"]
        known: dict[str, dict[str, Any]] = {
            "version": {"result": {"server_version_info": [18, 0]}},
            "login": {"result": 2},
        }
        content = json.dumps({"jsonrpc": "2.0", "id": 1, **known.get(asked, self.answer)}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *dummy: Any) -> None:
        pass


@pytest.mark.parametrize(
    "answer", [{"result": {"a": 1}}, {"result": ["a"]}, {}, {"error": "no"}, {"error": {"data": "no"}}]
)
def test_an_answer_of_another_form_is_no_odoos(answer: dict[str, Any]) -> None:
    handler = type("Handler", (_Strange,), {"answer": answer})
    with http.server.HTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        odoo = Odoo.connect({"url": url, "database": "x", "username": "x", "password": "x"})
        for ask in (
            lambda: odoo.search_read("res.company", [], ["name"]),
            lambda: odoo.fields("res.company"),
            lambda: odoo.create("res.company", [{"name": "x"}]),
        ):
            with pytest.raises(OdooError, match="does not answer like Odoo"):
                ask()
        server.shutdown()


def test_an_odoo_that_is_not_there_is_told(free_port: Any) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    assert "the connection was refused" in refusal(url=url, database="x", username="x", password="very secret")
    assert "does not resolve" in refusal(url="http://odoo.invalid", database="x", username="x", password="very secret")


def test_an_odoo_that_does_not_answer_in_time_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        message = refusal(url=url, database="x", username="x", password="very secret", timeout=1)
    assert "may have been carried out: run again" in message


@pytest.mark.parametrize("drip", HTTP_DRIPS)
def test_an_odoo_whose_answer_drips_has_the_time_of_one_read_in_all(drip: str) -> None:
    started = time.monotonic()
    with Dripper(*HTTP_DRIPS[drip]) as dripper:
        message = refusal(url=dripper.url, database="x", username="x", password="very secret", timeout=1)
    assert "did not answer within 1 seconds. The request may have been carried out" in message
    assert time.monotonic() - started < 30  # it drips for hours


def test_an_odoo_whose_answer_is_endless_is_told() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n"
    login = {"database": "x", "username": "x", "password": "very secret"}
    with Dripper(head, b" " * 2**16, pause=0) as dripper:
        by_default = refusal(url=dripper.url, **login)
        message = refusal(url=dripper.url, **login, max_answer_size=1)
    assert "answers with more than 64 MB, so it is not used" in by_default
    assert "more than 1 MB" in message and "allow more with odoo.max_answer_size. The request may have" in message


def test_an_odoo_whose_answer_is_nested_too_deeply_is_none() -> None:
    deep = b"[" * 100000
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 100000\r\n\r\n"
    with Dripper(head, deep, pause=0) as dripper:
        message = refusal(url=dripper.url, database="x", username="x", password="very secret")
    assert "something other than JSON" in message


@pytest.mark.parametrize(
    "wrong", [{"timeout": -1}, {"url": f"http://{'a' * 70}.example"}, {"url": "http://erp..example"}]
)
def test_options_that_cannot_be_sent_are_told(wrong: dict[str, Any]) -> None:
    message = refusal(**{"url": "http://odoo.invalid", "database": "x", "username": "x", "password": "x", **wrong})
    assert "odoo.timeout" in message or "check odoo.url" in message


def test_an_api_key_makes_no_call_of_json_rpc_where_there_is_json_2(stand_in: Callable[..., StandInDatabase]) -> None:
    for version, paths in ((19, {"/json/2", "/web"}), (17, {"/jsonrpc", "/web"})):
        database = stand_in(version)
        there = {**database.options, "password": None, "api_key": database.api_key()}
        request = requests.Session.request
        with mock.patch.object(requests.Session, "request", autospec=True, side_effect=request) as asked:
            Odoo.connect({**there, "username": "admin"}).search_read("res.company", [], ["name"])
        shown = [re.sub("^https?://[^/]+", "", call.args[2]) for call in asked.mock_calls]
        assert {re.sub("^(/json/2|/web).*", r"\1", path) for path in shown} == paths


def test_the_day_of_the_build_is_read_from_the_version(stand_in: Callable[..., StandInDatabase]) -> None:
    assert Odoo.connect(stand_in(15).options).build == 20240101
    assert Odoo.connect(stand_in(19).options).build is None


def test_a_name_of_a_company_is_shown_as_it_may_be_printed(stand_in: Callable[..., StandInDatabase]) -> None:
    database = stand_in(19)
    evil, shown = "\x1b[31m\u202e\n{{ 6 * 7 }}", r"\x1b[31m\u202e\n{{ 6 * 7 }}"
    database.company(evil)
    domain = {"odoo": database.options, "name": "a.example"}
    assert shown in run_module("odoo_alias_domain", {**domain, "companies": ["Nobody"]})["msg"]
    assert shown in run_module("odoo_alias_domain", {**domain, "companies": [evil]})["diff"]["after"]
