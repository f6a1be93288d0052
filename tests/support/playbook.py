# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run tasks as a user does: with ansible-playbook, in a folder, on this machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from .rounds import PATIENCE


class Played(NamedTuple):
    """The result of ansible-playbook: exit code, output, and the recap of localhost."""

    code: int
    output: str
    recap: dict[str, int]


def play(folder: Path, tasks: Sequence[Any], *arguments: str, defaults: Mapping[str, Any] | None = None) -> Played:
    """Run tasks on localhost with this Python, in a folder. ``defaults``: the play's module_defaults."""
    playbook = folder / "playbook.yml"
    content = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": sys.executable},
        "module_defaults": dict(defaults or {}),
        "tasks": list(tasks),
    }
    playbook.write_text(yaml.safe_dump([content], sort_keys=False, allow_unicode=True))
    environment = {
        **os.environ,
        "ANSIBLE_LOCALHOST_WARNING": "False",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_FORCE_COLOR": "0",
    }
    command = [str(Path(sys.executable).parent / "ansible-playbook"), str(playbook), *arguments]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    output = done.stdout + done.stderr
    found = re.search(r"^localhost +: (.*)$", output, re.MULTILINE)
    recap = {key: int(value) for key, value in (pair.split("=") for pair in (found.group(1).split() if found else ()))}
    return Played(done.returncode, output, recap)
