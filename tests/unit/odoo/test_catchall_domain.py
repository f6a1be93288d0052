# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one catch-all domain of Odoo 14 to 16: what is stated, what is refused, and what goes with it."""

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
def test_a_new_domain_gets_the_aliases_that_newer_versions_give_it(version: int) -> None:
    assert written(one(version, {})) == {
        "mail.catchall.domain": "a.example",
        "mail.catchall.alias": "catchall",
        "mail.bounce.alias": "bounce",
        "mail.default.from": "notifications",
    }


@OLD
def test_what_is_there_and_not_stated_stays(version: int) -> None:
    held = {**A, "mail.catchall.alias": "all", "mail.bounce.alias": "back", "mail.default.from": "info"}
    assert written(one(version, held)) == {}
    assert written(one(version, {**held, "mail.bounce.alias": ""})) == {"mail.bounce.alias": "bounce"}


@OLD
def test_the_case_of_the_domain_that_is_there_is_no_rename(version: int) -> None:
    assert one(version, {"mail.catchall.domain": "A.Example"}).failure is None
    assert "replies to addresses at b.example would be lost" in str(
        one(version, {"mail.catchall.domain": "b.example"}).failure
    )
    assert one(version, {"mail.catchall.domain": "b.example"}, allow_rename=True).failure is None


@OLD
def test_an_alias_is_renamed_only_where_that_is_allowed_or_no_domain_makes_it_an_address(version: int) -> None:
    held = {**A, "mail.bounce.alias": "back"}
    assert "mail to back@a.example would be lost" in str(one(version, held, bounce_alias="bounce").failure)
    assert written(one(version, held, bounce_alias="bounce", allow_rename=True))["mail.bounce.alias"] == "bounce"
    assert written(one(version, {"mail.bounce.alias": "back"}, bounce_alias="bounce"))["mail.bounce.alias"] == "bounce"


@OLD
def test_a_domain_goes_with_the_senders_of_it_and_only_that_one(version: int) -> None:
    held = {**A, "mail.default.from": "info@a.example", "mail.default.from_filter": "info@A.example"}
    gone = {"mail.catchall.domain": "", "mail.default.from": "", "mail.default.from_filter": ""}
    assert written(one(version, held, state="absent")) == gone
    others = {**A, "mail.default.from": "info@b.example", "mail.default.from_filter": "b.example"}
    assert written(one(version, others, state="absent")) == {"mail.catchall.domain": ""}
    assert written(one(version, {"mail.catchall.domain": "b.example"}, state="absent")) == {}


@OLD
def test_a_domain_that_aliases_use_stays(version: int) -> None:
    (change,) = planned(version, A, {"state": "absent"}, named_aliases=("jobs", "sales"))
    assert "still used by the mail aliases jobs, sales" in str(change.failure)


@OLD
def test_a_domain_for_some_companies_only_is_refused_unless_it_is_for_all(version: int) -> None:
    assert "is for One only" in str(one(version, {}, companies=["One"]).failure)
    assert one(version, {}, companies=["One"], assign_to_all=True).failure is None
    # who is archived sends nothing
    assert one(version, {}, companies=["One", "Two"]).failure is None


@OLD
def test_two_domains_are_refused_and_one_that_goes_is_none_of_them(version: int) -> None:
    both = planned(version, {}, {}, {"name": "b.example"})
    assert all("has one catch-all domain for all companies" in str(change.failure) for change in both)
    moved = planned(version, {"mail.catchall.domain": ""}, {}, {"name": "b.example", "state": "absent"})
    assert [change.failure for change in moved] == [None, None]


@pytest.mark.parametrize(
    ("version", "sender", "default_filter", "warned"),
    [(14, "info", None, True), (15, "info@a.example", "info@a.example", False),
     (16, "info@a.example", "info@a.example", False)],
)  # fmt: skip
def test_a_whole_address_for_all_senders_needs_a_filter_that_14_does_not_have(
    version: int, sender: str, default_filter: str | None, warned: bool
) -> None:
    change = one(version, {}, default_from="info@a.example", override_all_senders=True)
    assert written(change)["mail.default.from"] == sender
    assert change.stated.get("mail.default.from_filter") == default_filter
    assert any("cannot send all mail from one address" in warning for warning in change.warnings) is warned
    assert "set override_all_senders: true" in str(one(version, {}, default_from="info@a.example").failure)
