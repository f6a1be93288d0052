# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages that a run of many hosts shows only once, and the table of all hosts."""

from __future__ import annotations

from typing import Any

from ansible_collections.postmaster.mail.plugins.plugin_utils import overview
from ansible_collections.postmaster.mail.plugins.plugin_utils.overview import Row, say_once, table, written_until_then
from ansible_collections.postmaster.mail.plugins.plugin_utils.report import DnsReport, HostReport, finding

CAUSE = "Odoo is not changed for {}. Odoo refused the login of 'admin': the password is wrong."


def results(count: int, msg: str = CAUSE, warning: str = "") -> dict[str, dict[str, Any]]:
    hosts = [f"c{number}.example" for number in range(count)]
    return {host: {"msg": msg.format(host), "warnings": [warning.format(host)] if warning else []} for host in hosts}


def said_once(told: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    say_once(told, {host: host for host in told})
    return told


def test_an_error_of_many_hosts_is_shown_in_full_once() -> None:
    told = said_once(results(7))
    assert told["c0.example"]["msg"] == (
        CAUSE.format("c0.example")
        + " This applies to 7 hosts (c0.example, c1.example, c2.example, c3.example, c4.example and 2 more)."
    )
    rest = {one["msg"] for host, one in told.items() if host != "c0.example"}
    assert rest == {"Same as for c0.example, which has the whole text: " + CAUSE.format("the domain")}


def test_an_error_that_starts_with_the_host_is_recognised_as_the_same() -> None:
    told = said_once(results(5, msg="{}: custom_domain_wait is 600, but must be a dictionary. Write {{timeout: 600}}."))
    assert told["c0.example"]["msg"].startswith("c0.example: custom_domain_wait is 600")
    assert told["c4.example"]["msg"].startswith("Same as for c0.example, which has the whole text: custom_domain_wait ")


def test_errors_of_four_hosts_and_different_errors_stay_as_they_are() -> None:
    assert said_once(results(4)) == results(4)
    different = {
        **results(4),
        "z.example": {"msg": "Another cause, which is as long as the one above: no.", "warnings": []},
    }
    assert said_once(different)["z.example"]["msg"].startswith("Another cause")
    assert different["c0.example"]["msg"] == CAUSE.format("c0.example")


def test_a_warning_of_many_hosts_becomes_one_that_ansible_shows_once() -> None:
    warning = "{}: the DMARC policy is none and no reports are requested, so the record of {} has no effect."
    told = said_once(results(5, msg="", warning=warning.replace("{}", "{0}")))
    assert {one for result in told.values() for one in result["warnings"]} == {
        "5 hosts (c0.example, c1.example, c2.example, c3.example, c4.example): the DMARC policy is none and no reports "
        "are requested, so the record of the domain has no effect."
    }


def test_only_more_than_ten_hosts_get_a_table() -> None:
    rows = [Row(f"c{number}.example", "changed", "up to date", "") for number in range(11)]
    assert table(rows[:10]) == ""
    lines = table([*rows[:10], Row("long.example", "–", "–", "word " * 40)]).strip().splitlines()
    assert lines[0].split() == ["domain", "DNS", "Odoo", "what", "to", "do"]
    assert lines[1] == "c0.example    changed  up to date"
    assert lines[11].startswith("long.example  –        –           word word") and lines[11].endswith("…")
    assert lines[12] == "Text that ends in … is cut: the host's result has the whole text."
    assert "is cut" not in table(rows)


def test_a_row_shows_the_state_of_dns_and_odoo() -> None:
    def row(has_odoo: bool = True, check_mode: bool = False, **said: Any) -> Row:
        told = HostReport("host", "c.example", published=True)
        for name, value in said.items():
            setattr(told.dns if name in ("missing", "manual_records") else told, name, value)
        return overview.rolled_out(told, has_odoo, check_mode)

    assert row(done=True) == Row("c.example", "up to date", "up to date", "")
    assert row(done=True, failures=["No such company."]) == Row(
        "c.example", "up to date", "not done", "No such company."
    )
    assert row(has_odoo=False) == Row("c.example", "up to date", "–", "")
    assert row(missing=["a record"], failures=["Not seen."]) == Row(
        "c.example", "not seen yet", "not done", "Not seen."
    )
    assert row(manual_records=[{}])[1::2] == ("to be entered", "Enter the records that are listed for it.")
    assert row(published=False, failures=["Refused."])[1] == "–"


def test_a_row_of_verify_shows_the_worst_finding_of_each_part() -> None:
    told = HostReport("host", "c.example")
    told.findings = [
        {**finding("spf_missing", "warning", "c.example", "c.example", "It has none.", "Publish one."), "rfc": ""},
        finding("not_aligned", "error", "c.example", "a@c.example", "It fails.", "Publish DKIM."),
    ]
    assert overview.verified(told) == Row("c.example", "warning", "error", "Publish one.")


def test_an_interrupted_run_lists_what_it_has_written_so_far() -> None:
    registered = {"service": "amazon_ses", "sending_domain": "alpha.example", "changed": True}
    reports = [
        HostReport("alpha.example", "alpha.example", services=[registered]),
        HostReport("beta.example", "beta.example", DnsReport(changed=True)),
        HostReport("gamma.example", "gamma.example", services=[{**registered, "changed": False}]),
    ]
    assert written_until_then(reports, "the run was interrupted") == (
        "The run was interrupted. Written so far: registration of alpha.example at Amazon SES; DNS of beta.example."
        " Run again."
    )
    assert "Written so far: nothing." in written_until_then([], "")
