# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The route of a message as inline SVG: address, server, records, verdict."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

_WIDTH, _HEIGHT, _STEP = 320, 30, 44
_SHOWN = 36  # characters in a box
# a box and an arrow, shared by all drawings of a page
SYMBOLS = (
    f'<svg class="symbols" aria-hidden="true" width="0" height="0"><defs><rect id="b" width="{_WIDTH}" '
    f'height="{_HEIGHT}" rx="4"/><path id="a" d="M{_WIDTH // 2} 0v10m-4-4 4 4 4-4"/></defs></svg>\n'
)


def drawing(mail: Mapping[str, Any]) -> str:
    """``mail``: a verdict from a report."""
    boxes = _boxes(mail)
    parts = []
    for number, (text, kind) in enumerate(boxes):
        top = number * _STEP
        arrow = f'<use href="#a" y="{top - 12}"/>' if number else ""
        cut = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
        style = f' class="{kind}"' if kind else ""
        parts.append(
            f'{arrow}<g{style}><use href="#b" y="{top + 1}"/><text x="10" y="{top + 21}">{_text(cut)}</text></g>'
        )
    height = (len(boxes) - 1) * _STEP + _HEIGHT + 2
    title = " → ".join(text for text, dummy in boxes)
    return f'<svg role="img" viewBox="0 0 {_WIDTH} {height}"><title>{_text(title)}</title>{"".join(parts)}</svg>'


def _boxes(mail: Mapping[str, Any]) -> list[tuple[str, str]]:
    senders = list(mail["from_addresses"])
    more = f" and {len(senders) - 1} more" if len(senders) > 1 else ""
    good = {"ok": "good", "error": "bad"}.get(mail["severity"], "look")
    found = [(f"{senders[0]}{more}", "")] if senders else []
    if mail["leaves_as"] and mail["leaves_as"] not in senders:
        found.append((f"leaves as {mail['leaves_as']}", ""))
    by_itself = "Odoo's own server (odoo.conf)" if mail["leaves_as"] else "no server"
    found.append((f"server {mail['server']}" if mail["server"] else by_itself, ""))
    if mail["service"]:
        found.append((f"sender {mail['service']}", ""))
    found.append((_record("SPF", mail["spf"], mail["spf_aligned"]), ""))
    found.append((_record("DKIM", mail["dkim"], mail["dkim_aligned"]), ""))
    found.append((f"DMARC: {mail['dmarc']}", good))
    return found


def _record(name: str, result: str, aligned: bool | None) -> str:
    return f"{name}: {result}{', for another domain' if result == 'pass' and aligned is False else ''}"


def _text(value: str) -> str:
    return html.escape(value, quote=True)
