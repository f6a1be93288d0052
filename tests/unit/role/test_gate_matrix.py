# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After any rollout with the gate, no sender of the database is worse off than before."""

from __future__ import annotations

from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database import addresses
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.client import Odoo
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.routing.read import read_routes
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.routing.routing import Routing
from ansible_collections.postmaster.mail.tests.simulators.odoo.database import Database
from ansible_collections.postmaster.mail.tests.support.examples import examples
from ansible_collections.postmaster.mail.tests.support.gate_matrix import (
    ODOO_ITSELF,
    Case,
    Mail,
    asked_of,
    connected,
    worse,
)

CONNECTION = {"url": "http://odoo.invalid", "database": "demo", "username": "admin", "password": "admin"}


def leaving(odoo: Odoo, domains: set[str]) -> dict[Any, Mail | None]:
    """The mail that leaves for each sender and company, as real servers send it (test_routing_oracle.py)."""
    reading = read_routes(odoo)
    routing = Routing(**vars(reading.inputs))
    found: dict[Any, Mail | None] = {}
    for address, company, named in asked_of(odoo, reading, domains):
        route = routing.route(address, company, named)
        server = route.server
        host = server.host if server is not None and server.authentication != "cli" else ODOO_ITSELF
        can = route.envelope_sender and route.from_header and (server is None or server.active)
        mail = Mail(host, addresses.normal(route.from_header), route.envelope_sender)
        found[address, company, named] = mail if can else None
    return found


def rolled_out(seed: int, version: int, gate: str) -> list[str]:
    """The senders whose mail is worse off after a random rollout."""
    case = Case.of(seed)
    database = Database(version, [f"Company {number}" for number in case.numbers])
    odoo, domains = connected(database), {f"d{number}.example" for number in case.numbers}
    case.fill(odoo)
    if case.chance.random() < 0.5:
        case.roll_out(case.plans(CONNECTION, gate="ignore"), lambda *dummy: connected(database))
    before = leaving(odoo, domains)
    ranks = {sender: case.rank(mail) for sender, mail in before.items()}
    batch = case.roll_out(case.plans(CONNECTION, gate=gate), lambda *dummy: connected(database))
    found = worse(case, before, ranks, leaving(odoo, domains))
    told = [f"{host}: {one.failures or 'done'}" for host, one in batch.reports.items()]
    return [*found, *told, *case.said] if found else []


@settings(max_examples=examples(50, 2000), deadline=None, phases=(Phase.generate,))
@given(seed=st.integers(0, 2**32), version=st.sampled_from((17, 18, 19)))
def test_no_rollout_makes_anybodys_mail_worse(seed: int, version: int) -> None:
    assert rolled_out(seed, version, "enforce") == []


def test_without_the_gate_rollouts_make_mail_worse() -> None:
    """This shows that the test above can fail."""
    harmful = [seed for seed in range(12) if rolled_out(seed, 19, "ignore")]
    assert len(harmful) >= 4
