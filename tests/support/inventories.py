# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parse inventory files as Ansible does, in one process for many files.

It needs its own process, because Ansible finds a collection's plugins only if nothing has imported one before; so it
imports nothing from this collection. Each input line is a request, ``{plugin, path, cache, environment}``, which is
answered with ``{hosts, groups}`` or ``{error}``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any


class Inventories:
    """Starts the process; a context manager."""

    def __enter__(self) -> Inventories:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ODOO_")}
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        return self

    def __exit__(self, *dummy: object) -> None:
        self._process.communicate(timeout=30)

    def parse(self, plugin: str, path: str, cache: bool = True, **environment: str) -> dict[str, Any]:
        request = {"plugin": plugin, "path": path, "cache": cache, "environment": environment}
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    from ansible.errors import AnsibleError
    from ansible.inventory.data import InventoryData
    from ansible.parsing.dataloader import DataLoader
    from ansible.plugins.loader import inventory_loader

    plugin, inventory = inventory_loader.get(request["plugin"]), InventoryData()
    if not plugin.verify_file(request["path"]):
        return {"error": "not for this plugin"}
    os.environ.update(request["environment"])
    try:
        plugin.parse(inventory, DataLoader(), request["path"], cache=request["cache"])
        if hasattr(plugin, "_cache"):
            plugin.update_cache_if_changed()
    except AnsibleError as error:
        return {"error": str(error)}
    finally:
        for name in request["environment"]:
            del os.environ[name]
    return {
        "hosts": {name: host.vars for name, host in inventory.hosts.items()},
        "groups": {
            name: sorted(host.name for host in group.hosts)
            for name, group in inventory.groups.items()
            if name not in ("all", "ungrouped")
        },
    }


def main() -> None:
    from ansible.plugins.loader import init_plugin_loader

    init_plugin_loader()
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line)), default=str), file=answers, flush=True)


if __name__ == "__main__":
    main()
