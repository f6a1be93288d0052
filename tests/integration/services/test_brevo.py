# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brevo: two states of a domain, names that are relative to this and that; judged by Brevo's own Python client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.services.clients import registrar
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.brevo import Brevo
from ansible_collections.postmaster.mail.tests.integration.services.zones import publish
from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_module
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver
from ansible_collections.postmaster.mail.tests.simulators.services.brevo import BrevoSimulator, Domain

DOMAIN = "company.test"
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(brevo_options: dict[str, Any], nameserver: Nameserver, monkeypatch: pytest.MonkeyPatch) -> Run:
    nameserver.set_zone(DOMAIN)
    monkeypatch.setattr(registrar, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(registrar, "SETTLING", 0.2)

    def one(check: bool = False, **options: Any) -> dict[str, Any]:
        shared = {"service": "brevo", "account": brevo_options, "nameservers": [nameserver.address]}
        return run_module("sending_domain", {**shared, "domain": DOMAIN, **options}, check)

    return one


@pytest.mark.parametrize("cname", [True, False])
@pytest.mark.parametrize("sending", [DOMAIN, "mail.company.test"])
def test_from_nothing_to_a_verified_domain(
    run: Run, brevo: BrevoSimulator, nameserver: Nameserver, sending: str, cname: bool
) -> None:
    brevo.cname = cname
    assert run(check=True, sending_domain=sending)["known_after_apply"]
    registered = run(sending_domain=sending)
    (item,) = registered["records"]
    assert item["domain"] == sending and {one["selector"] for one in item["dkim"]} == (
        {"brevo1", "brevo2"} if cname else {"mail"}
    )
    assert item["records"] == [{"name": sending, "type": "TXT", "value": brevo.code}]
    assert item["dmarc"] == {"policy": "none"}, "without a policy it is never authenticated; its reports are nobody's"
    assert "The report address of Brevo" in registered["left_out"][0]
    assert registered["smtp"]["username"] == "7a1b2c@smtp-brevo.com"
    publish(nameserver, registered["records"])
    assert run(sending_domain=sending, state="verified")["verification"] == "verified"
    again = run(sending_domain=sending, state="verified")
    assert again["smtp"]["username"] == registered["smtp"]["username"], "whatever the state of the domain"
    assert not again["changed"] and again["api_calls"] == 2 and brevo.calls["authenticate"] == 1


def test_a_policy_that_is_there_is_kept(run: Run, nameserver: Nameserver) -> None:
    nameserver.set_zone(DOMAIN, '_dmarc IN TXT "v=DMARC1; p=reject"')
    result = run()
    assert "dmarc" not in result["records"][0] and "keeps the DMARC policy" in result["left_out"][0]


def test_verified_and_not_authenticated_is_pending(run: Run, brevo: BrevoSimulator) -> None:
    """Brevo would replace the From address."""
    brevo.domains[DOMAIN] = Domain("1" * 24, DOMAIN, verified=True)
    result = run()
    assert result["verification"] == "pending"
    assert result["states"] == {"domain": "verified", "dkim": "not authenticated"}


@pytest.mark.parametrize("fault", ["lost", "reset", 429, 500, "done 500"])
def test_a_registration_that_failed_leads_to_one_domain(run: Run, brevo: BrevoSimulator, fault: Any) -> None:
    brevo.fail("create", fault)
    run()
    assert not run().get("failed") and list(brevo.domains) == [DOMAIN] and not run()["changed"]


def test_it_is_read_again_when_it_is_not_shown_at_once(run: Run, brevo: BrevoSimulator) -> None:
    brevo.late_reads = 2
    assert run()["registered"] and brevo.calls["create"] == 1


def test_a_look_that_finds_nothing_is_no_failure_of_the_run(run: Run, brevo: BrevoSimulator, nameserver: Any) -> None:
    publish(nameserver, run()["records"])
    brevo.dns = None
    result = run(state="verified")
    assert result["verification"] == "pending" and "not properly configured" in result["attempts"][0]


def test_a_revoked_key_and_a_relay_that_is_off(run: Run, brevo: BrevoSimulator, brevo_options: Any) -> None:
    brevo.relay = False
    assert any("has not switched on the SMTP relay" in one for one in run()["warnings"])
    brevo.keys.clear()
    told = run()["msg"]
    assert (
        "refuses the credentials (401: Key not found)" in told
        and "authorized IPs" in told
        and brevo_options["api_key"] not in told
    )


def test_it_is_deleted_only_when_that_is_said(run: Run, brevo: BrevoSimulator) -> None:
    run()
    assert "cannot store a mark" in run(state="absent")["msg"]
    assert run(state="absent", delete_unmarked=True)["changed"] and not brevo.domains


def test_many_domains_are_listed_once(brevo: BrevoSimulator, brevo_options: dict[str, Any]) -> None:
    names = [f"company{number}.test" for number in range(20)]
    brevo.domains.update({name: Domain("1" * 24, name) for name in names})
    assert sorted(Brevo(brevo_options).find([*names, "other.test"])) == sorted(names)
    assert brevo.calls == {"list": 1, "get": 20}


def test_the_official_client_sees_what_ours_has_made(
    run: Run, brevo: BrevoSimulator, brevo_options: dict[str, Any], nameserver: Nameserver
) -> None:
    from brevo import Brevo as Official

    official = Official(api_key=brevo_options["api_key"], base_url=f"{brevo.endpoint}/v3")
    publish(nameserver, run()["records"])
    (told,) = official.domains.get_domains().domains
    assert told.domain_name == DOMAIN and not told.authenticated
    official.domains.authenticate_domain(DOMAIN)
    assert official.domains.get_domain_configuration(DOMAIN).authenticated
    assert run()["verification"] == "verified"


def test_ours_finds_what_the_official_client_has_made(
    run: Run, brevo: BrevoSimulator, brevo_options: dict[str, Any]
) -> None:
    from brevo import Brevo as Official

    Official(api_key=brevo_options["api_key"], base_url=f"{brevo.endpoint}/v3").domains.create_domain(name=DOMAIN)
    assert not run()["changed"] and brevo.calls["create"] == 1


def test_the_official_client_does_all_that_ours_does_and_reads_each_state(
    brevo: BrevoSimulator, brevo_options: dict[str, Any]
) -> None:
    from brevo import Brevo as Official
    from brevo.core.api_error import ApiError

    official = Official(api_key=brevo_options["api_key"], base_url=f"{brevo.endpoint}/v3")

    def refused(call: Callable[..., Any], **given: Any) -> tuple[Any, Any]:
        with pytest.raises(ApiError) as caught:
            call(**given)
        return caught.value.status_code, caught.value.body

    made = official.domains.create_domain(name=DOMAIN)
    assert made.domain_name == DOMAIN and made.dns_records and made.dns_records.brevo_code.value == brevo.code
    assert "already exists" in str(refused(official.domains.create_domain, name=DOMAIN))
    early = refused(official.domains.authenticate_domain, domain_name=DOMAIN)
    assert early[0] == 400 and "not properly configured" in str(early[1])
    for state in ((False, False), (True, False), (True, True)):
        brevo.domains[DOMAIN].verified, brevo.domains[DOMAIN].authenticated = state
        told = official.domains.get_domain_configuration(DOMAIN)
        (listed,) = official.domains.get_domains().domains
        assert (told.verified, told.authenticated) == (listed.verified, listed.authenticated) == state
    relay = official.account.get_account().relay
    assert relay.enabled and relay.data.user_name == "7a1b2c@smtp-brevo.com"
    official.domains.delete_domain(DOMAIN)
    assert refused(official.domains.get_domain_configuration, domain_name=DOMAIN)[0] == 404
    brevo.keys.clear()
    assert refused(official.domains.get_domains)[0] == 401
