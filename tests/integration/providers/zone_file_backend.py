# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zone files on a real disk: the suite's account, and one file whose provider is worked directly."""

from __future__ import annotations

import pathlib
from collections.abc import Iterable
from typing import Any

import dns.name
import dns.rdatatype
import dns.zone

from ansible_collections.postmaster.mail.plugins.module_utils.providers.zone_file import ZoneFile
from ansible_collections.postmaster.mail.plugins.module_utils.zone import rdata
from ansible_collections.postmaster.mail.plugins.module_utils.zone.model import Draft, RecordSet
from ansible_collections.postmaster.mail.plugins.module_utils.zone.plan import Plan, plan
from ansible_collections.postmaster.mail.tests.integration.providers.backend import Backend, Record, Sets

COMPANY = dns.name.from_text("company-name.com")
DMARC = dns.name.from_text("_dmarc.company-name.com")
TEXT = """\
$TTL 3600
@ IN SOA ns1.hoster.net. hostmaster.hoster.net. 7 7200 3600 2419200 3600
@ IN NS ns1.hoster.net.
@ IN TXT "v=spf1 -all" ; ours
"""


class ZoneFileBackend(Backend):
    """A directory of zone files as dnspython reads them; another program appends to one."""

    zones_hide = True
    unreachable_reason = "not-there cannot be read: No such file or directory"

    def __init__(self, directory: pathlib.Path) -> None:
        self.directory = directory
        count = f"sh -c 'echo >> {directory}/$0' {{zone}}.reloads"
        self.options = {"provider": "zone_file", "directory": str(directory), "reload": count}
        self.unreachable = {"provider": "zone_file", "directory": str(directory / "not-there")}

    def put_zone(self, zone: str, records: Iterable[Record]) -> None:
        lines = [f"@ 3600 IN SOA ns1.{zone}. hostmaster.{zone}. 1 2 3 4 300", f"@ 3600 IN NS ns1.{zone}."]
        lines += [f"{owner}. {ttl} IN {kind} {value}" for owner, kind, ttl, values in records for value in values]
        self._path(zone).write_text("\n".join(lines) + "\n")

    def sets(self, zone: str) -> Sets:
        found = dns.zone.from_file(str(self._path(zone)), origin=zone, relativize=False)
        return {
            (name.to_text(omit_final_dot=True), dns.rdatatype.to_text(rdataset.rdtype)): (
                rdataset.ttl,
                frozenset(value.to_text() for value in rdataset),
            )
            for name, rdataset in found.iterate_rdatasets()
            if rdataset.rdtype != dns.rdatatype.SOA
        }

    def writes(self, zone: str) -> int:
        reloads = self.directory / f"{zone}.reloads"
        return reloads.read_text().count("\n") if reloads.exists() else 0

    def interfere(self, zone: str, name: str, rdtype: str, value: str) -> None:
        with self._path(zone).open("a") as file:
            file.write(f"{name}. 3600 IN {rdtype} {value}\n")

    def _path(self, zone: str) -> pathlib.Path:
        return self.directory / f"{zone}.zone"


def put_file(folder: pathlib.Path) -> pathlib.Path:
    """The file of company-name.com, which holds ``TEXT``."""
    file = folder / "company-name.com.zone"
    file.write_text(TEXT)
    return file


def provider(path: pathlib.Path, **options: Any) -> ZoneFile:
    return ZoneFile({"directory": str(path.parent), **options})


def planned(account: ZoneFile, value: str = "v=DMARC1; p=none", name: dns.name.Name = DMARC) -> Plan:
    """The plan to publish one TXT record."""
    snapshot = account.read(account.get_zone(COMPANY), frozenset())
    draft = Draft(snapshot)
    draft.put(RecordSet(name, dns.rdatatype.TXT, (rdata.txt(value.encode()),), 600))
    return plan(draft)


def write(account: ZoneFile, value: str = "v=DMARC1; p=none", name: dns.name.Name = DMARC) -> None:
    account.apply(planned(account, value, name))


def names(path: pathlib.Path) -> list[str]:
    return sorted(entry.name for entry in path.parent.iterdir())
