# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""odoo_mail for many companies of a real Odoo 19, each with an alias domain, an outgoing and an incoming server.

The settings, with the server for mass mailing, are stated as well.

From nothing, 1,000 companies may take 27 calls and 5 seconds, and a run that changes nothing 10 calls.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.client import Odoo
from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_module
from ansible_collections.postmaster.mail.tests.servers.certificates import CertificateAuthority
from ansible_collections.postmaster.mail.tests.servers.odoo_lab import OdooDatabase, OdooLab
from ansible_collections.postmaster.mail.tests.servers.process import NotInstalled
from ansible_collections.postmaster.mail.tests.support.absent import absent
from ansible_collections.postmaster.mail.tests.support.desired_mail import whole_configuration

SIZES = (10, 1000)
MOST_CALLS = {"apply": 27, "no-op": 10}
MOST_SECONDS = 5.0


@pytest.fixture
def lab(ca: CertificateAuthority) -> Iterator[OdooLab]:
    odoo = OdooLab(19, ca.ca_path)
    try:
        odoo.start()
    except NotInstalled as error:
        absent(str(error))
    yield odoo
    odoo.stop()


def test_many_companies(lab: OdooLab, capsys: pytest.CaptureFixture[str]) -> None:
    table = []
    for size in SIZES:
        database = lab.database()
        companies = [{"name": f"Company {number}"} for number in range(size)]
        for start in range(0, size, 100):  # Odoo takes long for a company
            database.client.create("res.company", companies[start : start + 100])
        # Odoo gives its first domain to it, which is undone in a call of its own
        database.create("mail.alias", alias_name="jobs", alias_model_id=database.model_id("res.partner"))
        for phase, check in (("plan", True), ("apply", False), ("no-op", False)):
            table.append((size, phase, measured(database, size, check)))
        database.drop()
    with capsys.disabled():
        print("\n\nodoo_mail, an alias domain and two servers for each company, Odoo 19 on the same machine\n")
        print(f"{'companies':>9} {'':6} {'calls':>6} {'writes':>7} {'seconds':>8} {'in Odoo':>8}   longest call")
        for size, phase, row in table:
            print(
                f"{size:>9} {phase:6} {row['calls']:>6} {row['writes']:>7} {row['seconds']:>8.2f} "
                f"{row['odoo']:>8.2f}   {row['longest']}"
            )
    for dummy, phase, row in table:
        assert row["calls"] <= MOST_CALLS.get(phase, MOST_CALLS["no-op"])
        assert row["changed"] == (phase != "no-op")
    assert max(entry[-1]["seconds"] for entry in table) <= MOST_SECONDS


def measured(database: OdooDatabase, size: int, check: bool) -> dict[str, Any]:
    calls: list[tuple[float, str]] = []
    original = Odoo.call

    def timed(odoo: Odoo, model: str, method: str, *arguments: Any, **more: Any) -> Any:
        started = time.perf_counter()
        try:
            return original(odoo, model, method, *arguments, **more)
        finally:
            calls.append((time.perf_counter() - started, f"{model}.{method}"))

    started = time.perf_counter()
    with mock.patch.object(Odoo, "call", timed):
        result = run_module("odoo_mail", {"odoo": database.options, **whole_configuration(range(size))}, check=check)
    took = time.perf_counter() - started
    assert not result.get("failed_items"), result
    seconds, name = max(calls)
    return {
        "seconds": took,
        "odoo": sum(spent for spent, dummy in calls),
        "longest": f"{name} {seconds:.2f} s",
        "calls": result["api_calls"],
        "writes": result["api_writes"],
        "changed": result["changed"],
    }
