# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which records of a service are published, in which form, and which of them count as present."""

from __future__ import annotations

import base64
import dataclasses
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ansible_collections.postmaster.mail.plugins.module_utils.errors import Conflict
from ansible_collections.postmaster.mail.plugins.module_utils.intents import build
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.contract import (
    DKIM,
    DMARC,
    OWNERSHIP,
    RECEIVING,
    RETURN_PATH,
    SPF,
    TRACKING,
    Desired,
    ServiceFacts,
    ServiceRecord,
)
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.planning import Surroundings
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.publication import (
    ObservedRecords,
    domain_items,
    missing,
    select,
)

KEY = base64.b64encode(
    rsa.generate_private_key(65537, 2048).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
).decode()
NAME = "mg.company.test"
FACTS = ServiceFacts("Service", "2026-11-29", 1.0)
WANTED = Desired("company.test", NAME)
CNAME = ServiceRecord(f"s1._domainkey.{NAME}", "CNAME", ("s1.dkim.service.test",), DKIM)
TXT_KEY = ServiceRecord(f"k1._domainkey.{NAME}", "TXT", (f"k=rsa; p={KEY}",), DKIM)
INCLUDE = ServiceRecord(NAME, "TXT", ("v=spf1 include:spf.service.test ?all",), SPF)
MX = ServiceRecord(NAME, "MX", ("10 mxa.service.test", "20 mxb.service.test"), RECEIVING, required=False)
LINK = ServiceRecord(f"email.{NAME}", "CNAME", ("link.service.test",), TRACKING, required=False)
POLICY = ServiceRecord(f"_dmarc.{NAME}", "TXT", ("v=DMARC1; p=none; rua=mailto:rua@service.test",), DMARC)
CODE = ServiceRecord(NAME, "TXT", ("service-code:0123",), OWNERSHIP)
ALL = (CNAME, TXT_KEY, INCLUDE, MX, LINK, POLICY, CODE)
EMPTY = Surroundings(exchanges=(), has_address=False, has_dmarc=True)


# -- what is published -----------------------------------------------------------------------------------------------


def purposes(around: Surroundings = EMPTY, facts: ServiceFacts = FACTS, **options: Any) -> set[str]:
    return {one.purpose for one in select(ALL, dataclasses.replace(WANTED, **options), facts, around).records}


def test_tracking_and_the_policy_of_the_service_are_left_out() -> None:
    chosen = select(ALL, WANTED, FACTS, EMPTY)
    assert {one.purpose for one in chosen.records} == {DKIM, SPF, RECEIVING, OWNERSHIP}
    assert [text.partition(",")[0] for text in chosen.left_out] == [
        f"CNAME email.{NAME}", f"TXT _dmarc.{NAME}: company.test keeps the DMARC policy that it has.",
    ]  # fmt: skip


def test_a_policy_is_published_only_if_there_is_none_and_without_reports_to_the_service() -> None:
    around = dataclasses.replace(EMPTY, has_dmarc=False)
    (policy,) = (one for one in select(ALL, WANTED, FACTS, around).records if one.purpose == DMARC)
    assert policy.values == ("v=DMARC1; p=none",)
    told = select(ALL, WANTED, FACTS, around).left_out
    assert f"The report address of Service in the DMARC record _dmarc.{NAME}." in told
    without = dataclasses.replace(POLICY, values=("v=DMARC1; p=none",))
    assert not any("report address" in text for text in select((without,), WANTED, FACTS, around).left_out)
    assert DMARC not in purposes(dataclasses.replace(EMPTY, has_dmarc=None))


@pytest.mark.parametrize(
    ("around", "published"),
    [
        (EMPTY, True),
        (dataclasses.replace(EMPTY, exchanges=("mxa.service.test", "mxb.service.test")), True),
        (dataclasses.replace(EMPTY, exchanges=("mail.other.test",)), False),
        (dataclasses.replace(EMPTY, has_address=True), False),
        (dataclasses.replace(EMPTY, exchanges=None), False),
        (dataclasses.replace(EMPTY, has_address=None), False),
    ],
)
def test_the_mx_is_published_only_where_nothing_receives_mail(around: Surroundings, published: bool) -> None:
    assert (RECEIVING in purposes(around)) == published


def test_the_mx_is_not_published_for_the_organisational_domain_or_if_the_service_discards_mail() -> None:
    desired = Desired(NAME, NAME)
    assert RECEIVING not in {one.purpose for one in select(ALL, desired, FACTS, EMPTY).records}
    assert RECEIVING not in purposes(facts=dataclasses.replace(FACTS, receiving_swallows=True))
    assert RECEIVING in purposes(facts=dataclasses.replace(FACTS, receiving_swallows=True), receiving=True)


def test_a_null_mx_is_reported() -> None:
    around = dataclasses.replace(EMPTY, exchanges=(".",))
    assert f"Service's MX at {NAME}: a null MX there says that no mail is accepted." in (
        select(ALL, WANTED, FACTS, around).left_out
    )
    with pytest.raises(Conflict, match=r"says with a null MX that it accepts no mail, and .* would contradict it"):
        purposes(around, receiving=True)


def test_the_mx_is_refused_beside_another_mx() -> None:
    with pytest.raises(Conflict, match=r"mail\.other\.test, and Service's MX at mg\.company\.test would take it away"):
        purposes(dataclasses.replace(EMPTY, exchanges=("mail.other.test",)), receiving=True)


# -- as options of domain_records ------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["present", "absent"])
def test_domain_records_accepts_the_returned_records(state: str) -> None:
    (item,) = domain_items((CNAME, TXT_KEY, INCLUDE, MX, LINK, CODE), NAME, state)
    assert item["domain"] == NAME and item["spf"]["include"] == ["spf.service.test"]
    assert item["dkim"][0]["cname"] == "s1.dkim.service.test" and item["dkim"][1]["public_key"] == KEY
    assert [one["value"] for one in item["records"]] == [
        "10 mxa.service.test", "20 mxb.service.test", "link.service.test", "service-code:0123",
    ]  # fmt: skip
    assert build.domain_intents(item)


def test_a_published_policy_is_never_removed() -> None:
    assert domain_items((POLICY,), NAME) == [{"domain": NAME, "dmarc": {"policy": "none"}}]
    assert domain_items((POLICY,), NAME, "absent") == []


def test_without_records_there_is_no_item() -> None:
    assert domain_items((), NAME) == []


# -- what counts as present ------------------------------------------------------------------------------------------


def seen(*values: str, **more: Any) -> ObservedRecords:
    return ObservedRecords((values,), **more)


@pytest.mark.parametrize(
    ("record", "values"),
    [
        (CNAME, ("S1.dkim.Service.test.",)),
        (TXT_KEY, (f"v=DKIM1; k=rsa; p={KEY}",)),
        (TXT_KEY, (f"k=rsa;p={KEY}",)),
        (TXT_KEY, (f"v=DKIM1; h=sha256; k=rsa; p={KEY}; n=by hand",)),
        (TXT_KEY, (f"k=rsa; p={KEY[:100]} {KEY[100:]}",)),
        (INCLUDE, ("v=spf1 mx include:SPF.service.test -all", "other")),
        (MX, ("20 mxb.service.test.", "10 MXA.service.test", "30 mail.other.test")),
        (POLICY, ("v=DMARC1; p=reject",)),
        (CODE, ("other", "service-code:0123;")),
    ],
)
def test_an_equivalent_value_counts_as_present(record: ServiceRecord, values: tuple[str, ...]) -> None:
    assert missing(record, seen(*values)) is None


@pytest.mark.parametrize(
    ("record", "values"),
    [
        (CNAME, ("s2.dkim.service.test",)),
        (TXT_KEY, ("k=rsa; p=MIGfMA0GCSqGSIb3",)),
        (INCLUDE, ("v=spf1 include:other.test ~all",)),
        (INCLUDE, ("include:spf.service.test",)),
        (MX, ("10 mxa.service.test",)),
        (CODE, ("service-code:9999",)),
        (CODE, ()),
    ],
)
def test_a_missing_or_different_value_is_reported(record: ServiceRecord, values: tuple[str, ...]) -> None:
    lacking = missing(record, seen(*values))
    assert lacking is not None and lacking.known and lacking.found == tuple(sorted(values))
    assert lacking.why == ("another value is there" if values else "it is not there")


def test_all_name_servers_must_have_the_record() -> None:
    lacking = missing(CNAME, ObservedRecords((("s1.dkim.service.test",), ())))
    assert lacking is not None and lacking.why == "some of the name servers do not have it yet"


def test_a_record_is_unknown_if_no_server_answers() -> None:
    lacking = missing(CNAME, ObservedRecords((), ("ns1.company.test does not answer",)))
    assert lacking is not None and not lacking.known
    assert lacking.why == "could not be asked: ns1.company.test does not answer"


def test_a_cname_at_the_return_path_is_reported() -> None:
    record = ServiceRecord("bounce.company.test", "MX", ("10 feedback.service.test",), RETURN_PATH)
    lacking = missing(record, ObservedRecords(((),), aliases=("x.other.test",)))
    assert lacking is not None and lacking.found == ("CNAME x.other.test",)
