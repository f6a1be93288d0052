# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zone files on a real disk, to which several write: runs side by side, runs that were killed, and other programs."""

from __future__ import annotations

import concurrent.futures
import fcntl
import hashlib
import os
import pathlib
import signal
import subprocess
import sys
import time
from typing import Any

import dns.name
import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.errors import ProviderError, ZoneChanged
from ansible_collections.postmaster.mail.plugins.module_utils.providers.zone_file import local_file
from ansible_collections.postmaster.mail.plugins.module_utils.zone import engine
from ansible_collections.postmaster.mail.tests.integration.providers.backend import Ensure
from ansible_collections.postmaster.mail.tests.integration.providers.zone_file_backend import (
    COMPANY,
    TEXT,
    names,
    provider,
    put_file,
    write,
)
from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_module
from ansible_collections.postmaster.mail.tests.support.rounds import NIGHTLY


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    return put_file(tmp_path)


def test_a_second_run_waits_for_the_lock_and_then_says_so(path: pathlib.Path) -> None:
    with open(path, "rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(ProviderError, match="has been locked by another run for at least 1 s; nothing was written"):
            write(provider(path, timeout=1))
    assert path.read_text() == TEXT
    write(provider(path, timeout=1))


def test_runs_side_by_side_lose_nothing(path: pathlib.Path) -> None:
    def publish(number: int) -> None:
        account = provider(path)
        while True:
            try:
                return write(account, "x", dns.name.from_text(f"n{number}", COMPANY))
            except ZoneChanged:
                continue

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(publish, range(24)))
    text = path.read_text()
    assert all(f"n{number} 600 IN TXT" in text for number in range(24))
    assert " 31 7200 " in text  # one serial for each write
    assert names(path) == [path.name]


def test_a_run_that_is_killed_leaves_the_old_file_and_no_lock(path: pathlib.Path, tmp_path: pathlib.Path) -> None:
    started = tmp_path / "started"
    script = (
        "import os, sys; sys.path.insert(0, sys.argv[1])\n"
        f"from {write.__module__} import provider, write\n"
        "import pathlib\n"
        "write(provider(pathlib.Path(sys.argv[2]), validate=f\"sh -c 'touch {sys.argv[3]}; sleep 60' {{file}}\"))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script, "", str(path), str(started)], start_new_session=True)
    try:
        give_up = time.monotonic() + 30
        while not started.exists() and time.monotonic() < give_up and process.poll() is None:
            time.sleep(0.02)
        assert started.exists()
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert path.read_text() == TEXT
    write(provider(path, timeout=1))
    assert "_dmarc" in path.read_text()


def killed_in_its_reload(path: pathlib.Path) -> None:
    script = (
        "import pathlib, sys; sys.path.insert(0, sys.argv[1])\n"
        f"from {write.__module__} import provider, write\n"
        "write(provider(pathlib.Path(sys.argv[2]), reload=\"sh -c 'kill -9 $PPID'\"))\n"
    )
    done = subprocess.run([sys.executable, "-c", script, "", str(path)], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL


def test_a_run_that_is_killed_before_its_reload_leaves_it_to_the_next_one(
    path: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    killed_in_its_reload(path)
    written, reloads = path.read_text(), tmp_path / "reloads"
    assert "_dmarc" in written
    desired = Ensure("_dmarc.company-name.com", "TXT", "v=DMARC1; p=none")

    def run(command: str, check_mode: bool = False) -> engine.DomainResult:
        account = provider(path, reload=command)
        try:
            return engine.run([engine.Request(COMPANY, account, (desired,))], check_mode=check_mode)[COMPANY]
        finally:
            account.close()

    count = f"sh -c 'echo >> {reloads}'"
    assert (run(count, check_mode=True).error, reloads.exists()) == (None, False)
    refused = run("false")
    assert "was killed before it ran the reload command: false ended with 1" in str(refused.error)
    done = run(count)
    assert (done.error, done.changed) == (None, False)
    assert [f"{path} was written by a run that was killed before" in told for told in done.notes.warnings] == [True]
    assert (reloads.read_text(), path.read_text(), names(path)) == ("\n", written, [path.name, reloads.name])
    assert run(count).notes.warnings == [] and reloads.read_text() == "\n"


def test_a_run_that_is_in_its_reload_command_is_not_one_that_was_killed(
    path: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    write(provider(path))
    before, reloads = path.read_bytes(), tmp_path / "reloads"
    desired = Ensure("_dmarc.company-name.com", "TXT", "v=DMARC1; p=none")
    results = []

    def reload() -> None:
        other = provider(path, reload=f"touch {reloads}", timeout=0.05)
        results.append(engine.run([engine.Request(COMPANY, other, (desired,))])[COMPANY])

    local_file.replace(str(path), before, before + b"; new\n", lambda new: None, reload)
    assert [(one.error, one.changed, one.notes.warnings) for one in results] == [(None, False, [])]
    assert (reloads.exists(), names(path)) == (False, [path.name])


STOPPED_AT_EACH_STEP = """
import errno, itertools, os, pathlib, signal, sys
sys.path.insert(0, sys.argv[1])
from ansible_collections.postmaster.mail.plugins.module_utils.providers.zone_file import local_file

path, way, puts_back = pathlib.Path(sys.argv[2]), sys.argv[3], sys.argv[4] == "put back"
old, new, marker = b"old", b"new", path.parent.parent / "marker"

def no_links(*dummy):
    raise OSError(errno.EPERM, "no links here")

if way != "in one step":
    local_file.ctypes.CDLL = lambda *dummy, **options: object()
if way == "with copies":
    os.link = no_links

def write(stop):
    steps = itertools.count(1)

    def step(event, dummy):
        if event in ("open", "os.rename", "os.link", "os.remove") and next(steps) == stop:
            os.kill(os.getpid(), signal.SIGKILL)

    def finish():
        marker.touch()
        if puts_back:
            local_file.replace(str(path), new, old, lambda temporary: None)

    sys.addaudithook(step)
    local_file.replace(str(path), old, new, lambda temporary: None, finish)

for stop in itertools.count(1):
    path.write_bytes(old)
    marker.unlink(missing_ok=True)
    child = os.fork()
    if not child:
        write(stop)
        os._exit(0)
    killed, reloads = os.waitpid(child, 0)[1], []
    left = local_file.leftovers(str(path.parent)).get(path.name, [])
    fault = local_file.clear(str(path), left, lambda: reloads.append(1) or "")
    content, others = path.read_bytes(), [name for name in os.listdir(path.parent) if name != path.name]
    assert (fault, others) == ("", []) and content in (old, new) and len(reloads) < 2, (stop, fault, others, content)
    assert content == old or marker.exists() or reloads, (stop, "the reload is lost")
    if not killed:
        assert (content, left) == (old if puts_back else new, []), (stop, content, left)
        break
print(stop)
"""


@pytest.mark.parametrize("end", ["reloaded", "put back"])
@pytest.mark.parametrize("way", ["in one step", "with links", "with copies"])
def test_a_run_that_is_killed_at_any_step_leaves_a_whole_file_and_nothing_that_stays(
    tmp_path: pathlib.Path, way: str, end: str
) -> None:
    (tmp_path / "zones").mkdir()
    path = tmp_path / "zones" / "company-name.com.zone"
    arguments = [sys.executable, "-c", STOPPED_AT_EACH_STEP, "", str(path), way, end]
    done = subprocess.run(arguments, check=False, timeout=60, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 10  # steps


# -- other programs that write -----------------------------------------------------------------------------------------

FOREIGN = (
    [(way, pause) for way in ("append", "rename", "in place") for pause in (0.02, 0.05, 0.15)]
    if NIGHTLY
    else [("append", 0.05), ("rename", 0.02), ("in place", 0.15)]
)
FOREIGN_WRITER = """
import os, sys, time
path, way, pause, count = sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
for number in range(count):
    line = f"n{number} 60 IN A 192.0.2.1\\n".encode()
    if way == "append":
        with open(path, "ab", 0) as file:
            file.write(line)
    elif way == "in place":
        content = open(path, "rb").read()
        with open(path, "wb", 0) as file:
            file.write(content + line)
    else:
        content = open(path, "rb").read()
        open(path + "~", "wb").write(content + line)
        os.rename(path + "~", path)
    time.sleep(pause)
"""


@pytest.mark.parametrize(("way", "pause"), FOREIGN)
def test_no_line_of_another_program_is_lost(path: pathlib.Path, way: str, pause: float) -> None:
    count = int(os.environ.get("POSTMASTER_FOREIGN_EDITS", "250" if NIGHTLY else "40"))
    arguments = [sys.executable, "-c", FOREIGN_WRITER, str(path), way, str(pause), str(count)]
    options = {"provider": "zone_file", "directory": str(path.parent)}
    with subprocess.Popen(arguments) as writer:
        runs, refused = 0, list[str]()
        while writer.poll() is None:
            runs += 1
            record = {"name": f"_r{runs}.company-name.com", "type": "TXT", "value": "x"}
            told = run_module("dns_record", {**record, "dns": options})
            refused += [told["msg"]] if told.get("failed") else []
    text = path.read_text()
    assert runs and ("_r1" in text or way != "append")  # who replaces the content takes with it what came in between
    assert [number for number in range(count) if f"n{number} 60" not in text] == []
    if pause == 0.15:
        assert len(refused) * 4 < max(runs, 4), f"{len(refused)} of {runs} runs were refused: {refused}"


def left_by(path: pathlib.Path, old: str, new: str) -> pathlib.Path:
    """The name of what a run leaves that is killed around the exchange of two files."""
    digests = ".".join(hashlib.sha256(text.encode()).hexdigest()[:16] for text in (old, new))
    return path.with_name(f".{path.name}.abc_1234.{digests}.new")


def spf(path: pathlib.Path, check: bool = False) -> dict[str, Any]:
    account = {"provider": "zone_file", "directory": str(path.parent)}
    return run_module("spf_record", {"domain": str(COMPANY), "include": ["a.example"], "dns": account}, check=check)


def test_what_a_killed_run_left_behind_is_removed_also_where_nothing_is_to_be_written(path: pathlib.Path) -> None:
    assert spf(path)["changed"]
    left = [path.with_name(f".{path.name}.abc_1234.tmp"), left_by(path, TEXT, "x"), left_by(path, "x", TEXT)]
    left[0].write_text("half of a zo")
    for one in left[1:]:
        one.write_text(TEXT)
    other = path.with_name(".other.example.zone.abc_1234.tmp")
    other.write_text("that of another zone, whose lock we do not hold")
    assert not spf(path, check=True)["changed"] and len(names(path)) == 5
    assert not spf(path)["changed"]
    assert names(path) == [other.name, path.name]


def test_what_another_program_wrote_while_a_run_was_killed_is_put_back(path: pathlib.Path) -> None:
    assert spf(path)["changed"]
    left_by(path, TEXT, path.read_text()).write_text(TEXT + "foreign 60 IN A 192.0.2.1\n")
    result = spf(path)
    assert result["changed"] and not result.get("failed")
    assert "foreign 60" in path.read_text() and "include:a.example" in path.read_text()
    assert names(path) == [path.name]


def test_what_another_program_wrote_while_a_run_was_killed_is_told_where_both_files_went_on(path: pathlib.Path) -> None:
    left = left_by(path, TEXT, "what the run wrote, to which somebody added since")
    left.write_text(TEXT + "foreign 60 IN A 192.0.2.1\n")
    for dummy in range(2):
        result = spf(path)
        assert result["failed"] and str(left) in result["msg"] and "copy what is missing" in result["msg"]
    assert path.read_text() == TEXT and "foreign 60" in left.read_text()
