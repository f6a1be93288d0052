# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which sender a server of Odoo is: by its host, and never by its name alone."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.odoo.outgoing.adoption import external_id
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.routing.routes import MailServer
from ansible_collections.postmaster.mail.plugins.module_utils.preflight.matching import senders_of
from ansible_collections.postmaster.mail.plugins.module_utils.preflight.model import Service

from .test_judge import DOMAIN, RELAY, by, one, route, setup, shown

ONE = Service("one", "x - one", "smtp.x", username="a", from_filter=("x",))
TWO = Service("two", "x - two", "smtp.x", username="b", from_filter=("x",))
THREE = Service("three", "x - three", "smtp.x", username="b", from_filter=("y", "x"))
CLI = Service("cli", "x - cli", authentication="cli")
GMAIL = Service("gmail", "x - gmail", authentication="gmail")
BY_ID = Service("numbered", "x - numbered", id=7)
ALL = (ONE, TWO, THREE, CLI, GMAIL, BY_ID)


def matched(*services: Service, **server: Any) -> list[str]:
    return [one.name for one in senders_of(MailServer(**{"id": 1, "name": "Old", **server}), services)]


@pytest.mark.parametrize(
    ("server", "names"),
    [
        # what was recorded for it, then the login, then the FROM filter, then the name
        ({"host": "SMTP.x", "external_ids": (external_id("x - two"),), "username": "a"}, ["two"]),
        ({"host": "smtp.x", "username": "a", "name": "x - two"}, ["one"]),
        ({"host": "smtp.x", "username": "b", "from_filter": "X, y", "name": "x - two"}, ["three"]),
        ({"host": "smtp.x", "username": "c", "from_filter": "z", "name": "x - two"}, ["two"]),
        ({"host": "smtp.x", "username": "c", "from_filter": "z"}, ["one", "two", "three"]),
        ({"host": "smtp.x", "username": "b", "from_filter": "z"}, ["two", "three"]),
        # a name alone, or what was once recorded, says nothing of another host
        ({"host": "smtp.elsewhere", "name": "x - one", "external_ids": (external_id("x - one"),)}, []),
        # the command line sends, whatever host stands there
        ({"host": "smtp.x", "authentication": "cli"}, ["cli"]),
        ({"host": "smtp.gmail.com", "authentication": "gmail"}, ["gmail"]),
        # up to Odoo 15 the field does not say so
        ({"host": "smtp.gmail.com", "external_ids": (external_id("x - gmail"),)}, ["gmail"]),
        ({"id": 7, "host": "smtp.whatever"}, ["numbered"]),
    ],
)
def test_it_is_matched_by_what_stands_there(server: dict[str, Any], names: list[str]) -> None:
    assert matched(*ALL, **server) == names


def test_a_server_whose_host_somebody_changed_is_not_trusted_by_its_name() -> None:
    changed = by(RELAY, host="smtp.elsewhere.example", external_ids=(external_id(RELAY.server),))
    found = one(setup(RELAY), route(**changed), shown("reject", relay=(True, True)))
    assert (found.code, found.dmarc) == ("not_known", "unknown")
    assert (
        f"@{DOMAIN} leaves through the server {RELAY.server}, which has the host smtp.elsewhere.example now and was "
        "set up for smtp.company-name.com." in found.found
    )
    # the host of another sender that is described is that sender
    other = dataclasses.replace(RELAY, name="other", server=f"{DOMAIN} - other", host="smtp.elsewhere.example")
    judged = one(setup(RELAY, other), route(**changed), shown("reject", relay=(True, True), other=(False, False)))
    assert (judged.code, judged.service) == ("not_authenticated", "other")


def test_what_nothing_tells_apart_is_a_finding_that_names_both_and_is_held() -> None:
    second = dataclasses.replace(RELAY, name="second", server=f"{DOMAIN} - second")
    found = one(setup(RELAY, second), route(**by(RELAY, name="Old")), shown("reject", relay=(True, True)))
    assert (found.code, found.severity, found.blocks) == ("not_known", "warning", True)
    assert "may be any of the senders relay, second" in found.found
