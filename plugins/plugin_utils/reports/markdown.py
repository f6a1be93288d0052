# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report as Markdown for a pull request or issue, with limited size. All foreign text is escaped."""

from __future__ import annotations

import html
import re

from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.finding import INFO

from .content import PLAN, Content, Host, errors, groups
from .words import TITLES, asked_for, counted, diff_lines, gone, headline, mail_of, state_of, total, why

LEAST_BYTES = 1000
BYTES = 60_000  # a comment on GitHub may have 65,536 characters
_ROOM_FOR_END = 400  # bytes for the sentence on what was left out
_WORDS_OF_A_ROW = 160  # characters
_COLUMNS = ("domain", "", "findings", "most important")
_PLAN_COLUMNS = ("domain", "would change", "mail then", "findings", "most important")
_SIGNS = re.compile(r"([\\`*_{}\[\]()#+!|~$>-])")
_BREAK = "&#8203;"  # a zero-width space, which keeps a mention, number or address from becoming a link


def markdown(content: Content, max_bytes: int = BYTES, whole: str = "") -> str:
    """One row for each domain, and collapsed details of as many as fit. Says what was left out, and where it is.

    ``whole``: a file that has the whole report.
    """
    hosts = list(content["hosts"].values())
    ended = f"{content['time']}, {total(content)}."
    head = f"## {TITLES[content['kind']]}\n\n**{escaped(headline(content))}** {escaped(ended)}\n\n"
    columns = _PLAN_COLUMNS if content["kind"] == PLAN else _COLUMNS
    text = f"{head}| {' | '.join(columns)} |\n|{' --- |' * len(columns)}\n"
    room = max_bytes - _ROOM_FOR_END - _size(escaped(whole))
    rows = _that_fit([_row(host, content["kind"]) for host in hosts], room - _size(text))
    text += "".join(rows) + "\n"
    details = [part for part in (_details(host, content["kind"]) for host in hosts) if part]
    included = _that_fit(details, room - _size(text)) if len(rows) == len(hosts) else []
    text += "".join(included)
    left = [f"{len(hosts) - len(rows)} of {len(hosts)} rows"] if len(rows) < len(hosts) else []
    left += (
        [f"the details of {len(details) - len(included)} of {len(details)} domains"]
        if len(included) < len(details)
        else []
    )
    if left:
        place = f"The whole report is in {escaped(whole)}." if whole else "A report in another format has everything."
        text += f"\n**Left out, because this would be too long: {' and '.join(left)}.** {place}"
    return f"{text.rstrip()}\n"


def _that_fit(parts: list[str], room: int) -> list[str]:
    fitting = []
    for part in parts:
        room -= _size(part)
        if room < 0:
            break
        fitting.append(part)
    return fitting


def _size(text: str) -> int:
    return len(text.encode("utf-8"))


def _row(host: Host, kind: str) -> str:
    is_plan = kind == PLAN
    reason = why(host)
    reason = reason if len(reason) <= _WORDS_OF_A_ROW else f"{reason[:_WORDS_OF_A_ROW]}…"
    state = state_of(host, kind)
    changing = ", ".join(host["changing"]) if is_plan and not host["failed"] else ""
    states = [changing or state, *([mail_of(host)] if is_plan else [])]
    cells = (host["domain"], *states, counted(host), reason)
    return f"| {' | '.join(escaped(cell) for cell in cells)} |\n"


def _details(host: Host, kind: str) -> str:
    lines = []
    reason = errors(host)
    if reason:
        lines += [escaped(reason), ""]
    changes = diff_lines(host)
    if kind == PLAN and changes and asked_for(host):
        lines += [f"Why: {escaped(asked_for(host))}", ""]
    if changes:
        lines += [_fenced("\n".join(changes)), ""]
    lines += [
        f"- **must be allowed** (custom\\_domain\\_allow: {escaped(guard)}): {escaped(what)}"
        for guard, what in host["to_allow"]
    ]
    if kind == PLAN and changes:
        # whoever approves the change wants to know whether mail will still pass; if it does not, that is a finding
        lines += [f"- Mail passes: {escaped(one['found'])}" for one in host["mail"] if one["severity"] == "ok"]
        lines += [f"- Warning: {escaped(text)}" for text in host["warnings"]]
    found = groups(host["findings"])
    hints = [one for one in found if kind == PLAN and one.first["severity"] == INFO and not one.is_accepted]
    for one in found:
        if one in hints:
            continue
        state = "accepted" if one.is_accepted else one.first["severity"]
        new = ", new" if one.first.get("new") else ""
        lines.append(f"- **{state}{new}** {escaped(one.title)}: {escaped(one.found)}")
        if one.cure and not one.is_accepted:
            lines.append(f"  Cure: {escaped(one.cure)}")
    if hints:
        codes = ", ".join(dict.fromkeys(one.first["code"] for one in hints))
        lines.append(f"- Hints, which the HTML report explains: {escaped(codes)}")
    if gone(host):
        lines += ["", f"No longer there: {escaped(', '.join(gone(host)))}."]
    lines += [f"- To do: {escaped(step)}" for step in host["next_steps"]]
    if not lines:
        return ""
    body = "\n".join(lines).rstrip("\n")
    # within HTML, Markdown's backslash would be visible
    name = html.escape(" ".join(host["domain"].split())).replace("@", f"@{_BREAK}")
    return f"<details><summary>{name}</summary>\n\n{body}\n\n</details>\n\n"


def _fenced(text: str) -> str:
    """A diff with its colours, in a fence that is longer than any within it."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}diff\n{text}\n{fence}"


def escaped(text: str) -> str:
    """A text on one line without any meaning in Markdown or HTML, links or mentions."""
    text = " ".join(text.split())
    text = text.replace("&", "&amp;").replace("<", "&lt;")
    text = _SIGNS.sub(r"\\\1", text)
    for sign in ("@", "://", "www."):
        text = text.replace(sign, f"{sign}{_BREAK}")
    text = re.sub(r"(\\#|\bGH\\-)(?=\d)", rf"\1{_BREAK}", text)
    return re.sub(r"^(\d+)([.)])", r"\1\\\2", text)
