# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all clients of sending services share: names, states and accounts."""

from __future__ import annotations

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput, ProviderError, not_the_api
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.contract import (
    FAILED,
    PENDING,
    VERIFIED,
    AccountRefused,
    Busy,
    FoundDomains,
    NotThere,
    Progress,
    Registration,
    ServiceRefused,
)
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.fields import absolute
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.options import settings_of


@pytest.mark.parametrize(
    "told", ["t1._domainkey.company.test", "t1._domainkey.company.test.", "t1._domainkey", "T1._DomainKey"]
)
def test_a_name_in_any_form_becomes_absolute(told: str) -> None:
    assert absolute(told, "company.test", "company.test", "company.test") == "t1._domainkey.company.test"


def test_a_label_is_relative_to_the_registered_subdomain() -> None:
    name = absolute("t1._domainkey", "email.company.test", "email.company.test", "company.test")
    assert name == "t1._domainkey.email.company.test"


def test_a_name_may_be_relative_to_the_organisational_domain() -> None:
    assert absolute("_dmarc.email", "company.test", "email.company.test", "company.test") == "_dmarc.email.company.test"


@pytest.mark.parametrize("told", ["@", ""])
def test_an_empty_name_is_the_domain_itself(told: str) -> None:
    assert absolute(told, "company.test", "company.test", "company.test") == "company.test"


def test_a_name_of_another_domain_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"at mail\.other\.test, which is not in company\.test: not published"):
        absolute("mail.other.test.", "company.test", "company.test", "company.test")


@pytest.mark.parametrize(
    ("states", "verification"),
    [
        ((VERIFIED, VERIFIED), VERIFIED),
        ((VERIFIED, PENDING), PENDING),
        ((PENDING, FAILED), FAILED),
        ((VERIFIED, FAILED), FAILED),
        ((), PENDING),
    ],
)
def test_a_domain_is_verified_when_all_its_parts_are(states: tuple[str, ...], verification: str) -> None:
    parts = {f"part{number}": Progress(state, state.upper()) for number, state in enumerate(states)}
    assert Registration("company.test", "1", parts).verification == verification


def test_an_option_of_another_service_is_refused() -> None:
    with pytest.raises(InvalidInput, match="profile is not an option of the service mailgun: remove it"):
        settings_of("mailgun", {"region": "eu", "api_key": "k", "profile": "work"})


def test_environment_variables_of_the_vendor_fill_in_missing_options(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-3")
    assert settings_of("amazon_ses", {"region": None})["region"] == "eu-west-3"
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert settings_of("amazon_ses", {"region": None})["region"] == "eu-west-1"
    assert settings_of("amazon_ses", {"region": "us-east-1"})["region"] == "us-east-1"


def test_a_missing_option_is_named_with_its_environment_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAILGUN_API_KEY", raising=False)
    with pytest.raises(
        InvalidInput, match="api_key is needed for the service mailgun, or the environment variable MAILGUN_API_KEY"
    ):
        settings_of("mailgun", {"region": "eu", "api_key": None})


def each(answers: dict[str, Exception | None]) -> FoundDomains:
    def read(name: str) -> Registration:
        answer = answers[name]
        if answer is not None:
            raise answer
        return Registration(name, name, {})

    return FoundDomains.each(list(answers), read)


@pytest.mark.parametrize(
    "refusal",
    [
        ServiceRefused("no"),
        AccountRefused("not for this identity", "ses:GetEmailIdentity"),
        InvalidInput("a record in another domain"),
        not_the_api("Somewhere"),
    ],
)
def test_a_refusal_for_one_domain_does_not_affect_the_others(refusal: Exception) -> None:
    found = each({"a.test": None, "b.test": refusal, "c.test": NotThere(""), "d.test": None})
    assert sorted(found) == ["a.test", "d.test"] and found.refused == {"b.test": refusal}


@pytest.mark.parametrize("refusal", [AccountRefused("a revoked key"), Busy("slowly"), ProviderError("no answer")])
def test_a_refusal_for_the_account_stops_after_the_first_request(refusal: Exception) -> None:
    with pytest.raises(type(refusal)):
        each({"a.test": refusal, "b.test": AssertionError("is not asked")})


def test_three_refusals_in_a_row_count_as_one_for_the_account_if_more_domains_follow() -> None:
    no = ServiceRefused("no")
    with pytest.raises(ServiceRefused):
        each({"a.test": no, "b.test": no, "c.test": no, "d.test": AssertionError("is not asked")})
    few = each({"a.test": no, "b.test": no, "c.test": no})
    assert list(few.refused) == ["a.test", "b.test", "c.test"]
