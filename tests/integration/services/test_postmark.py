# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Postmark: a key that is pending first, a return path of its own, errors by number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients import registrar
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.contract import ServiceRefused
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.postmark import Postmark
from ansible_collections.postmaster.mail.tests.integration.services.zones import publish
from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_module
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver
from ansible_collections.postmaster.mail.tests.simulators.services.postmark import PostmarkSimulator

DOMAIN = "company.test"
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(postmark_options: dict[str, Any], nameserver: Nameserver, monkeypatch: pytest.MonkeyPatch) -> Run:
    nameserver.set_zone(DOMAIN)
    monkeypatch.setattr(registrar, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(registrar, "SETTLING", 0.2)

    def one(check: bool = False, **options: Any) -> dict[str, Any]:
        shared = {"service": "postmark", "account": postmark_options, "nameservers": [nameserver.address]}
        return run_module("sending_domain", {**shared, "domain": DOMAIN, **options}, check)

    return one


def test_from_nothing_to_a_verified_domain(run: Run, postmark: PostmarkSimulator, nameserver: Nameserver) -> None:
    predicted = run(check=True)
    registered = run()
    (item,) = registered["records"]
    path = {"name": "pm-bounces.company.test", "type": "CNAME", "value": "pm.mtasv.net"}
    assert item["records"] == predicted["records"][0]["records"] == [path] and len(item["dkim"]) == 1
    assert registered["states"] == {"dkim": "DKIMVerified false", "return_path": "ReturnPathDomainVerified false"}
    publish(nameserver, registered["records"])
    verified = run(state="verified")
    assert verified["verification"] == "verified" and verified["records"] == registered["records"]
    again = run(state="verified")
    assert not again["changed"] and again["api_calls"] == 2
    assert postmark.calls["verify dkim"] == postmark.calls["verify return path"] == 1


def test_a_contradiction_is_pending_and_told(run: Run, postmark: PostmarkSimulator) -> None:
    postmark.contradicts = True
    run()
    result = run()
    assert result["verification"] == "pending"
    assert any("DKIMUpdateStatus Verified and DKIMVerified false" in one for one in result["warnings"])


def test_the_return_path_can_be_set_later(run: Run, postmark: PostmarkSimulator) -> None:
    postmark.add_domain(DOMAIN)
    assert not run()["changed"]
    assert run(return_path="mail")["in_use"]["return_path"] == "mail.company.test"
    assert "take_over_registration" in run(return_path="other")["msg"]


@pytest.mark.parametrize("fault", ["lost", "reset", 429, 500, "done 500"])
def test_a_registration_that_failed_leads_to_one_domain(run: Run, postmark: PostmarkSimulator, fault: Any) -> None:
    postmark.fail("create", fault)
    run()
    assert not run().get("failed") and len(postmark.domains) == 1 and not run()["changed"]


def test_it_is_read_again_when_it_is_not_shown_at_once(run: Run, postmark: PostmarkSimulator) -> None:
    postmark.late_reads = 2
    assert run()["registered"] and postmark.calls["create"] == 1


def test_a_domain_of_another_account_and_a_wrong_token(run: Run, postmark: PostmarkSimulator) -> None:
    postmark.taken.add(DOMAIN)
    assert "513: You are not the owner of this domain" in run()["msg"]
    postmark.tokens.clear()
    assert "Check account_token: a server's token is a different one" in run()["msg"]


def test_the_token_of_the_one_server_is_read(postmark: PostmarkSimulator, postmark_options: dict[str, Any]) -> None:
    client = Postmark(postmark_options)
    with pytest.raises(InvalidInput, match="has no server"):
        client.smtp_login()
    server = postmark.add_server("Odoo")
    assert client.smtp_login() == (server.tokens[0], server.tokens[0])
    server.smtp = False
    with pytest.raises(ServiceRefused, match="The server Odoo at Postmark accepts no SMTP"):
        client.smtp_login()
    server.smtp, server.tokens = True, []
    with pytest.raises(ServiceRefused, match="has no token"):
        client.smtp_login()


def test_of_several_servers_one_is_named(postmark: PostmarkSimulator, postmark_options: dict[str, Any]) -> None:
    named, dummy = postmark.add_server("Odoo"), postmark.add_server("Odoo Staging")
    with pytest.raises(InvalidInput, match="set server in the account: Odoo or Odoo Staging"):
        Postmark(postmark_options).smtp_login()
    assert Postmark({**postmark_options, "server": "Odoo"}).smtp_login()[0] == named.tokens[0]
    with pytest.raises(InvalidInput, match="server is Shop, but the account has no servers of that name"):
        Postmark({**postmark_options, "server": "Shop"}).smtp_login()


def test_it_is_deleted_only_when_that_is_said(run: Run, postmark: PostmarkSimulator) -> None:
    run()
    assert "cannot store a mark" in run(state="absent")["msg"]
    assert run(state="absent", delete_unmarked=True)["changed"] and not postmark.domains
