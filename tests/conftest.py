# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings and fixtures of every test."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, settings

from ansible_collections.postmaster.mail.tests.servers import process
from ansible_collections.postmaster.mail.tests.servers.certificates import CertificateAuthority
from ansible_collections.postmaster.mail.tests.support.printed import Watch

# no deadline: the machine that runs the tests also runs servers, and a slow example is no fault
settings.register_profile("default", max_examples=30, deadline=None)
settings.register_profile(
    "nightly",
    max_examples=2000,
    deadline=None,
    derandomize=False,  # hypothesis itself would repeat the same examples on every CI run
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


# Folders whose files take long, the longest first.
LONG = tuple(f"tests/integration/{part}" for part in ("odoo/", "role/", "ways/", "test_", "services/"))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long comes first: several workers then end at about the same time, with short files."""
    items.sort(key=lambda item: next((place for place, part in enumerate(LONG) if item.nodeid.startswith(part)), 99))


@pytest.fixture(scope="session")
def watch() -> Iterator[Watch]:
    """Looks at all that is printed, whoever runs it."""
    with Watch() as watching:
        yield watching


@pytest.fixture(autouse=True)
def nothing_is_obeyed_by_a_terminal(watch: Watch) -> Iterator[None]:
    """No test prints a control character of others, whatever it is about."""
    yield
    watch.assert_nothing()


@pytest.fixture(scope="session")
def ca(tmp_path_factory: pytest.TempPathFactory) -> CertificateAuthority:
    """The tests' own certificate authority, one for all workers: ``ca.ca_path``, ``ca.issue("localhost")``."""
    base = tmp_path_factory.getbasetemp()
    directory = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "ca"
    directory.mkdir(exist_ok=True)
    return CertificateAuthority(directory)


@pytest.fixture
def free_port() -> Callable[[], int]:
    """Gives a free port of 127.0.0.1, another one at each call."""
    return process.free_port
