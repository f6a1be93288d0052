# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real runs of the role and its playbooks: zone files, a name server for them, and a stand-in for Odoo."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from ansible.release import __version__

from ansible_collections.postmaster.mail.demo.nameserver import FileNameserver
from ansible_collections.postmaster.mail.tests.simulators.odoo.server import StandIn

from .rounds import PATIENCE

ZONE = """$TTL 3600
@ IN SOA ns1 hostmaster 1 7200 3600 1209600 3600
@ IN NS ns1
ns1 IN A 192.0.2.53
"""
INTERNET = Path(__file__).parents[2] / "demo" / "internet"
Counts = dict[str, int]
ROLE = "postmaster.mail.custom_domain"
CORE = tuple(map(int, __version__.split(".")[:2]))  # of ansible-core
TELL_RESULT = {
    "name": "Tell the result",
    "ansible.builtin.debug": {"msg": "RESULT {{ inventory_hostname }} {{ custom_domain_result | to_json }}"},
}


class Run(NamedTuple):
    """The result of a run: exit code, output, and each host's recap line."""

    code: int
    output: str
    recap: dict[str, Counts]

    @property
    def diffs(self) -> list[str]:
        """The lines of all diffs."""
        return [line for line in self.output.splitlines() if line.startswith(("+ ", "- "))]

    @property
    def results(self) -> dict[str, dict[str, Any]]:
        """The last custom_domain_result of each host that the task TELL_RESULT showed."""
        found = re.findall(r'"msg": ("RESULT \S+ .*")$', self.output, re.MULTILINE)
        told = [json.loads(text).split(" ", 2)[1:] for text in found]
        return {host: json.loads(text) for host, text in told}


class World:
    """A folder with an inventory and zones, and a test's servers."""

    def __init__(self, folder: Path, nameserver: FileNameserver, odoo: StandIn) -> None:
        self.folder = folder
        self.nameserver = nameserver
        self.odoo = odoo
        self.common: dict[str, Any] = {
            "custom_domain_dns": {"provider": "zone_file", "directory": "./zones"},
            "custom_domain_senders": [{"service": "odoo"}],
            "custom_domain_dmarc": {"policy": "none"},
            "custom_domain_nameservers": [nameserver.address],
            "custom_domain_wait": {"timeout": 0, "interval": 1},
            "custom_domain_odoo": odoo.options,
        }
        self.hosts: dict[str, dict[str, Any]] = {}

    def host(self, name: str, zone: str = ZONE, file: str = "", **variables: Any) -> None:
        """Add a domain with its zone, and variables without their prefix. Its company is named like its first label."""
        if zone:
            (self.folder / "zones" / f"{file or name}.zone").write_text(zone)
        values = {"companies": [company(name)], **variables}
        self.hosts[name] = {f"custom_domain_{key}": value for key, value in values.items()}

    def zone(self, name: str) -> str:
        return (self.folder / "zones" / f"{name}.zone").read_text()

    def times(self) -> dict[str, int]:
        return {path.name: path.stat().st_mtime_ns for path in (self.folder / "zones").iterdir()}

    def site(self, plays: Sequence[Mapping[str, Any]], *arguments: str, **environment: str) -> Run:
        """Run the test's own plays, without facts by default."""
        self.write(plays)
        return play(self.folder, "site.yml", *arguments, environment=environment)

    def write(self, plays: Sequence[Mapping[str, Any]] = ()) -> None:
        """Write the inventory, and the test's own plays, if any, as site.yml."""
        inventory = {"custom_domains": {"vars": self.common, "hosts": self.hosts}}
        (self.folder / "companies.yml").write_text(yaml.safe_dump(inventory, allow_unicode=True, sort_keys=False))
        content = [play if "import_playbook" in play else {"gather_facts": False, **play} for play in plays]
        if content:
            (self.folder / "site.yml").write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False))

    def alias_domains(self) -> list[str]:
        """Odoo's alias domains, in alphabetical order."""
        return sorted(one["name"] for one in self.odoo.database.shown().get("mail.alias.domain", ()))

    def published(self) -> list[str]:
        """The domains whose zones have the records for Odoo's servers, in alphabetical order."""
        return sorted(
            path.stem for path in (self.folder / "zones").glob("*.zone") if "odoo._domainkey" in path.read_text()
        )

    def rollout(self, *arguments: str) -> Run:
        return self.play("postmaster.mail.rollout", *arguments)

    def play(self, playbook: str, *arguments: str, **environment: str) -> Run:
        self.write()
        return play(self.folder, playbook, *arguments, environment=environment)


def failed_only(recap: dict[str, Counts]) -> list[str]:
    return [host for host, counts in recap.items() if counts["failed"]]


def changed(recap: dict[str, Counts]) -> dict[str, int]:
    return {host: counts["changed"] for host, counts in recap.items()}


def company(host: str) -> str:
    return host.split(".")[0].capitalize()


def play(folder: Path, playbook: str, *arguments: str, environment: Mapping[str, str] | None = None) -> Run:
    settings = {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORCE_COLOR": "0", **(environment or {})}
    command = [str(Path(sys.executable).parent / "ansible-playbook"), playbook, "-i", "companies.yml", *arguments]
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    recap = {
        host: {key: int(number) for key, number in re.findall(r"(\w+)=(\d+)", counts)}
        for host, counts in re.findall(r"^(\S+) +: (ok=.*)$", done.stdout, re.MULTILINE)
    }
    return Run(done.returncode, done.stdout + done.stderr, recap)


@contextmanager
def world_of(folder: Path, version: int, companies: Sequence[str]) -> Iterator[World]:
    """An Odoo of this version with these companies, and no domain yet."""
    (folder / "zones").mkdir()
    with FileNameserver([folder / "zones", INTERNET]) as nameserver, StandIn(companies, version=version) as odoo:
        yield World(folder, nameserver, odoo)  # type: ignore[arg-type]
