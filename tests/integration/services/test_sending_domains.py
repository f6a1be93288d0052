# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many domains at many accounts: calls, limits, failures of one, and runs that are killed after any call."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.providers.rate_limit import RateLimiter
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients import registrar
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.contract import Desired
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.dns_view import DnsView
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.outcome import SendingRequest
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.registry import ServiceAccounts
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.run import SendingRun
from ansible_collections.postmaster.mail.tests.integration.services.zones import publish
from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_module
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver
from ansible_collections.postmaster.mail.tests.simulators.json_api import Answer, Request
from ansible_collections.postmaster.mail.tests.simulators.services.amazon_ses import Account, AmazonSesSimulator
from ansible_collections.postmaster.mail.tests.simulators.services.mailgun import MailgunSimulator
from ansible_collections.postmaster.mail.tests.simulators.services.service_api import ServiceApi
from ansible_collections.postmaster.mail.tests.support.examples import examples

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(ses_options: dict[str, Any], mailgun_options: dict[str, Any], nameserver: Nameserver, monkeypatch: Any) -> Run:
    """Runs the batch: domains whose service is not said are Amazon SES's."""
    monkeypatch.setattr(registrar, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(registrar, "SETTLING", 0.2)

    def batch(*domains: dict[str, Any], check: bool = False) -> dict[str, Any]:
        items = []
        for item in domains:
            if " " not in item["domain"]:
                nameserver.set_zone(item["domain"])
            more = {"account": mailgun_options} if item.get("service") == "mailgun" else {}
            items.append({**item, **more})
        shared = {"service": "amazon_ses", "account": ses_options, "nameservers": [nameserver.address]}
        return run_module("sending_domains", {**shared, "domains": items}, check)

    return batch


def test_what_one_domain_is_refused_fails_no_other_of_its_account(run: Run, ses: AmazonSesSimulator) -> None:
    domains = [{"domain": f"{name}.test"} for name in ("one", "two", "three")]
    run(*domains)
    for fault in (403, "nonsense"):
        ses.fail("GetEmailIdentity", "ok", fault)
        result = run(*domains)
        assert result["failed_domains"] == ["two.test"], fault
        assert [one["registered"] for one in result["domains"]] == [True, False, True]


def test_two_regions_take_two_return_paths(run: Run, ses: AmazonSesSimulator, ses_options: dict[str, Any]) -> None:
    """Only one MX may stand there, and it is that of one region."""
    there = {"domain": "company.test", "account": {**ses_options, "region": "us-east-1"}}
    refused = run({"domain": "company.test", "return_path": "out"}, {**there, "return_path": "out"})
    assert len(refused["failed_domains"]) == 2 and not ses.calls
    assert "out.company.test is held by the sender at Amazon SES (us-east-1)" in refused["domains"][0]["msg"]
    done = run({"domain": "company.test"}, there)
    paths = [one["in_use"]["return_path"] for one in done["domains"]]
    assert paths == ["bounce.company.test", "bounces.company.test"]
    told = "bounce.company.test is held by the sender at Amazon SES (eu-west-1)"
    assert any(told in text for text in done["domains"][1]["warnings"])
    again = run({"domain": "company.test"}, there)
    assert not again["changed"] and [one["in_use"]["return_path"] for one in again["domains"]] == paths


def test_two_services_in_one_call(run: Run, ses: AmazonSesSimulator, mailgun: MailgunSimulator) -> None:
    wanted = (
        {"domain": "company.test"},
        {"domain": "company.test", "service": "mailgun", "sending_domain": "mg"},
        {"domain": "other.test", "return_path": False},
    )
    predicted = run(*wanted, check=True)
    assert predicted["changed"] and not mailgun.domains
    done = run(*wanted)
    assert done["failed_domains"] == [] and [one["sending_domain"] for one in done["domains"]] == [
        "company.test", "mg.company.test", "other.test",
    ]  # fmt: skip
    assert done["diff"] == predicted["diff"]
    assert len(done["records"]) == 3
    assert done["api_calls"] == sum(ses.calls.values()) + sum(mailgun.calls.values()) - predicted["api_calls"]
    assert not run(*wanted)["changed"]


def test_one_that_fails_does_not_keep_the_others(run: Run) -> None:
    result = run(
        {"domain": "company.test"},
        {"domain": "bad domain"},
        {"domain": "twice.test"},
        {"domain": "twice.test"},
        {"domain": "unknown.test", "service": "amazonses"},
    )
    assert result["changed"] and len(result["failed_domains"]) == 3
    told = {one["domain"]: one["msg"] for one in result["domains"]}
    assert told["company.test"] == "" and "Did you mean amazon_ses" in told["unknown.test"]
    assert "listed twice at Amazon SES" in told["twice.test"]


def test_an_account_that_is_refused_is_told_for_each_of_its_domains(run: Run, mailgun: MailgunSimulator) -> None:
    mailgun.keys.clear()
    result = run({"domain": "company.test"}, {"domain": "company.test", "service": "mailgun", "sending_domain": "mg"})
    assert [one["failed"] for one in result["domains"]] == [False, True]


def test_a_hundred_domains_that_are_there(run: Run, ses: AmazonSesSimulator, ses_account: Account) -> None:
    """The pages of the listing, and one call a domain, as the listing of SES holds no records."""
    names = [f"company{number}.test" for number in range(100)]
    for name in names:
        ses.add_identity(ses_account, "eu-west-1", name, verification="SUCCESS", dkim="SUCCESS")
    ses.page_size, dns, ses.dns = 50, ses.dns, None
    result = run(*({"domain": name} for name in names))
    ses.dns = dns
    assert not result["changed"] and result["failed_domains"] == []
    assert ses.calls == {"ListEmailIdentities": 2, "GetEmailIdentity": 100}


def test_many_new_domains_obey_the_limit_of_the_account(
    ses: AmazonSesSimulator, ses_options: dict[str, Any], nameserver: Nameserver
) -> None:
    """One call a second, by a clock that only the limiter moves; the time was told before."""
    count = examples(40, 1000)
    names = [f"company{number}.test" for number in range(count)]
    for name in names:
        nameserver.set_zone(name)
    began = ses.now
    ses.rate = 1
    accounts = ServiceAccounts()
    account = {**ses_options, "rate_limit": None}
    client: Any = accounts.client("amazon_ses", account)

    def ses_clock() -> float:
        passed: float = (ses.now - began).total_seconds()
        return passed

    client._api._limiter = RateLimiter(1.0, 1, ses_clock, ses.advance)
    run = SendingRun(accounts, DnsView([nameserver.address]))
    outcomes = run.prepare([SendingRequest("amazon_ses", account, Desired(name, name)) for name in names])
    expected = outcomes[0].expected_seconds
    run.apply(outcomes)
    assert not [one.error for one in outcomes if one.error]
    assert sum(ses.calls.values()) == 3 * count + 2, "the listing, the account, and three calls a domain"
    took = (ses.now - began).total_seconds()
    assert took == pytest.approx(sum(ses.calls.values()), abs=2)
    assert expected == pytest.approx(took, rel=0.1, abs=5)


# -- killed ----------------------------------------------------------------------------------------------------------


class Killed(BaseException):
    """The run ends here, as by a signal."""


@pytest.mark.parametrize("service", ["amazon_ses", "mailgun", "sendgrid", "brevo", "mailjet", "postmark", "scaleway"])
@pytest.mark.parametrize("after", range(6))
def test_killed_after_any_call_the_next_run_reaches_the_same_state(
    request: pytest.FixtureRequest, nameserver: Nameserver, monkeypatch: pytest.MonkeyPatch, service: str, after: int
) -> None:
    """One object, its tokens kept, and what an undisturbed run returns, but for what the service makes up."""
    simulator: ServiceApi = request.getfixturevalue("ses" if service == "amazon_ses" else service)
    options: dict[str, Any] = request.getfixturevalue(f"{'ses' if service == 'amazon_ses' else service}_options")
    wanted = {
        "service": service, "account": options, "domain": "company.test", "sending_domain": "mg",
        "nameservers": [nameserver.address], "accept_terms": True,
    }  # fmt: skip
    nameserver.set_zone("company.test")
    serve, served = simulator.serve, [0]

    def count(asked: Request) -> Answer | None:
        answer = serve(asked)
        served[0] += 1
        return answer

    monkeypatch.setattr(simulator, "serve", count)
    from ansible_collections.postmaster.mail.plugins.module_utils.services.clients import contract

    original = contract.ServiceClient.count_call

    def counted(self: contract.ServiceClient) -> None:
        if served[0] == after:
            raise Killed
        original(self)

    with monkeypatch.context() as killing:
        killing.setattr(contract.ServiceClient, "count_call", counted)
        try:
            run_module("sending_domain", wanted)
        except Killed:
            pass
    result = run_module("sending_domain", wanted)
    assert not result.get("failed") and result["registered"]
    in_use = {
        "amazon_ses": {
            "region": "eu-west-1", "return_path": "bounce.mg.company.test", "feedback": True, "key_length": 2048,
            "configuration_set": "",
        },
        "mailgun": {"region": "eu"},
        "sendgrid": {"return_path": "em.mg.company.test", "dkim_selector": "s1"},
        "brevo": {},
        "mailjet": {},
        "postmark": {"return_path": "pm-bounces.mg.company.test"},
        "scaleway": {"region": "fr-par"},
    }  # fmt: skip
    assert result["in_use"] == in_use[service]
    assert not run_module("sending_domain", wanted)["changed"]
    assert simulator.calls["CreateEmailIdentity"] + simulator.calls["create"] == 1
    publish(nameserver, result["records"])
    assert run_module("sending_domain", {**wanted, "state": "verified"})["verification"] == "verified"


def test_waiting_asks_the_service_only_once_the_records_are_there(
    mailgun: MailgunSimulator, mailgun_options: dict[str, Any], nameserver: Nameserver
) -> None:
    """On a virtual clock: published after a minute, asked then, and at most every five minutes again."""
    nameserver.set_zone("company.test")
    mailgun.unsettled = 45
    clock = [0.0]
    published: list[bool] = []
    run: SendingRun

    def sleep(seconds: float) -> None:
        clock[0] += seconds
        mailgun.advance(seconds)
        if clock[0] > 60 and not published:
            published.append(True)
            publish(nameserver, [item for one in outcomes for item in one.as_dict(None)["records"]])

    run = SendingRun(
        ServiceAccounts(), DnsView([nameserver.address]), clock=lambda: clock[0], sleep=sleep, now=lambda: mailgun.now
    )
    desired = Desired("company.test", "mg.company.test")
    outcomes = run.prepare([SendingRequest("mailgun", mailgun_options, desired, state="verified", wait=600)])
    run.apply(outcomes)
    run.verify(outcomes)
    (outcome,) = outcomes
    assert outcome.error is None and outcome.verification == "verified"
    assert mailgun.calls["verify"] == 1
    asked = datetime.datetime.fromisoformat(outcome.attempts[0].partition(": ")[0])
    assert (asked - datetime.datetime(2026, 11, 29, 8, tzinfo=datetime.timezone.utc)).total_seconds() > 60
