# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What BIND itself reads in a master file before and after an edit, for arbitrary files and changes."""

from __future__ import annotations

import datetime
import pathlib
import shutil
import subprocess

import dns.name
import dns.rdata
import dns.rdatatype
import dns.zone
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.zone import master_edit, master_file, master_reader, rdata
from ansible_collections.postmaster.mail.plugins.module_utils.zone.model import Draft, RecordSet, Snapshot, Zone
from ansible_collections.postmaster.mail.plugins.module_utils.zone.plan import plan
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
