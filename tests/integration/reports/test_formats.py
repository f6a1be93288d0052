# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each format of a report is what those who read it take, whatever others have written into DNS or Odoo."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from junitparser import Error, Failure, JUnitXml, Skipped
from markdown_it import MarkdownIt
from prometheus_client.parser import text_string_to_metric_families
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Sarif

from ansible_collections.postmaster.mail.plugins.plugin_utils.accepted import Acceptance
from ansible_collections.postmaster.mail.plugins.plugin_utils.reports.code_quality import code_quality
from ansible_collections.postmaster.mail.plugins.plugin_utils.reports.content import HostNotes, fingerprint
from ansible_collections.postmaster.mail.plugins.plugin_utils.reports.files import FORMATS, write_reports
from ansible_collections.postmaster.mail.plugins.plugin_utils.reports.html_page import page
from ansible_collections.postmaster.mail.plugins.plugin_utils.reports.junit import junit
from ansible_collections.postmaster.mail.plugins.plugin_utils.reports.markdown import markdown
from ansible_collections.postmaster.mail.plugins.plugin_utils.reports.prometheus import prometheus
from ansible_collections.postmaster.mail.plugins.plugin_utils.reports.sarif import sarif
from ansible_collections.postmaster.mail.plugins.plugin_utils.reports.sources import Sources
from ansible_collections.postmaster.mail.plugins.plugin_utils.validation import REPORT_FORMATS
from ansible_collections.postmaster.mail.tests.support.reports import (
    HOSTILE,
    content,
    host_report,
    hostile,
    judged,
    usual,
    way,
)


def test_the_formats_of_the_variable_are_those_that_can_be_written() -> None:
    assert list(FORMATS) == REPORT_FORMATS


@pytest.mark.parametrize(
    ("left", "code"), [((0, 1, 2), 1), ((0, 1), 2), ((0,), 0), ((), 0)], ids=["failed", "drift", "clean", "nothing"]
)
def test_the_exit_code_tells_drift_from_failure(left: tuple[int, ...], code: int) -> None:
    hosts = usual()
    assert content([hosts[number] for number in left])["exit_code"] == code


@pytest.mark.parametrize("code", ["domain_not_known", "odoo_not_read", "not_looked_at"])
def test_what_could_not_be_read_is_a_failure_and_no_drift(code: str) -> None:
    told = host_report("a.example", report_only=True)
    told.findings = [report_finding(code, "error")]
    assert content([judged(told)])["exit_code"] == 1
    assert told.has_failed


def test_drift_fails_no_host_where_it_is_only_reported() -> None:
    told = host_report("a.example", report_only=True)
    told.findings = [report_finding("spf_missing", "error"), report_finding("not_looked_at", "info")]
    assert content([judged(told)])["exit_code"] == 2
    assert not told.has_failed and not told.result()["failed"] and told.result()["msg"] == ""


def report_finding(code: str, severity: str, subject: str = "a.example") -> dict[str, Any]:
    from ansible_collections.postmaster.mail.plugins.plugin_utils.report import finding

    return finding(code, severity, "a.example", subject, f"Found {code}.", f"Cure of {code}.")


def test_a_fingerprint_is_that_of_code_domain_and_subject() -> None:
    one = fingerprint("spf_missing", "a.example", "b")
    assert one == fingerprint("spf_missing", "a.example", "b")
    others = {fingerprint("spf", "missing", "a.example"), fingerprint("spf_missing", "a.exampleb", "")}
    assert len({one, *others, fingerprint("spf_missing", "a.example", "c")}) == 4


def test_what_is_new_and_what_is_gone_since_the_last_report() -> None:
    told = host_report("a.example")
    told.findings = [report_finding("spf_missing", "error"), report_finding("dmarc_missing", "warning")]
    first = content([judged(told)])
    before = {"a.example": HostNotes(before=first["hosts"]["a.example"]["findings"])}
    later = host_report("a.example")
    later.findings = [
        {**report_finding("spf_missing", "error"), "found": "In other words."},
        report_finding("spf_missing", "error", "elsewhere"),
    ]
    host = content([judged(later)], notes=before)["hosts"]["a.example"]
    assert [one["new"] for one in host["findings"]] == [False, True]
    assert [one["code"] for one in host["gone"]] == ["dmarc_missing"]
    dead = host_report("a.example")
    dead.fail("Nobody answers.")
    assert content([dead], notes=before)["hosts"]["a.example"]["gone"] == []


# -- JUnit


def test_junit_has_a_case_for_each_check_with_its_text_in_the_body() -> None:
    bad = usual()[1]
    bad.accepted = [Acceptance("dmarc_no_reports", "_dmarc.bad.example", "Later.")]
    read = JUnitXml.fromstring(junit(content([judged(bad), usual()[0], usual()[2]])).encode())
    # Of two cases of one suite, class and name, GitLab shows one.
    cases = {(case.classname, case.name): case for suite in read for case in suite}
    assert len(cases) == sum(len(list(suite)) for suite in read) == read.tests
    (failure,) = cases["bad.example", "not_as_expected (server relay)"].result
    assert isinstance(failure, Failure)
    assert failure.text == "ERROR: Its host is a. Its port is 26.\nCure: Run the rollout."
    (skipped,) = cases["bad.example", "dmarc_no_reports (_dmarc.bad.example)"].result
    assert isinstance(skipped, Skipped) and skipped.text == "Accepted: Later."
    info = cases["bad.example", "dmarc_policy_none (_dmarc.bad.example)"]
    assert info.is_passed and "p=none" in info.system_out
    assert cases["fine.example", "SPF"].is_passed and ("bad.example", "SPF") not in cases
    assert ("bad.example", "Mail routes and Odoo") not in cases
    (error,) = cases["dead.example", "done"].result
    assert isinstance(error, Error) and "gives an answer" in (error.text or "")
    assert (read.failures, read.errors, read.skipped) == (2, 1, 1)


# -- code quality and SARIF


SOURCES = Sources.of(
    {"host": ["inventories/a b.yml", 7], "variables": {"custom_domain_senders": ["group_vars/all.yml", 3]}}
)


def test_code_quality_has_what_gitlab_documents() -> None:
    notes = {"bad.example": HostNotes(sources=SOURCES)}
    entries = json.loads(code_quality(content(usual(), notes=notes)))
    for one in entries:
        assert set(one) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert {type(one[key]) for key in ("description", "fingerprint", "severity")} == {str}
        assert one["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert isinstance(one["location"]["lines"]["begin"], int) and not one["location"]["path"].startswith("/")
    assert len({one["fingerprint"] for one in entries}) == len(entries) == 5
    places = {one["check_name"]: (one["location"]["path"], one["location"]["lines"]["begin"]) for one in entries}
    assert places["spf_missing"] == ("group_vars/all.yml", 3)
    assert places["not_as_expected"] == ("inventories/a b.yml", 7)
    assert places["not_done"] == ("inventory", 1)


def test_sarif_is_valid_and_names_the_line() -> None:
    notes = {"bad.example": HostNotes(sources=SOURCES, before=[])}
    text = sarif(content(usual(), notes=notes))
    document = Sarif.model_validate_json(text)
    with pytest.raises(ValueError, match="level"):
        Sarif.model_validate_json(text.replace('"level": "error"', '"level": "grave"'))
    (run,) = document.runs
    assert run.invocations and run.invocations[0].executionSuccessful is False
    rules = run.tool.driver.rules or []
    results = {one.ruleId: one for one in run.results or []}
    assert all(rules[one.ruleIndex or 0].id == code for code, one in results.items())
    place = json.loads(sarif(content(usual(), notes=notes)))["runs"][0]["results"]
    spf = next(one for one in place if one["ruleId"] == "spf_missing")
    physical = spf["locations"][0]["physicalLocation"]
    assert (physical["artifactLocation"]["uri"], physical["region"]["startLine"]) == ("group_vars/all.yml", 3)
    assert spf["baselineState"] == "new" and spf["level"] == "error"
    other = next(one for one in place if one["ruleId"] == "not_as_expected")
    assert other["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "inventories/a%20b.yml"
    assert [one["level"] for one in place] == sorted(
        (one["level"] for one in place), key=["error", "warning", "note"].index
    )


def test_sarif_keeps_the_worst_where_github_would_cut() -> None:
    told = host_report("a.example")
    told.findings = [report_finding("dmarc_missing", "info", str(number)) for number in range(5100)]
    told.findings.append(report_finding("spf_missing", "error"))
    results = json.loads(sarif(content([judged(told)])))["runs"][0]["results"]
    assert len(results) == 5000 and results[0]["ruleId"] == "spf_missing"


# -- Prometheus


def test_the_metrics_are_those_documented() -> None:
    notes = {"bad.example": HostNotes(before=[])}
    text = prometheus(content(usual(), notes=notes))
    samples = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    bad = ("domain", "bad.example")
    assert samples["postmaster_domain_findings", bad, ("severity", "error")] == 3
    assert samples["postmaster_domain_new_findings", bad] == 5
    assert samples["postmaster_domain_check_success", ("domain", "dead.example")] == 0
    assert samples["postmaster_domain_ok", ("domain", "fine.example")] == 1
    assert samples["postmaster_domain_ok", bad] == 0
    assert samples["postmaster_dmarc_policy", bad, ("policy", "none")] == 1
    assert samples["postmaster_last_run_timestamp_seconds", ("kind", "verify")] == 1795921200
    assert "postmaster_domain_changes_pending" not in text
    assert "postmaster_domain_changes_pending" in prometheus(content(usual(), "plan"))


# -- Markdown


def rendered(text: str) -> str:
    html: str = MarkdownIt("gfm-like").render(text)
    return html


def test_markdown_begins_with_a_row_for_each_domain() -> None:
    text = markdown(content(usual()))
    html = rendered(text)
    assert "One domain failed, one domain needs attention, one domain is all right." in text
    rows = re.findall(r"<tr>\n<td>(.*?)</td>\n<td>(.*?)</td>\n<td>(.*?)</td>", html)
    assert [row[:2] for row in rows] == [
        ("fine.example", "all right"),
        ("bad.example", "attention"),
        ("dead.example", "failed"),
    ]
    assert rows[1][2] == "3 errors, 1 warning, 1 hint"
    assert text.count("<details>") == text.count("</details>") == 2


@pytest.mark.parametrize("most", [2000, 10_000, 60_000])
def test_markdown_keeps_to_its_bytes_and_says_what_is_left_out(most: int) -> None:
    hosts = []
    for number in range(120):
        told = host_report(f"host{number}.example")
        told.findings = [report_finding("spf_missing", "error", f"ü{one}") for one in range(8)]
        hosts.append(judged(told))
    text = markdown(content(hosts), most)
    assert most * 0.6 < len(text.encode()) <= most
    assert "Left out, because this would be too long" in text
    assert text.count("<details>") == text.count("</details>")
    assert f"{120 - text.count('| attention |')} of 120 rows" in text or text.count("| attention |") == 120


@pytest.mark.parametrize(
    ("others", "place"),
    [
        (["json", "html"], "The whole report is in *.html."),
        (["json"], "The whole report is in *.json."),
        ([], "in another format"),
    ],
)
def test_what_markdown_leaves_out_is_in_the_file_that_it_names(others: list[str], place: str, tmp_path: Path) -> None:
    asked = [{"path": str(tmp_path / f"whole.{one}"), "format": one} for one in others]
    short = {"path": str(tmp_path / "short.md"), "format": "markdown", "max_bytes": 1000}
    assert write_reports([*asked, short], content([*usual(), *usual("net")])["hosts"], "verify") == []
    text = (tmp_path / "short.md").read_text("utf-8")
    assert len(text.encode()) <= 1000
    assert place.replace("*", str(tmp_path / "whole")) in text.replace("\\", "")


def test_markdown_shows_the_difference_of_a_plan_whatever_is_in_it() -> None:
    told = host_report("a.example")
    told.dns.changed, told.dns.diff = True, "a.example  TXT\n- v=spf1 ~all\n+ ```` <b>\n"
    html = rendered(markdown(content([told], "plan")))
    assert "would change" in html
    assert "+ ```` &lt;b&gt;" in html and 'class="language-diff"' in html


# -- what others wrote


def test_a_reviewer_of_a_plan_reads_what_has_to_be_allowed_and_whether_mail_passes() -> None:
    told = host_report("fine.example", warnings=["The policy is none."], wants=["mail by Odoo", "DMARC policy none"])
    told.findings = [{**report_finding("dmarc_policy_none", "info"), "cure": "Go on."}]
    told.settle()
    told.dns.changed, told.dns.diff = True, "fine.example  MX\n- 10 mx.old.example\n"
    sets = {"before": {"ttl": 300, "values": ["10 mx.old.example"]}, "after": None}
    told.dns_changes = [{"name": "fine.example", "type": "MX", **sets}]
    told.mail = [way("ok", "sales@fine.example", "fine.example - relay", "pass", "pass", "pass")]
    text = markdown(content([told], "plan")).replace("\\", "").replace("&#8203;", "")
    allow = "fine.example MX loses 10 mx.old.example"
    assert "Why: The inventory asks for: mail by Odoo; DMARC policy none." in text
    assert "Hints, which the HTML report explains: dmarc_policy_none" in text and "Go on." not in text
    assert f"| fine.example | MX | passes | 1 hint | foreign_deletion: {allow} |" in text
    assert f"- **must be allowed** (custom_domain_allow: foreign_deletion): {allow}" in text
    assert "- Mail passes: sales@fine.example leaves through fine.example - relay." in text
    assert "- Warning: The policy is none." in text
    html = page(content([told], "plan"))
    assert allow in html and "The policy is none." in html


def test_what_changes_at_a_service_is_shown() -> None:
    told = host_report(
        "a.example", services=[{"changed": True}], services_diff="a.example at Amazon SES\n+ registered\n"
    )
    assert "+ registered" in markdown(content([told], "plan"))
    assert "+ registered" in junit(content([told], "plan"))


def test_others_write_no_xml() -> None:
    text = junit(hostile())
    ElementTree.fromstring(text.encode())
    read = JUnitXml.fromstring(text.encode())
    names = {case.name for suite in read for case in suite}
    assert any("<img src=x onerror" in name for name in names)
    assert {suite.name for suite in read} == {f"host{number}.example" for number in range(len(HOSTILE))}


def test_others_write_no_metrics() -> None:
    families = list(text_string_to_metric_families(prometheus(hostile())))
    domains = {sample.labels.get("domain") for family in families for sample in family.samples}
    assert domains - {None} == {f"host{number}.example" for number in range(len(HOSTILE))}


def test_others_write_no_sarif_links() -> None:
    text = sarif(hostile())
    Sarif.model_validate_json(text)
    messages = [one["message"]["text"] for one in json.loads(text)["runs"][0]["results"]]
    assert not [text for text in messages if re.search(r"(?<!\\)\[[^\]]*(?<!\\)\]\(", text)]


@pytest.mark.parametrize("kind", ["verify", "plan"])
def test_others_write_no_markdown(kind: str) -> None:
    html = rendered(markdown(hostile(kind), 1_000_000))
    tags = set(re.findall(r"<(/?[a-zA-Z][^\s>]*)", html))
    ours = {
        "h2",
        "p",
        "strong",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "details",
        "summary",
        "ul",
        "li",
        "pre",
        "code",
        "br",
    }
    assert {tag.strip("/") for tag in tags} <= ours
    assert html.count("<h2>") == 1 and html.count("<table>") == 1
    assert html.count("<details>") == html.count("</details>") == len(HOSTILE)
    assert not re.search(r"@\w", re.sub(r"<pre>.*?</pre>", "", html, flags=re.DOTALL))
    assert "href" not in html
    # nothing is lost, but for the spaces without width that stand in the way of links
    plain = html.replace("\u200b", "")
    assert "&lt;img src=x onerror=" in plain and "https://evil.example" in plain


def test_others_print_no_control_characters() -> None:
    for name, write in FORMATS.items():
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", write(hostile())), name
