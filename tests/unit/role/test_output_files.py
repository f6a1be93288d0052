# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Output files of a run, plans and reports: written completely or not at all, keeping permissions and links."""

from __future__ import annotations

import datetime
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.postmaster.mail.plugins.plugin_utils import output_files
from ansible_collections.postmaster.mail.plugins.plugin_utils.plan_file import PlanWriter
from ansible_collections.postmaster.mail.plugins.plugin_utils.reports.files import write_reports
from ansible_collections.postmaster.mail.tests.support.absent import absent

NOW = datetime.datetime(2026, 11, 29, 8, 0, tzinfo=datetime.timezone.utc)
PRINT = """
import sys
from ansible_collections.postmaster.mail.plugins.plugin_utils import output_files
place = output_files.place_of("/dev/stdout")
assert output_files.problem(place) == ""
output_files.replace(place, "the report")
"""
MOUNTED = """
import sys
from pathlib import Path
from ansible_collections.postmaster.mail.plugins.plugin_utils import output_files
path = Path(sys.argv[1])
place = output_files.place_of(str(path))
assert output_files.problem(place) == "", output_files.problem(place)
for text in ("a long report", "the report"):
    output_files.replace(place, text)
try:
    output_files.replace(place, "\\ud800")
except UnicodeEncodeError:
    pass
assert path.read_text() == "the report"
"""
Write = Callable[[Path], None]


def report(path: Path) -> None:
    assert write_reports([{"path": str(path), "format": "prometheus"}], {}, "verify") == []


def plan(path: Path) -> None:
    output_files.replace(output_files.place_of(str(path)), PlanWriter(str(path), "").text(NOW))


@pytest.mark.parametrize("write", [report, plan])
def test_a_file_keeps_the_permissions_of_the_one_that_it_replaces(write: Write, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o604)
    with path.open() as reader:
        write(path)
        assert reader.read() == "old", "a reader that has opened it reads the whole old file"
    assert stat.S_IMODE(path.stat().st_mode) == 0o604 and len(path.read_text()) > 100
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("there", [True, False])
def test_a_link_stays_and_its_target_is_written(there: bool, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    target, link = tmp_path / "kept" / "plan.json", tmp_path / "plan.json"
    link.symlink_to(target)
    if there:
        target.write_text("old")
    assert output_files.problem(output_files.place_of(str(link))) == ""
    plan(link)
    assert link.is_symlink() and "postmaster.mail/plan" in target.read_text()
    assert [one.name for one in target.parent.iterdir()] == ["plan.json"]


@pytest.mark.parametrize("is_pipe", [True, False])
def test_standard_output_is_appended_to(is_pipe: bool, tmp_path: Path) -> None:
    before = os.readlink("/dev/stdout")
    with (tmp_path / "shown").open("w") as file:
        file.write("before, ")
        file.flush()
        output = subprocess.PIPE if is_pipe else file
        done = subprocess.run([sys.executable, "-c", PRINT], stdout=output, text=True, timeout=60, check=True)
    assert (done.stdout or (tmp_path / "shown").read_text()) == ("the report" if is_pipe else "before, the report")
    assert os.readlink("/dev/stdout") == before


def test_a_file_that_is_mounted_alone_is_written_in_place(tmp_path: Path) -> None:
    """Like a container with ``--volume ./report.json:/out/report.json``, whose folder is otherwise read-only."""
    outside, folder = tmp_path / "report.json", tmp_path / "a folder"
    folder.mkdir()
    for file in (outside, folder / "report.json"):
        file.write_text("old")
    as_root = ["unshare", "--mount", "--map-root-user"]
    if shutil.which("unshare") is None or subprocess.run([*as_root, "true"], check=False).returncode:
        absent("this system does not allow mounting")
    mounts = 'mount --bind "$2" "$2" && mount -o remount,bind,ro "$2" && mount --bind "$1" "$2/report.json"'
    command = f'{mounts} && exec "$3" -c "$4" "$2/report.json"'
    arguments = [str(outside), str(folder), sys.executable, MOUNTED]
    subprocess.run([*as_root, "sh", "-c", command, "sh", *arguments], timeout=60, check=True)
    assert (outside.read_text(), (folder / "report.json").read_text()) == ("the report", "old")


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        output_files.replace(path, "new \ud800")
    assert path.read_text() == "old" and [one.name for one in tmp_path.iterdir()] == ["plan.json"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [("folder", "it is a folder"), ("none/plan.json", "there is no folder"), ("file/plan.json", "there is no folder")],
)
def test_the_reason_why_a_file_cannot_be_written_is_reported(name: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    assert output_files.problem(output_files.place_of(str(tmp_path / name))).startswith(reason)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["file", "folder"]
