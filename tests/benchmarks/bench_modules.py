# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one module costs where nothing changes, in user and system CPU of its process, and what it ships.

A no-op ``spf_record`` at Cloudflare takes at most 1.4 times the CPU of one at PowerDNS, and at a zone file at most 1.3
times that of ``ansible.builtin.stat`` and of the imports that are ours.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.postmaster.mail.tests.integration.providers.backend import Backend
from ansible_collections.postmaster.mail.tests.integration.providers.cloudflare_backend import CloudflareBackend
from ansible_collections.postmaster.mail.tests.integration.providers.test_powerdns import PowerDnsBackend
from ansible_collections.postmaster.mail.tests.servers.powerdns import PowerDns
from ansible_collections.postmaster.mail.tests.simulators.cloudflare import CloudflareSimulator
from ansible_collections.postmaster.mail.tests.support.payload import shipped

ROUNDS = 5
CLOUDFLARE_TO_POWERDNS = 1.4
ZONE_FILE_TO_STAT = 1.3
ZONE = "company-name.example"
SPF_RECORD = "ansible_collections.postmaster.mail.plugins.modules.spf_record"
PROVIDERS = "ansible_collections.postmaster.mail.plugins.module_utils.providers"

# What a process needs before it runs anything of its own, and what it needs for ``spf_record`` at a zone file.
BARE = "import ansible.module_utils.basic"
OURS = f"{BARE}, {SPF_RECORD}, {PROVIDERS}.zone_file"


def test_the_cost_of_a_module_that_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with contextlib.ExitStack() as stack:
        cost = least(dict(commands(stack, tmp_path)))
    imports = cost["our imports"] - cost["the imports of any module"]
    cloudflare = cost["spf_record at Cloudflare"] / cost["spf_record at PowerDNS"]
    zone_file = cost["spf_record at a zone file"] / (cost["ansible.builtin.stat"] + imports)
    with capsys.disabled():
        print(f"\n\nuser and system CPU of one process, the least of {ROUNDS} runs\n")
        for name, seconds in cost.items():
            print(f"{name:<28} {seconds * 1000:>5.0f} ms")
        print(f"\nCloudflare to PowerDNS {cloudflare:.2f}, zone file to stat and our imports {zone_file:.2f}\n")
        for module in ("spf_record", "odoo_mail"):
            files, octets = shipped(module)
            print(f"{module} ships {len(files)} files of ours, {octets / 1000:.0f} kB")
    assert cloudflare <= CLOUDFLARE_TO_POWERDNS
    assert zone_file <= ZONE_FILE_TO_STAT


def commands(stack: contextlib.ExitStack, folder: Path) -> Iterator[tuple[str, list[str]]]:
    server = stack.enter_context(PowerDns(folder / "powerdns"))
    simulator = stack.enter_context(CloudflareSimulator())
    simulator.quota = 10**9
    yield "spf_record at PowerDNS", spf_record(folder, "powerdns", of(PowerDnsBackend(server)))
    yield "spf_record at Cloudflare", spf_record(folder, "cloudflare", of(CloudflareBackend(simulator)))
    zones = folder / "zones"
    zones.mkdir()
    (zones / f"{ZONE}.zone").write_text(
        f"$ORIGIN {ZONE}.\n$TTL 3600\n@ IN SOA ns1.hoster.example. dns.hoster.example. 1 3600 600 86400 300\n"
        '@ IN NS ns1.hoster.example.\n@ IN TXT "v=spf1 include:_spf.odoo.com ~all"\n'
    )
    yield "spf_record at a zone file", spf_record(folder, "file", {"provider": "zone_file", "directory": str(zones)})
    path = {"path": str(zones / f"{ZONE}.zone")}
    yield "ansible.builtin.stat", run_by(folder, "stat", "ansible.modules.stat", path)
    yield "our imports", [sys.executable, "-c", OURS]
    yield "the imports of any module", [sys.executable, "-c", BARE]


def of(backend: Backend) -> Mapping[str, Any]:
    backend.put_zone(ZONE, [(ZONE, "TXT", 3600, ['"v=spf1 include:_spf.odoo.com ~all"'])])
    return backend.options


def spf_record(folder: Path, name: str, dns: Mapping[str, Any]) -> list[str]:
    return run_by(folder, name, SPF_RECORD, {"domain": ZONE, "include": ["_spf.odoo.com"], "dns": dict(dns)})


def run_by(folder: Path, name: str, module: str, options: Mapping[str, Any]) -> list[str]:
    arguments = folder / f"{name}.json"
    arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": {**options, "_ansible_remote_tmp": str(folder)}}))
    return [sys.executable, "-m", module, str(arguments)]


def least(commands: Mapping[str, list[str]]) -> dict[str, float]:
    """The least CPU seconds of each, in runs that alternate."""
    found: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(ROUNDS + 1):
        for name, command in commands.items():
            seconds = cpu(command)
            if number:  # the first round fills the caches
                found[name].append(seconds)
    return {name: min(runs) for name, runs in found.items()}


def cpu(command: list[str]) -> float:
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    output = process.stdout.read()
    dummy, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, output
    assert not output.strip() or not json.loads(output)["changed"], output
    return used.ru_utime + used.ru_stime
