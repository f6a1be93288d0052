# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An answer is looked at before it is believed: who answers a write with 200 and nonsense has no word in the result."""

from __future__ import annotations

import contextlib
import itertools
import pathlib
import random
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.names import record_name
from ansible_collections.postmaster.mail.plugins.module_utils.zone import engine
from ansible_collections.postmaster.mail.tests.integration.providers.backend import Ensure, gone, open_provider
from ansible_collections.postmaster.mail.tests.integration.providers.clouds import CLOUDS, godaddy_token
from ansible_collections.postmaster.mail.tests.integration.providers.test_powerdns import PowerDnsBackend
from ansible_collections.postmaster.mail.tests.servers.dns_liar import FAULTS as DNS_FAULTS
from ansible_collections.postmaster.mail.tests.servers.dns_liar import DnsLiar
from ansible_collections.postmaster.mail.tests.servers.liar import FAULTS, HOST, Fault, Liar
from ansible_collections.postmaster.mail.tests.servers.powerdns import PowerDns
from ansible_collections.postmaster.mail.tests.support.rounds import NIGHTLY

ZONE = "company-name.com"
LIES = {
    "nothing": b"",
    "list": b"[]",
    "envelope": b'{"success":true,"errors":[],"messages":[],"result":[]}',
    "done": b'{"status":"done","etag":"x","id":1,"result":{}}',
    "xml": b'<?xml version="1.0"?><ApiResponse Status="OK"><CommandResponse/></ApiResponse>',
}


@contextlib.contextmanager
def powerdns() -> Iterator[Any]:
    with tempfile.TemporaryDirectory() as folder, PowerDns(pathlib.Path(folder)) as server:
        yield PowerDnsBackend(server)


EACH = pytest.mark.parametrize(
    "cloud", [*CLOUDS.values(), godaddy_token, powerdns], ids=[*CLOUDS, "godaddy_token", "powerdns"]
)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda low, high: 0.01)


@contextlib.contextmanager
def lied_to(
    cloud: Any, answer: bytes | Fault, does: bool, reads: bool = False, **options: Any
) -> Iterator[tuple[Any, Any, Liar]]:
    """A cloud, a provider that asks it through the liar, and the liar."""
    with cloud() as backend:
        port = re.search(rf"{HOST}:(\d+)", backend.options["endpoint"])
        assert port is not None
        backend.put_zone(
            ZONE,
            [
                (ZONE, "TXT", 3600, ('"v=spf1 -all"',)),
                (f"old.{ZONE}", "TXT", 3600, ('"old"',)),
                (f"www.{ZONE}", "A", 3600, ("192.0.2.1",)),
            ],
        )
        with Liar(int(port[1]), answer, does, reads) as liar:
            server: Any = getattr(backend, "api", getattr(backend, "simulator", None))
            if hasattr(server, "public_url"):
                server.public_url = f"http://{HOST}:{liar.port}"  # which is signed, or stands in the scope of a token
            endpoint = backend.options["endpoint"].replace(port[1], str(liar.port))
            provider = open_provider({**backend.options, **options, "endpoint": endpoint})
            yield backend, provider, liar
            provider.close()


@pytest.mark.parametrize("does", [False, True], ids=["ignored", "done"])
@pytest.mark.parametrize("lie", LIES)
@EACH
def test_a_write_that_is_answered_with_nonsense(cloud: Callable[[], Any], lie: str, does: bool) -> None:
    with lied_to(cloud, LIES[lie], does) as (backend, provider, liar):
        before = backend.sets(ZONE)
        result = write(provider)
        after = backend.sets(ZONE)
    assert liar.lies
    assert_no_lie(result, before, after)


def write(provider: Any) -> engine.DomainResult:
    name = record_name(ZONE)
    intents = (
        Ensure(ZONE, "TXT", "v=spf1 mx -all", only=True),
        Ensure(f"new.{ZONE}", "TXT", "new"),
        gone(f"old.{ZONE}", "TXT"),
    )
    return engine.run([engine.Request(name, provider, intents)], check_mode=False, parallel=4)[name]


def assert_no_lie(result: engine.DomainResult, before: Any, after: Any) -> None:
    assert "bug in this collection" not in str(result.error), result.error
    if result.error is None:
        assert result.changed and after != before
        assert '"v=spf1 mx -all"' in str(after) and f"old.{ZONE}" not in str(after)
    elif not result.changed:
        assert after == before


def peak() -> float:
    """Megabytes that were resident at most since ``forget_peak``."""
    found = re.search(r"VmHWM:\s+(\d+) kB", pathlib.Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


def forget_peak() -> None:
    pathlib.Path("/proc/self/clear_refs").write_text("5")


SHORT = [("drip", True), ("huge", False), ("deep", True), ("cut", False)]


@pytest.mark.parametrize(("fault", "reads"), list(itertools.product(FAULTS, (True, False))) if NIGHTLY else SHORT)
@EACH
def test_a_server_with_a_fault_gets_no_lie_no_traceback_and_no_more_than_its_time_and_memory(
    cloud: Callable[[], Any], fault: str, reads: bool
) -> None:
    for does in (False,) if reads else (False, True):
        with lied_to(cloud, FAULTS[fault], does, reads, timeout=1.0) as (backend, provider, liar):
            before = backend.sets(ZONE)
            forget_peak()
            began = time.monotonic()
            result = write(provider)
            assert time.monotonic() - began < 90
            assert peak() < 600
            assert liar.lies
            assert_no_lie(result, before, backend.sets(ZONE))


@pytest.mark.parametrize("writes", [False, True], ids=["transfer", "update"])
@pytest.mark.parametrize("fault", DNS_FAULTS)
def test_a_name_server_with_a_fault_gets_no_lie_and_no_more_than_its_time_and_memory(fault: str, writes: bool) -> None:
    with DnsLiar(ZONE, DNS_FAULTS[fault], writes) as liar:
        more = {"timeout": 9.0 if fault == "endless" else 1.0, "max_answer_size": 1}
        provider = open_provider({"provider": "rfc2136", "server": HOST, "port": liar.port, **more})
        forget_peak()
        began = time.monotonic()
        result = write(provider)
        provider.close()
        assert time.monotonic() - began < 90
        assert peak() < 600
        assert liar.lies
    # what it holds stays as it is, whatever it says
    assert result.error is not None and "bug in this collection" not in result.error, result
    if fault == "endless" and not writes:
        assert "with more than 1 MB, so it is not used. Check server, or allow more with" in result.error
