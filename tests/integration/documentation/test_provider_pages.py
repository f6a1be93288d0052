# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The example of each vendor's page is run, as it stands there but for the credentials and the address."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.postmaster.mail.tests.integration.providers.clouds import CLOUDS
from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_module
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver

PAGES = Path(__file__).resolve().parents[3] / "docs" / "providers"
ZONE = "company-name.com"


def example(provider: str) -> tuple[str, dict[str, Any]]:
    """The module and the options of the task that the page shows."""
    for block in re.findall(r"^```yaml\n(.*?)^```", (PAGES / f"{provider}.md").read_text("utf-8"), re.M | re.S):
        content = yaml.safe_load(block)
        if isinstance(content, list):
            [(name, options)] = [item for item in content[0].items() if item[0].startswith("postmaster.mail.")]
            return name.rpartition(".")[2], options
    raise LookupError(f"the page of {provider} shows no task")


@pytest.mark.parametrize("provider", CLOUDS)
def test_the_example_of_a_page_runs(provider: str) -> None:
    module, options = example(provider)
    with CLOUDS[provider]() as backend, Nameserver() as nameserver:
        backend.put_zone(ZONE, [(f"www.{ZONE}", "A", 3600, ["192.0.2.10"])])
        where = {"endpoint", "authority", "rate_limit"}
        dns = {name: value for name, value in backend.options.items() if name in where or name in options["dns"]}
        assert set(options["dns"]) == set(dns) - where
        desired = {**options, "dns": dns, "nameservers": [f"{nameserver.host}:{nameserver.port}"]}
        first, second = run_module(module, desired), run_module(module, desired)
        spf = backend.sets(ZONE)[ZONE, "TXT"][1]
    assert first["changed"] and not first.get("failed"), first
    assert not second["changed"] and not second.get("failed"), second
    assert [value for value in spf if "include:_spf.odoo.com" in value]
