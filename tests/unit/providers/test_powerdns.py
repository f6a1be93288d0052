# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How PowerDNS writes TXT values and zone names, and the error after a failed write."""

from __future__ import annotations

import contextlib

import dns.rdatatype
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.errors import OutcomeUnknown
from ansible_collections.postmaster.mail.plugins.module_utils.names import record_name
from ansible_collections.postmaster.mail.plugins.module_utils.providers import powerdns
from ansible_collections.postmaster.mail.plugins.module_utils.providers.http import HttpError
from ansible_collections.postmaster.mail.plugins.module_utils.providers.spelling import unquoted
from ansible_collections.postmaster.mail.plugins.module_utils.zone import rdata
from ansible_collections.postmaster.mail.plugins.module_utils.zone.model import RecordSet, Zone
from ansible_collections.postmaster.mail.plugins.module_utils.zone.plan import Change, Plan


@given(st.binary(max_size=1500))
def test_any_txt_value_is_read_back_unchanged(value: bytes) -> None:
    assert unquoted(rdata.txt(value).to_text()) == value


@given(st.lists(st.binary(max_size=400), min_size=1, max_size=5))
def test_quoted_strings_of_any_octets_are_joined(strings: list[bytes]) -> None:
    spelled = b" ".join(b'"' + part.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"' for part in strings)
    assert unquoted(spelled.decode("utf-8", "surrogateescape")) == b"".join(strings)


@pytest.mark.parametrize("content", ["", "v=spf1 -all", '"open', '"a" b', r'"\300"'])
def test_content_that_is_not_quoted_strings_is_not_guessed(content: str) -> None:
    with contextlib.suppress(ValueError):
        assert unquoted(content) is None


def test_a_zone_name_in_a_url_is_escaped_as_in_powerdns() -> None:
    assert powerdns._escaped("0/26.2.0.192.in-addr.arpa.") == "0=2F26.2.0.192.in-addr.arpa."


class Failing:
    """An API that fails at a write, and at every request after that."""

    def __init__(self) -> None:
        self.failed = False

    def get(self, *dummy: object) -> dict[str, object]:
        if self.failed:
            self.send()
        return {"kind": "Native", "rrsets": []}

    def send(self, *dummy: object) -> None:
        self.failed = True
        raise HttpError("PowerDNS fails.", 500, "down")


def test_after_a_failed_write_that_cannot_be_checked_the_outcome_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(powerdns, "_PAUSES", (0.0,))
    provider = powerdns.PowerDns({"endpoint": "https://dns.example.net", "api_key": "hidden"})
    provider._api = Failing()  # type: ignore[assignment]
    name = record_name("company-name.com")
    snapshot = provider.read(Zone(name, "/zones/company-name.com.", handle=[]), frozenset())
    value = RecordSet(name, dns.rdatatype.TXT, (rdata.txt(b"new"),), 3600)
    with pytest.raises(OutcomeUnknown):
        provider.apply(Plan(snapshot, (Change(None, value),)))
