# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of the documentation are of a real run, and what the browser shows of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from ansible_collections.postmaster.mail.tests.servers.browser import Browser, running_browser
from ansible_collections.postmaster.mail.tests.support.photographer import photograph
from ansible_collections.postmaster.mail.tests.support.pictures import FOLDER, PICTURES, reports, reports_of_a_run

AS_GOOD_AS_EQUAL = 12.0  # of 255, on average: other fonts shift lines, another page is another picture


def test_the_reports_that_they_show_are_those_of_a_run(tmp_path: Path) -> None:
    assert reports_of_a_run(tmp_path) == reports(), "run `make pictures`"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as running:
        yield running


def difference(one: Path, other: Path) -> float:
    with Image.open(one) as first, Image.open(other) as second:
        assert first.width == second.width and abs(first.height - second.height) < 0.05 * second.height
        size = (first.width, min(first.height, second.height))
        compared = ImageChops.difference(*(image.convert("L").crop((0, 0, *size)) for image in (first, second)))
        return float(ImageStat.Stat(compared).mean[0])


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_what_the_browser_shows(browser: Browser, tmp_path: Path, name: str) -> None:
    taken = tmp_path / name
    photograph(browser, PICTURES[name].page(reports()), PICTURES[name], taken)
    assert difference(taken, FOLDER / name) < AS_GOOD_AS_EQUAL


def test_another_picture_would_be_found(browser: Browser, tmp_path: Path) -> None:
    light = PICTURES["report-dark.png"]._replace(is_dark=False)
    photograph(browser, light.page(reports()), light, tmp_path / "light.png")
    assert difference(tmp_path / "light.png", FOLDER / "report-dark.png") > AS_GOOD_AS_EQUAL
