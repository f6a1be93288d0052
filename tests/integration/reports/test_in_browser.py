# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report in a real browser: for everybody, in both colour schemes, 320 pixels wide, by keyboard, and on paper.

13 domains in ``make test``, 50 in ``make nightly``, ten of them with whatever others may write.
"""

from __future__ import annotations

import io
import json
import subprocess
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pypdf
import pytest

from ansible_collections.postmaster.mail.plugins.plugin_utils.reports.html_page import page
from ansible_collections.postmaster.mail.tests.servers.browser import DARK, LIGHT, Browser, running_browser
from ansible_collections.postmaster.mail.tests.servers.npm import npm_modules
from ansible_collections.postmaster.mail.tests.support.reports import content, of_others, usual
from ansible_collections.postmaster.mail.tests.support.rounds import NIGHTLY

JUDGES = ("axe-core@4.14.1", "html-validate@10.17.0")
MORE = [one for number in range(13 if NIGHTLY else 0) for one in usual(f"n{number}.example")]
HOSTS = [*usual(), *of_others(), *MORE]
PAGES = {kind: page(content(HOSTS[:50], kind)) for kind in (("verify", "plan") if NIGHTLY else ("verify",))}
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
OPEN_ALL = 'document.querySelectorAll("details").forEach(one => { one.open = true; });'
ASK_AXE = """axe.run({runOnly: {type: "tag", values: WCAG}}).then(found => ({
  dark: matchMedia("(prefers-color-scheme: dark)").matches,
  passes: found.passes.length,
  violations: found.violations.map(one => [one.id, ...one.nodes.map(node => node.html)]),
}))""".replace("WCAG", json.dumps(WCAG))
ASK_WIDTH = """[innerWidth, document.documentElement.scrollWidth, [...document.body.querySelectorAll("*")]
  .filter(one => one.getBoundingClientRect().right > innerWidth + 0.5 && !one.closest("svg, .skip"))
  .map(one => one.outerHTML)]"""
FOCUSED = "document.activeElement"
ASK_OPEN = '[...document.querySelectorAll("details")].map(one => one.open)'
ASK_TEXTS = """(() => { const found = [], all = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (all.nextNode())
    if (!all.currentNode.parentElement.closest("title, .skip")) found.push(all.currentNode.data);
  return found; })()"""


@pytest.fixture(scope="module")
def judges() -> Path:
    return npm_modules("browser", *JUDGES)


@pytest.fixture(scope="module")
def axe(judges: Path) -> str:
    return (judges / "axe-core" / "axe.min.js").read_text("utf-8")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as running:
        yield running


@pytest.mark.parametrize("scheme", [DARK, LIGHT])
@pytest.mark.parametrize("kind", PAGES)
def test_axe_finds_nothing_with_everything_open(browser: Browser, axe: str, kind: str, scheme: str) -> None:
    browser.show(PAGES[kind], scheme=scheme)
    browser.ask(axe + OPEN_ALL)
    assert all(browser.ask(ASK_OPEN))
    found = browser.ask(ASK_AXE)
    assert (found["dark"], found["violations"]) == (scheme == DARK, [])
    assert found["passes"] > 15


def test_axe_would_find_a_fault_of_contrast(browser: Browser, axe: str) -> None:
    good = page(content(usual()))
    bad = good.replace("--bad:#a31621", "--bad:#ffc8c8")
    assert bad != good
    browser.show(bad)
    browser.ask(axe + OPEN_ALL)
    assert [one[0] for one in browser.ask(ASK_AXE)["violations"]] == ["color-contrast"]


@pytest.mark.parametrize("kind", PAGES)
def test_nothing_runs_over_at_320_pixels(browser: Browser, kind: str) -> None:
    browser.show(PAGES[kind], width=320)
    browser.ask(OPEN_ALL)
    assert browser.ask(ASK_WIDTH) == [320, 320, []]
    browser.ask('document.querySelector("h1").style.width = "330px"')
    assert browser.ask(ASK_WIDTH)[2], "it would be found"


def test_each_domain_is_opened_by_keyboard_and_by_its_link_in_the_table(browser: Browser) -> None:
    browser.show(PAGES["verify"])
    assert not any(browser.ask(ASK_OPEN))
    browser.ask('document.querySelectorAll("tbody th a")[1].click()')
    browser.ask("new Promise(go => setTimeout(go, 50))")
    assert [number for number, is_open in enumerate(browser.ask(ASK_OPEN)) if is_open] == [1]
    browser.show(PAGES["verify"])
    browser.press("Tab")
    assert browser.ask(f"[{FOCUSED}.className, {FOCUSED}.getBoundingClientRect().left > 0]") == ["skip", True]
    for dummy in range(200):
        if browser.ask(f"{FOCUSED}.tagName == 'SUMMARY' && !{FOCUSED}.parentElement.open"):
            browser.press("Enter")
        if all(browser.ask(ASK_OPEN)):
            break
        browser.press("Tab")
    assert all(browser.ask(ASK_OPEN))


@pytest.mark.parametrize("kind", PAGES)
def test_it_is_valid(judges: Path, tmp_path: Path, kind: str) -> None:
    (tmp_path / "page.html").write_text(PAGES[kind], "utf-8")
    command = [str(judges / ".bin" / "html-validate"), "--preset", "standard", str(tmp_path / "page.html")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("kind", PAGES)
def test_all_of_its_text_is_on_paper(browser: Browser, kind: str) -> None:
    """Though no domain is opened."""
    assert missing_on_paper(browser, PAGES[kind]) == set()
    hidden = missing_on_paper(browser, PAGES[kind].replace("details::details-content", "details::nothing"))
    assert len(hidden) > 50, "it would be found"


def missing_on_paper(browser: Browser, text: str) -> set[str]:
    """The words of a page that its print does not have."""
    browser.show(text)
    words = {word for one in browser.ask(ASK_TEXTS) for word in plain(one).split()}
    read = pypdf.PdfReader(io.BytesIO(browser.paper()))
    printed = "".join(plain(one.extract_text()) for one in read.pages)
    together = "".join(printed.split())
    return {word for word in words if word not in together}


def plain(text: str) -> str:
    """Without ligatures, which fonts make."""
    return unicodedata.normalize("NFKC", text)
