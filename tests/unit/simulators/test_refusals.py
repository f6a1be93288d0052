# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulators refuse what the real APIs refuse, even if no client of ours sends it."""

from __future__ import annotations

import base64
import json
import socket
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.postmaster.mail.tests.simulators import namecheap
from ansible_collections.postmaster.mail.tests.simulators.azure_dns import AzureDns
from ansible_collections.postmaster.mail.tests.simulators.github import GitHub, token
from ansible_collections.postmaster.mail.tests.simulators.imap import ImapServer
from ansible_collections.postmaster.mail.tests.simulators.json_api import Answer, JsonApi, Refusal, Request
from ansible_collections.postmaster.mail.tests.simulators.odoo import smtp
from ansible_collections.postmaster.mail.tests.simulators.odoo.exceptions import UserError
from ansible_collections.postmaster.mail.tests.simulators.services.amazon_ses import AmazonSesSimulator
from ansible_collections.postmaster.mail.tests.simulators.services.mailjet import MailjetSimulator


def ask(api: JsonApi, authorization: str, method: str, path: str, body: Any = None, **query: str) -> Answer:
    headers = Message()
    headers["Authorization"] = authorization
    answer = api.serve(Request(method, path, query, headers, json.dumps(body).encode()))
    assert answer is not None
    return answer


def test_a_resource_group_belongs_to_its_subscription() -> None:
    azure = AzureDns()
    ours, others = azure.add_principal(), azure.add_principal()
    azure.add_zone(others.subscription_id, "dns", "company-name.com")
    path = "/subscriptions/{}/resourceGroups/DNS/providers/Microsoft.Network/dnsZones"
    for principal, status in ((others, 200), (ours, 404)):
        authorization, zones = f"Bearer {azure.token_for(principal)}", path.format(principal.subscription_id)
        for address in (zones, f"{zones}/company-name.com", f"{zones}/company-name.com/all"):
            answer = ask(azure, authorization, "GET", address, **{"api-version": "2018-05-01"})
            assert answer.status == status, address
    assert answer.body["error"]["code"] == "ResourceGroupNotFound"


def test_a_key_is_needed_beside_a_user_name() -> None:
    """https://www.namecheap.com/support/api/global-parameters/"""
    with namecheap.NamecheapSimulator() as api, pytest.raises(namecheap.Refused) as refused:
        api.carry_out("getList", {"username": "company", "clientip": "192.0.2.1"}, by_post=True)
    assert refused.value.number == 1011102


@pytest.mark.parametrize(
    ("kind", "address", "taken"),
    [
        ("A", "192.0.2.1", True),
        ("A", "2001:db8::1", False),
        ("A", "host.example", False),
        ("AAAA", "2001:db8::1", True),
        ("AAAA", "192.0.2.1", False),
        ("MXE", "192.0.2.25", True),
        ("MXE", "mx.example.", False),
    ],
)
def test_an_address_record_needs_an_address(kind: str, address: str, taken: bool) -> None:
    zone = namecheap.Zone("company-name.com")
    host = {"HostName": "@", "RecordType": kind, "Address": address}
    try:
        zone.replace([host], "MXE" if kind == "MXE" else "NONE")
    except namecheap.Refused:
        assert not taken
    assert bool(zone.hosts) is taken


@pytest.mark.parametrize("given", [{}, {"Email": ""}, {"Email": "company.test"}, {"Email": "*@company"}])
def test_a_sender_needs_an_address(given: dict[str, str]) -> None:
    mailjet = MailjetSimulator()
    authorization = "Basic " + base64.b64encode(":".join(mailjet.add_pair()).encode()).decode()
    assert ask(mailjet, authorization, "POST", "/v3/REST/sender", given).status == 400
    assert ask(mailjet, authorization, "POST", "/v3/REST/sender", {"Email": "*@company.test"}).status == 201


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "issues/8/comments", None, 404),
        ("POST", "issues/7/comments", {"body": "x"}, 201),
        ("POST", "issues/8/comments", {"body": "x"}, 404),
        ("POST", "issues/7/comments", {}, 422),
        ("POST", "issues", {"title": "x"}, 201),
        ("POST", "issues", {"body": "x"}, 422),
        ("PATCH", "issues/7", {"state": "gone"}, 422),
        ("PATCH", "issues/8", {"state": "closed"}, 404),
    ],
)
def test_what_github_refuses(method: str, path: str, body: dict[str, str] | None, status: int) -> None:
    github = GitHub((Path(), Path()), pull_requests=(7,))
    answer = ask(github, token({"issues": "write"}), method, f"/api/v3/repos/company-name/email/{path}", body)
    assert answer.status == status


def test_a_mailbox_keeps_to_its_states() -> None:
    with ImapServer(b"text") as server, socket.create_connection((server.host, server.port)) as connection:
        stream = connection.makefile("rwb")
        stream.readline()
        for command, expected in (
            (b"EXAMINE INBOX", b"BAD"),
            (b"LOGIN probe wrong", b"NO"),
            (b"EXAMINE INBOX", b"BAD"),
            (b"LOGIN probe secret", b"OK"),
            (b"UID FETCH 1 (BODY.PEEK[])", b"BAD"),
            (b"EXAMINE INBOX", b"OK"),
            (b"UID STORE 1 +FLAGS.SILENT (\\Deleted)", b"NO"),
            (b"SELECT INBOX", b"OK"),
            (b"UID EXPUNGE 1", b"OK"),
        ):
            stream.write(b"a " + command + b"\r\n")
            stream.flush()
            while not (line := stream.readline()).startswith(b"a "):
                pass
            assert line.split()[1] == expected, command
    assert server.messages[b"INBOX"] == [b"text"], "a message that is not marked as deleted stays"


def test_a_key_length_changes_once_a_day() -> None:
    ses = AmazonSesSimulator()
    account = ses.add_account()
    identity = ses.add_identity(account, "eu-west-1", "company.test")

    def change(bits: int) -> None:
        given: dict[str, Any] = {"SigningAttributesOrigin": "AWS_SES", "EmailIdentity": identity.name}
        given["SigningAttributes"] = {"NextSigningKeyLength": f"RSA_{bits}_BIT"}
        ses._PutEmailIdentityDkimSigningAttributes(account, "eu-west-1", account.identities["eu-west-1"], given)

    change(1024)
    change(1024)
    with pytest.raises(Refusal, match="once per day"):
        change(2048)
    ses.advance(86400)
    change(2048)
    assert identity.key_length == "RSA_2048_BIT"


@pytest.mark.parametrize("version", [14, 19])
def test_an_unknown_host_does_not_answer(version: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*dummy: Any, **more: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(UserError, match="No response received. Check server address and port number"):
        smtp.test({"smtp_host": "smtp.company-name.com"}, "odoo@company-name.com", version, None)
