# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which sender an outgoing server in Odoo belongs to: its host decides, never its name alone."""

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
        # in this order: the external id, the login, the FROM filter, the name
        ({"host": "SMTP.x", "external_ids": (external_id("x - two"),), "username": "a"}, ["two"]),
        ({"host": "smtp.x", "username": "a", "name": "x - two"}, ["one"]),
        ({"host": "smtp.x", "username": "b", "from_filter": "X, y", "name": "x - two"}, ["three"]),
        ({"host": "smtp.x", "username": "c", "from_filter": "z", "name": "x - two"}, ["two"]),
        ({"host": "smtp.x", "username": "c", "from_filter": "z"}, ["one", "two", "three"]),
        ({"host": "smtp.x", "username": "b", "from_filter": "z"}, ["two", "three"]),
        # with another host, neither the name nor an old external id counts
        ({"host": "smtp.elsewhere", "name": "x - one", "external_ids": (external_id("x - one"),)}, []),
        # the command line sends, whatever the host
        ({"host": "smtp.x", "authentication": "cli"}, ["cli"]),
        ({"host": "smtp.gmail.com", "authentication": "gmail"}, ["gmail"]),
        # up to Odoo 15, the authentication field does not show it
        ({"host": "smtp.gmail.com", "external_ids": (external_id("x - gmail"),)}, ["gmail"]),
        ({"id": 7, "host": "smtp.whatever"}, ["numbered"]),
    ],
)
def test_a_server_is_matched_by_its_data(server: dict[str, Any], names: list[str]) -> None:
    assert matched(*ALL, **server) == names


def test_a_server_whose_host_was_changed_is_not_recognised_by_its_name() -> None:
    changed = by(RELAY, host="smtp.elsewhere.example", external_ids=(external_id(RELAY.server),))
    found = one(setup(RELAY), route(**changed), shown("reject", relay=(True, True)))
    assert (found.code, found.dmarc) == ("not_known", "unknown")
    assert (
        f"@{DOMAIN} leaves through the server {RELAY.server}, which has the host smtp.elsewhere.example now and was "
        "set up for smtp.company-name.com." in found.found
    )
    # if it now has the host of another described sender, it is that sender
    other = dataclasses.replace(RELAY, name="other", server=f"{DOMAIN} - other", host="smtp.elsewhere.example")
    judged = one(setup(RELAY, other), route(**changed), shown("reject", relay=(True, True), other=(False, False)))
    assert (judged.code, judged.service) == ("not_authenticated", "other")


def test_a_server_that_matches_two_senders_is_reported_with_both_and_stopped() -> None:
    second = dataclasses.replace(RELAY, name="second", server=f"{DOMAIN} - second")
    found = one(setup(RELAY, second), route(**by(RELAY, name="Old")), shown("reject", relay=(True, True)))
    assert (found.code, found.severity, found.blocks) == ("not_known", "warning", True)
    assert "may be any of the senders relay, second" in found.found
