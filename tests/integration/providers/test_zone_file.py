# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zone files on a real disk: what is replaced, what is refused, and what is left when something goes wrong."""

from __future__ import annotations

import errno
import itertools
import os
import pathlib
import shutil
import stat
import tempfile
from collections.abc import Callable

import dns.name
import dns.rdatatype
import dns.zone
import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.errors import (
    InvalidInput,
    PartlyApplied,
    ProviderError,
    ZoneChanged,
    ZoneNotFound,
)
from ansible_collections.postmaster.mail.plugins.module_utils.providers.zone_file import ZoneFile
from ansible_collections.postmaster.mail.plugins.module_utils.zone import engine
from ansible_collections.postmaster.mail.plugins.module_utils.zone.model import Zone
from ansible_collections.postmaster.mail.tests.integration.providers.backend import Ensure
from ansible_collections.postmaster.mail.tests.integration.providers.suite import ProviderSuite
from ansible_collections.postmaster.mail.tests.integration.providers.zone_file_backend import (
    COMPANY,
    DMARC,
    TEXT,
    ZoneFileBackend,
    names,
    planned,
    provider,
    put_file,
    write,
)
from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_module
from ansible_collections.postmaster.mail.tests.servers.process import program
from ansible_collections.postmaster.mail.tests.support.absent import absent


class TestZoneFile(ProviderSuite):
    @pytest.fixture
    def backend(self, tmp_path: pathlib.Path) -> ZoneFileBackend:
        return ZoneFileBackend(tmp_path)


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    return put_file(tmp_path)


def as_nobody(work: Callable[[], None]) -> str:
    """What error a user without rights gets, worked out in a process of its own."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        said = "no error"
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            work()
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
        os.write(writer, said.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as file:
        said = file.read()
    os.waitpid(child, 0)
    return said


# -- the zone of a name ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file_name", ["company-name.com.zone", "company-name.com", "db.company-name.com"])
def test_the_zone_of_a_file_is_in_its_name(tmp_path: pathlib.Path, file_name: str) -> None:
    (tmp_path / file_name).write_text(TEXT)
    account = ZoneFile({"directory": str(tmp_path)})
    assert account.find_zones([DMARC])[DMARC] == Zone(COMPANY, str(tmp_path / file_name))
    write(account)


def test_the_closest_zone_holds_a_name(path: pathlib.Path) -> None:
    (path.parent / "mail.company-name.com.zone").write_text(TEXT)
    below, beside, other = (
        dns.name.from_text(text) for text in ("a.mail.company-name.com", "b.company-name.com", "c.org")
    )
    found = provider(path).find_zones([below, beside, other])
    assert [str(found[below]), str(found[beside])] == ["mail.company-name.com", "company-name.com"]
    assert isinstance(found[other], ZoneNotFound)
    assert "c.org lies in no zone of the directory" in str(found[other])


def test_two_files_for_one_zone_are_ambiguous_but_a_link_is_not(path: pathlib.Path) -> None:
    link = path.parent / "db.company-name.com"
    link.symlink_to(path.name)
    assert provider(path).get_zone(COMPANY).name == COMPANY
    link.unlink()
    link.write_text(TEXT)
    with pytest.raises(ProviderError, match="could both be the file of the zone company-name.com"):
        provider(path).get_zone(COMPANY)
    assert isinstance(provider(path).find_zones([DMARC])[DMARC], ProviderError)


def test_one_file_says_itself_which_zone_it_holds(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "master"
    file.write_text("$ORIGIN company-name.com.\n" + TEXT)
    account = ZoneFile({"file": str(file)})
    other = dns.name.from_text("other.org")
    found = account.find_zones([DMARC, other])
    assert found[DMARC] == Zone(COMPANY, str(file))
    assert "other.org does not lie in company-name.com" in str(found[other])
    write(account)
    assert "_dmarc 600 IN TXT" in file.read_text()


def test_either_a_directory_or_a_file_must_be_given() -> None:
    for options in ({}, {"directory": "/a", "file": "/b"}):
        with pytest.raises(InvalidInput, match="either directory"):
            ZoneFile(options)


def test_a_validate_command_must_name_the_file(path: pathlib.Path) -> None:
    with pytest.raises(InvalidInput, match="does not name the file to check"):
        provider(path, validate="named-checkzone company-name.com")


# -- what is refused -------------------------------------------------------------------------------------------------


def test_a_file_that_does_not_parse_is_refused_and_untouched(path: pathlib.Path) -> None:
    path.write_text(TEXT + 'x IN TXT "open\n')
    before = path.read_bytes()
    with pytest.raises(ProviderError, match=r"company-name\.com\.zone:5: a quoted string that is not closed"):
        write(provider(path))
    assert path.read_bytes() == before


def test_the_file_of_another_zone_is_refused(path: pathlib.Path) -> None:
    path.write_text("$ORIGIN other.org.\n" + TEXT)
    with pytest.raises(ProviderError, match=r"is the file of the zone other\.org, not of company-name\.com"):
        write(provider(path))


@pytest.mark.parametrize(
    ("journal", "told"),
    [(b"", "is not understood"), (b";BIND LOG V9.2\n\0" + bytes(11) + b"\x08" + bytes(4), "serial 8")],
)
def test_a_zone_that_bind_changes_itself_is_refused(path: pathlib.Path, journal: bytes, told: str) -> None:
    (path.parent / f"{path.name}.jnl").write_bytes(journal)
    with pytest.raises(ProviderError, match=f"{told}.*provider: rfc2136"):
        provider(path).read(Zone(COMPANY, str(path)), frozenset())


def test_a_signed_zone_is_refused(path: pathlib.Path) -> None:
    path.write_text(TEXT + "@ RRSIG NS 13 2 3600 20261221000000 20261121000000 1 company-name.com. AAAA\n")
    with pytest.raises(ProviderError, match="DNSSEC signatures"):
        provider(path).read(Zone(COMPANY, str(path)), frozenset())


def test_a_missing_include_names_the_line(path: pathlib.Path) -> None:
    path.write_text(TEXT + "$INCLUDE common.inc\n")
    with pytest.raises(
        ProviderError, match=r"zone:5: \$INCLUDE common.inc: neither .* nor .* has it\. Set include_directory"
    ):
        provider(path).read(Zone(COMPANY, str(path)), frozenset())
    (path.parent / "common.inc").write_text("www A 192.0.2.1\n")
    write(provider(path))
    assert path.read_text().endswith(
        '"v=spf1 -all" ; ours\n_dmarc 600 IN TXT "v=DMARC1; p=none"\n$INCLUDE common.inc\n'
    )


def test_a_file_that_this_user_may_not_write_is_refused_before_any_write(path: pathlib.Path) -> None:
    os.chmod(path, 0o444)
    for each in itertools.takewhile(lambda parent: parent != pathlib.Path(tempfile.gettempdir()), path.parents):
        os.chmod(each, 0o755)
    account = provider(path)

    def plan() -> None:
        raise ProviderError(account.read(account.get_zone(COMPANY), frozenset()).read_only)

    for said in (as_nobody(plan), as_nobody(lambda: write(account))):
        assert said.startswith("ProviderError: ")
        assert "company-name.com.zone is not writable for this user" in said


# -- how it is written -----------------------------------------------------------------------------------------------


def test_one_read_and_one_write_are_two_calls(path: pathlib.Path) -> None:
    account = provider(path)
    account.find_zones([DMARC])
    write(account)
    assert account.calls == 2
    assert path.read_text() == TEXT.replace(" 7 ", " 8 ") + '_dmarc 600 IN TXT "v=DMARC1; p=none"\n'


def test_a_link_stays_and_its_target_is_replaced_with_its_mode_and_owner(path: pathlib.Path) -> None:
    target = path.parent / "real" / "zone-of-company"
    target.parent.mkdir()
    path.rename(target)
    path.symlink_to(target)
    os.chmod(target, 0o640)
    if os.geteuid() == 0:
        os.chown(target, 1234, 4321)
    before = target.stat()
    write(provider(path))
    after = target.stat()
    assert path.is_symlink()
    assert "_dmarc" in target.read_text()
    assert (after.st_uid, after.st_gid, stat.S_IMODE(after.st_mode)) == (before.st_uid, before.st_gid, 0o640)
    assert after.st_ino != before.st_ino


def test_extended_attributes_are_kept(path: pathlib.Path) -> None:
    try:
        os.setxattr(path, "user.postmaster", b"label")
    except OSError as error:
        if error.errno != errno.ENOTSUP:
            raise
        pytest.skip("this file system has no extended attributes")
    write(provider(path))
    assert os.getxattr(path, "user.postmaster") == b"label"


def test_a_validate_command_that_refuses_leaves_the_old_file_and_no_other(path: pathlib.Path) -> None:
    account = provider(path, validate="sh -c 'echo bad zone $0 >&2; exit 3' {zone} {file}")
    before = path.read_bytes()
    with pytest.raises(ProviderError, match="refused the new file: sh ended with 3: bad zone company-name.com"):
        write(account)
    assert path.read_bytes() == before
    assert names(path) == [path.name]


def test_the_validate_command_sees_the_new_file_while_the_old_one_is_in_place(path: pathlib.Path) -> None:
    write(provider(path, validate=f"sh -c 'grep -q _dmarc $0 && ! grep -q _dmarc {path}' {{file}}"))
    assert names(path) == [path.name]


def test_a_command_gets_what_looks_like_shell_as_one_argument(path: pathlib.Path) -> None:
    said = path.parent / "said"
    write(provider(path, reload=f"cp {path} '{said} $(date); {{zone}}'"))
    assert f"{said.name} $(date); company-name.com" in names(path)


def test_commands_get_the_whole_path_of_a_file_in_a_relative_directory(
    path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(path.parent.parent)
    copy = path.parent / "copied"
    relative = {"directory": path.parent.name, "include_directory": str(path.parent)}
    write(ZoneFile({**relative, "validate": "test -s {file}", "reload": f"cp {{file}} {copy}"}))
    assert copy.read_text() == path.read_text()


def test_a_reload_that_fails_puts_the_file_back_and_the_next_run_reloads(path: pathlib.Path) -> None:
    before, sign = path.read_bytes(), path.parent / "up"
    reload = f"sh -c 'test -e {sign} || {{ echo connection refused >&2; exit 1; }}'"
    with pytest.raises(PartlyApplied, match=r"was restored, because the reload command failed.*refused"):
        write(provider(path, reload=reload))
    assert path.read_bytes() == before
    sign.touch()
    write(provider(path, reload=reload))
    assert path.read_bytes() != before
    assert "_dmarc" in path.read_text()


def test_a_command_that_does_not_exist_is_named(path: pathlib.Path) -> None:
    with pytest.raises(ProviderError, match="no-such-program cannot be run: No such file or directory"):
        write(provider(path, validate="no-such-program {file}"))
    assert path.read_text() == TEXT


# -- others who write ------------------------------------------------------------------------------------------------


def test_a_file_that_changed_after_it_was_read_is_not_written(path: pathlib.Path) -> None:
    account = provider(path)
    change = planned(account)
    path.write_text(TEXT + "www A 192.0.2.1\n")
    with pytest.raises(ZoneChanged):
        account.apply(change)
    assert path.read_text() == TEXT + "www A 192.0.2.1\n"


def test_an_included_file_that_changed_after_it_was_read_counts_too(path: pathlib.Path) -> None:
    included = path.parent / "common.inc"
    included.write_text("www A 192.0.2.1\n")
    path.write_text(TEXT + "$INCLUDE common.inc\n")
    account = provider(path)
    change = planned(account)
    included.write_text("www A 192.0.2.2\n")
    with pytest.raises(ZoneChanged):
        account.apply(change)


@pytest.mark.parametrize(
    ("place", "stated"), [("", None), ("..", None), ("../working", "../working")], ids=["beside", "above", "stated"]
)
def test_included_files_are_found_as_bind_finds_them(tmp_path: pathlib.Path, place: str, stated: str | None) -> None:
    """BIND, and named-checkzone, look in the directory that they work in."""
    zones = tmp_path / "zones"
    zones.mkdir()
    file = zones / "company-name.com.zone"
    working = zones / place
    (working / "parts").mkdir(parents=True)
    (working / "parts" / "common.inc").write_text("www A 192.0.2.1\n")
    if stated:
        (zones / "parts").mkdir()
        (zones / "parts" / "common.inc").write_text("www A 192.0.2.2\n")
    file.write_text(TEXT + "$INCLUDE parts/common.inc\n")
    judge = f"{program('named-checkzone', 'bind9-utils')} -i local {{zone}} {{file}}"
    account = provider(file, validate=judge, include_directory=str(zones / stated) if stated else None)
    snapshot = account.read(account.get_zone(COMPANY), frozenset())
    www = snapshot.get(dns.name.from_text("www.company-name.com"), dns.rdatatype.A)
    assert www is not None and [value.to_text() for value in www.values] == ["192.0.2.1"]
    assert str((working / "parts" / "common.inc").resolve()) in www.locked
    write(account)
    assert "v=DMARC1" in file.read_text()


def test_of_two_included_files_the_one_that_is_taken_is_said(tmp_path: pathlib.Path) -> None:
    zones = tmp_path / "zones"
    zones.mkdir()
    file = zones / "company-name.com.zone"
    file.write_text(TEXT + "$INCLUDE common.inc\n")
    for place, address in ((zones, "192.0.2.1"), (tmp_path, "192.0.2.2")):
        (place / "common.inc").write_text(f"www A {address}\n")
    desired = engine.Request(COMPANY, provider(file), (Ensure("company-name.com", "TXT", "a note"),))
    for check_mode in (True, False):
        result = engine.run([desired], check_mode=check_mode)[COMPANY]
        assert f"is in {zones} and in {tmp_path}: the first one is used" in " ".join(result.notes.warnings)
    assert engine.run([desired])[COMPANY].notes.warnings == []


# -- what BIND says --------------------------------------------------------------------------------------------------


def test_named_checkzone_accepts_what_is_written(path: pathlib.Path) -> None:
    if shutil.which("named-checkzone") is None:
        absent("named-checkzone is not installed")
    account = provider(path, validate="named-checkzone {zone} {file}")
    write(account)
    write(account, "k" * 600, dns.name.from_text("s._domainkey.company-name.com"))
    path.write_text(path.read_text().replace("@ IN NS ns1.hoster.net.\n", ""))
    with pytest.raises(ProviderError, match="company-name.com.*has no NS records"):
        write(account, "other")


@pytest.mark.parametrize("check", [True, False], ids=["check", "apply"])
def test_what_cannot_be_edited_is_said_in_check_mode_too(tmp_path: pathlib.Path, check: bool) -> None:
    (tmp_path / "soa.inc").write_text("$TTL 60\n@ SOA a. b. 1 2 3 4 5\n")
    (tmp_path / "company-name.com.zone").write_text("$INCLUDE soa.inc\n@ NS a.\n")
    options = {"domain": "company-name.com", "include": ["_spf.odoo.com"]}
    dns_options = {"provider": "zone_file", "directory": str(tmp_path)}
    result = run_module("spf_record", {**options, "dns": dns_options}, check=check)
    assert result["failed"] and not result["changed"]
    assert "line 2 of" in result["msg"] and "is in an included file" in result["msg"]


def test_a_bad_entry_concerns_the_zone_of_its_name_alone(path: pathlib.Path) -> None:
    bad = path.with_name("bad.example.zone")
    bad.symlink_to(bad)
    account = provider(path)
    found = account.find_zones([COMPANY, dns.name.from_text("bad.example")])
    assert str(found[COMPANY]) == "company-name.com"
    with pytest.raises(ProviderError, match=r"bad\.example\.zone cannot be read: Too many levels of symbolic links"):
        account.read(account.get_zone(dns.name.from_text("bad.example")), frozenset())
