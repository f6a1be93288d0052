# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What docs/architecture.md says where to find is there, and the pages for developers link to what is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
ROOMS = ROOT / "plugins" / "module_utils"
PAGES = [ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]


@pytest.mark.parametrize(("path", "symbol"), re.findall(r"\| `([\w/.]+)` \| `([^`]+)` \|", PAGE))
def test_what_the_page_says_where_to_find_is_there(path: str, symbol: str) -> None:
    assert symbol in (ROOT / path).read_text("utf-8")


def test_the_page_has_a_line_for_each_room() -> None:
    table = PAGE[PAGE.index("| room |") : PAGE.index("`providers` know nothing")]
    named = {
        room for line in table.splitlines()[2:-1] if line for room in re.findall(r"`([\w.]+)`", line.split("|")[1])
    }
    rooms = {path.name for path in ROOMS.iterdir() if path.name not in ("__init__.py", "__pycache__")}
    assert named == rooms


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []
