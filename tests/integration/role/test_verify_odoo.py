# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verify compares Odoo with the inventory as the rollout would, and says each difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.plugin_utils.host_plan import HostPlan, read_host_plan
from ansible_collections.postmaster.mail.plugins.plugin_utils.odoo import Database, databases
from ansible_collections.postmaster.mail.plugins.plugin_utils.validation import Validator
from ansible_collections.postmaster.mail.tests.servers.odoo_lab import RealDatabase
from ansible_collections.postmaster.mail.tests.simulators.odoo.server import StandIn
from ansible_collections.postmaster.mail.tests.support.rollouts import World, failed_only

from .test_gate import verify
from .test_rollout import RELAY

DOMAIN = "alpha.example"
ADMIN = 2
ALL_STATED: dict[str, Any] = {
    "dns": {"provider": "manual"},
    "companies": ["Alpha"],
    "senders": [
        {
            "name": "relay",
            "host": "smtp.alpha.example",
            "port": 2525,
            "encryption": "starttls",
            "authentication": "login",
            "username": "odoo",
            "password": "SECRET-of-the-relay",
            "priority": 7,
            "debug": False,
            "max_email_size": 12,
        }
    ],
    "alias_domain": {"bounce_alias": "b", "catchall_alias": "c", "default_from": "news", "priority": 4},
    "incoming": "server",
    "incoming_servers": [
        {
            "name": "box",
            "type": "imap",
            "host": "imap.alpha.example",
            "port": 1993,
            "encryption": "tls",
            "username": "catchall@alpha.example",
            "password": "SECRET-of-the-box",
            "priority": 3,
            "keep_attachments": True,
            "keep_original": True,
            "confirm_login": False,
        }
    ],
    "mail_settings": {"custom_email_servers": True, "allowed_catchall_domains": ["alpha.example"]},
}
# what only later versions have
SINCE_15 = {
    "default_from_filter": "alpha.example",
    "gmail_client_id": "gmail-id",
    "gmail_client_secret": "SECRET-of-gmail",
    "outlook_client_id": "outlook-id",
    "outlook_client_secret": "SECRET-of-outlook",
}
SERVER, INCOMING, DOMAINS = "ir.mail_server", "fetchmail.server", "mail.alias.domain"
# what somebody changes by hand, and how people know the field
BY_HAND = [
    (SERVER, "smtp_host", "smtp.elsewhere.example", "host"),
    (SERVER, "smtp_port", 26, "port"),
    (SERVER, "smtp_encryption", "none", "encryption"),
    (SERVER, "smtp_authentication", "cli", "authentication"),
    (SERVER, "smtp_user", "somebody", "username"),
    (SERVER, "smtp_pass", "another", "password"),
    (SERVER, "from_filter", "elsewhere.example", "from filter"),
    (SERVER, "sequence", 99, "priority"),
    (SERVER, "smtp_debug", True, "debug"),
    (SERVER, "max_email_size", 3, "max email size"),
    (SERVER, "active", False, "active"),
    (SERVER, "name", "Renamed", "name"),
    (INCOMING, "server", "imap.elsewhere.example", "host"),
    (INCOMING, "port", 993, "port"),
    (INCOMING, "is_ssl", False, "encryption"),
    (INCOMING, "user", "somebody", "username"),
    (INCOMING, "password", "another", "password"),
    (INCOMING, "server_type", "pop", "type"),
    (INCOMING, "attach", False, "keep attachments"),
    (INCOMING, "original", False, "keep original"),
    (INCOMING, "priority", 9, "priority"),
    (INCOMING, "active", False, "active"),
    (INCOMING, "name", "Renamed", "name"),
    (DOMAINS, "bounce_alias", "elsewhere", "bounce alias"),
    (DOMAINS, "catchall_alias", "elsewhere", "catchall alias"),
    (DOMAINS, "default_from", "elsewhere", "default from"),
    (DOMAINS, "sequence", 99, "priority"),
    ("res.company", "alias_domain_id", False, "alias domain"),
]
PARAMETERS = [
    ("mail.catchall.domain", "elsewhere.example", "catch-all domain"),
    ("mail.catchall.alias", "elsewhere", "catchall alias"),
    ("mail.bounce.alias", "elsewhere", "bounce alias"),
    ("mail.default.from", "elsewhere", "default from"),
    ("base_setup.default_external_email_server", "", "use custom email servers"),
    ("mail.catchall.domain.allowed", "elsewhere.example", "allowed catchall domains"),
    ("mail.default.from_filter", "elsewhere.example", "default from filter"),
    ("google_gmail_client_id", "another", "Gmail client id"),
    ("google_gmail_client_secret", "another", "Gmail client secret"),
    ("microsoft_outlook_client_id", "another", "Outlook client id"),
    ("microsoft_outlook_client_secret", "another", "Outlook client secret"),
]
OF_THE_OLD = tuple(key for key, *dummy in PARAMETERS[:4])  # alias domains have them since 17
NOT_IN_14 = tuple(key for key, *dummy in PARAMETERS[6:])


def planned(odoo: Mapping[str, Any], version: int) -> HostPlan:
    settings = {**ALL_STATED["mail_settings"], **(SINCE_15 if version >= 15 else {})}
    stated = {**ALL_STATED, "mail_settings": settings, "odoo": odoo}
    given = {f"custom_domain_{name}": value for name, value in stated.items()}
    values, faults = Validator().validated(given, {})
    assert faults == []
    return read_host_plan(DOMAIN, values, "")


@pytest.fixture(params=[14, 15, 16, 17, 18, 19])
def rolled_out(request: pytest.FixtureRequest) -> Iterator[tuple[StandIn, Database]]:
    with StandIn(("Alpha",), version=request.param) as odoo:
        (database,) = databases([planned(odoo.options, request.param)])
        database.configure(database.plans, check_mode=False)
        failed = [share["msg"] for share in database.owners.values() if share["failed"]]
        assert (database.fault, failed) == ("", [])
        yield odoo, database


def found(database: Database) -> list[str]:
    told = [f"{one.subject}: {one.found}" for one in database.compare().get(DOMAIN, ())]
    assert database.fault == ""
    return told


def fields(odoo: StandIn) -> Iterator[tuple[str, int, Mapping[str, Any], str]]:
    """What can be changed by hand in this version: model, id, values, and how people know the field."""
    shown = odoo.database.shown()
    for model, field, value, label in BY_HAND:
        rows = [row for row in shown.get(model, ()) if model != "res.company" or row["name"] == "Alpha"]
        if rows and field in rows[0]:
            yield model, rows[0]["id"], {field: value}, label
    old = DOMAINS not in shown or not shown[DOMAINS]
    for row in shown["ir.config_parameter"]:
        for key, value, label in PARAMETERS:
            if row["key"] == key and (old or key not in OF_THE_OLD):
                yield "ir.config_parameter", row["id"], {"value": value or "False"}, label


def test_each_single_change_by_hand_is_found_and_nothing_else(rolled_out: tuple[StandIn, Database]) -> None:
    odoo, database = rolled_out
    assert found(database) == []
    writes, changes = odoo.database.writes, list(fields(odoo))
    assert len(changes) >= 20
    for model, key, values, label in changes:
        row = odoo.database.tables[model][key]
        kept = dict(row)
        odoo.database.put(model, key, {**row, **values})
        told = found(database)
        # what cannot be changed without a risk tells why instead
        assert len(told) == 1 and label in told[0] and "SECRET" not in told[0], (model, values, told)
        odoo.database.put(model, key, kept)
    assert found(database) == []
    assert odoo.database.writes == writes


@pytest.mark.parametrize("version", [14, 19])
def test_a_real_odoo_shows_each_change_by_hand(version: int, request: pytest.FixtureRequest) -> None:
    real: RealDatabase = request.getfixturevalue(f"real_odoo{version}")
    client = real.client
    (company,) = client.search_read("res.company", [], ["name"])
    client.write("res.company", [company["id"]], {"name": "Alpha"})
    (database,) = databases([planned(real.options, version)])
    database.configure(database.plans, check_mode=False)
    assert [share["msg"] for share in database.owners.values() if share["failed"]] == []
    assert found(database) == []
    changes: list[tuple[str, list[tuple[str, str, str]], dict[str, Any], str]] = [
        (model, [], {field: value}, label)
        for model, field, value, label in BY_HAND
        if client.has_model(model) and field in client.fields(model)
    ]
    changes += [
        ("ir.config_parameter", [("key", "=", key)], {"value": value or "False"}, label)
        for key, value, label in PARAMETERS
        if (version < 17 or key not in OF_THE_OLD) and (version >= 15 or key not in NOT_IN_14)
    ]
    assert len(changes) >= 20
    for model, where, values, label in changes:
        (row,) = client.search_read(model, where, list(values), archived=True)
        client.write(model, [row["id"]], values)
        (told,) = found(database)
        assert label in told, told
        client.write(
            model, [row["id"]], {key: held[0] if isinstance(held := row[key], list) else held for key in values}
        )
    assert found(database) == []


def test_a_record_that_is_gone_is_found(rolled_out: tuple[StandIn, Database]) -> None:
    odoo, database = rolled_out
    (server,) = odoo.database.tables[SERVER]
    odoo.database.call(ADMIN, SERVER, "unlink", [[server]], {})
    assert "outgoing mail server alpha.example - relay: It is not in Odoo." in found(database)


def test_it_asks_odoo_seldom(rolled_out: tuple[StandIn, Database]) -> None:
    odoo, database = rolled_out
    before = sum(odoo.database.calls.values())
    found(database)
    assert sum(odoo.database.calls.values()) - before <= 16


def test_the_playbook_tells_what_somebody_changed_by_hand(world: World) -> None:
    for name in ("alpha", "beta", "gamma"):
        world.host(f"{name}.example", senders=[{**RELAY, "host": f"smtp.{name}.example", "port": 587}])
    assert world.rollout().code == 0
    well, report = verify(world)
    assert well.code == 0, well.output
    held = world.odoo.database.shown()
    companies = {row["name"]: row["id"] for row in held["res.company"]}
    domains = {row["name"]: row["id"] for row in held[DOMAINS]}
    server = next(row["id"] for row in held[SERVER] if row["name"] == "alpha.example - relay")

    def write(model: str, key: int, **values: Any) -> None:
        world.odoo.database.call(ADMIN, model, "write", [[key], values], {})

    write(SERVER, server, smtp_host="smtp.elsewhere.example", smtp_port=26)
    write("res.company", companies["Beta"], alias_domain_id=domains["gamma.example"])
    write("res.company", companies["Gamma"], alias_domain_id=False)
    writes = world.odoo.database.writes
    done, report = verify(world)
    assert failed_only(done.recap) == ["alpha.example", "beta.example", "gamma.example"]
    told = {
        host: [(one["subject"], one["found"]) for one in shown["findings"] if one["code"] == "not_as_expected"]
        for host, shown in report["hosts"].items()
    }
    relay = "outgoing mail server alpha.example - relay"
    assert told == {
        "alpha.example": [
            (relay, "Its host is smtp.elsewhere.example in Odoo, and smtp.alpha.example in the inventory."),
            (relay, "Its port is 26 in Odoo, and 587 in the inventory."),
        ],
        "beta.example": [
            ("company Beta", "Its alias domain is gamma.example in Odoo, and beta.example in the inventory.")
        ],
        "gamma.example": [("company Gamma", "Its alias domain is (none) in Odoo, and gamma.example in the inventory.")],
    }
    (way,) = [one["found"] for one in report["hosts"]["alpha.example"]["findings"] if one["code"] == "not_known"]
    assert (
        "which has the host smtp.elsewhere.example now and was set up for smtp.alpha.example. So it is not known "
        "whether DMARC passes" in way
    )
    assert "Cure: Run the rollout, or change the inventory." in done.output
    assert world.odoo.database.writes == writes
