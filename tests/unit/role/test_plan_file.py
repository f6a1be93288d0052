# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plan files: what is refused, what must be allowed explicitly, and what a reviewer sees."""

from __future__ import annotations

import datetime
import json
import re
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.plugin_utils import plan_file
from ansible_collections.postmaster.mail.plugins.plugin_utils.plan_file import PlanWriter
from ansible_collections.postmaster.mail.plugins.plugin_utils.plan_guards import guards
from ansible_collections.postmaster.mail.plugins.plugin_utils.report import HostReport
from ansible_collections.postmaster.mail.plugins.plugin_utils.sender import Refused
from ansible_collections.postmaster.mail.tests.support.reports import way

NOW = datetime.datetime(2026, 11, 29, 8, 0, tzinfo=datetime.timezone.utc)
HOST = "company"
DOMAIN = "company-name.com"


def change(before: list[str] | None, after: list[str] | None, name: str = DOMAIN, rdtype: str = "TXT") -> Any:
    sets = [None if values is None else {"ttl": 300, "values": values} for values in (before, after)]
    return {"name": name, "type": rdtype, "before": sets[0], "after": sets[1]}


def written(path: Path, changes: Any = (), **more: Any) -> PlanWriter:
    writer = PlanWriter(str(path), "")
    report = HostReport(HOST, DOMAIN, dns_changes=list(changes), zones=[DOMAIN], **more)
    writer.add(HOST, "sha256:1", "powerdns", "", report)
    path.write_text(writer.text(NOW), encoding="utf-8")
    return writer


def test_a_plan_is_read_back_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    changes = [change(None, ["v=spf1 mx -all"]), change(["a"], ["a", "b\\"], "x.company-name.com")]
    written(path, changes)
    approved = plan_file.read(str(path), "1d", NOW).approved(HOST, DOMAIN, "sha256:1", [])
    assert approved.dns == changes
    told = json.loads(path.read_text("utf-8"))["hosts"][HOST]["dns"]["changes"]
    assert [(one["zone"], one["kept"]) for one in told] == [(DOMAIN, []), (DOMAIN, ["a"])]


def test_a_plan_contains_whether_mail_passes_but_no_hints(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    ways = [way(severity, "sales@company-name.com", "relay", "pass", "pass", "pass") for severity in ("info", "ok")]
    written(path, mail=[*ways, way("error", "sales@company-name.com", "relay", "fail", "fail", "fail")])
    told = json.loads(path.read_text("utf-8"))["hosts"][HOST]["mail"]
    assert [(one["severity"], one.get("cure")) for one in told] == [("ok", None), ("error", "Publish the key.")]


def _cut(text: str) -> str:
    return text[: len(text) // 2]


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (_cut, "is cut or damaged: it is not valid JSON"),
        (lambda text: "[" * 100_000, "is cut or damaged: it is not valid JSON"),
        (lambda text: text.replace("mx -all", "mx +all"), "is damaged: its digest does not match"),
        (lambda text: text.replace('"1.0"', '"2.0"'), "has format version 2.0, but this release reads 1.x"),
        (lambda text: '{"format": "terraform"}', "is not a plan"),
        (lambda text: "[]", "is not a plan"),
    ],
    ids=["cut", "deep", "edited", "newer format", "another program", "list"],
)
def test_a_file_that_is_no_valid_plan_is_refused(tmp_path: Path, spoil: Any, reason: str) -> None:
    path = tmp_path / "plan.json"
    written(path, [change(None, ["v=spf1 mx -all"])])
    path.write_text(spoil(path.read_text("utf-8")), encoding="utf-8")
    with pytest.raises(Refused, match=re.escape(reason)):
        plan_file.read(str(path), "1d", NOW)


def test_a_newer_minor_version_is_read(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    content = {**json.loads(written(path).text(NOW)), "format_version": "1.7", "new_in_1_7": True}
    del content["digest"]
    path.write_text(json.dumps({**content, "digest": plan_file.digest(content)}))
    assert HOST in plan_file.read(str(path), "1d", NOW).hosts


@pytest.mark.parametrize(("expires", "hours", "fresh"), [("1d", 23, True), ("1d", 25, False), ("90m", 2, False)])
def test_a_plan_expires(tmp_path: Path, expires: str, hours: int, fresh: bool) -> None:
    path = tmp_path / "plan.json"
    written(path)
    later = NOW + datetime.timedelta(hours=hours)
    if fresh:
        assert plan_file.read(str(path), expires, later).hosts
        return
    with pytest.raises(Refused, match="was made on 2026-11-29 08:00 UTC and has expired"):
        plan_file.read(str(path), expires, later)


def test_a_plan_with_a_date_in_the_future_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    written(path)
    assert plan_file.read(str(path), "1d", NOW - datetime.timedelta(minutes=50)).hosts
    with pytest.raises(Refused, match="was made on 2026-11-29 08:00 UTC, which is still to come"):
        plan_file.read(str(path), "1d", NOW - datetime.timedelta(hours=2))


@pytest.mark.parametrize("text", ["", "tomorrow", "d", "-1d", "1.5h", "24"])
def test_an_invalid_age_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="give a number and a unit, such as 90m, 24h or 7d"):
        plan_file.age(text)


@pytest.mark.parametrize(
    ("host", "desired", "failures", "reason"),
    [
        ("other", "sha256:1", [], "does not contain the host other"),
        (HOST, "sha256:2", [], "its variables have changed since the plan"),
        (HOST, "sha256:1", ["No zone."], "could not be planned when the plan"),
    ],
)
def test_a_host_that_does_not_match_the_plan_is_refused(
    tmp_path: Path, host: str, desired: str, failures: list[str], reason: str
) -> None:
    path = tmp_path / "plan.json"
    written(path, failures=failures)
    with pytest.raises(Refused, match=f"^{DOMAIN}: .*{reason}"):
        plan_file.read(str(path), "1d", NOW).approved(host, DOMAIN, desired, [])


REJECT, NONE = "v=DMARC1; p=reject", "v=DMARC1; p=none"


def test_records_that_people_enter_need_no_permission() -> None:
    report = HostReport(HOST, DOMAIN, dns_changes=[change(["10 mx.example"], None, rdtype="MX")])
    assert [guard for guard, dummy in report.to_allow] == ["foreign_deletion"]
    report.is_manual = True
    assert report.to_allow == []


DMARC = f"_dmarc.{DOMAIN}"
DKIM = f"odoo._domainkey.{DOMAIN}"


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ([change(["v=spf1 mx -all"], ["v=spf1 a mx -all"])], []),
        ([change(["v=spf1 mx -all", "site=1"], ["v=spf1 mx -all"])], ["foreign_deletion"]),
        ([change(["v=spf1 mx -all"], None)], ["foreign_deletion"]),
        ([change(["10 mx.example"], ["10 mx.odoo.com"], rdtype="MX")], ["foreign_deletion"]),
        ([change(["v=DKIM1; p=AA"], None, DKIM), change(None, ["odoo.example"], DKIM, "CNAME")], []),
        ([change(["k=rsa; p=AA"], ["v=DKIM1; p=BB"], DKIM)], []),
        ([change([NONE], [REJECT], DMARC)], ["stricter_dmarc"]),
        ([change(None, [REJECT], DMARC)], ["stricter_dmarc"]),
        ([change(None, [NONE], DMARC)], []),
        ([change([REJECT], ["v=DMARC1; p=reject; rua=mailto:a@b.example"], DMARC)], []),
        ([change([NONE], ["v=DMARC1; p=none; sp=reject"], DMARC)], ["stricter_dmarc"]),
        ([change([REJECT, NONE], [REJECT], DMARC)], ["stricter_dmarc"]),
        ([change(["v=DMARC1; p=reject; t=y"], [REJECT], DMARC)], ["stricter_dmarc"]),
    ],
)
def test_dangerous_changes_must_be_allowed(tmp_path: Path, changes: Any, found: list[str]) -> None:
    assert [guard for guard, dummy in guards(changes)] == found
    path = tmp_path / "plan.json"
    written(path, changes)
    saved = plan_file.read(str(path), "1d", NOW)
    if found:
        with pytest.raises(
            Refused, match=re.escape(f"Set custom_domain_allow: [{', '.join(found)}] if this is intended")
        ):
            saved.approved(HOST, DOMAIN, "sha256:1", [])
    saved.approved(HOST, DOMAIN, "sha256:1", found)
