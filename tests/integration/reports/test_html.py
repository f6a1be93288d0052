# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as a page: valid, for people at any width, and nothing in it but what we write."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest

from ansible_collections.postmaster.mail.plugins.plugin_utils.accepted import Acceptance
from ansible_collections.postmaster.mail.plugins.plugin_utils.report import finding
from ansible_collections.postmaster.mail.plugins.plugin_utils.reports.content import HostNotes
from ansible_collections.postmaster.mail.plugins.plugin_utils.reports.html_page import page
from ansible_collections.postmaster.mail.plugins.plugin_utils.reports.markdown import markdown
from ansible_collections.postmaster.mail.tests.support.reports import (
    HOSTILE,
    content,
    host_report,
    hostile,
    judged,
    usual,
    way,
)

TAGS = {
    "html", "head", "meta", "title", "style", "body", "a", "header", "main", "section", "h1", "h2", "h3", "p", "table",
    "caption", "thead", "tbody", "tr", "th", "td", "details", "summary", "div", "span", "ul", "li", "br", "strong",
    "pre", "ins", "del", "figure", "figcaption", "dl", "dt", "dd", "svg", "defs", "rect", "path", "use", "g", "text",
}  # fmt: skip
ATTRIBUTES = {
    "aria-hidden", "charset", "class", "content", "d", "height", "href", "http-equiv", "id", "lang", "name", "role",
    "rx", "scope", "viewBox", "width", "x", "y",
}  # fmt: skip


def parsed(text: str) -> Element:
    """As a browser reads it; any fault that HTML has a name for fails."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    tree: Element = parser.parse(text)
    return tree


def tag(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def elements(tree: Element, *names: str) -> Iterator[Element]:
    return (one for one in tree.iter() if isinstance(one.tag, str) and (not names or tag(one) in names))


def shown(element: Element) -> str:
    return "".join(element.itertext())


def four() -> dict[str, Any]:
    """With what an earlier report had and has not."""
    old = {"fingerprint": "0" * 32, "code": "spf_long", "domain": "bad.example", "subject": "bad.example"}
    bad = usual()[1]
    bad.accepted = [Acceptance("dmarc_no_reports", "_dmarc.bad.example", "Reports come <later>.")]
    return content([*usual(), judged(bad)], notes={"bad.example": HostNotes(before=[old])})


@pytest.mark.parametrize(
    "made", [four(), hostile(), hostile("plan"), content([])], ids=["usual", "others", "plan", "none"]
)
def test_it_is_valid_and_holds_nothing_but_what_we_write(made: dict[str, Any]) -> None:
    tree = parsed(page(made))
    assert {tag(one) for one in elements(tree)} <= TAGS
    assert {name for one in elements(tree) for name in one.attrib} <= ATTRIBUTES
    ids = [one.attrib["id"] for one in elements(tree) if "id" in one.attrib]
    assert len(ids) == len(set(ids))
    links = {one.attrib["href"] for one in elements(tree) if "href" in one.attrib}
    assert links <= {f"#{one}" for one in ids}
    policy = next(one for one in elements(tree, "meta") if "http-equiv" in one.attrib)
    assert policy.attrib["content"].startswith("default-src 'none'; style-src 'unsafe-inline'")
    (style,) = elements(tree, "style")
    assert "url(" not in shown(style) and "@import" not in shown(style)


def test_others_write_text_and_all_of_it_is_shown() -> None:
    body = shown(parsed(page(hostile())))
    for text in HOSTILE[:3]:
        assert text.replace("\n", "\\n") in body
    assert "<script>x</script>" in body


def test_a_link_leads_into_what_is_closed() -> None:
    """A browser opens a closed part for a link to what is inside, and not for one to the part itself."""
    tree = parsed(page(four()))
    inside = {one.attrib.get("id") for part in elements(tree, "details") for one in part.iter() if one is not part}
    targets = [one.attrib["href"][1:] for one in elements(tree, "a") if one.attrib["href"].startswith("#d")]
    assert [one for one in targets if one != "domains"] and set(targets) - {"domains"} <= inside


def test_a_manager_reads_a_sentence_and_a_row_for_each_domain() -> None:
    tree = parsed(page(content(usual())))
    (lead,) = [one for one in elements(tree, "p") if one.attrib.get("class") == "lead"]
    assert shown(lead) == "One domain failed, one domain needs attention, one domain is all right."
    rows = [[shown(cell) for cell in row] for row in elements(tree, "tr")]
    assert ["bad.example", "attention", "3 errors, 1 warning, 1 hint", "There is no SPF record."] in rows
    items = [shown(one) for one in elements(tree, "li")]
    assert "bad.example - relay: smtp.bad.example:587, starttls, sends for bad.example" in items
    assert all(one.attrib["scope"] in ("col", "row") for one in elements(tree, "th"))


@pytest.mark.parametrize(("severity", "first"), [("error", ""), ("warning", ""), ("info", "The record has p=none.")])
@pytest.mark.parametrize("kind", ["verify", "plan"])
def test_a_hint_comes_first_of_all_only_where_hints_fail_a_domain(kind: str, severity: str, first: str) -> None:
    fine = host_report("fine.example")
    fine.findings = [finding("dmarc_policy_none", "info", "fine.example", "_dmarc.fine.example", first or "A hint.")]
    made = content([judged(fine, severity)], kind, {"fine.example": HostNotes(severity)})
    rows = [[shown(cell) for cell in row] for row in elements(parsed(page(made)), "tr")]
    assert rows[1][2:] == ["1 hint", first]
    assert markdown(made).splitlines()[6].endswith(f"| 1 hint | {first} |")


def test_it_tells_what_changed_since_the_last_report_and_what_is_accepted() -> None:
    body = shown(parsed(page(four())))
    assert "Since the last report: 4 new, 1 no longer there." in body
    assert "spf_long (bad.example)" in body and "Accepted: Reports come <later>." in body


def test_each_way_of_a_message_is_drawn_with_its_verdict() -> None:
    pictures = [one for one in elements(parsed(page(content(usual()))), "svg") if one.attrib.get("role") == "img"]
    titles = [shown(next(elements(one, "title"))) for one in pictures]
    assert titles[1] == (
        "sales@bad.example → server bad.example - relay → sender relay → SPF: fail → DKIM: unknown → DMARC: fail"
    )
    by_itself = host_report("a.example", mail=[way("ok", "sales@a.example", "", "pass", "pass", "pass")])
    assert "server Odoo's own server (odoo.conf)" not in page(content([by_itself])), (
        "the sentence is not that of a name"
    )
    assert "Odoo&#x27;s own server (odoo.conf)" in page(content([by_itself]))
    bad = [one for one in elements(pictures[1], "g") if one.attrib.get("class") == "bad"]
    assert [shown(one) for one in bad] == ["DMARC: fail"]


def test_a_thousand_domains_are_no_more_than_two_and_a_half_megabytes() -> None:
    hosts = []
    for number in range(1000):
        name = f"company-{number}.example"
        records = [("MX", f"10 mx.{name}"), ("SPF", "v=spf1 include:_spf.odoo.com ~all"), ("DKIM", "odoo: CNAME of x")]
        told = host_report(
            name, records=[*records, ("DMARC", "v=DMARC1; p=none"), ("MTA-STS", "none"), ("BIMI", "none")]
        )
        told.findings = [
            finding(code, severity, name, name, f"{name} has no such record.", "Publish the record that is asked for.")
            for code, severity in (("spf_missing", "error"), ("dmarc_missing", "warning"), ("spf_long", "info"))
        ]
        told.mail = [way("ok", f"sales@{name}", f"{name} - relay", "pass", "pass", "pass")]
        hosts.append(judged(told))
    assert len(page(content(hosts)).encode()) < 2_500_000
