# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client of Amazon SES: what it reads, what it sends, what it makes of refusals."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.errors import OutcomeUnknown
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.amazon_ses import AmazonSes
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.contract import (
    FAILED,
    PENDING,
    VERIFIED,
    AccountRefused,
    AlreadyThere,
    Busy,
    Desired,
    NotThere,
    OverQuota,
    Registration,
    ServiceRefused,
)
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver
from ansible_collections.postmaster.mail.tests.simulators.services import amazon_ses as simulator
from ansible_collections.postmaster.mail.tests.simulators.services.amazon_ses import Account, AmazonSesSimulator

DOMAIN = "company.test"
WANTED = Desired(DOMAIN, DOMAIN, return_path="bounce.company.test", mark={"registered": "2026-11-29T08:00:00+00:00"})


@pytest.fixture
def client(ses_options: dict[str, Any]) -> Iterator[AmazonSes]:
    made = AmazonSes(ses_options)
    yield made
    made.close()


def found(client: AmazonSes, name: str = DOMAIN) -> Registration:
    return client.find([name])[name]


def publish(nameserver: Nameserver, registration: Registration, without: int = 0) -> None:
    """Put the records of a registration into DNS, but for so many."""
    lines = []
    for record in (registration.records or ())[without:]:
        dot = "" if record.type == "TXT" else "."
        value = f'"{record.values[0]}"' if record.type == "TXT" else record.values[0]
        lines.append(f"{record.name}. IN {record.type} {value}{dot}")
    nameserver.set_zone(DOMAIN, "\n".join(lines))


def test_a_registration_waits_for_its_records_and_is_verified_once_they_are_there(
    client: AmazonSes, nameserver: Nameserver
) -> None:
    nameserver.set_zone(DOMAIN)
    assert client.find([DOMAIN]) == {}
    client.register(WANTED, None)
    made = found(client)
    assert (made.verification, made.words) == (
        PENDING, {"domain": "PENDING", "dkim": "PENDING", "return_path": "PENDING"},
    )  # fmt: skip
    assert [record.type for record in made.records or ()] == ["CNAME", "CNAME", "CNAME", "MX", "TXT"]
    assert made.in_use["return_path"] == "bounce.company.test"
    assert made.mark == WANTED.mark
    assert made.pending_until == "2026-12-02T08:00:00+00:00"

    publish(nameserver, made, without=1)
    assert found(client).words == {"domain": "PENDING", "dkim": "PENDING", "return_path": "SUCCESS"}
    publish(nameserver, made)
    assert found(client).verification == VERIFIED


def test_a_record_that_is_lost_is_no_failure_of_the_domain(client: AmazonSes, nameserver: Nameserver) -> None:
    nameserver.set_zone(DOMAIN)
    client.register(WANTED, None)
    made = found(client)
    publish(nameserver, made)
    assert found(client).verification == VERIFIED
    publish(nameserver, made, without=1)
    lost = found(client)
    assert (lost.verification, lost.words["dkim"], lost.words["domain"]) == (PENDING, "TEMPORARY_FAILURE", "SUCCESS")
    assert lost.records == tuple(
        dataclasses.replace(one, state="TEMPORARY_FAILURE") if one.type == "CNAME" else one
        for one in made.records or ()
    )


def test_the_search_ends_after_72_hours(client: AmazonSes, ses: AmazonSesSimulator, nameserver: Nameserver) -> None:
    nameserver.set_zone(DOMAIN)
    client.register(WANTED, None)
    assert found(client).verification == PENDING
    ses.advance(72 * 3600 + 1)
    assert found(client).verification == FAILED


def test_what_ses_saw_is_told(client: AmazonSes, nameserver: Nameserver) -> None:
    nameserver.set_zone(DOMAIN)
    client.register(WANTED, None)
    (note,) = found(client).notes
    assert "HOST_NOT_FOUND, and asked a zone whose first name server is ns1.company.test" in note


def test_another_key_length_gives_new_tokens_and_the_domain_stays_verified(
    client: AmazonSes, nameserver: Nameserver
) -> None:
    nameserver.set_zone(DOMAIN)
    client.register(WANTED, None)
    before = found(client)
    publish(nameserver, before)
    assert found(client).verification == VERIFIED
    client.register(Desired(DOMAIN, DOMAIN, key_length=1024), before)
    after = found(client)
    assert (after.words["domain"], after.words["dkim"], after.verification) == ("SUCCESS", "PENDING", PENDING)
    assert after.in_use["key_length"] == 1024
    assert {one.name for one in after.records or () if one.purpose == "dkim"}.isdisjoint(
        one.name for one in before.records or () if one.purpose == "dkim"
    )


def test_the_zone_of_the_keys_is_read(client: AmazonSes, ses: AmazonSesSimulator) -> None:
    ses.dkim_zone = "dkim.c7.eu-x.amazonses.com"
    client.register(WANTED, None)
    values = [one.values[0] for one in found(client).records or () if one.purpose == "dkim"]
    assert all(value.endswith(".dkim.c7.eu-x.amazonses.com") for value in values)


@pytest.mark.parametrize(
    ("region", "zone"), [("eu-west-1", "dkim.amazonses.com"), ("eu-central-2", "dkim.eu-central-2.amazonses.com")]
)
def test_an_old_boto3_does_not_tell_the_zone_of_the_keys(
    ses: AmazonSesSimulator, ses_options: dict[str, Any], region: str, zone: str
) -> None:
    ses.tells_dkim_zone = False
    client = AmazonSes({**ses_options, "region": region})
    client.register(WANTED, None)
    values = [one.values[0] for one in found(client).records or () if one.purpose == "dkim"]
    assert [value.partition(".")[2] for value in values] == [zone] * 3


def test_what_is_not_stated_is_not_sent(client: AmazonSes, ses: AmazonSesSimulator, ses_account: Account) -> None:
    ses.add_identity(
        ses_account, "eu-west-1", DOMAIN, mail_from="send.company.test", feedback=False, configuration_set="shop"
    )
    there = found(client)
    assert there.in_use == {
        "region": "eu-west-1", "return_path": "send.company.test", "key_length": 2048, "configuration_set": "shop",
        "feedback": False,
    }  # fmt: skip
    assert there.mark == {}
    client.register(Desired(DOMAIN, DOMAIN), there)
    assert not [name for name in ses.calls if name.startswith("Put")]


def test_a_return_path_can_be_taken_away(client: AmazonSes) -> None:
    client.register(WANTED, None)
    client.register(Desired(DOMAIN, DOMAIN, return_path=False), found(client))
    assert found(client).in_use["return_path"] is False


def test_other_regions_know_nothing_of_it(client: AmazonSes, ses_options: dict[str, Any]) -> None:
    client.register(WANTED, None)
    assert AmazonSes({**ses_options, "region": "eu-west-3"}).find([DOMAIN]) == {}


def test_a_listing_of_many_pages_is_read_once(client: AmazonSes, ses: AmazonSesSimulator, ses_account: Account) -> None:
    names = [f"company{number}.test" for number in range(7)]
    for name in names:
        ses.add_identity(ses_account, "eu-west-1", name)
    ses.page_size = 3
    assert sorted(client.find([*names, "other.test"])) == names
    assert ses.calls == {"ListEmailIdentities": 3, "GetEmailIdentity": 7}


def test_an_address_with_settings_of_its_own_is_a_finding(
    client: AmazonSes, ses: AmazonSesSimulator, ses_account: Account
) -> None:
    ses.add_identity(ses_account, "eu-west-1", DOMAIN)
    ses.add_identity(ses_account, "eu-west-1", "news@company.test", feedback=False)
    ses.add_identity(ses_account, "eu-west-1", "info@company.test")
    ses.add_identity(ses_account, "eu-west-1", "news@notcompany.test", feedback=False)
    ses.add_identity(ses_account, "eu-west-1", "shop@company.test", configuration_set="shop")
    first, second = found(client).findings
    assert first.startswith("news@company.test is an identity of its own, whose feedback by email differs from that of")
    assert second.startswith(
        "shop@company.test is an identity of its own, whose configuration set differs from that of"
    )


@pytest.mark.parametrize(
    ("fault", "kind"),
    [(429, Busy), (500, OutcomeUnknown), ("lost", OutcomeUnknown), (403, AccountRefused), (404, ServiceRefused)],
)
def test_a_registration_is_never_sent_twice(
    client: AmazonSes, ses: AmazonSesSimulator, fault: Any, kind: type[Exception]
) -> None:
    ses.fail("CreateEmailIdentity", fault)
    with pytest.raises(kind):
        client.register(WANTED, None)
    assert ses.calls["CreateEmailIdentity"] == 1


def test_a_page_of_html_is_not_taken_for_a_missing_domain(client: AmazonSes, ses: AmazonSesSimulator) -> None:
    client.register(WANTED, None)
    ses.fail("GetEmailIdentity", "html")
    told = client.find([DOMAIN])
    assert not told and "something other than its API describes" in str(told.refused[DOMAIN])


def test_a_page_of_html_is_not_taken_for_success(client: AmazonSes, ses: AmazonSesSimulator) -> None:
    client.register(Desired(DOMAIN, DOMAIN), None)
    ses.fail("PutEmailIdentityMailFromAttributes", "html")
    with pytest.raises(OutcomeUnknown, match="something other than its API describes"):
        client.register(WANTED, found(client))


def test_refusals_are_told_by_kind(
    client: AmazonSes, ses: AmazonSesSimulator, ses_account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.register(WANTED, None)
    with pytest.raises(AlreadyThere):
        client.register(WANTED, None)
    monkeypatch.setattr(simulator, "MOST_IDENTITIES", 1)
    with pytest.raises(OverQuota, match="as many identities as it may have in this region"):
        client.register(dataclasses.replace(WANTED, domain="other.test", sending_domain="other.test"), None)
    client.remove(found(client))
    with pytest.raises(NotThere):
        client.remove(Registration(DOMAIN, DOMAIN, {}))


def test_a_missing_right_is_named(client: AmazonSes, ses_account: Account) -> None:
    ses_account.denied.add("CreateEmailIdentity")
    with pytest.raises(AccountRefused, match="it must allow ses:CreateEmailIdentity") as caught:
        client.register(WANTED, None)
    assert caught.value.right == "ses:CreateEmailIdentity"


def test_a_revoked_key_is_told(ses: AmazonSesSimulator, ses_options: dict[str, Any]) -> None:
    ses.accounts.clear()
    with pytest.raises(AccountRefused, match="refuses the credentials") as caught:
        AmazonSes(ses_options).find([DOMAIN])
    assert ses_options["secret_key"] not in str(caught.value)


def test_the_sandbox_is_seen(client: AmazonSes, ses_account: Account) -> None:
    assert client.limits().sandbox is False
    place = ses_account.places["eu-west-1"]
    place.sandbox, place.review, place.enforcement = True, "DENIED", "PROBATION"
    limits = client.limits()
    assert (limits.sandbox, limits.per_day, limits.per_second) == (True, 200.0, 1.0)
    assert "PROBATION" in limits.notes[0] and "sandbox is denied" in limits.notes[1]


def test_the_simulator_is_held_against_the_words_of_the_model() -> None:
    """botocore's own validation lets a status pass that the API does not have."""
    shape = simulator._model().operation_model("GetEmailIdentity").output_shape
    assert not simulator._faults({"VerificationStatus": "SUCCESS", "DkimAttributes": {"Status": "PENDING"}}, shape)
    assert "VERIFIED is not one of" in simulator._faults({"DkimAttributes": {"Status": "VERIFIED"}}, shape)
    assert simulator._faults({"Verified": True}, shape)
    operation = simulator._model().operation_model("CreateEmailIdentity")
    refused = (
        operation.input_shape,
        {"EmailIdentity": DOMAIN, "DkimSigningAttributes": {"NextSigningKeyLength": "2048"}},
    )
    assert "2048 is not one of" in simulator._faults(refused[1], refused[0]), "requests are validated, too"
    with pytest.raises(AssertionError, match="has no error 404 AlreadyExistsException"):
        simulator._assert_declared(simulator._refusal(404, "AlreadyExistsException", ""), operation)
    for status, code in (
        (400, "AlreadyExistsException"),
        (404, "NotFoundException"),
        (429, "TooManyRequestsException"),
    ):
        simulator._assert_declared(simulator._refusal(status, code, ""), operation)
