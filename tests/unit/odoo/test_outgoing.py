# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans for outgoing servers, for any database and any entries: they change only what was asked for, and converge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given

from ansible_collections.postmaster.mail.plugins.module_utils.errors import OdooError
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database import write
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.client import Odoo
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.outgoing import plan
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.outgoing.plan import (
    PlannedServer,
    external_id,
    plan_servers,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.outgoing.write import (
    activate_servers,
    own,
    write_servers,
)
from ansible_collections.postmaster.mail.tests.support.server_plans import (
    HELD_PASSWORD,
    NEW_PASSWORD,
    Changing,
    FakeOdoo,
    after,
    all_desired,
    asked_for,
    fields_of,
    held_servers,
    ours,
    server,
    snapshot_of,
)


@given(held_servers, all_desired)
def test_a_second_run_has_nothing_to_do(there: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> None:
    snapshot = snapshot_of(*there)
    changes = plan_servers(snapshot, wanted)
    met = [desired for desired, change in zip(wanted, changes) if change.failure is None]
    again = plan_servers(after(snapshot, changes), met)
    assert [
        (change.action, change.values) for change in again if change.failure is None and change.action != "none"
    ] == []


@given(held_servers, all_desired)
def test_at_most_one_entry_changes_a_record_and_a_failed_entry_changes_none(
    there: list[dict[str, Any]], wanted: list[dict[str, Any]]
) -> None:
    changes = plan_servers(snapshot_of(*there), wanted)
    touched = [change.record_id for change in changes if change.changed and change.record_id is not None]
    assert len(touched) == len(set(touched))
    assert not any(change.changed for change in changes if change.failure is not None)


def shows_a_password(changes: Sequence[PlannedServer]) -> bool:
    shown = "".join(str([change.diff(), change.result(), change.failure, change.warnings]) for change in changes)
    return HELD_PASSWORD in shown or NEW_PASSWORD in shown


@given(held_servers, all_desired)
def test_no_password_is_in_a_diff_or_a_message(there: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> None:
    assert not shows_a_password(plan_servers(snapshot_of(*there), wanted))


@pytest.mark.parametrize("held", [[], [server(1, name="Mine")]])
def test_a_leaked_password_would_be_found(held: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = [asked_for("Mine", host="a.example", username="odoo", password=NEW_PASSWORD)]
    assert not shows_a_password(plan_servers(snapshot_of(*held), wanted))
    monkeypatch.setattr(plan, "_SECRET", ())
    assert shows_a_password(plan_servers(snapshot_of(*held), wanted))


@pytest.mark.parametrize("held", [None, "odoo", HELD_PASSWORD])
def test_a_username_that_equals_the_password_is_not_shown(held: str | None) -> None:
    """Postmark's token is both, and Odoo stores the username in a field that it does not hide."""
    there = [server(1, name="Mine", smtp_user=held, smtp_pass=HELD_PASSWORD)] if held else []
    wanted = asked_for("Mine", host="a.example", username=NEW_PASSWORD, password=NEW_PASSWORD)
    (change,) = plan_servers(snapshot_of(*there), [wanted])
    assert not shows_a_password([change]) and change.values["smtp_user"] == NEW_PASSWORD
    lines = [line.value for line in change.after if line.label == "username"]
    assert lines == ["changed" if held else "set"]
    deleted = plan_servers(snapshot_of(*there), [{**wanted, "state": "absent"}])
    assert not shows_a_password(deleted)


def test_an_invalid_entry_does_not_stop_another() -> None:
    changes = plan_servers(snapshot_of(), [asked_for("Bad", host="a b"), asked_for("Good", host="smtp.example.net")])
    assert changes[0].failure is not None and changes[1].failure is None


def test_our_external_id_of_a_deleted_server_is_reused() -> None:
    rows = {external_id("Mine"): {"id": 9, "res_id": 404}}
    change = plan_servers(snapshot_of(external_ids=rows), [asked_for("Mine", host="smtp.example.net")])[0]
    assert change.action == "create" and change.external_row == 9


def test_after_servers_exchange_names_a_second_run_changes_nothing() -> None:
    rows = {external_id("A"): {"id": 8, "res_id": 1}, external_id("B"): {"id": 9, "res_id": 2}}
    snapshot = snapshot_of(server(1, name="A"), server(2, name="B"), external_ids=rows)
    for wanted in ([asked_for("A", id=2)], [asked_for("B", id=1), asked_for("C", id=2)]):
        done = after(snapshot, plan_servers(snapshot, wanted))
        assert [change.action for change in plan_servers(done, wanted)] == ["none"] * len(wanted)


def apply_servers(odoo: Odoo, changes: Sequence[PlannedServer]) -> None:
    for part in (write_servers, own, activate_servers):
        part(odoo, changes)


class Silent(FakeOdoo):
    """An Odoo whose connection test gives no answer in time."""

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[str, Any] = {}

    def write(self, model: str, ids: Sequence[int], values: Mapping[str, Any], *dummy: Any) -> None:
        self.held.update(values)

    def search_read(self, *dummy: Any, **more: Any) -> list[dict[str, Any]]:
        return [{"id": 1}]

    def call(self, model: str, method: str, *dummy: Any, **more: Any) -> Any:
        raise OdooError("Odoo did not answer within 90 seconds.")


def test_a_server_gets_its_settings_back_if_its_test_times_out() -> None:
    rows = {external_id("Mine"): {"id": 9, "res_id": 1}}
    snapshot = snapshot_of(server(1, name="Mine", smtp_host="a.example"), external_ids=rows)
    changes = plan_servers(snapshot, [asked_for("Mine", host="b.example", test_connection=True)])
    odoo = Silent()
    apply_servers(odoo, changes)
    assert odoo.held["smtp_host"] == "a.example"
    assert "previous settings were restored" in str(changes[0].failure) and not changes[0].changed


def test_the_answer_of_the_mail_server_to_the_test_is_explained() -> None:
    class Refusing(Silent):
        def call(self, model: str, method: str, *dummy: Any, **more: Any) -> Any:
            raise OdooError("Connection Test Failed! (451, b'Authentication failed: Maximum credits exceeded')")

    rows = {external_id("Mine"): {"id": 9, "res_id": 1}}
    snapshot = snapshot_of(server(1, name="Mine", smtp_host="a.example"), external_ids=rows)
    changes = plan_servers(snapshot, [asked_for("Mine", host="smtp.sendgrid.net", test_connection=True)])
    apply_servers(Refusing(), changes)
    assert "At SendGrid: the credits of the account are used up" in str(changes[0].failure)


def test_a_server_that_someone_deletes_in_the_meantime_is_a_failure_and_no_change() -> None:
    rows = {external_id("Mine"): {"id": 9, "res_id": 1}}
    changes = plan_servers(snapshot_of(server(1, name="Mine"), external_ids=rows), [asked_for("Mine", priority=3)])
    apply_servers(Changing(), changes)
    assert "was deleted in Odoo in the meantime: run again" in str(changes[0].failure) and not changes[0].changed


def test_an_entry_whose_name_another_run_takes_in_the_meantime_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write, "_PAUSE", 0)
    wanted = [asked_for(name, host=f"{number}.example") for number, name in enumerate(["Mine", "Theirs", "Mine too"])]
    changes = plan_servers(snapshot_of(), wanted)
    apply_servers(Changing(), changes)
    assert [change.failure for change in changes] == [None, "Odoo refused: it is there already.", None]
    assert [change.changed for change in changes] == [True, False, True]


def test_a_tie_between_two_servers_without_a_filter_leads_to_a_warning() -> None:
    change = plan_servers(
        snapshot_of(server(1)), [asked_for("Mine", host="b.example", username="x", password="y", priority=1)]
    )[0]
    assert any("the mail that no FROM filter takes" in warning for warning in change.warnings)


def test_servers_for_other_senders_do_not_tie() -> None:
    there = server(1, from_filter="a.example")
    change = plan_servers(
        snapshot_of(there), [asked_for("Mine", host="b.example", from_filter=["b.example"], priority=2)]
    )[0]
    assert change.warnings == []


def test_port_25_is_refused_where_odoo_blocks_it() -> None:
    change = plan_servers(snapshot_of(hosted=True), [asked_for("Mine", host="b.example", encryption="none")])[0]
    assert "block" in str(change.failure)


@pytest.mark.parametrize("port", [2587, 2465, 25])
def test_a_port_that_odoo_blocks_is_refused_with_the_other_ports_of_the_service(port: int) -> None:
    asked = asked_for("Mine", host="email-smtp.eu-west-1.amazonaws.com", port=port, from_filter=["a.example"])
    change = plan_servers(snapshot_of(hosted=True), [asked])[0]
    assert change.failure is not None and "Amazon SES also has 587 (starttls) or 465 (tls)" in change.failure
    assert plan_servers(snapshot_of(), [asked])[0].failure is None


def test_an_iam_secret_as_password_is_refused_with_the_name_of_the_filter() -> None:
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    host = "email-smtp.eu-west-1.amazonaws.com"
    change = plan_servers(snapshot_of(), [asked_for("Mine", host=host, username="AKIAX", password=secret)])[0]
    assert change.failure is not None and secret not in change.failure
    assert "postmaster.mail.ses_smtp_password" in change.failure


def test_a_password_for_microsoft_365_leads_to_a_warning_with_its_end_date() -> None:
    asked = asked_for(
        "Mine", host="smtp.office365.com", username="a@a.example", password="x", from_filter=["a.example"]
    )
    told = plan_servers(snapshot_of(), [asked])[0].warnings
    assert any("December 2026" in warning and "authentication: outlook" in warning for warning in told)
    other = plan_servers(snapshot_of(), [{**asked, "host": "smtp.mailgun.org"}])[0].warnings
    assert not any("December 2026" in warning for warning in other)


def test_odoo_16_takes_one_filter_entry() -> None:
    snapshot = snapshot_of(version=16, server_fields=fields_of(16))
    changes = plan_servers(
        snapshot,
        [
            asked_for("One", host="b.example", from_filter=["a.example"]),
            asked_for("Two", host="c.example", from_filter=["a.example", "b.example"]),
        ],
    )
    assert changes[0].failure is None and "one address or domain" in str(changes[1].failure)
    assert changes[0].values["smtp_encryption"] == "starttls"
    assert any("does not verify certificates" in warning for warning in changes[0].warnings)


@pytest.mark.parametrize(("version", "right"), [(15, False), (16, False), (17, True), (18, True), (19, True)])
@pytest.mark.parametrize("text", ["a.example ", "a.example,", " a.example"])
def test_a_filter_with_a_space_or_comma_is_corrected_where_odoo_does_not_ignore_it(
    version: int, right: bool, text: str
) -> None:
    there = server(1, name="Mine", from_filter=text)
    snapshot = snapshot_of(there, version=version, server_fields=fields_of(min(max(version, 17), 19)))
    change = plan_servers(snapshot, [asked_for("Mine", from_filter=["a.example"], adopt=True)])[0]
    assert change.failure is None
    assert ("from_filter" not in change.values) is right


# Versions, hosting, and Odoo's own server


@pytest.mark.parametrize(("version", "known"), [(14, False), (17, False), (18, True), (19, True)])
def test_max_email_size_is_left_out_before_odoo_18(version: int, known: bool) -> None:
    snapshot = snapshot_of(version=version, server_fields=fields_of(version))
    change = plan_servers(snapshot, [asked_for("A", host="a.example", max_email_size=25, verify_certificate=False)])[0]
    assert ("max_email_size" in change.values) is known
    assert any("came with Odoo 18" in warning for warning in change.warnings) is not known


def test_from_filter_is_left_out_at_odoo_14() -> None:
    snapshot = snapshot_of(version=14, server_fields=fields_of(14))
    change = plan_servers(snapshot, [asked_for("A", host="a.example", from_filter=["a.example"])])[0]
    assert "from_filter" not in change.values and any("has no FROM filters" in warning for warning in change.warnings)
    refused = plan_servers(snapshot, [asked_for("A", host="a.example", from_filter=["*.a.example"])])[0]
    assert "no wildcard" in str(refused.failure)


def test_a_server_without_a_filter_leads_to_a_warning_unless_the_list_is_empty() -> None:
    change = plan_servers(snapshot_of(), [asked_for("A", host="a.example")])[0]
    assert any("A has no FROM filter" in warning for warning in change.warnings)
    assert plan_servers(snapshot_of(), [asked_for("A", host="a.example", from_filter=[])])[0].warnings == []


def test_an_existing_blocked_port_leads_to_a_warning_but_not_when_archiving() -> None:
    snapshot = snapshot_of(server(1, smtp_port=25, from_filter="a.example"), hosted=True, external_ids=ours(1))
    assert "cannot leave" in plan_servers(snapshot, [asked_for("Server 1", priority=1)])[0].warnings[0]
    change = plan_servers(snapshot, [{**asked_for("Server 1"), "state": "archived"}])[0]
    assert change.failure is None and change.warnings == []


HOSTED: dict[str, Any] = {"hosted": True, "odoo_domain": "company-name.odoo.com"}


CLI: dict[str, Any] = {"smtp_authentication": "cli", "smtp_host": False, "smtp_user": False, "smtp_pass": False}


@pytest.mark.parametrize("held", ["starttls", "starttls_strict"])
def test_the_port_changes_only_if_the_encryption_does(held: str) -> None:
    snapshot = snapshot_of(server(1, smtp_port=2525, smtp_encryption=held), external_ids=ours(1))
    same, other = (
        plan_servers(snapshot, [{"name": "Server 1", "state": "present", "id": 1, "encryption": encryption}])[0]
        for encryption in ("starttls", "tls")
    )
    assert "smtp_port" not in same.values and "smtp_encryption" not in same.values
    assert (other.values["smtp_port"], other.values["smtp_encryption"]) == (465, "ssl_strict")


def test_the_pair_of_servers_in_the_documentation_leads_to_no_warning() -> None:
    wanted = [asked_for("Own", host="a.example", from_filter=["company-name.com"]),
              asked_for("Odoo", authentication="cli", from_filter=["company-name.odoo.com"])]  # fmt: skip
    assert not any(change.warnings for change in plan_servers(snapshot_of(**HOSTED), wanted))


def test_odoos_own_server_must_name_odoos_subdomain_beside_another() -> None:
    snapshot = snapshot_of(server(1, from_filter="company-name.com", sequence=1), **HOSTED)
    change = plan_servers(snapshot, [asked_for("Odoo", authentication="cli", from_filter=["b.example"])])[0]
    assert any("company-name.odoo.com" in warning and "add it to from_filter" in warning for warning in change.warnings)
    alone = plan_servers(snapshot_of(**HOSTED), [asked_for("Odoo", authentication="cli", from_filter=[])])[0]
    assert alone.warnings == []


def test_another_server_must_have_a_filter_beside_odoos_own() -> None:
    snapshot = snapshot_of(server(1, **CLI, from_filter="company-name.odoo.com", sequence=1), **HOSTED)
    change = plan_servers(snapshot, [asked_for("Own", host="a.example", from_filter=[])])[0]
    assert any("set from_filter to the custom domain" in warning for warning in change.warnings)
    change = plan_servers(snapshot, [asked_for("Own", host="a.example", from_filter=["company-name.odoo.com"])])[0]
    assert any("only Odoo's own server may send" in warning for warning in change.warnings)


def test_a_server_in_use_is_kept_and_its_users_are_named() -> None:
    uses = {1: ['the mail template "Greeting"']}
    snapshot = snapshot_of(server(1), used_servers=uses, archive_blocked=uses, external_ids=ours(1))
    for state in ("absent", "archived"):
        change = plan_servers(snapshot, [{**asked_for("Server 1"), "state": state}])[0]
        assert "Greeting" in str(change.failure) and not change.changed


def test_odoo_14_needs_a_username_with_a_password() -> None:
    wanted = asked_for("Mine", host="a.example", password="x")
    assert "password but no username" in str(plan_servers(snapshot_of(version=14), [wanted])[0].failure)


@pytest.mark.parametrize("number", [2**31, -(2**40)])
def test_a_priority_that_odoo_cannot_hold_is_refused_before_any_write(number: int) -> None:
    change = plan_servers(snapshot_of(), [asked_for("Mine", host="a.example", priority=number)])[0]
    assert "more than Odoo can hold" in str(change.failure)


@pytest.mark.parametrize(
    "host", ["smtp.a.example:587", "a.example,b.example", "https://a.example", "", "a b", "[::1]", "user@a.example"]
)
def test_an_invalid_host_is_refused(host: str) -> None:
    change = plan_servers(snapshot_of(), [asked_for("Mine", host=host)])[0]
    assert "is not the name of a mail server" in str(change.failure)


@pytest.mark.parametrize("host", ["smtp.a.example", "localhost", "192.0.2.1", "2001:db8::1", "smtp.bücher.example"])
def test_a_host_may_be_a_name_or_an_address(host: str) -> None:
    assert plan_servers(snapshot_of(), [asked_for("Mine", host=host)])[0].values["smtp_host"] == host


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"username": "me", "password": "hidden\n"}, "password of 'Mine'"),
        ({"username": "me\0", "password": "hidden"}, "username of 'Mine'"),
        ({"name": "Mine\nand yours"}, "name of "),
    ],
)
def test_a_line_break_in_a_text_is_refused_without_showing_a_secret(options: dict[str, Any], named: str) -> None:
    failure = str(plan_servers(snapshot_of(), [{**asked_for("Mine", host="a.example"), **options}])[0].failure)
    assert named in failure and "control character" in failure and "hidden" not in failure


def _relays(*filters: list[str]) -> list[dict[str, Any]]:
    common = {"host": "Smtp.a.example", "username": "odoo", "password": "x"}
    return [asked_for(f"Relay {number}", from_filter=parts, **common) for number, parts in enumerate(filters, start=1)]


@pytest.mark.parametrize("version", [14, 17, 19])
def test_two_equal_new_servers_are_refused(version: int) -> None:
    wanted = _relays(["a.example"], ["A.example"], ["b.example"])
    wanted[1]["host"] = "smtp.a.example"
    there = snapshot_of(version=version, server_fields=fields_of(version))
    changes = plan_servers(there, wanted)
    assert [change.failure is None for change in changes] == [False, False, True]
    assert "'Relay 1' and 'Relay 2'" in str(changes[0].failure) and "'Relay 2' and 'Relay 1'" in str(changes[1].failure)
    assert "same host, username and FROM filter" in str(changes[0].failure)
    assert not changes[0].changed and not changes[1].changed


def test_equal_servers_that_exist_already_are_allowed() -> None:
    there = snapshot_of(server(1, name="Relay 1"), server(2, name="Relay 2"))
    wanted = [{**desired, "host": "smtp.example.net", "id": None} for desired in _relays([], [])]
    assert [change.failure for change in plan_servers(there, wanted)] == [None, None]


def test_a_new_server_may_equal_an_absent_one() -> None:
    first, second = _relays(["a.example"], ["a.example"])
    assert [change.failure for change in plan_servers(snapshot_of(), [{**first, "state": "absent"}, second])] == [
        None
    ] * 2


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
def test_a_new_server_may_not_equal_the_server_of_another_entry(held: dict[str, Any]) -> None:
    snapshot = snapshot_of(server(1, name="Old"))
    first, second = plan_servers(snapshot, [asked_for(**held), asked_for("New", **RELAY)])
    if held.get("adopt"):
        assert "'Taken over' and 'New' would be created" in str(first.failure)
        assert "'New' and 'Taken over' would be created" in str(second.failure)
    else:
        assert first.failure is None
        assert f"'New' would be created with the same host, username and FROM filter as '{held['name']}'" in str(
            second.failure
        )


def test_a_new_server_may_take_the_settings_that_another_entry_gives_up() -> None:
    snapshot = snapshot_of(server(1, name="Old"))
    for held in ({"host": "other.example"}, {"state": "absent"}):
        first, second = plan_servers(snapshot, [asked_for("Old", **held), asked_for("New", **RELAY)])
        assert (first.failure, second.failure, second.action) == (None, None, "create")
    moving = [asked_for("Old", host="other.example"), asked_for("New", host="other.example", username="odoo")]
    assert "'New' would be created" in str(plan_servers(snapshot, moving)[1].failure), "but not those that it takes on"
