# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each service refuses, by its own words, and what is made of it: one sentence, and nothing half-done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.services.clients import registrar
from ansible_collections.postmaster.mail.tests.integration.services.test_call_table import FIXTURES
from ansible_collections.postmaster.mail.tests.integration.services.zones import publish
from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_module
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver
from ansible_collections.postmaster.mail.tests.simulators.services.brevo import BrevoSimulator, Domain
from ansible_collections.postmaster.mail.tests.simulators.services.mailgun import MailgunSimulator
from ansible_collections.postmaster.mail.tests.simulators.services.mailjet import MailjetSimulator
from ansible_collections.postmaster.mail.tests.simulators.services.postmark import PostmarkSimulator
from ansible_collections.postmaster.mail.tests.simulators.services.scaleway import ScalewaySimulator
from ansible_collections.postmaster.mail.tests.simulators.services.sendgrid import SendGridSimulator
from ansible_collections.postmaster.mail.tests.simulators.services.service_api import ServiceApi

DOMAIN = "company.test"
FOR_EVER = 10_000  # reads
CREATE = {name: "CreateEmailIdentity" if name == "amazon_ses" else "create" for name in FIXTURES}
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(request: pytest.FixtureRequest, nameserver: Nameserver, monkeypatch: pytest.MonkeyPatch) -> Run:
    nameserver.set_zone(DOMAIN)
    monkeypatch.setattr(registrar, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(registrar, "SETTLING", 0.1)

    def one(service: str, **options: Any) -> dict[str, Any]:
        account = request.getfixturevalue(FIXTURES[service])
        shared = {"service": service, "account": account, "nameservers": [nameserver.address], "accept_terms": True}
        return run_module("sending_domain", {**shared, "domain": DOMAIN, **options})

    return one


@pytest.mark.parametrize("service", FIXTURES)
def test_a_refusal_of_another_kind_is_told_in_the_words_of_the_service_and_not_sent_again(
    request: pytest.FixtureRequest, run: Run, service: str
) -> None:
    """As one for a quota is, whose number and wording most services do not publish."""
    api = request.getfixturevalue("ses" if service == "amazon_ses" else service)
    api.fail(CREATE[service], 400)
    said = api.error(400).body
    result = run(service)
    words = said.get("message") or said.get("ErrorMessage") or said.get("Message") or said["errors"][0]["message"]
    assert result["failed"] and words.rstrip(".") in result["msg"]
    assert api.calls[CREATE[service]] == 1 and not result["registered"] and not result["changed"]


@pytest.mark.parametrize(
    ("service", "status", "body"),
    [
        ("mailgun", 402, {"message": "Your plan has one domain."}),
        ("mailgun", 403, {"message": "You have reached the limit of domains: upgrade your plan."}),
        ("sendgrid", 400, {"errors": [{"field": None, "message": "maximum number of domains reached"}]}),
        ("brevo", 402, {"code": "not_enough_credits", "message": "no more"}),
        ("mailjet", 400, {"ErrorMessage": "You have reached your senders limit.", "StatusCode": 400}),
        ("postmark", 422, {"ErrorCode": 511, "Message": "You have exceeded the limit of your plan."}),
        ("scaleway", 403, {"type": "quotas_exceeded", "message": "quota(s) exceeded for this resource"}),
    ],
)
def test_what_an_account_may_not_have_is_a_limit_of_it_and_no_matter_of_its_key(
    request: pytest.FixtureRequest, run: Run, service: str, status: int, body: dict[str, Any]
) -> None:
    """Scaleway and Brevo publish their answer; of the others nobody tells more than that it is a text."""
    api: ServiceApi = request.getfixturevalue(service)
    api.alter = lambda operation, usual: body if operation == "create" else usual
    api.fail("create", status)
    result = run(service)
    assert result["failed"] and "That is a limit of the account: see in" in result["msg"]
    assert "permission set" not in result["msg"] and "The key" not in result["msg"]
    assert api.calls["create"] == 1 and not result["registered"] and not result["changed"]


def hidden_at_mailgun(api: MailgunSimulator) -> None:
    api.add_domain(DOMAIN, hidden=FOR_EVER)


def hidden_at_brevo(api: BrevoSimulator) -> None:
    api.domains[DOMAIN] = Domain("1" * 24, DOMAIN, hidden=FOR_EVER)


def hidden_at_mailjet(api: MailjetSimulator) -> None:
    api.add_sender(f"*@{DOMAIN}", hidden=FOR_EVER)


def hidden_at_postmark(api: PostmarkSimulator) -> None:
    api.add_domain(DOMAIN, hidden=FOR_EVER)


def hidden_at_scaleway(api: ScalewaySimulator) -> None:
    api.add_domain(DOMAIN, hidden=FOR_EVER)


def hidden_at_sendgrid(api: SendGridSimulator) -> None:
    api.add_domain(DOMAIN, "em", hidden=FOR_EVER)


@pytest.mark.parametrize(
    ("service", "hide"),
    [
        ("mailgun", hidden_at_mailgun),
        ("brevo", hidden_at_brevo),
        ("mailjet", hidden_at_mailjet),
        ("postmark", hidden_at_postmark),
        ("scaleway", hidden_at_scaleway),
        ("sendgrid", hidden_at_sendgrid),
    ],
)
def test_registered_already_and_never_shown_allows_both_readings(
    request: pytest.FixtureRequest, run: Run, service: str, hide: Callable[[Any], None]
) -> None:
    """As for Amazon SES, whose test stands beside the others of its module."""
    api = request.getfixturevalue(service)
    hide(api)
    assert "another account holds it, or it is not visible yet. Nothing was changed" in run(service)["msg"]
    assert api.calls["create"] == 1


def test_sendgrid_has_the_region_of_the_user(
    run: Run, sendgrid: SendGridSimulator, sendgrid_options: dict[str, Any]
) -> None:
    sendgrid_options["region"] = "eu"
    assert "region is not valid for this user" in run("sendgrid")["msg"] and not sendgrid.domains


def test_sendgrid_makes_another_object_invalid_by_validating_one(
    sendgrid: SendGridSimulator, run: Run, nameserver: Nameserver
) -> None:
    """What another program does beside us is seen, and not repaired."""
    publish(nameserver, run("sendgrid", state="present")["records"])
    assert run("sendgrid", state="verified")["verification"] == "verified"
    (ours,) = sendgrid.domains.values()
    other = sendgrid.add_domain(DOMAIN, "em9999")
    ours.valid, other.valid = False, True
    result = run("sendgrid")
    assert not result["changed"] and result["in_use"]["return_path"] == "em9999.company.test"
    assert any(str(ours.id) in warning for warning in result["warnings"])


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (403, "permission_denied", "Brevo may still be reviewing the account"),
        (400, "account_under_validation", "Brevo may still be reviewing the account"),
        (402, "not_enough_credits", "not enough credits"),
    ],
)
def test_brevo_wants_a_person_to_act(brevo: BrevoSimulator, run: Run, status: int, code: str, said: str) -> None:
    brevo.refusals["create"] = (status, code)
    result = run("brevo")
    assert said in result["msg"] and brevo.calls["create"] == 1 and not brevo.domains


def test_postmark_has_two_keys_while_it_changes_one(
    postmark: PostmarkSimulator, run: Run, nameserver: Nameserver
) -> None:
    """Both are published, until Postmark says that the former may go."""
    publish(nameserver, run("postmark")["records"])
    assert run("postmark", state="verified")["verification"] == "verified"
    (domain,) = postmark.domains.values()
    former = domain.host
    postmark.rotate(domain)
    result = run("postmark")
    assert result["verification"] == "verified" and len(result["records"][0]["dkim"]) == 2
    publish(nameserver, result["records"])
    postmark.look_for_key(domain)
    assert domain.host != former and domain.revoked == former
    assert [one["selector"] for one in run("postmark")["records"][0]["dkim"]] == [domain.host.partition("._domain")[0]]


def test_postmark_is_busy_while_it_renews_a_key(postmark: PostmarkSimulator, run: Run, nameserver: Nameserver) -> None:
    publish(nameserver, run("postmark")["records"])
    postmark.renewing = True
    told = run("postmark", state="verified")
    assert told["verification"] == "pending" and "505" in told["attempts"][0]


def test_scaleway_locks_a_domain(scaleway: ScalewaySimulator, run: Run) -> None:
    scaleway.add_domain(DOMAIN, status="locked")
    result = run("scaleway")
    assert result["verification"] == "failed" and "gave up on company.test" in result["findings"][0]


def test_mailgun_remembers_that_a_record_was_not_there(
    mailgun: MailgunSimulator, run: Run, nameserver: Nameserver
) -> None:
    """Somebody has asked too early: the time that DNS gives for that is told, and the domain is not made again."""
    mailgun.negative_ttl = 300
    registered = run("mailgun")
    mailgun.look(mailgun.domains[DOMAIN])
    publish(nameserver, registered["records"])
    told = run("mailgun", state="verified")
    assert told["failed"] and "DNS may still say that they are missing for up to 5 minutes" in told["msg"]
    mailgun.advance(301)
    assert run("mailgun", state="verified")["verification"] == "verified" and mailgun.calls["create"] == 1
