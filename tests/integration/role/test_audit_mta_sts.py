# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policy of MTA-STS as senders fetch it: from a web server, by a certificate that is checked (RFC 8461)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.plugin_utils.audit import carry_out
from ansible_collections.postmaster.mail.tests.servers.certificates import CertificateAuthority
from ansible_collections.postmaster.mail.tests.servers.http_server import HttpServer
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver
from ansible_collections.postmaster.mail.tests.servers.process import HOST
from ansible_collections.postmaster.mail.tests.servers.tls_proxy import TlsProxy

DOMAIN = "company-name.com"
HOST_OF_POLICY = f"mta-sts.{DOMAIN}"
ZONE = """@ IN MX 10 mx1
@ IN MX 20 backup.mail.example.
mx1 IN A 198.51.100.25
_mta-sts IN TXT "v=STSv1; id=1"
mta-sts IN A 198.51.100.80
"""
GOOD = "version: STSv1\r\nmode: enforce\r\nmx: mx1.company-name.com\r\nmx: *.mail.example\r\nmax_age: 604800\r\n"


class Web:
    """A web server with one page."""

    def __init__(self) -> None:
        self.body, self.status, self.headers = GOOD.encode(), 200, {"Content-Type": "text/plain; charset=utf-8"}
        self.paths: list[str] = []
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                web.paths.append(self.path)
                self.send_response(web.status)
                for name, value in web.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(web.body)

            def log_message(self, *dummy: Any) -> None:
                pass

        self.server = HttpServer((HOST, 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def nameserver() -> Iterator[Nameserver]:
    with Nameserver({DOMAIN: ZONE, "mail.example": "backup IN A 198.51.100.26\n"}, recursive=True) as server:
        yield server


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> CertificateAuthority:
    return CertificateAuthority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def web() -> Iterator[Web]:
    made = Web()
    yield made
    made.server.shutdown()
    made.server.server_close()


def audited(
    nameserver: Nameserver,
    monkeypatch: pytest.MonkeyPatch,
    authority: CertificateAuthority,
    web: Web,
    names: dict[str, str] | None = None,
) -> tuple[list[tuple[str, str]], str]:
    """The findings about MTA-STS, each with its severity, and what was printed."""
    said: list[str] = []
    with TlsProxy(authority, {HOST_OF_POLICY: web.server.server_port}, names) as proxy:
        for name, value in proxy.environment().items():
            monkeypatch.setenv(name, value)
        given = {"custom_domain_audit": DOMAIN, "custom_domain_nameservers": [nameserver.address]}
        result = carry_out(given, said.append)
    assert not result["failed"]
    text = "\n".join(said)
    found = [line.split() for line in text.splitlines() if " mta_sts_" in line]
    return [(severity, code) for severity, code, dummy in found], text


def test_the_policy_that_senders_get_is_told(
    nameserver: Nameserver, monkeypatch: pytest.MonkeyPatch, authority: CertificateAuthority, web: Web
) -> None:
    found, text = audited(nameserver, monkeypatch, authority, web)
    assert found == [] and web.paths == ["/.well-known/mta-sts.txt"]
    assert "  MTA-STS v=STSv1; id=1" in text.splitlines()
    shown = "  MTA-STS policy: mode enforce, max_age 604800, mx mx1.company-name.com, *.mail.example"
    assert shown in text.splitlines()


@pytest.mark.parametrize(
    ("old", "new", "found", "told"),
    [
        ("mx: *.mail.example", "x: y", ("ERROR", "mta_sts_mx_not_covered"), "(backup.mail.example)"),
        ("*.mail.example", "*.example", ("ERROR", "mta_sts_mx_not_covered"), "mx1.company-name.com, *.example."),
        ("mode: enforce", "mode: testing", ("INFO", "mta_sts_not_enforced"), "The policy has mode: testing."),
        ("mode: enforce", "mode: none", ("INFO", "mta_sts_not_enforced"), "The policy has mode: none."),
        ("mode: enforce", "mode: on", ("WARNING", "mta_sts_policy_invalid"), 'Its mode is "on", but must be one of'),
        ("STSv1", "STSv2", ("WARNING", "mta_sts_policy_invalid"), 'Its version is "STSv2", but must be STSv1.'),
        ("604800", "week", ("WARNING", "mta_sts_policy_invalid"), 'Its max_age is "week", but must be 0 to'),
        ("max_age: 604800", "", ("WARNING", "mta_sts_policy_invalid"), "Its max_age is missing"),
        (
            "version: STSv1",
            "<html>",
            ("WARNING", "mta_sts_policy_invalid"),
            'The line "<html>" is not of the form NAME: VALUE.',
        ),
    ],
)
def test_what_is_wrong_with_a_policy_is_told(
    nameserver: Nameserver,
    monkeypatch: pytest.MonkeyPatch,
    authority: CertificateAuthority,
    web: Web,
    old: str,
    new: str,
    found: tuple[str, str],
    told: str,
) -> None:
    web.body = GOOD.replace(old, new).encode()
    findings, text = audited(nameserver, monkeypatch, authority, web)
    assert findings == [found]
    assert told in " ".join(text.split())


def test_an_exchanger_that_a_policy_in_test_does_not_cover_is_a_warning(
    nameserver: Nameserver, monkeypatch: pytest.MonkeyPatch, authority: CertificateAuthority, web: Web
) -> None:
    web.body = GOOD.replace("enforce", "testing").replace("mx1", "mx2").encode()
    assert audited(nameserver, monkeypatch, authority, web)[0] == [
        ("WARNING", "mta_sts_mx_not_covered"),
        ("INFO", "mta_sts_not_enforced"),
    ]


@pytest.mark.parametrize(
    ("status", "headers", "told"),
    [
        (404, {}, "answers with the status 404, but only 200 counts."),
        (301, {"Location": "https://www.company-name.com/"}, "the status 301 to https://www.company-name.com/, but"),
        (200, {"Content-Type": "text/html"}, "has the media type text/html, but only text/plain counts."),
        (200, {"Content-Type": "text/plain", "Content-Length": "-"}, "mta-sts.company-name.com"),
    ],
)
def test_what_is_not_given_out_as_it_must_be_is_no_policy(
    nameserver: Nameserver,
    monkeypatch: pytest.MonkeyPatch,
    authority: CertificateAuthority,
    web: Web,
    status: int,
    headers: dict[str, str],
    told: str,
) -> None:
    web.status, web.headers = status, headers
    web.body = b"x" * (3 * 2**20) if "Content-Length" in headers else web.body
    found, text = audited(nameserver, monkeypatch, authority, web)
    assert found == [("WARNING", "mta_sts_policy_not_found")]
    assert told in " ".join(text.split()) and len(web.paths) == 1


def test_the_certificate_has_to_be_good_for_the_name_and_trusted(
    nameserver: Nameserver,
    monkeypatch: pytest.MonkeyPatch,
    authority: CertificateAuthority,
    web: Web,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    found, text = audited(nameserver, monkeypatch, authority, web, names={HOST_OF_POLICY: DOMAIN})
    assert found == [("WARNING", "mta_sts_policy_not_found")] and web.paths == []
    assert "presents a certificate that is not trusted (Hostname mismatch" in " ".join(text.split())
    assert "ca_path" not in text
    other = CertificateAuthority(tmp_path_factory.mktemp("other"))
    with TlsProxy(other, {HOST_OF_POLICY: web.server.server_port}) as proxy:
        for name, value in {**proxy.environment(), "REQUESTS_CA_BUNDLE": str(authority.ca_path)}.items():
            monkeypatch.setenv(name, value)
        said: list[str] = []
        carry_out({"custom_domain_audit": DOMAIN, "custom_domain_nameservers": [nameserver.address]}, said.append)
    assert "mta_sts_policy_not_found" in said[-1] and web.paths == []
