# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures in the documentation: three made-up companies, their reports, and the parts that are shown.

The reports of a real run are stored, so that each test can tell whether a picture still matches its page.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from markdown_it import MarkdownIt

from ansible_collections.postmaster.mail.plugins.plugin_utils.reports.html_page import page
from ansible_collections.postmaster.mail.plugins.plugin_utils.reports.markdown import markdown

from .rollouts import ZONE, world_of

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "pictures"
EXAMPLE = ROOT / "tests" / "browser" / "example"
DIGESTS = EXAMPLE / "pictures.json"
TIME = "2026-11-29T03:17:00Z"
MOST = 150_000  # bytes per picture
_THEIRS = """@ IN TXT "v=spf1 include:_spf.google.com ~all"
@ IN TXT "google-site-verification=rXOxyZounnZasA8Z7oaD3c14"
@ IN MX 10 mail
mail IN A 192.0.2.80
"""
# Similar to the place where people read it
_COMMENT = """<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Comment</title><style>
body{font:15px/1.5 system-ui,sans-serif;color:#1f2328;max-width:56rem;margin:0 auto;padding:1rem}
table{border-collapse:collapse}th,td{border:1px solid #d0d7de;padding:.3rem .6rem;text-align:left;vertical-align:top}
pre{background:#f6f8fa;padding:.6rem;overflow:hidden}ins,del{text-decoration:none;display:block}
ins{background:#dafbe1}del{background:#ffebe9}summary{cursor:pointer}
</style>"""


class Picture(NamedTuple):
    """``report``: the name of the stored report. ``first`` and ``last``: CSS selectors of the first and last element.

    Without ``first`` it starts at the top of the page.
    """

    report: str
    last: str
    width: int = 1000
    first: str = ""
    is_dark: bool = False
    is_comment: bool = False

    def page(self, reports: Mapping[str, Any]) -> str:
        """The page to photograph, with the first domain opened."""
        content = reports[self.report]
        made = commented(markdown(content)) if self.is_comment else page(content)
        return made.replace("<details>", "<details open>", 1)


PICTURES = {
    "plan.png": Picture("plan", "details[open]", 900, is_comment=True),
    "report.png": Picture("verify", ".findings li:nth-child(3)"),
    "report-way.png": Picture("verify", "figure", first="h3:has(+ figure)"),
    "report-dark.png": Picture("verify", ".findings li:first-child", is_dark=True),
    "report-narrow.png": Picture("verify", "table", 360),
}


def commented(text: str) -> str:
    """Markdown as a page, with diff colours."""
    shown: str = MarkdownIt("gfm-like").render(text)
    block = r'<code class="language-diff">(.*?)</code>'
    return _COMMENT + re.sub(block, lambda found: f"<code>{_coloured(found.group(1))}</code>", shown, flags=re.DOTALL)


def _coloured(difference: str) -> str:
    tags = {"+": "ins", "-": "del"}
    lines = [(tags.get(line[:1], ""), line) for line in difference.splitlines()]
    return "".join(f"<{tag}>{line}</{tag}>" if tag else f"{line}\n" for tag, line in lines)


def reports() -> dict[str, Any]:
    return {path.stem: json.loads(path.read_text("utf-8")) for path in EXAMPLE.glob("*.json") if path != DIGESTS}


def digest(text: str) -> str:
    return hashlib.sha256(html.unescape(text).encode()).hexdigest()


def reports_of_a_run(folder: Path) -> dict[str, Any]:
    """The plan of three companies, and verify's findings after a record of the first one was deleted."""

    def asked(name: str, baseline: str = "") -> list[str]:
        values = {"custom_domain_reports": [{"path": f"{name}.json"}], "custom_domain_baseline": baseline}
        return ["--extra-vars", json.dumps(values)]

    companies = {
        "company-name.com": ("Company Name SA", "none"),
        "other-name.com": ("Other Name SRL", "quarantine"),
        "third-name.com": ("Third Name GmbH", "none"),
    }
    with world_of(folder, 19, [company for company, dummy in companies.values()]) as world:
        for domain, (company, policy) in companies.items():
            dmarc = {"policy": policy, "aggregate_reports": [f"mailto:dmarc@{domain}"]}
            theirs = "" if domain == "third-name.com" else _THEIRS
            world.host(domain, zone=ZONE + theirs, companies=[company], dmarc=dmarc)
        runs = [world.play("postmaster.mail.plan", *asked("plan")), world.rollout()]
        runs.append(world.play("postmaster.mail.verify", *asked("before")))
        assert [run.code for run in runs] == [0, 0, 0], runs
        zone = folder / "zones" / "company-name.com.zone"
        zone.write_text("".join(line for line in zone.read_text().splitlines(True) if "_domainkey" not in line))
        assert world.play("postmaster.mail.verify", *asked("verify", "before.json")).code == 2
    return {name: _everywhere((folder / f"{name}.json").read_text("utf-8")) for name in ("plan", "verify")}


def _everywhere(text: str) -> Any:
    """Remove what is specific to this run."""
    return {**json.loads(re.sub(r"127\.0\.0\.1:\d+", "192.0.2.53", text)), "time": TIME}
