# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DNS names that two registrations need or that another service uses: checked before a service is asked."""

from __future__ import annotations

import dataclasses
from contextlib import nullcontext

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.errors import Conflict
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.contract import (
    DKIM,
    RETURN_PATH,
    TRACKING,
    Desired,
    Registration,
    ServiceRecord,
)
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.labels import (
    Claim,
    Held,
    claim_of,
    of_others,
    refuse,
    refuse_others,
)
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.planning import NameTaken
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.registry import client_class

DOMAIN = "company.test"
SHOP = "the sender Shop"
ACCOUNTS = {
    "amazon_ses": {"region": "eu-west-1", "access_key": "AKIAIOSFODNN7EXAMPLE", "secret_key": "x" * 40},
    "sendgrid": {"region": "global", "api_key": "SG.key"},
    "mailjet": {"api_key": "key", "secret_key": "secret"},
    "postmark": {"account_token": "token"},
}


def claim(service: str, path: str | bool | None = None, **account: str) -> Claim:
    stated = f"{path}.{DOMAIN}" if isinstance(path, str) else path
    return claim_of(client_class(service)({**ACCOUNTS[service], **account}), Desired(DOMAIN, DOMAIN, stated))


def taken(*claims: Claim) -> list[dict[str, str]]:
    """For each claim, the labels and selectors that others take."""
    found = of_others(claims, [{} for dummy in claims])
    return [{name[: -len(DOMAIN) - 1]: str(held) for name, held in one.items()} for one in found]


@pytest.mark.parametrize(
    ("service", "paths", "keys"),
    [
        ("amazon_ses", ["bounce", "bounces", "mail-bounce", "ses-bounce"], []),
        ("sendgrid", ["em", "bounce", "sg-bounce"], ["s1._domainkey", "s2._domainkey"]),
        ("postmark", ["pm-bounces", "pm-bounce", "postmark-bounces"], []),
        ("mailjet", [], ["mailjet._domainkey"]),
    ],
)
def test_each_service_claims_its_return_paths_and_selectors(service: str, paths: list[str], keys: list[str]) -> None:
    one = claim(service)
    assert [name[: -len(DOMAIN) - 1] for name in one.paths] == paths and not one.is_stated
    assert [name[: -len(DOMAIN) - 1] for name in one.keys] == keys == [name[: -len(DOMAIN) - 1] for name in one.fixed]


def test_the_first_sender_gets_the_default_label() -> None:
    first, second = taken(claim("amazon_ses"), claim("amazon_ses", region="us-east-1"))
    assert first == {} and second == {"bounce": "the sender at Amazon SES (eu-west-1)"}


def test_a_default_label_yields_to_a_given_one() -> None:
    first, second = taken(claim("sendgrid"), claim("postmark", "em"))
    assert first == {"em": "the sender at Postmark"} and second == {}


def test_a_return_path_given_by_two_senders_is_taken_for_both() -> None:
    first, second = taken(claim("amazon_ses", "out"), claim("postmark", "out"))
    assert list(first) == list(second) == ["out"]


def test_two_senders_that_publish_the_same_records_may_share_a_label() -> None:
    assert taken(claim("postmark", "out"), claim("postmark", "out")) == [{}, {}]


def test_selectors_that_two_accounts_of_one_service_need_are_taken_for_both() -> None:
    first, second = taken(claim("mailjet"), claim("mailjet", api_key="another"))
    assert first == second == {"mailjet._domainkey": "the sender at Mailjet"}


def test_names_of_other_senders_are_taken() -> None:
    shop = Held("CNAME", "x.example", SHOP)
    names = {f"em.{DOMAIN}": shop, f"www.{DOMAIN}": shop}
    assert of_others([claim("sendgrid")], [names]) == [{f"em.{DOMAIN}": shop}]


@pytest.mark.parametrize(
    ("held", "is_same"),
    [
        (Held("CNAME", "pm.mtasv.net", SHOP), True),
        (Held("CNAME", "x.example", SHOP), False),
        (Held("TXT", "pm.mtasv.net", SHOP), False),
        (Held("", "", SHOP), False),
    ],
)
def test_another_sender_that_publishes_the_same_takes_nothing(held: Held, is_same: bool) -> None:
    names = {f"out.{DOMAIN}": held}
    assert of_others([claim("postmark", "out")], [names]) == [{} if is_same else names]


@pytest.mark.parametrize(
    ("service", "selector", "held", "is_refused"),
    [
        ("sendgrid", "s1", Held("CNAME", "s1.domainkey.u1.wl1.sendgrid.net", SHOP), False),
        ("sendgrid", "s1", Held("CNAME", "s1.other-service.test", SHOP), True),
        ("sendgrid", "s1", Held("TXT", "v=DKIM1; k=rsa; p=abc", SHOP), True),
        ("sendgrid", "s1", Held("", "", SHOP), True),
        ("mailjet", "mailjet", Held("TXT", "v=DKIM1; k=rsa; p=abc", SHOP), False),
        ("mailjet", "mailjet", Held("CNAME", "x.other-service.test", SHOP), True),
    ],
)
def test_a_key_of_another_sender_that_may_be_that_of_the_registration_is_asked_for(
    service: str, selector: str, held: Held, is_refused: bool
) -> None:
    names = {f"{selector}._domainkey.{DOMAIN}": held}
    one, facts = claim(service), client_class(service).facts
    (others,) = of_others([one], [names])
    with pytest.raises(NameTaken, match="is held by the sender Shop") if is_refused else nullcontext():
        refuse(one, others, {}, facts, DOMAIN)


S1, BOUNCE = f"s1._domainkey.{DOMAIN}", f"bounce.{DOMAIN}"
KEY = ServiceRecord(S1, "CNAME", ("s1.domainkey.u1.wl1.sendgrid.net",), DKIM)
TEXT = ServiceRecord(S1, "TXT", ("k=rsa; p=abc",), DKIM)
EXCHANGE = ServiceRecord(BOUNCE, "MX", ("10 feedback-smtp.eu-west-1.amazonses.com",), RETURN_PATH)


@pytest.mark.parametrize(
    ("record", "held", "is_refused"),
    [
        (KEY, Held("CNAME", "s1.domainkey.u1.wl1.sendgrid.net", SHOP), False),
        (KEY, Held("CNAME", "s1.domainkey.u2.wl1.sendgrid.net", SHOP), True),
        (KEY, Held("TXT", "v=DKIM1; p=abc", SHOP), True),
        (KEY, Held("", "", SHOP), True),
        (TEXT, Held("TXT", "v=DKIM1; k=rsa; p=abc", SHOP), False),
        (TEXT, Held("TXT", "v=DKIM1; k=rsa; p=abd", SHOP), True),
        (EXCHANGE, Held("MX", "10 feedback-smtp.eu-west-1.amazonses.com", SHOP), False),
        (EXCHANGE, Held("MX", "10 feedback-smtp.us-east-1.amazonses.com", SHOP), True),
        (EXCHANGE, Held("TXT", "some-code", SHOP), False),
        (EXCHANGE, Held("CNAME", "x.other-service.test", SHOP), True),
        (dataclasses.replace(EXCHANGE, purpose=TRACKING), Held("CNAME", "x.other-service.test", SHOP), False),
    ],
)
def test_a_registration_and_another_sender_may_publish_the_same(
    record: ServiceRecord, held: Held, is_refused: bool
) -> None:
    found = Registration(DOMAIN, "1", {}, (record,))
    with pytest.raises(NameTaken) if is_refused else nullcontext() as caught:
        refuse_others(found, {record.name: held}, client_class("sendgrid").facts)
    if caught is not None:
        assert str(caught.value).startswith(
            f"{record.name} is held by the sender Shop, and SendGrid has another record there for company.test: "
            f"{record.type} {record.values[0]}. Nothing was changed."
        )


def refusal(service: str, name: str, holder: Held, path: str | None = None) -> str:
    facts = client_class(service).facts
    with pytest.raises(Conflict) as error:
        refuse(claim(service, path), {}, {f"{name}.{DOMAIN}": holder}, facts, DOMAIN)
    return str(error.value)


def test_a_given_label_that_another_service_uses_is_refused() -> None:
    said = refusal("amazon_ses", "bounce", Held("CNAME", "x.other-service.test"), "bounce")
    assert said.startswith(
        "bounce.company.test is held by CNAME x.other-service.test, and Amazon SES needs the same name as return path "
        "of company.test. Amazon SES was not asked, and nothing was changed."
    )


def test_a_selector_that_another_service_uses_is_refused() -> None:
    assert "needs the same name as key of DKIM" in refusal(
        "sendgrid", "s1._domainkey", Held("CNAME", "s1.other-service.test")
    )


@pytest.mark.parametrize(
    ("service", "path", "name", "holder"),
    [
        (
            "sendgrid",
            None,
            "s1._domainkey",
            Held("CNAME", "s1.domainkey.u1.wl1.sendgrid.net"),
        ),  # it may belong to this account
        ("sendgrid", "em", "em", Held("CNAME", "u1.wl1.sendgrid.net")),
        ("sendgrid", None, "s1._domainkey", Held("A", "192.0.2.1")),  # from a proxy that hides a CNAME
        ("postmark", "out", "out", Held("AAAA", "2001:db8::1")),
        ("mailjet", None, "mailjet._domainkey", Held("TXT", "k=rsa; p=abc")),
        ("amazon_ses", None, "bounce", Held("CNAME", "x.other-service.test")),  # another default label can be used
        ("amazon_ses", "bounce", "bounce", None),
    ],
)
def test_a_name_that_may_be_ours_is_not_refused(service: str, path: str | None, name: str, holder: Held | None) -> None:
    refuse(claim(service, path), {}, {f"{name}.{DOMAIN}": holder}, client_class(service).facts, DOMAIN)
