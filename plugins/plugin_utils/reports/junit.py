# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report as JUnit XML for GitLab and Jenkins: the domain is the class, the text is in the body."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.registry import GROUPS

from .content import FAILED, LINT, PLAN, ROLLOUT, Content, Group, Host, errors, groups

_OTHERS = "Mail routes and Odoo"


def junit(content: Content) -> str:
    top = ElementTree.Element("testsuites", name=f"postmaster.mail {content['kind']}")
    for host in content["hosts"].values():
        suite = ElementTree.SubElement(top, "testsuite", name=host["domain"], timestamp=content["time"])
        for case in _cases(host, content["kind"]):
            case.set("classname", host["domain"])
            suite.append(case)
        _count(suite, [suite])
    _count(top, list(top))
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ElementTree.tostring(top, encoding="unicode")}\n'


def _count(element: ElementTree.Element, suites: list[ElementTree.Element]) -> None:
    cases = [case for suite in suites for case in suite.iter("testcase")]
    element.set("tests", str(len(cases)))
    for tag, name in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        element.set(name, str(sum(case.find(tag) is not None for case in cases)))


def _cases(host: Host, kind: str) -> Iterator[ElementTree.Element]:
    reason = errors(host)
    if reason:
        yield _case("done", "error", reason)
    found = groups(host["findings"])
    for one in found:
        yield _of_group(one, host["severity"])
    if kind in (PLAN, ROLLOUT):
        for part in ("services", "dns", "odoo"):
            yield _case(part, "system-out" if host["changes"][part] else "", host["changes"][part])
    if kind == LINT and not reason:
        yield _case("variables")
    looked = kind not in (PLAN, ROLLOUT) and (kind != LINT or host["records"])
    if host["state"] != FAILED and looked:
        seen = {one.first["code"] for one in found if one.is_as_bad_as("warning")}
        for title, codes in _checks():
            if not seen & codes:
                yield _case(title)
        if not seen - {code for dummy, codes in _checks() for code in codes}:
            yield _case(_OTHERS)


def _checks() -> list[tuple[str, set[str]]]:
    return [(title, {rule.code for rule in rules}) for title, rules in GROUPS.items()]


def _of_group(group: Group, severity: str) -> ElementTree.Element:
    text = f"{group.first['severity'].upper()}: {group.found}\nCure: {group.cure}" if group.cure else group.found
    if group.is_accepted:
        return _case(group.title, "skipped", f"Accepted: {group.first['reason']}")
    return _case(group.title, "failure" if group.is_as_bad_as(severity) else "system-out", text)


def _case(name: str, tag: str = "", text: str = "") -> ElementTree.Element:
    case = ElementTree.Element("testcase", name=name)
    if tag:
        inner = ElementTree.SubElement(case, tag)
        inner.text = text
        if tag != "system-out":
            inner.set("message", text.partition("\n")[0])
    return case
