# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils import interrupts
from ansible_collections.postmaster.mail.plugins.module_utils.intents import build
from ansible_collections.postmaster.mail.plugins.module_utils.zone import second_look
from ansible_collections.postmaster.mail.plugins.module_utils.zone.engine import Request, run
from ansible_collections.postmaster.mail.tests.integration.providers.backend import Ensure
from ansible_collections.postmaster.mail.tests.support.memory import Memory, name, parse

DOMAIN, SHOP = "company-name.com", "shop.company-name.com"
OURS = '"v=spf1 include:_spf.odoo.com ~all"'


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Memory:
    """A provider without a guard against concurrent writers, whose zones are read again at once."""
    monkeypatch.setattr(second_look, "PAUSE", 0.0)
    memory = Memory({DOMAIN: ""}, guarded=False)
    memory.facts = dataclasses.replace(memory.facts, guarded=False, reads_back=False)
    return memory


def added(memory: Memory, text: str) -> None:
    for key, record_set in parse(text).items():
        there = memory.zones[name(DOMAIN)].get(key)
        values = (*(there.values if there else ()), *record_set.values)
        memory.zones[name(DOMAIN)][key] = dataclasses.replace(record_set, values=values)


def test_a_conflict_about_one_domain_does_not_affect_another(provider: Memory) -> None:
    """Another run adds a second SPF record to one domain, and a verification record to the other."""

    def interfere(memory: Memory) -> None:
        memory.after_write = lambda again: None
        added(memory, f'{DOMAIN} 300 TXT "a-verification=1"')
        added(memory, f'{SHOP} 300 TXT "v=spf1 mx ~all"')

    provider.after_write = interfere
    for_odoo = {"include": ["_spf.odoo.com"]}
    run(
        [
            Request(name(domain), provider, tuple(build.domain_intents({"domain": domain, "spf": for_odoo})))
            for domain in (DOMAIN, SHOP)
        ]
    )
    apex = [line.split(" ", 3)[3] for line in provider.text(DOMAIN) if line.startswith(f"{DOMAIN} ")]
    assert apex == ['"a-verification=1"', OURS]


def test_a_zone_that_was_not_read_again_is_reported(provider: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run is interrupted after it has written three zones and before it has read any of them again."""
    monkeypatch.setattr(second_look, "PAUSE", 0.5)
    domains = [f"company-{number}.com" for number in range(3)]
    memory = Memory(dict.fromkeys(domains, ""), guarded=False)
    memory.facts = provider.facts

    def interrupt(again: Memory) -> None:
        if all(again.text(domain) for domain in domains):
            interrupts.interrupt(" by SIGTERM")

    memory.after_write = interrupt
    try:
        results = run([Request(name(domain), memory, (Ensure(domain, "TXT", "x"),)) for domain in domains], parallel=1)
    finally:
        interrupts.forget()
    for domain in domains:
        result = results[name(domain)]
        assert result.changed
        assert "was not checked a second time: the run was interrupted by SIGTERM" in str(result.error)


@pytest.mark.parametrize("theirs", ["a", "mx"])
def test_an_unrelated_value_does_not_decide_a_conflict(provider: Memory, theirs: str) -> None:
    """Both runs see a smaller value that is neither's. One must yield: the greater, or the one still running."""

    def interfere(memory: Memory) -> None:
        memory.after_write = lambda again: None
        added(memory, f'{DOMAIN} 300 TXT "a-verification=1"')
        added(memory, f'{DOMAIN} 300 TXT "v=spf1 {theirs} ~all"')

    provider.after_write = interfere
    wanted = build.domain_intents({"domain": DOMAIN, "spf": {"include": ["_spf.odoo.com"]}})
    result = run([Request(name(DOMAIN), provider, tuple(wanted))])[name(DOMAIN)]
    assert (result.error, result.changed) == (None, True)
    assert sorted(line.split(" ", 3)[3] for line in provider.text(DOMAIN)) == [
        '"a-verification=1"',
        f'"v=spf1 include:_spf.odoo.com {theirs} ~all"',
    ]


def test_if_both_runs_yield_the_replaced_value_is_not_lost(provider: Memory) -> None:
    added(provider, f'{DOMAIN} 300 TXT "v=spf1 include:a.example ~all"')
    rival = parse(f'{DOMAIN} 300 TXT "v=spf1 a include:a.example ~all"')
    key, theirs = next(iter(rival.items()))

    def yields_too(memory: Memory) -> None:
        memory.after_write = lambda again: None
        left = tuple(value for value in memory.zones[name(DOMAIN)][key].values if value not in theirs.values)
        memory.zones[name(DOMAIN)][key] = dataclasses.replace(theirs, values=left)

    def interfere(memory: Memory) -> None:
        memory.after_write = yields_too
        added(memory, f'{DOMAIN} 300 TXT "v=spf1 a include:a.example ~all"')

    provider.after_write = interfere
    wanted = build.domain_intents({"domain": DOMAIN, "spf": {"include": ["_spf.odoo.com"]}})
    result = run([Request(name(DOMAIN), provider, tuple(wanted))])[name(DOMAIN)]
    assert (result.error, result.changed) == (None, True)
    assert provider.text(DOMAIN) == [f'{DOMAIN} 300 TXT "v=spf1 include:_spf.odoo.com include:a.example ~all"']


@pytest.mark.parametrize(("theirs", "gives_way"), [("a", True), ("z", False)])
def test_of_two_exclusive_values_the_greater_yields(provider: Memory, theirs: str, gives_way: bool) -> None:
    def interfere(memory: Memory) -> None:
        memory.after_write = lambda again: None
        memory.zones[name(DOMAIN)].update(parse(f'{DOMAIN} 300 TXT "{theirs}"'))

    provider.after_write = interfere
    done = run([Request(name(DOMAIN), provider, (Ensure(DOMAIN, "TXT", "m", only=True),))])[name(DOMAIN)]
    (line,) = provider.text(DOMAIN)
    assert line.endswith(f'"{theirs}"' if gives_way else '"m"')
    if gives_way:
        assert done.changed and "another run wants the other" in str(done.error)
    else:
        assert done.changed and done.error is None
