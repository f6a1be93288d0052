# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible sends to a host along with one of our modules."""

from __future__ import annotations

import json
import subprocess
import sys

_CODE = """
import base64, io, json, re, sys, zipfile
from ansible.executor import module_common
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import module_loader, init_plugin_loader
from ansible.template import Templar

init_plugin_loader()
name = f"postmaster.mail.{sys.argv[1]}"
built = module_common.modify_module(
    module_name=name,
    module_path=module_loader.find_plugin_with_context(name).plugin_resolved_path,
    module_args={},
    templar=Templar(DataLoader()),
    task_vars={"ansible_python_interpreter": sys.executable},
    module_compression="ZIP_DEFLATED",
)
source = (built[0] if isinstance(built, tuple) else built.b_module_data).decode()
packed = max(re.findall(r"[A-Za-z0-9+/=]{200,}", source), key=len)
archive = zipfile.ZipFile(io.BytesIO(base64.b64decode(packed)))
ours = "ansible_collections/postmaster/mail/plugins/"
entries = [entry for entry in archive.infolist() if entry.filename.startswith(ours)]
print(json.dumps({entry.filename.removeprefix(ours): entry.compress_size for entry in entries}))
"""


def shipped(module: str) -> tuple[list[str], int]:
    """Our files in a module's payload, and their size in octets as packed there."""
    command = [sys.executable, "-W", "ignore", "-c", _CODE, module]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    sizes: dict[str, int] = json.loads(answer.splitlines()[-1])
    return sorted(sizes), sum(sizes.values())
