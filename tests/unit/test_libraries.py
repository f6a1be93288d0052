# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Without dnspython, everything can still be imported, and a module says what to install."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

WITHOUT_DNSPYTHON = """
import importlib, json, sys
from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_module

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "dns":
            raise ImportError(name)

sys.meta_path.insert(0, Missing())
for name in json.loads(sys.argv[1]):
    importlib.import_module(f"ansible_collections.postmaster.mail.plugins.{name}")
options = {"domain": "company-name.com", "include": ["_spf.odoo.com"], "dns": {"provider": "manual"}}
print(json.dumps(run_module("spf_record", options)))
"""


def test_without_dnspython_a_module_says_what_to_install() -> None:
    plugins = ROOT / "plugins"
    files = [path for room in ("module_utils", "modules") for path in sorted((plugins / room).rglob("*.py"))]
    names = [".".join(path.relative_to(plugins).with_suffix("").parts).removesuffix(".__init__") for path in files]
    command = [sys.executable, "-c", WITHOUT_DNSPYTHON, json.dumps(names)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    result = json.loads(ran.stdout)
    assert result["failed"]
    assert "(dnspython >= 2.3)" in result["msg"]
