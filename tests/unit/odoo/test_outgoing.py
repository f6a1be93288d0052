# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans of outgoing servers for any database and any wishes: they touch what was wished for, and converge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given

from ansible_collections.postmaster.mail.plugins.module_utils.errors import OdooError
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.client import Odoo
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.snapshot import Consents
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.outgoing.plan import (
    PlannedServer,
    external_id,
    plan_servers,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.outgoing.write import (
    finish_servers,
    own,
    write_servers,
)
from ansible_collections.postmaster.mail.tests.support.server_plans import (
    Changing,
    FakeOdoo,
    after,
    fields_of,
    held_servers,
    server,
    snapshot_of,
    wished,
    wishes,
)


@given(held_servers, wishes)
def test_a_second_run_has_nothing_to_do(there: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> None:
    snapshot = snapshot_of(*there)
    steps = plan_servers(snapshot, wanted)
    met = [wish for wish, step in zip(wanted, steps) if step.failure is None]
    again = plan_servers(after(snapshot, steps), met)
    assert [(step.action, step.values) for step in again if step.failure is None and step.action != "none"] == []


@given(held_servers, wishes)
def test_each_record_is_touched_by_one_wish_at_most_and_a_failed_wish_touches_none(
    there: list[dict[str, Any]], wanted: list[dict[str, Any]]
) -> None:
    steps = plan_servers(snapshot_of(*there), wanted)
    touched = [step.record_id for step in steps if step.changed and step.record_id is not None]
    assert len(touched) == len(set(touched))
    assert not any(step.changed for step in steps if step.failure is not None)


@given(held_servers, wishes)
def test_no_password_is_in_a_diff_or_a_message(there: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> None:
    for step in plan_servers(snapshot_of(*there), wanted):
        shown = str(step.diff()) + str(step.failure) + str(step.warnings)
        assert "secret" not in shown and "password: changed" not in shown.replace("password: changed\n", "").split("\n")


def test_one_wish_that_cannot_be_met_does_not_stop_another() -> None:
    steps = plan_servers(snapshot_of(), [wished("Bad", host="a b"), wished("Good", host="smtp.example.net")])
    assert steps[0].failure is not None and steps[1].failure is None


def test_a_dangling_external_id_of_ours_is_used_again() -> None:
    rows = {external_id("Mine"): {"id": 9, "res_id": 404}}
    step = plan_servers(snapshot_of(external_ids=rows), [wished("Mine", host="smtp.example.net")])[0]
    assert step.action == "create" and step.external_row == 9


def test_servers_that_pass_on_their_names_are_recorded_once_and_for_all() -> None:
    rows = {external_id("A"): {"id": 8, "res_id": 1}, external_id("B"): {"id": 9, "res_id": 2}}
    snapshot = snapshot_of(server(1, name="A"), server(2, name="B"), external_ids=rows)
    for wanted in ([wished("A", id=2)], [wished("B", id=1), wished("C", id=2)]):
        done = after(snapshot, plan_servers(snapshot, wanted))
        assert [step.action for step in plan_servers(done, wanted)] == ["none"] * len(wanted)


def apply_servers(odoo: Odoo, steps: Sequence[PlannedServer]) -> None:
    for part in (write_servers, own, finish_servers):
        part(odoo, steps)


class Silent(FakeOdoo):
    """An Odoo whose connection test gives no answer in time."""

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[str, Any] = {}

    def write(self, model: str, ids: Sequence[int], values: Mapping[str, Any]) -> None:
        self.held.update(values)

    def search_read(self, *dummy: Any, **more: Any) -> list[dict[str, Any]]:
        return [{"id": 1}]

    def call(self, model: str, method: str, *dummy: Any, **more: Any) -> Any:
        raise OdooError("Odoo did not answer within 90 seconds.")


def test_a_server_gets_its_settings_back_when_its_test_does_not_end() -> None:
    rows = {external_id("Mine"): {"id": 9, "res_id": 1}}
    snapshot = snapshot_of(server(1, name="Mine", smtp_host="a.example"), external_ids=rows)
    steps = plan_servers(snapshot, [wished("Mine", host="b.example", test_connection=True)])
    odoo = Silent()
    apply_servers(odoo, steps)
    assert odoo.held["smtp_host"] == "a.example"
    assert "former settings were put back" in str(steps[0].failure) and not steps[0].changed


def test_a_server_that_someone_deletes_meanwhile_is_a_failure_and_no_change() -> None:
    rows = {external_id("Mine"): {"id": 9, "res_id": 1}}
    steps = plan_servers(snapshot_of(server(1, name="Mine"), external_ids=rows), [wished("Mine", priority=3)])
    apply_servers(Changing(), steps)
    assert "was deleted in Odoo meanwhile: run again" in str(steps[0].failure) and not steps[0].changed


def test_a_name_that_another_run_records_meanwhile_fails_alone() -> None:
    wanted = [wished(name, host=f"{number}.example") for number, name in enumerate(["Mine", "Theirs", "Mine too"])]
    steps = plan_servers(snapshot_of(), wanted)
    apply_servers(Changing(), steps)
    assert [step.failure for step in steps] == [None, "Odoo refused: it is there already.", None]
    assert all(step.changed for step in steps)


def test_a_server_without_a_filter_ties_with_another_without() -> None:
    step = plan_servers(
        snapshot_of(server(1)), [wished("Mine", host="b.example", username="x", password="y", priority=1)]
    )[0]
    assert any("the mail that no FROM filter takes" in warning for warning in step.warnings)


def test_servers_for_other_senders_do_not_tie() -> None:
    there = server(1, from_filter="a.example")
    step = plan_servers(snapshot_of(there), [wished("Mine", host="b.example", from_filter=["b.example"], priority=2)])[
        0
    ]
    assert step.warnings == []


def test_port_25_is_refused_where_odoo_blocks_it() -> None:
    step = plan_servers(snapshot_of(hosted=True), [wished("Mine", host="b.example", encryption="none")])[0]
    assert "block" in str(step.failure)


def test_odoo_16_takes_one_filter_entry() -> None:
    snapshot = snapshot_of(version=16, server_fields=fields_of(16))
    steps = plan_servers(
        snapshot,
        [
            wished("One", host="b.example", from_filter=["a.example"]),
            wished("Two", host="c.example", from_filter=["a.example", "b.example"]),
        ],
    )
    assert steps[0].failure is None and "one address or domain" in str(steps[1].failure)
    assert steps[0].values["smtp_encryption"] == "starttls"
    assert any("verifies no" in warning for warning in steps[0].warnings)


# Priorities


def ours(*ids: int) -> dict[str, Any]:
    return {external_id(f"Server {number}"): {"id": 50 + number, "res_id": number} for number in ids}


def test_servers_wished_for_together_get_different_priorities_where_they_compete() -> None:
    wanted = [
        wished("A", host="a.example", from_filter=["a.example"]),
        wished("B", host="b.example", from_filter=["a.example"]),
    ]
    assert [step.values["sequence"] for step in plan_servers(snapshot_of(), wanted)] == [10, 11]


def test_a_stated_priority_stays_and_the_other_gives_way() -> None:
    wanted = [wished("A", host="a.example", from_filter=["a.example"]),
              wished("B", host="b.example", from_filter=["a.example"], priority=10)]  # fmt: skip
    assert [step.values["sequence"] for step in plan_servers(snapshot_of(), wanted)] == [11, 10]


def test_stated_equal_priorities_are_a_warning_and_stay() -> None:
    wanted = [wished(name, host=f"{name}.example", from_filter=["a.example"], priority=5) for name in "AB"]
    steps = plan_servers(snapshot_of(), wanted)
    assert [step.values["sequence"] for step in steps] == [5, 5]
    assert all("same priority 5 and both take the mail of a.example" in step.warnings[0] for step in steps)


def test_a_tie_with_someone_elses_server_is_a_warning_only() -> None:
    there = server(1, sequence=10, from_filter="a.example")
    step = plan_servers(snapshot_of(there), [wished("A", host="a.example", from_filter=["a.example"])])[0]
    assert step.values["sequence"] == 10 and "Server 1 have the same priority 10" in step.warnings[0]


def test_a_server_of_ours_that_is_not_wished_for_keeps_its_place() -> None:
    there = server(1, sequence=10, from_filter="a.example")
    snapshot = snapshot_of(there, external_ids=ours(1))
    steps = plan_servers(snapshot, [wished("A", host="a.example", from_filter=["a.example"])])
    assert steps[0].values["sequence"] == 11 and steps[0].warnings == []


def test_one_of_many_domains_is_the_first_of_all_and_the_others_stand_behind_it() -> None:
    wanted = [wished(str(number), host="a.example", username=str(number), from_filter=[f"{number}.example"])
              for number in range(1000)]  # fmt: skip
    steps = plan_servers(snapshot_of(), wanted)
    assert [step.values["sequence"] for step in steps] == [10] + [11] * 999
    assert not any(step.warnings for step in steps)


def test_where_a_server_takes_all_the_rest_no_other_has_to_be_the_first() -> None:
    there = server(1, sequence=99)
    wanted = [wished(name, host="a.example", username=name, from_filter=[f"{name}.example"]) for name in "ab"]
    assert [step.values["sequence"] for step in plan_servers(snapshot_of(there), wanted)] == [10, 10]


def test_a_thousand_equal_firsts_are_one_warning() -> None:
    wanted = [wished(str(number), host="a.example", username=str(number), from_filter=[f"{number}.example"], priority=3)
              for number in range(1000)]  # fmt: skip
    warnings = [text for step in plan_servers(snapshot_of(), wanted) for text in step.warnings]
    assert len(warnings) == 1 and "0, 1, 2, 3, 4 and 995 more have the same priority 3" in warnings[0]


def competing(servers: list[dict[str, Any]]) -> set[tuple[int, int]]:
    """Pairs of active servers among which the database would choose."""
    active = [one for one in servers if one["active"]]
    parts = {one["id"]: {part.strip().lower() for part in (one["from_filter"] or "").split(",")} for one in active}
    catch_all = any("" in held for held in parts.values())
    first = min((one["sequence"] for one in active), default=0)
    return {
        (one["id"], other["id"])
        for one in active
        for other in active
        if one["id"] < other["id"] and one["sequence"] == other["sequence"]
        and (parts[one["id"]] & parts[other["id"]] or (not catch_all and one["sequence"] == first))
    }  # fmt: skip


@given(held_servers, wishes)
def test_no_two_of_ours_compete_unless_both_are_stated(
    there: list[dict[str, Any]], wanted: list[dict[str, Any]]
) -> None:
    snapshot = snapshot_of(*there)
    steps = plan_servers(snapshot, wanted)
    result = after(snapshot, steps)
    unstated = {step.record_id for wish, step in zip(wanted, steps)
                if wish.get("priority") is None and step.failure is None}  # fmt: skip
    stated = {step.record_id for wish, step in zip(wanted, steps)
              if wish.get("priority") is not None and step.failure is None}  # fmt: skip
    for one, other in competing(result.servers):
        assert not ({one, other} & unstated and {one, other} <= unstated | stated)


@given(held_servers, wishes)
def test_servers_that_are_not_wished_for_stay_as_they_are_and_stated_priorities_too(
    there: list[dict[str, Any]], wanted: list[dict[str, Any]]
) -> None:
    snapshot = snapshot_of(*there, external_ids=ours(1, 2))
    steps = plan_servers(snapshot, wanted)
    touched = {step.record_id for step in steps if step.changed}
    result = {one["id"]: one for one in after(snapshot, steps).servers}
    for one in snapshot.servers:
        if one["id"] not in touched:
            assert result[one["id"]] == one
    for wish, step in zip(wanted, steps):
        if step.failure is None and wish["state"] != "absent" and wish.get("priority") is not None:
            assert result[step.record_id or 0]["sequence"] == wish["priority"]


# Gmail and Outlook

GMAIL: dict[str, Any] = {"authentication": "gmail", "username": "info@a.example"}
INSTALLABLE = {"google_gmail": {"id": 7, "state": "uninstalled"}}


def without_gmail() -> dict[str, list[str]]:
    return {**fields_of(19), "smtp_authentication": ["login", "certificate", "cli"]}


@pytest.mark.parametrize("version", [16, 17, 18, 19])
def test_gmail_gets_what_odoos_form_fills_in(version: int) -> None:
    step = plan_servers(snapshot_of(version=version, server_fields=fields_of(version)), [wished("A", **GMAIL)])[0]
    assert step.values == {
        "name": "A",
        "active": False,
        "smtp_host": "smtp.gmail.com",
        "smtp_port": 587,
        "smtp_encryption": "starttls",
        "smtp_authentication": "gmail",
        "smtp_user": "info@a.example",
        "from_filter": "info@a.example",
        "sequence": 10,
    }


@pytest.mark.parametrize(
    ("user", "host"), [("a@company.example", "smtp.office365.com"), ("a@Hotmail.com", "smtp-mail.outlook.com")]
)
def test_outlook_has_one_server_for_companies_and_one_for_persons(user: str, host: str) -> None:
    step = plan_servers(snapshot_of(), [wished("A", authentication="outlook", username=user)])[0]
    assert (step.values["smtp_host"], step.values["smtp_port"]) == (host, 587)


def test_a_missing_module_is_named_and_installed_only_if_allowed() -> None:
    snapshot = snapshot_of(server_fields=without_gmail(), modules=INSTALLABLE)
    refused = plan_servers(snapshot, [wished("A", **GMAIL)])[0]
    assert "module google_gmail is not installed" in str(refused.failure)
    assert "install_modules: true" in str(refused.failure)
    step = plan_servers(snapshot, [wished("A", **GMAIL)], install_modules=True)[0]
    assert (step.module, step.module_id) == ("google_gmail", 7)
    assert step.diff()["after"].endswith("module google_gmail: installed\n")
    assert "client id and secret" in step.next_steps[0] and "Run this again" in step.next_steps[-1]


def test_a_module_that_is_not_there_cannot_be_installed() -> None:
    step = plan_servers(snapshot_of(server_fields=without_gmail()), [wished("A", **GMAIL)], install_modules=True)[0]
    assert "google_gmail, which is not among its modules" in str(step.failure)


def consents(*granted: int, client: bool = True) -> Consents:
    return Consents(
        granted={("gmail", number) for number in granted},
        links={("gmail", 1): "https://accounts.google.com/o/oauth2/v2/auth?state=1"},
        clients={"gmail"} if client else set(),
        base_url="https://erp.example.net",
    )


def gmail(number: int, **values: Any) -> dict[str, Any]:
    return server(number, **{"smtp_authentication": "gmail", "smtp_pass": False, "smtp_encryption": "starttls",
                             "smtp_user": "info@a.example", "from_filter": "info@a.example", **values})  # fmt: skip


def test_a_mailbox_is_used_once_someone_has_granted_access() -> None:
    rows = ours(1)
    waiting = snapshot_of(gmail(1, active=False), consents=consents(), external_ids=rows)
    step = plan_servers(waiting, [wished("Server 1")])[0]
    assert step.action == "none" and "open https://accounts.google.com/" in step.next_steps[0]
    assert "as info@a.example" in step.next_steps[0] and "Run this again" in step.next_steps[1]
    granted = snapshot_of(gmail(1, active=False), consents=consents(1), external_ids=rows)
    step = plan_servers(granted, [wished("Server 1")])[0]
    assert step.activate and step.next_steps == []


def test_the_application_at_google_comes_first() -> None:
    snapshot = snapshot_of(gmail(1), consents=consents(client=False), external_ids=ours(1))
    steps = plan_servers(snapshot, [wished("Server 1")])[0].next_steps
    assert "https://erp.example.net/google_gmail/confirm" in steps[0] and "client id and secret" in steps[0]
    assert "sign in to Gmail as info@a.example" in steps[1] and len(steps) == 2


def test_a_server_in_use_that_changes_to_gmail_is_not_used_before_access_is_granted() -> None:
    snapshot = snapshot_of(server(1), consents=consents(), external_ids=ours(1))
    step = plan_servers(snapshot, [wished("Server 1", **GMAIL, password="")])[0]
    assert step.values["active"] is False and "active: no (archived)" in step.diff()["after"]
    assert step.values["smtp_host"] == "smtp.gmail.com"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({**GMAIL, "password": "x"}, "takes no password"),
        ({**GMAIL, "encryption": "tls"}, "needs encryption: starttls"),
        ({"authentication": "gmail", "username": "info"}, "the mailbox's address as username"),
        ({"authentication": "cli", "password": "x", "host": "a.example"}, "leave out host, password"),
    ],
)
def test_what_an_authentication_does_not_take_is_refused(options: dict[str, Any], message: str) -> None:
    assert message in str(plan_servers(snapshot_of(), [wished("A", **options)])[0].failure)


def test_a_filter_that_does_not_name_the_mailbox_is_a_warning() -> None:
    step = plan_servers(snapshot_of(), [wished("A", **GMAIL, from_filter=["b.example"])])[0]
    assert any("set from_filter: [info@a.example]" in warning for warning in step.warnings)


# Versions, hosting, and Odoo's own server


@pytest.mark.parametrize(("version", "known"), [(14, False), (17, False), (18, True), (19, True)])
def test_the_largest_size_is_left_out_where_odoo_knows_none(version: int, known: bool) -> None:
    snapshot = snapshot_of(version=version, server_fields=fields_of(version))
    step = plan_servers(snapshot, [wished("A", host="a.example", max_email_size=25, verify_certificate=False)])[0]
    assert ("max_email_size" in step.values) is known
    assert any("came with Odoo 18" in warning for warning in step.warnings) is not known


def test_odoo_14_has_no_filters_so_they_are_left_out() -> None:
    snapshot = snapshot_of(version=14, server_fields=fields_of(14))
    step = plan_servers(snapshot, [wished("A", host="a.example", from_filter=["a.example"])])[0]
    assert "from_filter" not in step.values and any("has no FROM filters" in warning for warning in step.warnings)
    refused = plan_servers(snapshot, [wished("A", host="a.example", from_filter=["*.a.example"])])[0]
    assert "no wildcard" in str(refused.failure)


def test_a_server_without_a_filter_is_a_warning_unless_an_empty_list_says_so() -> None:
    step = plan_servers(snapshot_of(), [wished("A", host="a.example")])[0]
    assert any("A has no FROM filter" in warning for warning in step.warnings)
    assert plan_servers(snapshot_of(), [wished("A", host="a.example", from_filter=[])])[0].warnings == []


def test_a_held_port_25_is_a_warning_where_odoo_blocks_it_and_archiving_is_free() -> None:
    snapshot = snapshot_of(server(1, smtp_port=25, from_filter="a.example"), hosted=True, external_ids=ours(1))
    assert "cannot leave" in plan_servers(snapshot, [wished("Server 1", priority=1)])[0].warnings[0]
    step = plan_servers(snapshot, [{**wished("Server 1"), "state": "archived"}])[0]
    assert step.failure is None and step.warnings == []


HOSTED: dict[str, Any] = {"hosted": True, "odoo_domain": "company-name.odoo.com"}
CLI: dict[str, Any] = {"smtp_authentication": "cli", "smtp_host": False, "smtp_user": False, "smtp_pass": False}


def test_the_pair_of_the_documentation_is_no_warning() -> None:
    wanted = [wished("Own", host="a.example", from_filter=["company-name.com"]),
              wished("Odoo", authentication="cli", from_filter=["company-name.odoo.com"])]  # fmt: skip
    assert not any(step.warnings for step in plan_servers(snapshot_of(**HOSTED), wanted))


def test_odoos_own_server_must_name_odoos_subdomain_beside_another() -> None:
    snapshot = snapshot_of(server(1, from_filter="company-name.com", sequence=1), **HOSTED)
    step = plan_servers(snapshot, [wished("Odoo", authentication="cli", from_filter=["b.example"])])[0]
    assert any("company-name.odoo.com" in warning and "add it to from_filter" in warning for warning in step.warnings)
    alone = plan_servers(snapshot_of(**HOSTED), [wished("Odoo", authentication="cli", from_filter=[])])[0]
    assert alone.warnings == []


def test_another_server_must_have_a_filter_beside_odoos_own() -> None:
    snapshot = snapshot_of(server(1, **CLI, from_filter="company-name.odoo.com", sequence=1), **HOSTED)
    step = plan_servers(snapshot, [wished("Own", host="a.example", from_filter=[])])[0]
    assert any("set from_filter to the custom domain" in warning for warning in step.warnings)
    step = plan_servers(snapshot, [wished("Own", host="a.example", from_filter=["company-name.odoo.com"])])[0]
    assert any("only Odoo's own server may send" in warning for warning in step.warnings)


def test_a_server_in_use_is_named_and_kept() -> None:
    uses = {1: ['the mail template "Greeting"']}
    snapshot = snapshot_of(server(1), used_servers=uses, kept_servers=uses, external_ids=ours(1))
    for state in ("absent", "archived"):
        step = plan_servers(snapshot, [{**wished("Server 1"), "state": state}])[0]
        assert "Greeting" in str(step.failure) and not step.changed


def test_odoo_14_which_only_knows_a_login_wants_a_username_beside_a_password_too() -> None:
    wanted = wished("Mine", host="a.example", password="x")
    assert "password but no username" in str(plan_servers(snapshot_of(version=14), [wanted])[0].failure)


@pytest.mark.parametrize("number", [2**31, -(2**40)])
def test_a_priority_that_odoo_cannot_hold_is_refused_before_any_write(number: int) -> None:
    step = plan_servers(snapshot_of(), [wished("Mine", host="a.example", priority=number)])[0]
    assert "more than Odoo can hold" in str(step.failure)


@pytest.mark.parametrize(
    "host", ["smtp.a.example:587", "a.example,b.example", "https://a.example", "", "a b", "[::1]", "user@a.example"]
)
def test_a_host_that_is_none_is_refused(host: str) -> None:
    step = plan_servers(snapshot_of(), [wished("Mine", host=host)])[0]
    assert "is not the name of a mail server" in str(step.failure)


@pytest.mark.parametrize("host", ["smtp.a.example", "localhost", "192.0.2.1", "2001:db8::1", "smtp.bücher.example"])
def test_a_host_is_a_name_or_an_address(host: str) -> None:
    assert plan_servers(snapshot_of(), [wished("Mine", host=host)])[0].values["smtp_host"] == host


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"username": "me", "password": "hidden\n"}, "password of 'Mine'"),
        ({"username": "me\0", "password": "hidden"}, "username of 'Mine'"),
        ({"name": "Mine\nand yours"}, "name of "),
    ],
)
def test_a_line_break_in_a_text_is_refused_without_showing_a_secret(options: dict[str, Any], named: str) -> None:
    failure = str(plan_servers(snapshot_of(), [{**wished("Mine", host="a.example"), **options}])[0].failure)
    assert named in failure and "control character" in failure and "hidden" not in failure


def test_a_server_in_use_says_why_gmail_would_archive_it() -> None:
    uses = {1: ['the mail template "Greeting"']}
    there = snapshot_of(server(1), used_servers=uses, kept_servers=uses, consents=consents(), external_ids=ours(1))
    step = plan_servers(there, [wished("Server 1", **GMAIL, password="")])[0]
    assert "Greeting" in str(step.failure) and "until someone grants access to Gmail" in str(step.failure)


def _relays(*filters: list[str]) -> list[dict[str, Any]]:
    common = {"host": "Smtp.a.example", "username": "odoo", "password": "x"}
    return [wished(f"Relay {number}", from_filter=parts, **common) for number, parts in enumerate(filters, start=1)]


@pytest.mark.parametrize("version", [14, 17, 19])
def test_new_servers_that_would_do_the_same_are_refused_in_one_call_as_in_two(version: int) -> None:
    wanted = _relays(["a.example"], ["A.example"], ["b.example"])
    wanted[1]["host"] = "smtp.a.example"
    there = snapshot_of(version=version, server_fields=fields_of(version))
    steps = plan_servers(there, wanted)
    assert [step.failure is None for step in steps] == [False, False, True]
    assert "'Relay 1' and 'Relay 2'" in str(steps[0].failure) and "'Relay 2' and 'Relay 1'" in str(steps[1].failure)
    assert "same host, username and FROM filter" in str(steps[0].failure)
    assert not steps[0].changed and not steps[1].changed


def test_servers_that_are_there_already_may_do_the_same() -> None:
    there = snapshot_of(server(1, name="Relay 1"), server(2, name="Relay 2"))
    wanted = [{**wish, "host": "smtp.example.net", "id": None} for wish in _relays([], [])]
    assert [step.failure for step in plan_servers(there, wanted)] == [None, None]


def test_one_that_goes_is_not_like_one_that_comes() -> None:
    first, second = _relays(["a.example"], ["a.example"])
    assert [step.failure for step in plan_servers(snapshot_of(), [{**first, "state": "absent"}, second])] == [None] * 2


RELAY = {"host": "smtp.example.net", "username": "odoo", "password": "secret"}


@pytest.mark.parametrize(
    "held",
    [
        {"name": "Old", **RELAY},
        {"name": "Renamed", "id": 1},
        {"name": "Taken over", "adopt": True, **RELAY},
        {"name": "Old", "state": "archived"},
    ],
)
def test_a_new_server_may_not_do_what_that_of_another_entry_does(held: dict[str, Any]) -> None:
    snapshot = snapshot_of(server(1, name="Old"))
    first, second = plan_servers(snapshot, [wished(**held), wished("New", **RELAY)])
    if held.get("adopt"):
        assert "'Taken over' and 'New' would be created" in str(first.failure)
        assert "'New' and 'Taken over' would be created" in str(second.failure)
    else:
        assert first.failure is None
        assert f"'New' would be created with the same host, username and FROM filter as '{held['name']}'" in str(
            second.failure
        )


def test_a_new_server_may_do_what_another_entry_gives_up() -> None:
    snapshot = snapshot_of(server(1, name="Old"))
    for held in ({"host": "other.example"}, {"state": "absent"}):
        first, second = plan_servers(snapshot, [wished("Old", **held), wished("New", **RELAY)])
        assert (first.failure, second.failure, second.action) == (None, None, "create")
    moving = [wished("Old", host="other.example"), wished("New", host="other.example", username="odoo")]
    assert "'New' would be created" in str(plan_servers(snapshot, moving)[1].failure), "nor what it takes up"


def test_a_second_server_of_one_mailbox_of_gmail_is_refused_though_its_host_is_not_stated() -> None:
    gmail = {"authentication": "gmail", "username": "me@company-name.com"}
    held = server(
        1, smtp_host="smtp.gmail.com", smtp_authentication="gmail", smtp_user=gmail["username"], smtp_pass=False,
        from_filter=gmail["username"],
    )  # fmt: skip
    assert "already has 'Server 1' (id 1)" in str(plan_servers(snapshot_of(held), [wished("New", **gmail)])[0].failure)
    twice = plan_servers(snapshot_of(), [wished("One", **gmail), wished("Two", **gmail)])
    assert all("would be created with the same host" in str(step.failure) for step in twice)
