# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What BIND itself reads in a master file before and after an edit, for arbitrary files and changes."""

from __future__ import annotations

import datetime
import functools
import pathlib
import shutil
import subprocess
from collections.abc import Iterator

import dns.name
import dns.rdata
import dns.rdatatype
import dns.zone
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.names import record_name
from ansible_collections.postmaster.mail.plugins.module_utils.zone import (
    engine,
    master_edit,
    master_file,
    master_reader,
    rdata,
)
from ansible_collections.postmaster.mail.plugins.module_utils.zone.model import Draft, RecordSet, Snapshot, Zone
from ansible_collections.postmaster.mail.plugins.module_utils.zone.plan import plan
from ansible_collections.postmaster.mail.tests.integration.providers.backend import Ensure, open_provider
from ansible_collections.postmaster.mail.tests.servers.bind import Bind
from ansible_collections.postmaster.mail.tests.servers.dns_server import zone_text
from ansible_collections.postmaster.mail.tests.servers.process import free_port, program, wait_until
from ansible_collections.postmaster.mail.tests.support.absent import absent
from ansible_collections.postmaster.mail.tests.unit.zone.master_files import ZONE, revisions, texts
from ansible_collections.postmaster.mail.tests.unit.zone.test_master_file import FOREIGN

Sets = dict[tuple[dns.name.Name, int], tuple[int, frozenset[dns.rdata.Rdata]]]


@pytest.fixture
def checkzone() -> str:
    program = shutil.which("named-checkzone")
    if program is None:
        absent("named-checkzone is not installed")
    return program


def seen_by_bind(program: str, text: str, directory: pathlib.Path) -> Sets:
    """The record sets, without the SOA, that BIND loads."""
    path = directory / "zone"
    path.write_bytes(text.encode("latin-1"))
    lenient = ["-i", "none", "-k", "ignore", "-m", "ignore", "-M", "ignore", "-S", "ignore", "-n", "ignore"]
    command = [program, "-q", "-D", "-o", "-", *lenient, "company-name.com", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}{text}"
    zone = dns.zone.from_text(done.stdout, origin=ZONE, relativize=False, check_origin=False)
    return {
        (name, rdataset.rdtype): (rdataset.ttl, frozenset(rdata.canonical(value) for value in rdataset))
        for name, rdataset in zone.iterate_rdatasets()
        if rdataset.rdtype != dns.rdatatype.SOA
    }


def read(text: str) -> master_file.MasterFile:
    def include(name: str) -> tuple[str, str]:
        raise AssertionError(f"nothing includes {name}")

    return master_reader.read(text, "file", ZONE, include)


def sets(found: list[RecordSet]) -> Sets:
    return {s.key: (s.ttl or 0, frozenset(s.values)) for s in found if s.rdtype != dns.rdatatype.SOA}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_bind_reads_what_was_read_and_what_was_meant(
    data: st.DataObject, checkzone: str, tmp_path: pathlib.Path
) -> None:
    text = data.draw(texts())
    master = read(text)
    ours, bind = sets(master.record_sets()), seen_by_bind(checkzone, text, tmp_path)
    # Where the TTLs within a set differ, RFC 2181 5.2 takes the lowest; BIND takes the first one, also for lines that
    # inherit it. Such files are compared without TTLs.
    mixed = any(len({r.ttl for r in master.records() if (r.name, r.rdtype) == key}) > 1 for key in ours)
    assert comparable(ours, mixed) == comparable(bind, mixed)
    draft = Draft(Snapshot(Zone(ZONE), master.record_sets()))
    data.draw(revisions(draft))
    change = plan(draft)
    after = seen_by_bind(checkzone, master_edit.edit(master, change.changes, datetime.date(2026, 11, 21)), tmp_path)
    for each in change.changes:
        bind.pop(each.record_set.key, None)
        if each.after is not None:
            bind[each.record_set.key] = (each.after.ttl or 0, frozenset(each.after.values))
    assert comparable(after, mixed) == comparable(bind, mixed)


def test_bind_loads_what_need_not_be_understood_and_it_stays(checkzone: str, tmp_path: pathlib.Path) -> None:
    apart = [line for line in FOREIGN if not line.startswith("$GENERATE 10")]
    text = "$TTL 60\n@ SOA a. b. 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\nx TXT old\n" + "\n".join(apart) + "\n TXT foo\n"
    draft = Draft(Snapshot(Zone(ZONE), read(text).record_sets()))
    name = dns.name.from_text("x", ZONE)
    draft.put(RecordSet(name, dns.rdatatype.TXT, (rdata.txt(b"new"),), 60))
    new = master_edit.edit(read(text), plan(draft).changes, datetime.date(2026, 11, 21))

    def dumped(zone: str) -> list[str]:
        path = tmp_path / "zone"
        path.write_text(zone)
        command = [checkzone, "-q", "-D", "-o", "-", "-i", "none", "-k", "ignore", "company-name.com", str(path)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()

    before, after = dumped(text), dumped(new)
    assert len(before) > 15
    changed = [(old, now) for old, now in zip(before, after) if old != now]
    assert [now.split()[-1] for dummy, now in changed if " SOA" not in now] == ['"new"']
    assert len(before) == len(after)


def comparable(found: Sets, without_ttls: bool) -> Sets:
    return {key: (0 if without_ttls else ttl, values) for key, (ttl, values) in found.items()}


EDITED = ("inline.example", "differences.example")
DYNAMIC = ("dynamic.example", "inline-and-dynamic.example")


class BindWithControl(Bind):
    """Zones whose journals mean different things, and a channel for rndc."""

    ways = dict(
        zip(
            (*EDITED, *DYNAMIC),
            (
                "dnssec-policy default; inline-signing yes;",
                "ixfr-from-differences yes;",
                "update-policy { grant postmaster zonesub ANY; };",
                "dnssec-policy default; inline-signing yes; update-policy { grant postmaster zonesub ANY; };",
            ),
        )
    )

    def _write_configuration(self) -> None:
        super()._write_configuration()
        path = self.directory / "named.conf"
        self.control = free_port()
        text = path.read_text("utf-8")
        allowed = f"inet {self.host} port {self.control} allow {{ {self.host}; }} keys {{ {self.key_name}; }};"
        head = text[: text.index("zone ")].replace("controls { }", f"controls {{ {allowed} }}")
        zones = (f'zone "{name}" {{ type primary; file "{name}.zone"; {way} }};\n' for name, way in self.ways.items())
        path.write_text(head + "".join(zones), "utf-8")
        (self.directory / "rndc.key").write_text(text[: text.index("options ")], "utf-8")

    def rndc(self, command: str) -> str:
        """A command line that reaches it."""
        return f"{program('rndc', 'bind9')} -s {self.host} -p {self.control} -k {self.directory}/rndc.key {command}"

    def ask_rndc(self, command: str) -> str:
        return subprocess.run(self.rndc(command).split(), capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def controlled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BindWithControl]:
    zones = {name: zone_text(name) for name in BindWithControl.ways}
    with BindWithControl(tmp_path_factory.mktemp("bind"), zones) as server:
        yield server


def edit(
    server: BindWithControl, zone: str, value: str, reload: str | None, check_mode: bool = False
) -> engine.DomainResult:
    options = {"provider": "zone_file", "directory": str(server.directory), "reload": reload}
    provider = open_provider(options)
    name = record_name(zone)
    return engine.run([engine.Request(name, provider, (Ensure(zone, "TXT", value),))], check_mode=check_mode)[name]


def is_served(server: Bind, zone: str, value: str) -> bool:
    return any(value in text for text in server.records(zone, "TXT"))


@pytest.mark.parametrize("asked", [True, False], ids=["rndc is asked", "the journal tells"])
@pytest.mark.parametrize("zone", EDITED)
def test_a_zone_that_is_edited_by_hand_may_have_a_journal(controlled: BindWithControl, zone: str, asked: bool) -> None:
    reload = controlled.rndc("reload {zone}") if asked else None
    journal = controlled.directory / f"{zone}.zone.jnl"
    for value in (f"first {asked}", f"second {asked}"):
        result = edit(controlled, zone, value, reload)
        assert (result.error, result.changed) == (None, True)
        if not asked:
            controlled.ask_rndc(f"reload {zone}")
        assert wait_until(functools.partial(is_served, controlled, zone, value))
        assert wait_until(journal.exists)
    again = edit(controlled, zone, f"second {asked}", reload)
    assert (again.error, again.changed) == (None, False)


@pytest.mark.parametrize("zone", DYNAMIC)
def test_a_zone_that_takes_updates_is_refused_before_the_first_one(controlled: BindWithControl, zone: str) -> None:
    """BIND refuses to read the file again, so a plan that promises that would be wrong."""
    path = controlled.directory / f"{zone}.zone"
    before = path.read_bytes()
    for check_mode in (True, False):
        result = edit(controlled, zone, "by hand", controlled.rndc("reload {zone}"), check_mode)
        assert 'rndc zonestatus says "dynamic: yes"' in str(result.error)
        assert "Change this zone with provider: rfc2136." in str(result.error)
    assert path.read_bytes() == before


@pytest.mark.parametrize("asked", [True, False], ids=["rndc is asked", "the journal tells"])
@pytest.mark.parametrize("zone", DYNAMIC)
def test_a_zone_that_takes_updates_is_refused(controlled: BindWithControl, zone: str, asked: bool) -> None:
    reload = controlled.rndc("reload {zone}") if asked else None
    path = controlled.directory / f"{zone}.zone"
    controlled.update(zone, [(f"{zone}.", 60, "TXT", f'"by update {asked}"')])
    assert wait_until((controlled.directory / f"{path.name}.jnl").exists)
    told = 'rndc zonestatus says "dynamic: yes"' if asked else "the journal goes up to the serial"
    assert told in str(edit(controlled, zone, "by hand", reload).error)
    controlled.ask_rndc(f"sync {zone}")
    assert wait_until(lambda: f"by update {asked}" in path.read_text("utf-8"))
    told = told if asked else "BIND has written the file itself"
    error = str(edit(controlled, zone, "by hand", reload).error)
    assert told in error and "provider: rfc2136" in error
    assert "by hand" not in path.read_text("utf-8")
