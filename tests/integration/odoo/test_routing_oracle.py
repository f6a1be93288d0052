# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The computed route of a mail is what the real Odoo does with it, for thousands of random configurations."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database import addresses
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.routing.findings import route_findings
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.routing.routes import (
    AliasDomain,
    CommandLine,
    Company,
    MailServer,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.routing.routing import Routing
from ansible_collections.postmaster.mail.tests.servers.odoo_lab import RealDatabase

SCRIPT = Path(__file__).parents[2] / "servers" / "odoo" / "routing_oracle.py"
SERVERS = 5
DOMAINS = ("a.example", "B.example", "c.example")  # of the first company, the second, nobody
# fmt: off
SENDERS = (
    "mary@a.example", "Mary@A.Example", '"Mary, Queen" <mary@a.example>', "bob@b.example", "Bob <bob@B.EXAMPLE>",
    "info@sub.a.example", "notifications@a.example", "notifications@b.example", "bounce@a.example", "all@c.example",
    "someone@else.example", "zoë@a.example", "mary@xn--bcher-kva.example", "mary@bücher.example", "OdooBot", "", False,
    "mary@a.example, bob@b.example", "Bob bob@b.example", "@a.example", "mary@a.example.", "cli@line.example",
    '"mary@a.example" <bob@b.example>', "<mary@a.example>", "mary @a.example", "a@b@c.example", "mary@localhost",
)
FILTER_PARTS = (
    "a.example", "A.Example", "b.example", "sub.a.example", "c.example", "line.example", "mary@a.example",
    "Mary@A.Example", "bob@b.example", "notifications@a.example", "notifications@b.example", "bounce@a.example",
    "all@c.example", '"Mary" <mary@a.example>', "zoë@a.example", "bücher.example", "xn--bcher-kva.example", "localhost",
    "*.a.example", "@a.example", "a.example;b.example", "a.example.", " ", "",
)
REFUSED = {"not_sendable", "forced_server_archived", "forced_server_personal"}
DEFAULT_FROM = ("notifications", "notifications", "all@c.example", "hello", "", False)
# fmt: on


def random_filter(chance: random.Random) -> Any:
    kind = chance.random()
    if kind < 0.25:
        return chance.choice([False, ""])
    parts = chance.choices(FILTER_PARTS, k=chance.choice((1, 1, 1, 2, 3)))
    return chance.choice((",", ", ", " , ")).join(parts)


def random_configuration(chance: random.Random, cases: int, sent: float) -> dict[str, Any]:
    servers = []
    for index in range(SERVERS):
        personal = index == SERVERS - 1 and chance.random() < 0.2
        servers.append(
            {
                "active": chance.random() < 0.6,
                "sequence": chance.choice((1, 5, 10, 10, 10)),
                "from_filter": "mary@a.example" if personal else random_filter(chance),
                "owner_user_id": personal,
            }
        )
    if chance.random() < 0.1:
        servers = [{**server, "active": False} for server in servers]
    return {
        "servers": servers,
        "default_from": [chance.choice(DEFAULT_FROM) for dummy in DOMAINS],
        "parameters": {
            "mail.default.from_filter": chance.choice((False, False, "", random_filter(chance))),
            "mail.catchall.domain": chance.choice((False, "a.example")),
            "mail.catchall.alias": chance.choice((False, "catchall")),
            "mail.bounce.alias": chance.choice((False, "bounce")),
            "mail.default.from": chance.choice((False, "notifications")),
        },
        "command_line": {
            "email_from": chance.choice(("", "", "cli@line.example", "Command Line <CLI@line.example>")),
            "from_filter": chance.choice(("", "", "line.example", random_filter(chance) or "")),
            "smtp_server": "command-line",
        },
        "cases": [
            {
                "from": chance.choice(SENDERS),
                "company": chance.randrange(3),
                "forced": chance.randrange(SERVERS) if chance.random() < 0.1 else None,
                "send": chance.random() < sent,
                "direct": chance.random() < 0.25,
                "later": chance.random() < 0.5,
            }
            for dummy in range(cases)
        ],
    }


def asked(database: RealDatabase, content: dict[str, Any], folder: Path) -> dict[str, Any]:
    cases, answers = folder / "cases.json", folder / "answers.json"
    cases.write_text(json.dumps(content))
    script = SCRIPT.read_text().replace("CASES", str(cases)).replace("ANSWERS", str(answers))
    output = database.lab.command("shell", database.name, stdin=script)
    assert answers.exists(), output
    return dict(json.loads(answers.read_text()))


def routing(version: int, desired: dict[str, Any], ids: dict[str, list[int]]) -> Routing:
    servers = [
        MailServer(
            id=number,
            name=f"server {number}",
            sequence=values["sequence"],
            from_filter=values["from_filter"] or "",
            active=values["active"],
            owner="someone" if values["owner_user_id"] and version >= 19 else "",
        )
        for number, values in zip(ids["servers"], desired["servers"])
    ]
    domains = [
        AliasDomain(
            id=number,
            name=name,
            bounce_email=f"bounce@{name}",
            catchall_email=f"catchall@{name}",
            default_from_email=(default if "@" in default else f"{default}@{name}") if default else "",
        )
        for number, name, default in zip(ids["domains"], DOMAINS, desired["default_from"])
    ]
    of_company: list[int | None] = [*ids["domains"][:2]]
    of_company.append(None)
    companies = [Company(number, f"company {number}", domain) for number, domain in zip(ids["companies"], of_company)]
    return Routing(version, servers, domains, companies, desired["parameters"], CommandLine(**desired["command_line"]))


def difference(
    computed: Routing, case: dict[str, Any], answer: dict[str, Any], company: int, forced: int | None
) -> str:
    """What the real Odoo did otherwise; empty if nothing."""
    sender = case["from"] or ""
    main = computed.main_company
    by = main.id if main is not None and case["send"] and case["later"] else company
    route = computed.sent_in(by, sender, company, forced)
    if "error" in answer:
        told = {finding.code for finding in route_findings(computed, route, sender, company, forced)}
        return "" if told & REFUSED else "it was refused"
    server = route.server.id if route.server else None
    # the queue of Odoo 14 draws lots as well
    equally_good = {server, *(one.id for one in route.candidates)} if computed.version < 17 else {server}
    if answer["server"] not in equally_good:
        return f"server {server}"
    if "direct" in answer and answer["direct"] not in direct_candidates(computed, sender, company):
        return f"direct {direct_candidates(computed, sender, company)}"
    if one_line(answer["from"]) != route.from_header:
        return f"From {route.from_header}"
    # what Odoo 14 makes of quotes is no address
    if '"' not in answer["envelope"] and untagged(answer["envelope"]) != route.envelope_sender:
        return f"envelope {route.envelope_sender}"
    if "reply_to" in answer and addresses.bare(answer["reply_to"]) != route.reply_to:
        return f"Reply-To {route.reply_to}"
    return ""


def direct_candidates(computed: Routing, sender: str, company: int) -> list[int | None]:
    """Without the queue Odoo picks by lottery."""
    company_default = computed.own_domain(company).default_from_email or computed.command_line.email_from
    found = computed.find(sender, computed.document_domain(company).default_from_email, company_default)
    return [server.id for server in found.candidates] or [None]


def one_line(text: str) -> str:
    return " ".join(text.split())


def untagged(address: str) -> str:
    """Without the number that Odoo 14 adds to the bounce alias."""
    local_part, dummy, domain = address.rpartition("@")
    return f"{local_part.split('+')[0]}@{domain}"


def compare(database: RealDatabase, folder: Path, configurations: int, cases: int, sent: float) -> list[str]:
    chance = random.Random(20260101)
    content: dict[str, Any] = {
        "domains": DOMAINS,
        "configurations": [random_configuration(chance, cases, sent) for dummy in range(configurations)],
    }
    answers = asked(database, content, folder)
    remaining = iter(answers["answers"])
    differences = []
    for desired in content["configurations"]:
        computed = routing(database.lab.version, desired, answers)
        for case in desired["cases"]:
            forced = None if case["forced"] is None else answers["servers"][case["forced"]]
            answer = next(remaining)
            other = difference(computed, case, answer, answers["companies"][case["company"]], forced)
            if other:
                setting = {key: value for key, value in desired.items() if key != "cases"}
                differences.append(f"{other}, but Odoo {answer} for {case} with {setting}")
    return differences


def test_ten_thousand_routes_are_those_of_odoo_19(real_odoo19: RealDatabase, tmp_path: Path) -> None:
    assert compare(real_odoo19, tmp_path, configurations=700, cases=15, sent=0.03) == []


def test_routes_are_those_of_odoo_14(real_odoo14: RealDatabase, tmp_path: Path) -> None:
    assert compare(real_odoo14, tmp_path, configurations=60, cases=5, sent=1.0) == []
