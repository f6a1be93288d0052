# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of the documentation show what the pages look like now. tests/browser takes them anew, and compares."""

from __future__ import annotations

import json
import re
import struct

import pytest

from ansible_collections.postmaster.mail.tests.support.pictures import (
    DIGESTS,
    FOLDER,
    MOST,
    PICTURES,
    ROOT,
    digest,
    reports,
)

SHOWN = [ROOT / "README.md", *(ROOT / "roles").rglob("*.md"), *(ROOT / "docs").rglob("*.md")]


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_of_the_page_as_it_is_now(name: str) -> None:
    picture, known = PICTURES[name], json.loads(DIGESTS.read_text("utf-8"))
    assert known[name] == digest(picture.page(reports())), "the page looks otherwise now: run `make pictures`"
    content = (FOLDER / name).read_bytes()
    width, dummy, depth, colours = struct.unpack(">IIBB", content[16:26])
    assert content.startswith(b"\x89PNG") and width == picture.width
    assert (depth, colours) == (8, 3), "not as small as it can be"
    assert len(content) < MOST


def test_each_picture_is_shown_and_said_in_words() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(PICTURES) == set(json.loads(DIGESTS.read_text("utf-8")))
    shown = [found for page in SHOWN for found in re.findall(r"!\[([^\]]*)\]\(([^)]*)\)", page.read_text("utf-8"))]
    assert {path.rsplit("/", 1)[-1] for dummy, path in shown} == set(PICTURES)
    assert all(len(words) > 20 for words, dummy in shown)
