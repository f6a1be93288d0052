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


def _places() -> list[tuple[str, str]]:
    """Each file and what to look for in it; of several files in a row, a bare name lies beside the one before."""
    places = []
    for row in PAGE[PAGE.index("## Where is") :].splitlines()[4:]:
        paths, symbols = (re.findall(r"`([^`]+)`", cell) for cell in row.split("|")[2:4])
        assert len(paths) == len(symbols) > 0, row
        folder = Path()
        for path, symbol in zip(paths, symbols):
            folder = Path(path).parent if "/" in path else folder
            places.append((str(folder / Path(path).name), symbol))
    return places


@pytest.mark.parametrize(("path", "symbol"), _places())
def test_what_the_page_says_where_to_find_is_there(path: str, symbol: str) -> None:
    assert symbol in (ROOT / path).read_text("utf-8")


@pytest.mark.parametrize("name", re.findall(r"\b(\w+\.py)\b", PAGE[: PAGE.index("## Where is")]))
def test_a_file_that_the_page_names_is_there(name: str) -> None:
    assert list((ROOT / "plugins").rglob(name))


@pytest.mark.parametrize("page", ["README.md", "roles/custom_domain/README.md", "docs/architecture.md"])
def test_each_playbook_is_named(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    playbooks = [path.stem for path in (ROOT / "playbooks").glob("*.yml")]
    assert [name for name in playbooks if not re.search(rf"postmaster\.mail\.{name}\b|`{name}`", text)] == []


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
