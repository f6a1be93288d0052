# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two runs at once in one database: the effects of both are there, or one of them says that they are not.

Both have read before either writes, which a barrier sees to. ``make nightly`` repeats each of it.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest import mock

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.odoo import mail
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.alias_domains import first_domain_lock
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.alias_domains.first_domain_lock import (
    NAME,
    FirstDomainLock,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.client import Odoo
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.options import batch_options
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.parameters.write import verify_parameters
from ansible_collections.postmaster.mail.plugins.plugin_utils.values import completed
from ansible_collections.postmaster.mail.tests.servers.odoo_database import OdooDatabase

ROUNDS = range(30 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 1)
WRITING = ("create", "load", "write", "unlink")


def options(**entries: Any) -> mail.MailOptions:
    return mail.MailOptions.of(completed(batch_options(), entries), check_mode=False)


@contextlib.contextmanager
def waiting_before_its_first_write(odoo: Odoo, barrier: threading.Barrier) -> Iterator[None]:
    call = odoo.call
    waited: list[bool] = []

    def wrapped(model: str, method: str, *arguments: Any, **more: Any) -> Any:
        if method in WRITING and not waited:
            waited.append(True)
            barrier.wait()
        return call(model, method, *arguments, **more)

    with mock.patch.object(odoo, "call", wrapped):
        yield


def at_once(database: OdooDatabase, *runs: mail.MailOptions) -> list[mail.MailRun]:
    barrier = threading.Barrier(len(runs), timeout=60)

    def run(wanted: mail.MailOptions) -> mail.MailRun:
        odoo = Odoo.connect(database.options)
        with waiting_before_its_first_write(odoo, barrier):
            return mail.run(odoo, wanted)

    with ThreadPoolExecutor(len(runs)) as pool:
        return list(pool.map(run, runs))


def failures(done: mail.MailRun) -> list[str]:
    return [change.failure for change in done.changes if change.failure is not None]


def assert_settled(database: OdooDatabase, *runs: mail.MailOptions) -> None:
    for wanted in runs:
        third = mail.run(Odoo.connect(database.options), wanted)
        assert not third.changed and failures(third) == []


def domains_of_companies(database: OdooDatabase) -> dict[str, str]:
    rows = database.records("res.company", "name", "alias_domain_id")
    return {row["name"]: row["alias_domain_id"][1] if row["alias_domain_id"] else "" for row in rows}


@pytest.mark.parametrize("dummy", ROUNDS)
def test_the_first_alias_domains_of_two_companies(odoo_since_17: OdooDatabase, dummy: int) -> None:
    for name in ("Alpha", "Beta", "Gamma"):
        odoo_since_17.company(name)
    runs = [
        options(alias_domains=[{"name": "alpha.example", "companies": ["Alpha"]}]),
        options(alias_domains=[{"name": "beta.example", "companies": ["Beta"]}]),
    ]
    assert [failures(done) for done in at_once(odoo_since_17, *runs)] == [[], []]
    there = domains_of_companies(odoo_since_17)
    assert (there["Alpha"], there["Beta"], there["Gamma"]) == ("alpha.example", "beta.example", "")
    assert NAME not in [row["name"] for row in odoo_since_17.records("ir.model.data", "name")]
    assert_settled(odoo_since_17, *runs)


@pytest.mark.parametrize("dummy", ROUNDS)
def test_the_same_first_alias_domain_for_two_companies(odoo_since_17: OdooDatabase, dummy: int) -> None:
    for name in ("Alpha", "Beta", "Gamma"):
        odoo_since_17.company(name)
    runs = [options(alias_domains=[{"name": "a.example", "companies": [name]}]) for name in ("Alpha", "Beta")]
    assert [failures(done) for done in at_once(odoo_since_17, *runs)] == [[], []]
    there = domains_of_companies(odoo_since_17)
    assert (there["Alpha"], there["Beta"], there["Gamma"]) == ("a.example", "a.example", "")
    assert_settled(odoo_since_17, *runs)


@pytest.mark.parametrize("dummy", ROUNDS)
def test_no_server_is_there_twice(odoo: OdooDatabase, dummy: int) -> None:
    wanted = options(
        outgoing_mail_servers=[
            {"name": "Relay", "host": "smtp.a.example", "username": "u", "password": "007 \n".strip("\n")},
            {"name": "Mailings", "host": "news.a.example", "priority": 20, "debug": True},
        ],
        incoming_mail_servers=[{"name": "Box", "host": "imap.a.example", "username": "u", "confirm_login": False}],
    )
    both = at_once(odoo, wanted, wanted)
    assert [failures(done) for done in both] == [[], []]
    assert sorted(row["name"] for row in odoo.records("ir.mail_server", "name")).count("Relay") == 1
    assert [row["name"] for row in odoo.records("fetchmail.server", "name")].count("Box") == 1
    (relay,) = [row for row in odoo.records("ir.mail_server", "name", "active", "smtp_pass") if row["name"] == "Relay"]
    assert relay["active"] and relay["smtp_pass"] == "007 "
    assert_settled(odoo, wanted)


@pytest.mark.parametrize("dummy", ROUNDS)
def test_who_comes_second_with_another_host_says_so(odoo: OdooDatabase, dummy: int) -> None:
    hosts = ("one.example", "two.example")
    runs = [options(outgoing_mail_servers=[{"name": "Relay", "host": host}]) for host in hosts]
    both = at_once(odoo, *runs)
    (held,) = [
        row["smtp_host"] for row in odoo.records("ir.mail_server", "name", "smtp_host") if row["name"] == "Relay"
    ]
    for host, done in zip(hosts, both):
        if host == held:
            assert failures(done) == []
        else:
            (failure,) = failures(done)
            assert "host is not as it was written. Run again." in failure


@pytest.mark.parametrize("dummy", ROUNDS)
def test_a_parameter_that_another_run_overwrote_is_told(odoo_since_17: OdooDatabase, dummy: int) -> None:
    odoo_since_17.client.create("ir.config_parameter", [{"key": "mail.default.from_filter", "value": "x.example"}])
    runs = [options(settings=[{"default_from_filter": [name]}]) for name in ("one.example", "two.example")]
    barrier, verify = threading.Barrier(2, timeout=60), verify_parameters

    def once_both_have_written(*arguments: Any) -> None:
        barrier.wait()
        verify(*arguments)

    with mock.patch.object(mail, verify.__name__, once_both_have_written):
        both = at_once(odoo_since_17, *runs)
    told = [failures(done) for done in both]
    assert sorted(map(len, told)) == [0, 1] and "default from filter is not as it was written" in str(told)


def test_a_lock_that_was_left_behind_is_taken_over(
    odoo_since_17: OdooDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(first_domain_lock, "_OLD", 1.0)
    FirstDomainLock(odoo_since_17.client).acquire()
    odoo_since_17.company("Alpha")
    wanted = options(alias_domains=[{"name": "alpha.example", "companies": ["Alpha"]}])
    assert [failures(done) for done in at_once(odoo_since_17, wanted, wanted)] == [[], []]
    assert NAME not in [row["name"] for row in odoo_since_17.records("ir.model.data", "name")]
    assert_settled(odoo_since_17, wanted)


@pytest.mark.parametrize(
    ("option", "model", "entry", "copied"),
    [
        ("outgoing_mail_servers", "ir.mail_server", {"host": "a.example"}, ["smtp_host", "smtp_user", "smtp_port"]),
        (
            "incoming_mail_servers",
            "fetchmail.server",
            {"host": "a.example", "username": "u", "confirm_login": False},
            ["server", "user", "server_type"],
        ),
    ],
)
def test_a_server_that_an_older_run_left_twice_is_told(
    odoo19: OdooDatabase, option: str, model: str, entry: dict[str, Any], copied: list[str]
) -> None:
    wanted = options(**{option: [{"name": "Twice", **entry}]})
    mail.run(Odoo.connect(odoo19.options), wanted)
    (ours,) = odoo19.client.search_read(model, [("name", "=", "Twice")], copied)
    second = odoo19.create(model, name="Twice", **{field: ours[field] for field in copied})
    done = mail.run(Odoo.connect(odoo19.options), wanted)
    assert not done.changed and f"'Twice' (id {second})" in str(done.warnings) and "adopt: true" in str(done.warnings)
    assert odoo19.client.search_read(model, [("id", "=", second)], ["active"])[0]["active"]
    adopted = options(**{option: [{"name": "Twice", **entry}, {**entry, "name": "Other", "id": second, "adopt": True}]})
    again = mail.run(Odoo.connect(odoo19.options), adopted)
    assert failures(again) == [] and f"(id {second})" not in str(again.warnings)


@pytest.mark.parametrize(
    ("option", "model", "entry"),
    [
        ("outgoing_mail_servers", "ir.mail_server", {"host": "a.example"}),
        ("incoming_mail_servers", "fetchmail.server", {"host": "a.example", "username": "u", "confirm_login": False}),
    ],
)
def test_what_purge_archived_and_somebody_activated_is_told(
    odoo19: OdooDatabase, option: str, model: str, entry: dict[str, Any]
) -> None:
    mail.run(Odoo.connect(odoo19.options), options(**{option: [{"name": "Gone", **entry}]}))
    odoo, purge = Odoo.connect(odoo19.options), options(purge=True)
    write = odoo.write

    def archive_and_be_undone(name: str, ids: list[int], values: dict[str, Any], *more: Any) -> None:
        write(name, ids, values, *more)
        if values == {"active": False}:
            odoo19.client.write(model, ids, {"active": True})

    with mock.patch.object(odoo, "write", archive_and_be_undone):
        (failure,) = failures(mail.run(odoo, purge))
    assert "active is not as it was written" in failure
    assert failures(mail.run(Odoo.connect(odoo19.options), purge)) == []
