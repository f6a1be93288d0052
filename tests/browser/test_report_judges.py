# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports before judges that have to be fetched: promtool, Microsoft's SARIF tool, the types of Code Climate's form.

GitLab's own schema of code quality (app/validators/json_schemas/codeclimate.json) is in no package. It asks for the
types of a part of Code Climate's form; test_formats.py tries that, and that no two entries share a fingerprint, of
which GitLab would keep one.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.plugin_utils.reports.code_quality import code_quality
from ansible_collections.postmaster.mail.plugins.plugin_utils.reports.content import HostNotes
from ansible_collections.postmaster.mail.plugins.plugin_utils.reports.prometheus import prometheus
from ansible_collections.postmaster.mail.plugins.plugin_utils.reports.sarif import sarif
from ansible_collections.postmaster.mail.tests.servers.npm import npm_modules
from ansible_collections.postmaster.mail.tests.servers.process import program
from ansible_collections.postmaster.mail.tests.support.reports import content, hostile, usual

SARIF = "@microsoft/sarif-multitool-linux"
ENTRY = """
type Lines = Extract<Location, {lines: unknown}>["lines"];
type Entry = Required<Pick<Issue, "check_name" | "description" | "fingerprint" | "severity">>
  & {location: {path: string, lines: Pick<Lines, "begin">}};
"""
REPORTS = {
    "usual": content(usual(), notes={"bad.example": HostNotes(before=[])}),
    "others": hostile(),
    "plan": hostile("plan"),
    "none": content([]),
}


def promtool(text: str) -> subprocess.CompletedProcess[str]:
    command = [program("promtool", "prometheus"), "check", "metrics"]
    return subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("name", REPORTS)
def test_prometheus_itself_takes_the_metrics_and_would_name_them_so(name: str) -> None:
    done = promtool(prometheus(REPORTS[name]))
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_promtool_would_find_a_metric_without_help() -> None:
    text = "\n".join(line for line in prometheus(REPORTS["usual"]).splitlines() if not line.startswith("# HELP"))
    assert promtool(f"{text}\n").returncode == 3


def sarif_faults(text: str, folder: Path) -> str:
    """What the tool of those who made the format calls an error, beyond its schema, which test_formats.py tries."""
    tool = npm_modules("sarif", f"{SARIF}@5.7.0") / SARIF / "Sarif.Multitool"
    tool.chmod(0o755)
    (folder / "report.sarif").write_text(text, "utf-8")
    command = [str(tool), "validate", "report.sarif", "--output", "out.sarif", "--log", "ForceOverwrite"]
    done = subprocess.run(
        [*command, "--level", "Error"],
        cwd=folder,
        env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (folder / "out.sarif").exists(), done.stdout + done.stderr
    return "\n".join(line for line in done.stdout.splitlines() if ": error " in line)


@pytest.mark.parametrize("name", REPORTS)
def test_the_sarif_tool_finds_no_fault(name: str, tmp_path: Path) -> None:
    assert sarif_faults(sarif(REPORTS[name]), tmp_path) == ""


def test_the_sarif_tool_would_find_a_fault(tmp_path: Path) -> None:
    bad = sarif(REPORTS["usual"]).replace('"uri": "inventory"', '"uri": "an inventory%"')
    assert "SARIF1002" in sarif_faults(bad, tmp_path)


def type_faults(entries: Any, folder: Path) -> str:
    types = npm_modules("codeclimate", "codeclimate-types@0.3.1") / "codeclimate-types" / "index.js"
    compiler = npm_modules("compiler", "typescript@5.9.3") / ".bin" / "tsc"
    imported = f'import type {{Issue, Location}} from "{types}";'
    (folder / "report.ts").write_text(
        f"{imported}{ENTRY}export const report: Entry[] = {json.dumps(entries)};\n", "utf-8"
    )
    command = [str(compiler), "--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "report.ts"]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=folder).stdout


def test_code_quality_has_the_form_of_code_climate_as_far_as_gitlab_reads_it(tmp_path: Path) -> None:
    entries = [one for report in REPORTS.values() for one in json.loads(code_quality(report))]
    assert len(entries) > 20 and type_faults(entries, tmp_path) == ""
    worse: list[tuple[str, Any]] = [
        ("severity", "error"),
        ("fingerprint", None),
        ("location", {"path": "a", "lines": 1}),
    ]
    for name, value in worse:
        assert type_faults([{**entries[0], name: value}], tmp_path), name
