# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report in a real browser: for everybody, in both colour schemes, 320 pixels wide, and on paper."""

from __future__ import annotations

import html
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.plugin_utils.reports.html_page import page
from ansible_collections.postmaster.mail.tests.servers.npm import npm_modules
from ansible_collections.postmaster.mail.tests.support.photographer import DARK, LIGHT, chromium
from ansible_collections.postmaster.mail.tests.support.reports import content, hostile, usual

JUDGES = ("axe-core@4.14.1", "html-validate@10.17.0")
PAGES = {"usual": page(content(usual())), "others": page(hostile()), "plan": page(hostile("plan"))}
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
ASK_AXE = """
document.querySelectorAll("details").forEach(one => { one.open = true; });
axe.run({runOnly: {type: "tag", values: %s}}).then(found => tell({
  dark: matchMedia("(prefers-color-scheme: dark)").matches,
  passes: found.passes.length,
  violations: found.violations.map(one => [one.id, ...one.nodes.map(node => node.html)]),
}));
"""
ASK_WIDTH = """
document.documentElement.style.width = "320px";
document.querySelectorAll("details").forEach(one => { one.open = true; });
tell([...document.body.querySelectorAll("*")]
  .filter(one => one.getBoundingClientRect().right > 320.5 && !one.closest("svg, .skip")).map(one => one.outerHTML));
"""
ASK_LINK = """
addEventListener("load", () => {
  document.querySelectorAll("details a, tbody th a")[0].click();
  setTimeout(() => tell([...document.querySelectorAll("details")].map(one => one.open)), 50);
});
"""


@pytest.fixture(scope="module")
def judges() -> Path:
    return npm_modules("browser", *JUDGES)


def asked(folder: Path, text: str, script: str, *arguments: str) -> Any:
    """What a script finds in a page, which forbids scripts to all others."""
    tell = """function tell(found) { const out = document.createElement("textarea"); out.id = "told";
        out.textContent = JSON.stringify(found); document.body.append(out); }"""
    open_page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
    (folder / "page.html").write_text(open_page.replace("</body>", f"<script>{tell}{script}</script></body>"), "utf-8")
    shown = chromium("--virtual-time-budget=30000", "--dump-dom", *arguments, f"file://{folder}/page.html")
    found = re.search(r'<textarea id="told">(.*?)</textarea>', shown, re.DOTALL)
    assert found is not None, shown[-2000:]
    return json.loads(html.unescape(found.group(1)))


@pytest.mark.parametrize("scheme", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_with_everything_open(judges: Path, tmp_path: Path, name: str, scheme: str) -> None:
    axe = (judges / "axe-core" / "axe.min.js").read_text("utf-8").replace("</script", "<\\/script")
    settings = f"--blink-settings=preferredColorScheme={scheme}"
    found = asked(tmp_path, PAGES[name], axe + ASK_AXE % json.dumps(WCAG), settings)
    assert (found["dark"], found["violations"]) == (scheme == DARK, [])
    assert found["passes"] > 15


def test_axe_would_find_a_fault_of_contrast(judges: Path, tmp_path: Path) -> None:
    axe = (judges / "axe-core" / "axe.min.js").read_text("utf-8").replace("</script", "<\\/script")
    bad = PAGES["usual"].replace("--bad:#a31621", "--bad:#ffc8c8")
    assert bad != PAGES["usual"]
    found = asked(tmp_path, bad, axe + ASK_AXE % json.dumps(WCAG), f"--blink-settings=preferredColorScheme={LIGHT}")
    assert [one[0] for one in found["violations"]] == ["color-contrast"]


@pytest.mark.parametrize("name", PAGES)
def test_nothing_runs_over_at_320_pixels(tmp_path: Path, name: str) -> None:
    # no window is that narrow, but all below 640 pixels have the same layout
    assert asked(tmp_path, PAGES[name], ASK_WIDTH, "--window-size=500,900") == []


def test_a_link_of_the_table_opens_the_part_that_it_leads_to(tmp_path: Path) -> None:
    assert asked(tmp_path, PAGES["usual"], ASK_LINK) == [True, False, False]


@pytest.mark.parametrize("name", PAGES)
def test_it_is_valid(judges: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "page.html").write_text(PAGES[name], "utf-8")
    command = [str(judges / ".bin" / "html-validate"), "--preset", "standard", str(tmp_path / "page.html")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout


def test_all_of_its_text_is_on_paper(tmp_path: Path) -> None:
    """The print of the page as it is, is that of one with everything open."""
    usual_page, sizes = PAGES["usual"], []
    without = usual_page.replace("details::details-content", "details::nothing")
    opened = usual_page.replace("<details>", "<details open>")
    for name, text in (("closed", usual_page), ("open", opened), ("without", without)):
        (tmp_path / f"{name}.html").write_text(text, "utf-8")
        paper = tmp_path / f"{name}.pdf"
        chromium(f"--print-to-pdf={paper}", "--no-pdf-header-footer", f"file://{tmp_path}/{name}.html")
        sizes.append(round(paper.stat().st_size, -2))
    assert sizes[0] == sizes[1] > sizes[2] + 1000
