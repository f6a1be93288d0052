# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Interrupted writes at OVH: everything written is published, by this run or by the next one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import dns.name
import dns.rdata
import dns.rdatatype
import pytest

from ansible_collections.postmaster.mail.plugins.module_utils import interrupts
from ansible_collections.postmaster.mail.plugins.module_utils.errors import Interrupted, PartlyApplied
from ansible_collections.postmaster.mail.plugins.module_utils.providers.ovh.records import Entry
from ansible_collections.postmaster.mail.plugins.module_utils.providers.ovh.write import Write, Writer
from ansible_collections.postmaster.mail.plugins.module_utils.zone.model import Zone

ZONE = Zone(dns.name.from_text("company-name.com"), "/domain/zone/company-name.com")


def deletion(number: int) -> Write:
    value = dns.rdata.from_text("IN", "A", f"192.0.2.{number}")
    return Write(Entry(ZONE.name, dns.rdatatype.A, value, 3600, number, "A", value.to_text()), None)


@pytest.fixture(autouse=True)
def undisturbed() -> Iterator[None]:
    yield
    interrupts.forget()


def carry_out(writes: int, interrupted_in: int) -> tuple[list[str], Exception | None]:
    """The calls and the error if the run is interrupted during call number ``interrupted_in``; 0: before all calls."""
    calls: list[str] = []

    def call(method: str, path: str, *given: Any, **options: Any) -> None:
        interrupts.go_on()
        calls.append(f"{method} {path.rpartition('/')[2]}")
        if len(calls) == interrupted_in:
            interrupts.interrupt(" by SIGTERM")

    if not interrupted_in:
        interrupts.interrupt(" by SIGTERM")
    try:
        Writer(ZONE, call, frozenset()).carry_out([deletion(number + 1) for number in range(writes)])
    except Exception as error:
        return calls, error
    return calls, None


def test_a_run_interrupted_in_its_last_write_still_publishes() -> None:
    assert carry_out(2, interrupted_in=2) == (["DELETE 1", "DELETE 2", "POST refresh"], None)


def test_a_run_interrupted_before_its_last_write_leaves_the_rest_to_the_next_run() -> None:
    calls, error = carry_out(3, interrupted_in=1)
    assert calls == ["DELETE 1", "DELETE 2"]
    assert isinstance(error, PartlyApplied)
    assert "Not done: -company-name.com A 192.0.2.3." in str(error) and "Perhaps" not in str(error)
    assert "A second run" in str(error)


def test_nothing_is_written_after_an_interruption() -> None:
    calls, error = carry_out(1, interrupted_in=0)
    assert (calls, type(error)) == ([], Interrupted)
