# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mailjet: a sender for the whole domain, deleted ones that come back; judged by Mailjet's own Python client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.services.clients import registrar
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.mailjet import Mailjet
from ansible_collections.postmaster.mail.tests.integration.services.zones import publish
from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_module
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver
from ansible_collections.postmaster.mail.tests.simulators.services.mailjet import MailjetSimulator

DOMAIN, SENDER = "company.test", "*@company.test"
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(mailjet_options: dict[str, Any], nameserver: Nameserver, monkeypatch: pytest.MonkeyPatch) -> Run:
    nameserver.set_zone(DOMAIN)
    monkeypatch.setattr(registrar, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(registrar, "SETTLING", 0.2)

    def one(check: bool = False, **options: Any) -> dict[str, Any]:
        shared = {"service": "mailjet", "account": mailjet_options, "nameservers": [nameserver.address]}
        return run_module("sending_domain", {**shared, "domain": DOMAIN, **options}, check)

    return one


@pytest.mark.parametrize("relative", [True, False])
def test_from_nothing_to_a_verified_domain(
    run: Run, mailjet: MailjetSimulator, nameserver: Nameserver, relative: bool
) -> None:
    mailjet.relative = relative
    assert len(run(check=True)["known_after_apply"]) == 2
    registered = run()
    (item,) = registered["records"]
    (sender,) = mailjet.senders.values()
    assert item["spf"] == {"include": ["spf.mailjet.com"]} and item["dkim"][0]["selector"] == "mailjet"
    assert item["records"] == [{"name": f"{sender.label}.company.test", "type": "TXT", "value": sender.token}]
    publish(nameserver, registered["records"])
    assert run(state="verified")["verification"] == "verified"
    again = run(state="verified")
    assert not again["changed"] and again["api_calls"] == 2 and mailjet.calls["validate"] == 1


def test_an_answer_without_errors_is_no_success(run: Run, mailjet: MailjetSimulator, nameserver: Nameserver) -> None:
    """Nothing was proven, and both errors are empty: only a message was sent."""
    publish(nameserver, run()["records"])
    mailjet.dns = None
    result = run(state="verified")
    assert mailjet.calls["validate"] == 1 and result["verification"] == "pending"
    assert result["states"]["domain"] == "Inactive"


def test_a_deleted_sender_comes_back(run: Run, mailjet: MailjetSimulator) -> None:
    mailjet.add_sender(SENDER, status="Deleted")
    result = run()
    assert result["changed"] and result["verification"] == "pending" and len(mailjet.senders) == 1
    assert mailjet.calls["update"] == 1 and not run()["changed"]


@pytest.mark.parametrize("fault", ["lost", "reset", 429, 500, "done 500"])
def test_a_registration_that_failed_leads_to_one_sender(run: Run, mailjet: MailjetSimulator, fault: Any) -> None:
    mailjet.fail("create", fault)
    run()
    assert not run().get("failed") and len(mailjet.senders) == 1 and not run()["changed"]


def test_it_is_read_again_when_it_is_not_shown_at_once(run: Run, mailjet: MailjetSimulator) -> None:
    mailjet.late_reads = 2
    assert run()["registered"] and mailjet.calls["create"] == 1


def test_a_selector_that_another_account_holds(run: Run, mailjet: MailjetSimulator, nameserver: Nameserver) -> None:
    nameserver.set_zone(DOMAIN, 'mailjet._domainkey IN TXT "k=rsa; p=MIGf"')
    assert "mailjet._domainkey.company.test is held by TXT k=rsa; p=MIGf" in run()["msg"]
    assert mailjet.calls["create"] == 0


def test_a_revoked_key_is_told(run: Run, mailjet: MailjetSimulator, mailjet_options: dict[str, Any]) -> None:
    mailjet.pairs.clear()
    told = run()["msg"]
    assert "authorization failure" in told and "Check api_key and secret_key" in told
    assert mailjet_options["secret_key"] not in told


def test_it_is_deleted_only_when_that_is_said(run: Run, mailjet: MailjetSimulator) -> None:
    run()
    assert "cannot store a mark" in run(state="absent")["msg"]
    assert run(state="absent", delete_unmarked=True)["changed"]
    assert not run(state="absent", delete_unmarked=True)["changed"]


def test_a_hundred_domains_are_listed_and_not_asked_for(
    mailjet: MailjetSimulator, mailjet_options: dict[str, Any]
) -> None:
    """One listing of senders, one of their DNS."""
    names = [f"company{number}.test" for number in range(100)]
    for name in names:
        mailjet.add_sender(f"*@{name}", status="Active", dkim="OK")
    found = Mailjet(mailjet_options).find([*names, "other.test"])
    assert sorted(found) == sorted(names) and all(one.verification == "verified" for one in found.values())
    assert mailjet.calls == {"senders": 1, "zones": 1}


@pytest.fixture
def official(mailjet: MailjetSimulator, mailjet_options: dict[str, Any]) -> Any:
    from mailjet_rest import Client

    pair = (mailjet_options["api_key"], mailjet_options["secret_key"])
    return Client(auth=pair, api_url=f"{mailjet.endpoint}/", version="v3")


def test_the_official_client_sees_what_ours_has_made(official: Any, run: Run, nameserver: Nameserver) -> None:
    publish(nameserver, run()["records"])
    (told,) = official.sender.get().json()["Data"]
    assert told["Email"] == SENDER and official.dns.get(id=DOMAIN).json()["Data"][0]["DKIMStatus"] == "Not checked"
    assert official.dns_check.create(id=DOMAIN).json()["Data"][0]["DKIMStatus"] == "OK"
    assert official.sender_validate.create(id=told["ID"]).json()["Data"][0]["ValidationMethod"] == "DNS"
    assert run()["verification"] == "verified"


def test_ours_finds_what_the_official_client_has_made(official: Any, run: Run, mailjet: MailjetSimulator) -> None:
    assert official.sender.create(data={"Email": SENDER}).status_code == 201
    assert not run()["changed"] and mailjet.calls["create"] == 1


def test_the_official_client_does_all_that_ours_does_and_reads_each_state(
    official: Any, mailjet: MailjetSimulator, nameserver: Nameserver
) -> None:
    from mailjet_rest.errors import MailjetApiError

    nameserver.set_zone(DOMAIN)

    def first(answer: Any) -> dict[str, Any]:
        assert answer.status_code in (200, 201), answer.text
        found: dict[str, Any] = answer.json()["Data"][0]
        return found

    def refused(call: Callable[..., Any], **given: Any) -> tuple[int, str]:
        with pytest.raises(MailjetApiError) as caught:
            call(**given)
        return caught.value.status_code, str(caught.value)

    made = first(official.sender.create(data={"Email": SENDER, "Name": "Company", "EmailType": "unknown"}))
    assert made["Status"] == "Inactive" and first(official.sender.get(id=made["ID"])) == made
    assert first(official.sender.get(id=SENDER)) == made
    again = refused(official.sender.create, data={"Email": SENDER})
    assert again[0] == 400 and "MJ18 A Sender resource" in again[1]
    zone = first(official.dns.get(id=DOMAIN))
    assert (zone["DKIMStatus"], zone["SPFStatus"]) == ("Not checked", "Not checked")
    looked = first(official.dns_check.create(id=DOMAIN))
    assert (looked["DKIMStatus"], looked["SPFStatus"]) == ("Error", "Not found")
    sent = first(official.sender_validate.create(id=made["ID"]))
    assert (
        sent["ValidationMethod"] == "ActivationEmail" and first(official.sender.get(id=SENDER))["Status"] == "Inactive"
    )
    nameserver.set_zone(DOMAIN, f'{zone["OwnerShipTokenRecordName"]} IN TXT "{zone["OwnerShipToken"]}"')
    assert first(official.sender_validate.create(id=made["ID"]))["ValidationMethod"] == "DNS"
    assert first(official.sender.get(id=SENDER))["Status"] == "Active"
    assert official.sender.delete(id=made["ID"]).status_code == 204
    assert first(official.sender.get(id=SENDER))["Status"] == "Deleted"
    assert official.sender.get().json()["Data"] == []
    assert refused(official.sender.create, data={"Email": SENDER})[0] == 400, "the deleted one blocks it"
    assert first(official.sender.update(id=SENDER, data={"Name": "Company"}))["Status"] == "Inactive"
    assert refused(official.sender.update, id=SENDER, data={"Email": "*@other.test"})[0] == 400
    mailjet.pairs.clear()
    assert refused(official.sender.get)[0] == 401
