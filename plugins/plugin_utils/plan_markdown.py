# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan for a reviewer, as Markdown that fits into a comment of a pull request. Pure: no I/O, no Ansible.

What others have written, such as a TXT value, stands in code blocks or is escaped: it is no markup of ours.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

MAX_BYTES = 60_000  # GitHub takes 65,536 characters in a comment
_SPECIAL = re.compile(r"([\\`*_\[\]|~])")
_ROWS_SHARE = 0.6  # of the space, at most, for the table when there are too many domains
Hosts = Mapping[str, Mapping[str, Any]]


def markdown(document: Mapping[str, Any], max_bytes: int = MAX_BYTES, whole: str = "") -> str:
    """A row for each domain that changes, and the changes of the first that fit.

    ``whole``: where the plan stands in full, for the sentence that says what was cut.
    """
    hosts: Hosts = document["hosts"]
    told = {host: one for host, one in hosts.items() if one["failed"] or _changes(one) or one["warnings"]}
    head = _head(document, len(told))
    rows = [_row(one) for one in told.values()]
    full = f"the whole plan is in {_text(whole)}" if whole else "the whole plan is in its JSON file"
    room = max_bytes - _size(head) - 400  # for the sentences on what is cut
    fitting = _fitting(rows, room if _size("".join(rows)) <= room else int(room * _ROWS_SHARE))
    room -= _size("".join(fitting))
    details = [_details(one) for one in told.values() if not one["failed"]]
    shown = _fitting(details, room)
    parts = [head, *fitting]
    if len(fitting) < len(rows):
        parts.append(f"\n**{len(rows) - len(fitting)} more domains are not in this table: {full}.**\n")
    parts += ["\n", *shown]
    if len(shown) < len(details):
        parts.append(f"**The changes of {len(details) - len(shown)} domains are not shown here: {full}.**\n")
    return "".join(parts) if told else head


def _head(document: Mapping[str, Any], told: int) -> str:
    hosts: Sequence[Mapping[str, Any]] = list(document["hosts"].values())
    changed = sum(bool(_changes(one)) for one in hosts)
    failed = sum(one["failed"] for one in hosts)
    title = f"{changed} of {len(hosts)} domains {'changes' if changed == 1 else 'change'}"
    title = "Nothing changes" if not changed else title
    lines = [f"## Email domains: {title}{f', {failed} cannot be planned' if failed else ''}", ""]
    commit = f" from commit `{document['commit'][:12]}`" if document["commit"] else ""
    lines.append(f"Planned {document['made']}{commit}.")
    if told:
        lines += ["", "| domain | DNS | Odoo | mail after the change | look at |", "|---|---|---|---|---|", ""]
    return "\n".join(lines) if told else "\n".join([*lines, ""])


def _row(host: Mapping[str, Any]) -> str:
    if host["failed"]:
        return f"| {_text(host['domain'])} | – | – | – | **not planned:** {_text(host['msg'])} |\n"
    dns, odoo = host["dns"]["changes"], host["odoo"]["changes"]
    by_hand = ", by hand" if host["dns"]["manual"] and dns else ""
    looks = [f"**{one['guard']}**: {_text(one['what'])}" for one in host["guards"]]
    looks += [f"{len(host['warnings'])} warning{'s' if len(host['warnings']) > 1 else ''}"] if host["warnings"] else []
    cells = [_text(host["domain"]), _count(dns) + by_hand, _count(odoo), _mail(host["mail"]), "; ".join(looks)]
    return f"| {' | '.join(cells)} |\n"


def _changes(host: Mapping[str, Any]) -> bool:
    return bool(host["dns"]["changes"] or host["odoo"]["changes"])


def _count(changes: Sequence[Any]) -> str:
    return f"{len(changes)} change{'s' if len(changes) > 1 else ''}" if changes else "–"


def _mail(verdicts: Iterable[Mapping[str, Any]]) -> str:
    """The worst that is known of how mail passes."""
    severities = [one["severity"] for one in verdicts]
    if not severities:
        return "not judged"
    worst = next((one for one in ("error", "warning", "info") if one in severities), "ok")
    return {"ok": "passes", "info": "passes, with a hint", "warning": "**look at it**", "error": "**does not pass**"}[
        worst
    ]


def _details(host: Mapping[str, Any]) -> str:
    lines = [line for change in host["dns"]["changes"] for line in _dns_lines(change)]
    lines += [line for change in host["odoo"]["changes"] for line in _odoo_lines(change)]
    said = [f"- {_text(text)}\n" for text in [*host["warnings"], *host["next_steps"]]]
    said += [f"- {_text(one['found'])} {_text(one['cure'])}".rstrip() + "\n" for one in host["mail"]]
    block = _fenced(lines) if lines else ""
    return f"<details><summary>{html.escape(host['domain'])}</summary>\n\n{block}{''.join(said)}\n</details>\n\n"


def _dns_lines(change: Mapping[str, Any]) -> Iterable[str]:
    before, after = change["before"], change["after"]
    old, new = (moment["values"] if moment else [] for moment in (before, after))
    ttls = [moment["ttl"] for moment in (before, after) if moment and moment["ttl"] is not None]
    yield f"  {change['name']} {change['type']}{f' (TTL {_arrow(ttls)})' if ttls else ''}"
    yield from (f"- {value}" for value in old if value not in new)
    yield from (f"+ {value}" for value in new if value not in old)
    yield from (f"  {value} (kept)" for value in change["kept"])


def _odoo_lines(change: Mapping[str, Any]) -> Iterable[str]:
    yield f"  Odoo: {change['action']} {change['resource']} {change['name']}"
    for one in change["fields"]:
        label = f"{one['record']}: {one['field']}" if "record" in one else one["field"]
        yield from (f"- {label}: {one['before']}",) if "before" in one else ()
        yield from (f"+ {label}: {one['after']}",) if "after" in one else ()


def _arrow(ttls: Sequence[int]) -> str:
    return " -> ".join(map(str, dict.fromkeys(ttls)))


def _fenced(lines: Sequence[str]) -> str:
    """A code block that nothing in it can end."""
    text = "\n".join(line.replace("\n", " ") for line in lines)
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}diff\n{text}\n{fence}\n"


def _text(text: str) -> str:
    """Text of others in a line of Markdown: neither markup nor HTML, and no end of the line."""
    return _SPECIAL.sub(r"\\\1", html.escape(" ".join(str(text).split()), quote=False))


def _fitting(parts: Sequence[str], room: int) -> list[str]:
    """As many of the first parts as there is room for, in bytes."""
    found, size = [], 0
    for part in parts:
        size += _size(part)
        if size > room:
            break
        found.append(part)
    return found


def _size(text: str) -> int:
    return len(text.encode())
