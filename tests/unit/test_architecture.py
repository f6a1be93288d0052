# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/architecture.md names files that exist, and the links of all pages lead to files that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
ROOMS = ROOT / "plugins" / "module_utils"
PAGES = [ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]


def _places() -> list[tuple[str, str]]:
    """Each file and the symbol to look for in it; a bare file name is in the folder of the file before it."""
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
def test_each_file_of_the_table_contains_its_symbol(path: str, symbol: str) -> None:
    assert symbol in (ROOT / path).read_text("utf-8")


@pytest.mark.parametrize("name", re.findall(r"\b(\w+\.py)\b", PAGE[: PAGE.index("## Where is")]))
def test_each_file_that_the_page_names_exists(name: str) -> None:
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
def test_the_links_of_a_page_lead_to_files(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []
