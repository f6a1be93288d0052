# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write docs/findings.md from what is looked for, after a rule has changed."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.finding import Rule
from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.registry import GROUPS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "findings.md"

HEAD = """# Findings

What `postmaster.mail.domain_info` looks for in the mail records of a domain. Each finding has

- `code`: its stable name, for pipelines,
- `severity`: `error` where mail is lost, refused or taken for forged; `warning` where it works for now or for some;
  `info` for what is worth to know,
- `rfc`: the section of the standard that is broken,
- `name`: the name of the record, the server or the address that it is about,
- `found`: what is there, and
- `cure`: what to do.

What could not be asked is no fault of a record: where no server gave an answer about one, that is all that is said of
it. Of a domain about which no server tells anything, that is an error.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *_rooms()])


def _rooms() -> Iterator[str]:
    for title, rules in GROUPS.items():
        yield f"## {title}\n"
        for rule in rules:
            yield _section(rule)


def _section(rule: Rule) -> str:
    severity = f"{rule.severity} ({rule.or_else})" if rule.or_else else rule.severity
    return f"### `{rule.code}`\n\n{rule.rfc} · {severity}\n\n{_plain(rule.cause)}\n\n{_plain(f'Cure: {rule.cure}')}\n"


def _plain(text: str) -> str:
    """What Markdown would take for emphasis or a tag is shown as it is."""
    for character in "_*<>":
        text = text.replace(character, f"\\{character}")
    return textwrap.fill(text, 120, break_long_words=False, break_on_hyphens=False)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
