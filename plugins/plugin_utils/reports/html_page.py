# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report as one HTML page without scripts or external content. ``text`` escapes all foreign text."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator

from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.registry import RULES

from .content import PLAN, Content, Group, Host, errors, groups
from .drawing import SYMBOLS, drawing
from .style import STYLE
from .words import TITLES, asked_for, counted, diff_lines, gone, headline, state_of, total, why

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_GOOD = ("all right", "no change", "changed")


def text(value: object) -> str:
    return html.escape(str(value), quote=True)


def page(content: Content) -> str:
    title = text(TITLES[content["kind"]])
    hosts = list(content["hosts"].values())
    parts = [
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n',
        f'<meta http-equiv="Content-Security-Policy" content="{text(_POLICY)}">\n',
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
        '<meta name="color-scheme" content="light dark">\n',
        f"<style>{STYLE}</style>\n</head>\n<body>\n",
        '<a class="skip" href="#domains">Skip to the domains</a>\n',
        f'<header>\n<h1>{title}</h1>\n<p class="lead">{text(headline(content))}</p>\n',
        f"<p>{text(_ended(content['time']))} Findings: {text(total(content))}.</p>\n{_since(hosts)}</header>\n<main>\n",
        f"{SYMBOLS}{_table(hosts, content['kind'])}",
        "<section>\n<h2>Each domain</h2>\n",
        *(_details(number, host, content["kind"]) for number, host in enumerate(hosts)),
        f"</section>\n{_meanings(hosts)}</main>\n</body>\n</html>\n",
    ]
    return "".join(parts)


def _ended(time: str) -> str:
    return f"{time.replace('T', ' ').replace('Z', ' UTC')}."


def _since(hosts: Iterable[Host]) -> str:
    """What changed since the report that this one is compared with."""
    compared = [host for host in hosts if host["compared"]]
    if not compared:
        return ""
    new = sum(bool(one.get("new")) and not one["accepted"] for host in compared for one in host["findings"])
    left = sum(len(host["gone"]) for host in compared)
    return f"<p>Since the last report: {new} new, {left} no longer there.</p>\n"


def _table(hosts: Iterable[Host], kind: str) -> str:
    rows = []
    for number, host in enumerate(hosts):
        rows.append(
            f'<tr><th scope="row"><a href="#d{number}">{text(host["domain"])}</a></th><td>{_state(host, kind)}</td>'
            f"<td>{text(counted(host))}</td><td>{text(why(host))}</td></tr>"
        )
    columns = "".join(f'<th scope="col">{name}</th>' for name in ("Domain", "State", "Findings", "Most important"))
    return (
        '<section>\n<h2 id="domains">All domains</h2>\n<table>\n<caption>One row per domain, with what matters most'
        f"</caption>\n<thead><tr>{columns}</tr></thead>\n<tbody>{''.join(rows)}</tbody>\n</table>\n</section>\n"
    )


def _state(host: Host, kind: str) -> str:
    state = state_of(host, kind)
    name = "good" if state in _GOOD else "bad" if state == "failed" else "look"
    return f'<span class="{name}">{state}</span>'


def _details(number: int, host: Host, kind: str) -> str:
    body = "".join(part for part in _parts(host, kind) if part)
    domain = text(host["domain"])
    # the anchor is inside, because only then does a link to it open the details
    return (
        f'<details><summary><span class="name">{domain}</span> {_state(host, kind)}</summary>'
        f'<div id="d{number}" class="in">{body}</div></details>\n'
    )


def _parts(host: Host, kind: str) -> Iterator[str]:
    reason = errors(host)
    if reason:
        yield f'<p class="reason">{text(reason)}</p>\n'
    changes = diff_lines(host)
    if kind == PLAN and changes and asked_for(host):
        yield f"<p>{text(asked_for(host))}</p>\n"
    if changes:
        yield f"<h3>Changes</h3>\n<pre>{''.join(map(_diff_line, changes))}</pre>\n"
    yield _list("Must be allowed", (f"{guard}: {what}" for guard, what in host["to_allow"]))
    yield _list("Warnings", host["warnings"])
    found = groups(host["findings"])
    if found:
        yield f'<h3>Findings</h3>\n<ul class="findings">\n{"".join(map(_finding, found))}</ul>\n'
    yield _list("No longer there", gone(host))
    yield _list("To do", host["next_steps"])
    if host["mail"]:
        yield "<h3>How mail leaves</h3>\n"
        yield from (
            f"<figure>{drawing(one)}<figcaption>{text(one['found'])}</figcaption></figure>\n" for one in host["mail"]
        )
    if host["proof"].get("passed"):
        proof = host["proof"]
        yield f"<p>A message from {text(proof.get('from_header'))} arrived after {text(proof.get('delay'))} s.</p>\n"
    yield _list("Odoo's servers", (f"{name}: {what}" for name, what in host["servers"]))
    if host["records"]:
        rows = "".join(
            f'<tr><th scope="row">{text(name)}</th><td>{text(value)}</td></tr>' for name, value in host["records"]
        )
        yield f'<h3>Records</h3>\n<table class="records"><tbody>{rows}</tbody></table>\n'


def _diff_line(line: str) -> str:
    tag = {"+": "ins", "-": "del"}.get(line[:1])
    return f"<{tag}>{text(line)}</{tag}>\n" if tag else f"{text(line)}\n"


def _finding(group: Group) -> str:
    first = group.first
    state = "accepted" if group.is_accepted else str(first["severity"])
    code = text(first["code"])
    link = f'<a href="#c-{code}">{code}</a>' if first["code"] in RULES else code
    new = ' <span class="new">new</span>' if first.get("new") else ""
    cure = f"<br><strong>Cure:</strong> {text(group.cure)}" if group.cure and not group.is_accepted else ""
    why_accepted = f"<br>Accepted: {text(first['reason'])}" if group.is_accepted else ""
    return (
        f'<li><span class="{state}">{state}</span>{new} {link} ({text(first["subject"])})<br>{text(group.found)}'
        f"{cure}{why_accepted}</li>\n"
    )


def _list(title: str, texts: Iterable[str]) -> str:
    items = "".join(f"<li>{text(one)}</li>\n" for one in texts)
    return f"<h3>{title}</h3>\n<ul>\n{items}</ul>\n" if items else ""


def _meanings(hosts: Iterable[Host]) -> str:
    """The meaning of each code, once for all domains."""
    codes = sorted({one["code"] for host in hosts for one in host["findings"] if one["code"] in RULES})
    items = "".join(
        f'<dt id="c-{code}">{code}</dt>\n<dd>{text(RULES[code].cause)} {text(RULES[code].rfc)}.</dd>\n'
        for code in codes
    )
    return f"<section>\n<h2>What the findings mean</h2>\n<dl>\n{items}</dl>\n</section>\n" if items else ""
