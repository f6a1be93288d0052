# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After any rollout with the gate, no From of a real Odoo 19 is worse off than before, by what it then sends."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database import addresses
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.client import Odoo
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.routing.read import read_routes
from ansible_collections.postmaster.mail.tests.servers.odoo_lab import RealDatabase
from ansible_collections.postmaster.mail.tests.support.examples import examples
from ansible_collections.postmaster.mail.tests.support.gate_matrix import ODOO_ITSELF, Case, Mail, asked_of, worse

SCRIPT = Path(__file__).parents[2] / "servers" / "odoo" / "wire.py"
LONGEST = 120.0  # seconds for one answer
FIRST_SEED = 20_000


class WireOracle:
    """Asks a running ``odoo shell`` what Odoo sends."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._asked = 0

    def sends(self, odoo: Odoo, domains: set[str]) -> dict[Any, Mail | None]:
        found = asked_of(odoo, read_routes(odoo), domains)
        asked = [{"from": address, "company": company, "server": named} for address, company, named in found]
        answers = self._ask(asked)
        return {
            (one["from"], one["company"], one["server"]): answer
            and Mail(
                answer["host"] if answer["host"].endswith(".example") else ODOO_ITSELF,
                addresses.normal(answer["from"]),
                answer["envelope"],
            )
            for one, answer in zip(asked, answers)
        }

    def _ask(self, asked: list[dict[str, Any]]) -> list[Any]:
        (self._folder / "question").write_text(json.dumps(asked))
        (self._folder / "question").rename(self._folder / f"{self._asked}.ask")
        answer, deadline = self._folder / f"{self._asked}.json", time.monotonic() + LONGEST
        self._asked += 1
        while not answer.exists():
            assert time.monotonic() < deadline, "the shell of Odoo does not answer"
            time.sleep(0.02)
        return list(json.loads(answer.read_text()))


@contextmanager
def wire_of(database: RealDatabase, folder: Path) -> Iterator[WireOracle]:
    script = SCRIPT.read_text().replace("FOLDER", str(folder))
    # the shell reads line by line, and takes a block as done at an empty line
    running = threading.Thread(
        target=lambda: database.lab.command("shell", database.name, stdin=f"exec({script!r}, globals())\n")
    )
    running.start()
    try:
        yield WireOracle(folder)
    finally:
        (folder / "end").touch()
        running.join()


def emptied(odoo: Odoo) -> None:
    """As before the first case, but for the users, who are archived."""
    templates = odoo.search_read("mail.template", [("mail_server_id", "!=", False)], ["name"], archived=True)
    odoo.unlink("mail.template", [row["id"] for row in templates])
    odoo.unlink("ir.mail_server", [row["id"] for row in odoo.search_read("ir.mail_server", [], ["name"], True)])
    users = odoo.search_read("res.users", [("login", "like", "u%-%-%")], ["name"])
    odoo.write("res.users", [row["id"] for row in users], {"active": False})
    companies = odoo.search_read("res.company", [], ["name"])
    odoo.write("res.company", [row["id"] for row in companies], {"alias_domain_id": False, "email": False})
    aliases = odoo.search_read("mail.alias", [("alias_domain_id", "!=", False)], ["alias_name"])
    odoo.write("mail.alias", [row["id"] for row in aliases], {"alias_domain_id": False})
    odoo.unlink("mail.alias.domain", [row["id"] for row in odoo.search_read("mail.alias.domain", [], ["name"])])


def test_no_rollout_makes_mail_of_anybody_worse(real_odoo19: RealDatabase, tmp_path: Path) -> None:
    odoo = real_odoo19.client
    odoo.write("res.company", [1], {"name": "Company 0"})
    odoo.create("res.company", [{"name": f"Company {number}"} for number in range(1, 5)])
    with wire_of(real_odoo19, tmp_path) as oracle:
        for seed in range(FIRST_SEED, FIRST_SEED + examples(2, 50)):
            emptied(odoo)
            case = Case.of(seed)
            case.tag = f"-{seed}"
            case.fill(odoo)
            if case.chance.random() < 0.5:
                case.roll_out(case.plans(real_odoo19.options, gate="ignore"), lambda *dummy: odoo)
            domains = {f"d{number}.example" for number in case.numbers}
            before = oracle.sends(odoo, domains)
            ranks = {sender: case.rank(mail) for sender, mail in before.items()}
            batch = case.roll_out(case.plans(real_odoo19.options), lambda *dummy: odoo)
            told = [f"{host}: {one.failures or 'done'}" for host, one in batch.reports.items()]
            found = worse(case, before, ranks, oracle.sends(odoo, domains))
            assert any(before.values()), "Odoo sent nothing"
            assert found == [], "\n".join([f"seed {seed}", *case.said, *told])
