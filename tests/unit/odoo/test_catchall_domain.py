# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one catch-all domain of Odoo 14 to 16: what is written, what is refused, and what is removed with it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.odoo.alias_domains.catchall_domain import (
    plan_catchall_domain,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.parameters.plan import PlannedParameters
from ansible_collections.postmaster.mail.tests.support.odoo_snapshots import read_snapshot

OLD = pytest.mark.parametrize("version", [14, 15, 16])
A = {"mail.catchall.domain": "a.example"}
COMPANIES = [
    {"id": 1, "name": "One", "active": True},
    {"id": 2, "name": "Two", "active": True},
    {"id": 3, "name": "Closed", "active": False},
]


def planned(
    version: int, held: dict[str, str], *entries: dict[str, Any], named_aliases: tuple[str, ...] = ()
) -> list[PlannedParameters]:
    rows = {key: {"id": number, "value": text} for number, (key, text) in enumerate(held.items())}
    snapshot = read_snapshot(version, parameters=rows, companies=COMPANIES, named_aliases=list(named_aliases))
    return plan_catchall_domain(snapshot, [{"name": "a.example", "state": "present", **one} for one in entries])


def one(version: int, held: dict[str, str], **entry: Any) -> PlannedParameters:
    return planned(version, held, entry)[0]


def written(change: PlannedParameters) -> dict[str, str]:
    assert change.failure is None, change.failure
    return {key: parameter.text for key, parameter in change.parameters.items()}


@OLD
def test_a_new_domain_gets_the_default_aliases_of_newer_versions(version: int) -> None:
    assert written(one(version, {})) == {
        "mail.catchall.domain": "a.example",
        "mail.catchall.alias": "catchall",
        "mail.bounce.alias": "bounce",
        "mail.default.from": "notifications",
    }


@OLD
def test_values_that_no_option_names_stay(version: int) -> None:
    held = {**A, "mail.catchall.alias": "all", "mail.bounce.alias": "back", "mail.default.from": "info"}
    assert written(one(version, held)) == {}
    assert written(one(version, {**held, "mail.bounce.alias": ""})) == {"mail.bounce.alias": "bounce"}


@OLD
def test_a_different_case_is_no_rename(version: int) -> None:
    assert one(version, {"mail.catchall.domain": "A.Example"}).failure is None
    assert "replies to addresses at b.example would be lost" in str(
        one(version, {"mail.catchall.domain": "b.example"}).failure
    )
    assert one(version, {"mail.catchall.domain": "b.example"}, allow_rename=True).failure is None


@OLD
def test_an_alias_in_use_is_renamed_only_with_allow_rename(version: int) -> None:
    held = {**A, "mail.bounce.alias": "back"}
    assert "mail to back@a.example would be lost" in str(one(version, held, bounce_alias="bounce").failure)
    assert written(one(version, held, bounce_alias="bounce", allow_rename=True))["mail.bounce.alias"] == "bounce"
    assert written(one(version, {"mail.bounce.alias": "back"}, bounce_alias="bounce"))["mail.bounce.alias"] == "bounce"


@OLD
def test_a_domain_is_removed_with_its_senders_and_no_others(version: int) -> None:
    held = {**A, "mail.default.from": "info@a.example", "mail.default.from_filter": "info@A.example"}
    gone = {"mail.catchall.domain": "", "mail.default.from": "", "mail.default.from_filter": ""}
    assert written(one(version, held, state="absent")) == gone
    others = {**A, "mail.default.from": "info@b.example", "mail.default.from_filter": "b.example"}
    assert written(one(version, others, state="absent")) == {"mail.catchall.domain": ""}
    assert written(one(version, {"mail.catchall.domain": "b.example"}, state="absent")) == {}


@OLD
def test_a_domain_that_aliases_use_is_not_removed(version: int) -> None:
    (change,) = planned(version, A, {"state": "absent"}, named_aliases=("jobs", "sales"))
    assert "still used by the mail aliases jobs, sales" in str(change.failure)


@OLD
def test_a_domain_for_only_some_companies_is_refused(version: int) -> None:
    assert "is for One only" in str(one(version, {}, companies=["One"]).failure)
    assert one(version, {}, companies=["One"], assign_to_all=True).failure is None
    # an archived company sends nothing
    assert one(version, {}, companies=["One", "Two"]).failure is None


@OLD
def test_two_domains_are_refused_unless_one_is_absent(version: int) -> None:
    both = planned(version, {}, {}, {"name": "b.example"})
    assert all("has one catch-all domain for all companies" in str(change.failure) for change in both)
    moved = planned(version, {"mail.catchall.domain": ""}, {}, {"name": "b.example", "state": "absent"})
    assert [change.failure for change in moved] == [None, None]


@pytest.mark.parametrize(
    ("version", "sender", "default_filter", "warned"),
    [(14, "info", None, True), (15, "info@a.example", "info@a.example", False),
     (16, "info@a.example", "info@a.example", False)],
)  # fmt: skip
def test_odoo_14_warns_that_it_cannot_send_all_mail_from_one_address(
    version: int, sender: str, default_filter: str | None, warned: bool
) -> None:
    change = one(version, {}, default_from="info@a.example", override_all_senders=True)
    assert written(change)["mail.default.from"] == sender
    assert change.stated.get("mail.default.from_filter") == default_filter
    assert any("cannot send all mail from one address" in warning for warning in change.warnings) is warned
    assert "set override_all_senders: true" in str(one(version, {}, default_from="info@a.example").failure)
