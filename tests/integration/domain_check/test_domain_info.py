# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module as Ansible runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from ansible_collections.postmaster.mail.tests.servers.internet import SPF
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver

DOMAIN = "company-name.example"


def _domain_info(*more: str, **options: Any) -> tuple[str, dict[str, Any]]:
    """Ansible's own verdict on the task, and what the module returned."""
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("ansible")),
            *("localhost", "-i", "localhost,", "-c", "local", "-e", f"ansible_python_interpreter={sys.executable}"),
            *("-m", "postmaster.mail.domain_info", "-a", json.dumps(options), *more),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    verdict, dummy, result = done.stdout.partition("=>")
    assert result, done.stdout + done.stderr
    return verdict.split("|")[1].split("!")[0].strip(), json.loads(result)


def test_it_waits_reports_and_does_not_fail_for_a_domain(nameserver: Nameserver) -> None:
    nameserver.set_zone(DOMAIN, SPF)
    verdict, result = _domain_info(
        "--check",
        domains=[
            {"domain": DOMAIN, "spf": {"include": ["_spf.odoo.com"]}},
            {"domain": "other.example", "dkim": [{"selector": "odoo", "cname": "odoo._domainkey.odoo.com"}]},
        ],
        nameservers=[nameserver.address],
        wait={"timeout": 1, "interval": 1},
    )

    assert (verdict, result["changed"], result["met"]) == ("SUCCESS", False, False)
    assert result["unmet_domains"] == ["other.example"]
    assert result["domains"][DOMAIN]["spf"] == ["v=spf1 include:_spf.odoo.com ~all"]
    assert result["questions"] > 0


def test_a_nameserver_that_is_none_fails_with_one_sentence() -> None:
    verdict, result = _domain_info(domains=[{"domain": DOMAIN}], nameservers=["192.0.2.300"])

    assert verdict == "FAILED"
    assert result["msg"].startswith("'192.0.2.300' is not a nameserver: it is not a valid IP address.")
