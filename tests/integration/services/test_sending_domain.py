# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``sending_domain`` at Amazon SES, from nothing to a verified domain, and what must never happen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.services.clients import registrar
from ansible_collections.postmaster.mail.tests.integration.services.zones import publish
from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_module
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver
from ansible_collections.postmaster.mail.tests.simulators.services.amazon_ses import Account, AmazonSesSimulator

DOMAIN = "company.test"
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(ses_options: dict[str, Any], nameserver: Nameserver, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the module for company.test; its zone is there, and empty."""
    nameserver.set_zone(DOMAIN)
    monkeypatch.setattr(registrar, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(registrar, "SETTLING", 0.2)

    def one(check: bool = False, **options: Any) -> dict[str, Any]:
        shared = {"service": "amazon_ses", "account": ses_options, "nameservers": [nameserver.address]}
        return run_module("sending_domain", {**shared, "domain": DOMAIN, **options}, check)

    return one


def writes(ses: AmazonSesSimulator) -> int:
    return sum(count for name, count in ses.calls.items() if not name.startswith(("Get", "List")))


# -- from nothing to verified ----------------------------------------------------------------------------------------


def test_from_nothing_to_a_verified_domain(run: Run, ses: AmazonSesSimulator, nameserver: Nameserver) -> None:
    predicted = run(check=True)
    assert predicted["changed"] and predicted["registered"] and writes(ses) == 0
    assert predicted["known_after_apply"] == ["3 CNAME records below _domainkey.company.test"]
    ses.calls.clear()

    registered = run()
    assert registered["changed"] and registered["verification"] == "pending" and registered["registered"]
    assert registered["diff"]["prepared"] == predicted["diff"]["prepared"]
    assert registered["diff"]["prepared"] == (
        "+ company.test at Amazon SES in eu-west-1 (return_path bounce.company.test)\n"
    )
    (item,) = registered["records"]
    assert item["domain"] == DOMAIN and len(item["dkim"]) == 3
    assert (
        item["records"]
        == predicted["records"][0]["records"]
        == [
            {"name": "bounce.company.test", "type": "MX", "value": "10 feedback-smtp.eu-west-1.amazonses.com"},
            {"name": "bounce.company.test", "type": "TXT", "value": "v=spf1 include:amazonses.com ~all"},
        ]
    )
    assert len(registered["missing"]) == 5 and registered["missing"][0]["why"] == "it is not there"
    assert registered["api_calls"] <= 8 and registered["api_calls"] == sum(ses.calls.values())

    publish(nameserver, registered["records"])
    verified = run(state="verified")
    assert not verified["changed"] and verified["verification"] == "verified" and verified["missing"] == []
    assert verified["smtp"]["host"] == "email-smtp.eu-west-1.amazonaws.com"

    again = run(state="verified")
    assert not again["changed"] and again["api_calls"] <= 2
    assert again["records"] == registered["records"]


def test_the_second_run_changes_nothing_while_it_waits(run: Run) -> None:
    first, second = run(), run()
    assert not second["changed"] and second["records"] == first["records"]
    assert second["pending_until"]


def test_verified_is_not_waited_for_longer_than_is_said(run: Run, nameserver: Nameserver) -> None:
    """Past the deadline it fails, and says what is missing; the records were told before any waiting."""
    registered = run()
    publish(nameserver, registered["records"], without=1)
    failed = run(state="verified")
    assert failed["failed"] and len(failed["missing"]) == 1
    assert f"Missing: CNAME {failed['missing'][0]['name']}: it is not there" in failed["msg"]
    assert failed["records"] == registered["records"]


def test_all_published_and_the_service_has_not_looked_yet(run: Run, nameserver: Nameserver, ses: Any) -> None:
    publish(nameserver, run()["records"])
    ses.dns = None  # it looks another time
    result = run()
    assert not result.get("failed") and result["verification"] == "pending" and result["missing"] == []
    assert "has not checked yet" in run(state="verified")["msg"]


# -- found and kept --------------------------------------------------------------------------------------------------


@pytest.fixture
def in_use(ses: AmazonSesSimulator, ses_account: Account, run: Run) -> None:
    """Another program has registered the domain, with options of its own."""
    state = {"mail_from": "send.company.test", "mail_from_status": "SUCCESS", "on_mx_failure": "REJECT_MESSAGE"}
    ses.add_identity(
        ses_account, "eu-west-1", DOMAIN, verification="SUCCESS", dkim="SUCCESS", feedback=False,
        configuration_set="shop", **state,
    )  # fmt: skip
    ses.dns = None


@pytest.mark.usefixtures("in_use")
def test_what_is_not_stated_stays(run: Run, ses: AmazonSesSimulator) -> None:
    result = run()
    assert not result["changed"] and writes(ses) == 0
    assert result["in_use"]["return_path"] == "send.company.test"
    assert result["in_use"]["feedback"] is False and result["in_use"]["configuration_set"] == "shop"


@pytest.mark.usefixtures("in_use")
@pytest.mark.parametrize("check", [True, False])
def test_another_return_path_is_a_conflict(run: Run, ses: AmazonSesSimulator, check: bool) -> None:
    result = run(check, return_path="bounce")
    assert result["failed"] and writes(ses) == 0
    assert "with the return path send.company.test (SUCCESS), but bounce.company.test is requested" in result["msg"]
    assert "Keep it with return_path: send, or replace it with take_over_registration: true" in result["msg"]


@pytest.mark.usefixtures("in_use")
def test_it_is_replaced_when_that_is_said(run: Run, ses: AmazonSesSimulator) -> None:
    result = run(return_path="bounce", take_over_registration=True)
    assert result["changed"] and result["in_use"]["return_path"] == "bounce.company.test"
    assert ses.calls["PutEmailIdentityMailFromAttributes"] == 1 and ses.calls["CreateEmailIdentity"] == 0


def test_a_return_path_that_was_switched_off_stays_off(
    run: Run, ses: AmazonSesSimulator, ses_account: Account, nameserver: Nameserver
) -> None:
    publish(nameserver, run()["records"])
    assert run()["verification"] == "verified"
    ses_account.identities["eu-west-1"][DOMAIN].mail_from = ""  # by a person, in the console
    result = run()
    assert not result["changed"] and result["in_use"]["return_path"] is False
    assert "Set return_path: bounce, or remove it" in result["findings"][0]


# -- options that only Amazon SES has --------------------------------------------------------------------------------

OPTIONS = {"configuration_set": "shop", "feedback": False, "key_length": 1024}


def test_all_options_of_a_new_registration(run: Run, ses: AmazonSesSimulator, ses_account: Account) -> None:
    ses_account.places["eu-west-1"].configuration_sets.add("shop")
    predicted = run(check=True, **OPTIONS)
    done = run(**OPTIONS)
    assert predicted["diff"] == done["diff"]
    assert "key_length 1024, configuration_set shop, feedback false" in done["diff"]["prepared"]
    assert {**done["in_use"], **OPTIONS} == done["in_use"]
    assert not run(**OPTIONS)["changed"] and not run()["changed"]
    assert ses.calls["PutEmailIdentityConfigurationSetAttributes"] == 0, "it is part of the registration"


def test_a_configuration_set_that_there_is_not(run: Run, ses_account: Account) -> None:
    ses_account.places["eu-west-3"].configuration_sets.add("shop")  # each region has its own
    result = run(configuration_set="shop")
    assert result["msg"] == "Configuration set <shop> does not exist: create it in the SES console, in this region."
    assert not result["registered"]


@pytest.mark.usefixtures("in_use")
@pytest.mark.parametrize(
    ("option", "call"),
    [
        ({"configuration_set": ""}, "PutEmailIdentityConfigurationSetAttributes"),
        ({"configuration_set": "other"}, "PutEmailIdentityConfigurationSetAttributes"),
        ({"feedback": True}, "PutEmailIdentityFeedbackAttributes"),
        ({"key_length": 1024}, "PutEmailIdentityDkimSigningAttributes"),
    ],
)
def test_another_option_than_that_in_use_is_a_conflict(
    run: Run, ses: AmazonSesSimulator, ses_account: Account, option: dict[str, Any], call: str
) -> None:
    ses_account.places["eu-west-1"].configuration_sets.add("other")
    (name,) = option
    for check in (True, False):
        refused = run(check, **option)
        assert refused["failed"] and "is requested. Nothing was changed. Keep it with" in refused["msg"]
    assert writes(ses) == 0
    assert run(check=True, **option, take_over_registration=True)["changed"] and writes(ses) == 0
    done = run(**option, take_over_registration=True)
    assert done["changed"] and done["in_use"][name] == option[name] and writes(ses) == ses.calls[call] == 1
    assert not run(**option)["changed"]


def test_names_are_compared_exactly(run: Run, ses: AmazonSesSimulator, ses_account: Account) -> None:
    for name in ("notcompany.test", "mail.company.test"):
        ses.add_identity(ses_account, "eu-west-1", name)
    assert run()["changed"]
    assert ses.calls["CreateEmailIdentity"] == 1


def test_a_record_that_was_lost_is_told_and_the_tokens_stay(run: Run, nameserver: Nameserver, ses: Any) -> None:
    registered = run()
    publish(nameserver, registered["records"])
    assert run()["verification"] == "verified"
    publish(nameserver, registered["records"], without=1)
    lost = run()
    assert not lost["changed"] and lost["verification"] == "pending"
    assert len(lost["missing"]) == 1 and lost["records"] == registered["records"]


def test_given_up_after_72_hours(run: Run, ses: AmazonSesSimulator) -> None:
    run()
    ses.advance(73 * 3600)
    result = run()
    assert result["verification"] == "failed" and not result.get("failed")
    assert "gave up on company.test after 72 hours (domain FAILED, dkim FAILED" in result["findings"][0]
    assert ses.calls["CreateEmailIdentity"] == 1


# -- what stands in DNS ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("behaviour", ["silent", "fail", "refuse"])
def test_silence_of_the_name_servers_changes_nothing(
    run: Run, nameserver: Nameserver, ses: AmazonSesSimulator, behaviour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ansible_collections.postmaster.mail.plugins.module_utils.resolver import observe

    monkeypatch.setattr(observe, "QUESTION_SECONDS", 0.3)
    registered = run()
    before = writes(ses)
    ses.dns = None
    nameserver.behaviour = behaviour
    result = run()
    assert not result["changed"] and result["verification"] == "pending" and writes(ses) == before
    assert result["missing"] == [] and len(result["not_asked"]) == 5
    assert result["not_asked"][0]["why"].startswith("could not be asked")
    assert result["records"] == registered["records"]


def test_nothing_is_registered_while_dns_is_silent(
    run: Run, nameserver: Nameserver, ses: Any, monkeypatch: Any
) -> None:
    from ansible_collections.postmaster.mail.plugins.module_utils.resolver import observe

    monkeypatch.setattr(observe, "QUESTION_SECONDS", 0.3)
    nameserver.behaviour = "fail"
    assert "could not be found out" in run()["msg"] and writes(ses) == 0


@pytest.mark.parametrize(
    "record", ["CNAME x.other-service.test.", "MX 10 mx.other-service.test.", 'TXT "v=spf1 include:other.test ~all"']
)
def test_a_label_that_somebody_holds(run: Run, nameserver: Nameserver, ses: Any, record: str) -> None:
    nameserver.set_zone(DOMAIN, f"bounce IN {record}")
    stated = run(return_path="bounce")
    assert "bounce.company.test is held by" in stated["msg"] and not ses.calls, "not even a look"
    free = run()
    assert free["in_use"]["return_path"] == "bounces.company.test"
    assert any(
        "The return path is bounces.company.test, as bounce.company.test is held by" in one for one in free["warnings"]
    )


@pytest.mark.parametrize("written", ["mail", "mail.company.test", "mail.company.test.", "MAIL"])
def test_a_return_path_is_written_in_several_ways(run: Run, written: str) -> None:
    assert run(return_path=written)["in_use"]["return_path"] == "mail.company.test"


def test_no_return_path(run: Run) -> None:
    result = run(return_path=False)
    assert result["in_use"]["return_path"] is False and "records" not in result["records"][0]


def test_records_of_a_return_path_that_was_never_set(
    run: Run, nameserver: Nameserver, ses: Any, ses_account: Any
) -> None:
    ses.add_identity(ses_account, "eu-west-1", DOMAIN)
    nameserver.set_zone(
        DOMAIN,
        'bounce IN MX 10 feedback-smtp.eu-west-1.amazonses.com.\nbounce IN TXT "v=spf1 include:amazonses.com ~all"',
    )
    result = run()
    assert "bounce.company.test leads to Amazon SES" in result["findings"][0] and "no effect" in result["findings"][0]
    assert run(return_path="bounce")["in_use"]["return_path"] == "bounce.company.test"


def test_a_name_with_the_domain_twice_is_named(run: Run, nameserver: Nameserver) -> None:
    registered = run()
    publish(nameserver, registered["records"], doubled=DOMAIN)
    why = run()["missing"][0]["why"]
    assert ".company.test.company.test, which has the domain twice: remove it there" in why


def test_a_proxied_cname_is_named_as_the_cause(run: Run, nameserver: Nameserver) -> None:
    registered = run()
    publish(nameserver, registered["records"], proxied=True)
    result = run()
    assert "switch its proxy or flattening off" in result["missing"][0]["why"]


def test_a_subdomain_can_not_align_with_a_strict_policy(run: Run, nameserver: Nameserver, ses: Any) -> None:
    policy = '_dmarc IN TXT "v=DMARC1; p=quarantine; adkim=s; aspf=s"'
    nameserver.set_zone(DOMAIN, policy)
    result = run(sending_domain="mg")
    assert "would fail DMARC: it is signed as mg.company.test" in result["msg"] and writes(ses) == 0
    assert not run().get("failed")
    nameserver.set_zone(DOMAIN, policy.replace("=s", "=r"))
    assert run(sending_domain="mg")["sending_domain"] == "mg.company.test"


# -- interrupted -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["CreateEmailIdentity", "PutEmailIdentityMailFromAttributes"])
@pytest.mark.parametrize("fault", ["lost", "reset", 429, 500, "done 500"])
def test_a_call_that_failed_leads_to_the_same_state(run: Run, ses: AmazonSesSimulator, call: str, fault: Any) -> None:
    """Whatever became of one call, this run or the next ends as an undisturbed one: one object, the same tokens."""
    ses.fail(call, fault)
    first = run()
    second = run()
    assert not second.get("failed") and second["in_use"]["return_path"] == "bounce.company.test"
    if first["registered"]:
        assert second["records"][0]["dkim"] == first["records"][0]["dkim"]
    assert not run()["changed"]


def test_killed_between_two_calls_the_next_run_goes_on(run: Run, ses: AmazonSesSimulator) -> None:
    ses.fail("PutEmailIdentityMailFromAttributes", 403)
    assert run().get("failed")
    resumed = run()
    assert resumed["changed"] and resumed["in_use"]["return_path"] == "bounce.company.test"
    assert ses.calls["CreateEmailIdentity"] == 1


def test_it_is_read_again_when_it_is_not_shown_at_once(run: Run, ses: AmazonSesSimulator) -> None:
    ses.late_reads = 2
    result = run()
    assert not result.get("failed") and result["in_use"]["return_path"] == "bounce.company.test"
    assert ses.calls["CreateEmailIdentity"] == 1


def test_registered_already_and_never_shown_allows_both_readings(
    run: Run, ses: AmazonSesSimulator, ses_account: Any
) -> None:
    ses.add_identity(ses_account, "eu-west-1", DOMAIN, hidden=10_000)
    result = run()
    assert "another account holds it, or it is not visible yet" in result["msg"]
    assert ses.calls["CreateEmailIdentity"] == 1


# -- the account -----------------------------------------------------------------------------------------------------


def test_a_key_without_the_right(run: Run, ses_account: Account) -> None:
    ses_account.denied.add("ListEmailIdentities")
    assert "it must allow ses:ListEmailIdentities" in run()["msg"]


def test_a_right_that_is_missed_while_reading_limits_is_no_failure(run: Run, ses_account: Account) -> None:
    ses_account.denied.add("GetAccount")
    result = run()
    assert not result.get("failed") and any("ses:GetAccount" in one for one in result["warnings"])


def test_the_sandbox_is_told(run: Run, ses_account: Account) -> None:
    ses_account.places["eu-west-1"].sandbox = True
    result = run()
    assert result["limits"]["sandbox"] is True and "sandbox in eu-west-1" in result["by_hand"][0]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"service": "amazonses"}, "amazonses: no such service. Did you mean amazon_ses?"),
        ({"service": "gmail"}, "has no API that registers domains"),
        ({"account": {"region": "eu-west-9"}}, "amazon_ses has no region eu-west-9. Did you mean"),
        (
            {"account": {"region": "eu-west-1", "api_key": "not-a-secret-key"}},
            "api_key is not an option of the service amazon_ses",
        ),
        ({"sending_domain": "mg.other.test"}, "mg.other.test is not company.test or below it"),
        ({"return_path": "."}, "is not a domain name"),
        (
            {"service": "brevo", "account": {"api_key": "a-key-of-brevo"}, "feedback": True},
            "feedback: Brevo has no feedback to choose",
        ),
        ({"dkim_selector": "abc"}, "dkim_selector: Amazon SES has no DKIM selector to choose"),
    ],
)
def test_bad_input_is_one_sentence(run: Run, ses: AmazonSesSimulator, options: dict[str, Any], said: str) -> None:
    result = run(check=True, **options)
    assert result["failed"] and said in result["msg"]
    assert not writes(ses)


# -- absent ----------------------------------------------------------------------------------------------------------


def test_ours_is_removed_and_what_led_there_is_listed(
    run: Run, ses: AmazonSesSimulator, nameserver: Nameserver
) -> None:
    registered = run()
    publish(nameserver, registered["records"])
    removed = run(state="absent")
    assert removed["changed"] and not removed["registered"]
    (item,) = removed["records"]
    assert {one["selector"] for one in item["dkim"]} == {one["selector"] for one in registered["records"][0]["dkim"]}
    assert all(one["state"] == "absent" for one in (*item["dkim"], *item["records"]))
    assert not run(state="absent")["changed"]


def test_what_bears_no_mark_is_not_removed(run: Run, ses: AmazonSesSimulator, ses_account: Account) -> None:
    ses.add_identity(ses_account, "eu-west-1", DOMAIN)
    refused = run(state="absent")
    assert refused["failed"] and "set delete_unmarked: true" in refused["msg"]
    predicted = run(check=True, state="absent", delete_unmarked=True)
    assert predicted["changed"] and not predicted["registered"] and writes(ses) == 0
    removed = run(state="absent", delete_unmarked=True)
    assert removed["changed"] and not removed["registered"] and ses.calls["DeleteEmailIdentity"] == 1


def test_what_still_leads_to_the_service_is_told_though_nothing_is_registered(run: Run, nameserver: Nameserver) -> None:
    """Whoever else registers the domain there would get its bounces."""
    nameserver.set_zone(DOMAIN, "bounces IN MX 10 feedback-smtp.eu-west-1.amazonses.com.")
    gone = run(state="absent")
    assert not gone["changed"] and gone["findings"] == [
        f"MX bounces.{DOMAIN} leads to Amazon SES, where {DOMAIN} is not registered in this account: whoever registers "
        "it there gets what the record gives. Register it, or remove the record."
    ]
    nameserver.set_zone(DOMAIN)
    assert run(state="absent")["findings"] == []
