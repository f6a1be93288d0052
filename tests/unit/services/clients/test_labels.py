# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DNS names that two registrations need or that another service uses: checked before a service is asked."""

from __future__ import annotations

import dataclasses

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


def claim(service: str, path: str | bool | None = None, selector: str | None = None, **account: str) -> Claim:
    stated = f"{path}.{DOMAIN}" if isinstance(path, str) else path
    desired = Desired(DOMAIN, DOMAIN, stated, dkim_selector=selector)
    return claim_of(client_class(service)({**ACCOUNTS[service], **account}), desired)


def taken(*claims: Claim) -> list[dict[str, str]]:
    """For each claim, the labels and selectors that others take."""
    found = of_others(claims, [{} for dummy in claims])
    return [{name[: -len(DOMAIN) - 1]: str(held) for name, held in one.items()} for one in found]


@pytest.mark.parametrize(
    ("service", "paths", "keys"),
    [
        ("amazon_ses", ["bounce", "bounces", "mail-bounce", "ses-bounce"], [""]),
        ("sendgrid", ["em", "bounce", "sg-bounce"], ["s1 s2", "sga sga2", "sgb sgb2", "sgc sgc2"]),
        ("postmark", ["pm-bounces", "pm-bounce", "postmark-bounces"], [""]),
        ("mailjet", [], ["mailjet"]),
    ],
)
def test_each_service_claims_its_return_paths_and_selectors(service: str, paths: list[str], keys: list[str]) -> None:
    one = claim(service)
    assert [name[: -len(DOMAIN) - 1] for name in one.paths] == paths and not one.is_stated
    end = f"._domainkey.{DOMAIN}"
    assert [" ".join(name[: -len(end)] for name in names) for names in one.keys.values()] == keys
    assert one.certain.names == (one.key_names if len(keys) == 1 else ())


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


def test_default_selectors_are_those_of_the_first_account() -> None:
    first, second, third = taken(*(claim("sendgrid", api_key=f"SG.{number}") for number in range(3)))
    selectors = ["s1._domainkey", "s2._domainkey"]
    assert not [name for name in first if "_domainkey" in name]
    assert [name for name in second if "_domainkey" in name] == selectors
    assert [name for name in third if "_domainkey" in name] == [*selectors, "sga._domainkey", "sga2._domainkey"]


def test_default_selectors_make_way_for_one_that_is_stated_as_a_whole() -> None:
    first, second = taken(claim("sendgrid", selector="sga"), claim("sendgrid", api_key="SG.2"))
    assert first == {} and sorted(second) == ["em", "sga._domainkey", "sga2._domainkey"]


def test_a_selector_that_two_state_is_that_of_neither() -> None:
    two = claim("sendgrid", "em1", selector="abc"), claim("sendgrid", "em2", selector="abc", api_key="SG.2")
    first, second = taken(*two)
    assert list(first) == list(second) == ["abc._domainkey", "abc2._domainkey"]
    facts = client_class("sendgrid").facts
    (others, dummy) = of_others(two, [{}, {}])
    with pytest.raises(NameTaken) as error:
        refuse(two[0], others, {}, facts, DOMAIN)
    assert error.value.found == (
        "abc._domainkey.company.test is held by the sender at SendGrid (global), and SendGrid needs the same name as "
        "key of DKIM of company.test. SendGrid was not asked, and nothing was changed."
    )
    assert error.value.cure.startswith("Give another dkim_selector, or leave it out, or remove what holds it")


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
        ("sendgrid", "abc", Held("CNAME", "abc.domainkey.u1.wl1.sendgrid.net", SHOP), False),
        ("sendgrid", "abc", Held("CNAME", "abc.other-service.test", SHOP), True),
        ("sendgrid", "abc", Held("TXT", "v=DKIM1; k=rsa; p=abc", SHOP), True),
        ("sendgrid", "abc", Held("", "", SHOP), True),
        ("sendgrid", "s1", Held("", "", SHOP), False),  # other selectors will do
        ("mailjet", "mailjet", Held("TXT", "v=DKIM1; k=rsa; p=abc", SHOP), False),
        ("mailjet", "mailjet", Held("CNAME", "x.other-service.test", SHOP), True),
    ],
)
def test_a_key_of_another_sender_that_may_be_that_of_the_registration_is_asked_for(
    service: str, selector: str, held: Held, is_refused: bool
) -> None:
    names = {f"{selector}._domainkey.{DOMAIN}": held}
    one, facts = claim(service, selector="abc" if selector == "abc" else None), client_class(service).facts
    (others,) = of_others([one], [names])
    said = ""
    try:
        refuse(one, others, {}, facts, DOMAIN)
    except NameTaken as error:
        said = error.found
    assert ("is held by the sender Shop" in said) == bool(said) == is_refused


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
    said = ""
    try:
        refuse_others(Registration(DOMAIN, "1", {}, (record,)), {record.name: held}, client_class("sendgrid").facts)
    except NameTaken as error:
        said = error.found
    told = f"{record.name} is held by the sender Shop, and SendGrid has another record there for company.test: "
    assert said == (f"{told}{record.type} {record.values[0]}. Nothing was changed." if is_refused else "")


def refusal(service: str, name: str, holder: Held, path: str | None = None, selector: str | None = None) -> str:
    facts = client_class(service).facts
    with pytest.raises(Conflict) as error:
        refuse(claim(service, path, selector), {}, {f"{name}.{DOMAIN}": holder}, facts, DOMAIN)
    return str(error.value)


def test_a_given_label_that_another_service_uses_is_refused() -> None:
    said = refusal("amazon_ses", "bounce", Held("CNAME", "x.other-service.test"), "bounce")
    assert said.startswith(
        "bounce.company.test is held by CNAME x.other-service.test, and Amazon SES needs the same name as return path "
        "of company.test. Amazon SES was not asked, and nothing was changed."
    )


def test_a_selector_that_another_service_uses_is_refused() -> None:
    assert "needs the same name as key of DKIM" in refusal(
        "sendgrid", "abc2._domainkey", Held("CNAME", "s1.other-service.test"), selector="abc"
    )


@pytest.mark.parametrize(
    ("service", "path", "selector", "name", "holder"),
    [
        # it may belong to this account
        ("sendgrid", None, "abc", "abc._domainkey", Held("CNAME", "abc.domainkey.u1.wl1.sendgrid.net")),
        ("sendgrid", "em", None, "em", Held("CNAME", "u1.wl1.sendgrid.net")),
        # from a proxy that hides a CNAME
        ("sendgrid", None, "abc", "abc._domainkey", Held("A", "192.0.2.1")),
        ("postmark", "out", None, "out", Held("AAAA", "2001:db8::1")),
        ("mailjet", None, None, "mailjet._domainkey", Held("TXT", "k=rsa; p=abc")),
        # another default label or selector can be used
        ("amazon_ses", None, None, "bounce", Held("CNAME", "x.other-service.test")),
        ("sendgrid", None, None, "s1._domainkey", Held("CNAME", "s1.other-service.test")),
        ("amazon_ses", "bounce", None, "bounce", None),
    ],
)
def test_a_name_that_may_be_ours_is_not_refused(
    service: str, path: str | None, selector: str | None, name: str, holder: Held | None
) -> None:
    refuse(claim(service, path, selector), {}, {f"{name}.{DOMAIN}": holder}, client_class(service).facts, DOMAIN)
