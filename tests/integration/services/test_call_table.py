# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of requests in docs/services, by what the simulators count."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.options import ACCOUNTS
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.registry import client_class
from ansible_collections.postmaster.mail.tests.integration.services.zones import publish
from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_module
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver

PAGE = Path(__file__).parents[3] / "docs" / "services" / "README.md"
MOST_FIRST, MOST_SECOND = 8, 2
FIXTURES = {
    "amazon_ses": "ses_options",
    "mailgun": "mailgun_options",
    "sendgrid": "sendgrid_options",
    "brevo": "brevo_options",
    "mailjet": "mailjet_options",
    "postmark": "postmark_options",
    "scaleway": "scaleway_options",
}


def row(service: str) -> list[int]:
    """First run, second run, verified, each second: the first number of each cell."""
    text = PAGE.read_text("utf-8").partition("## Requests")[2]
    cells = next(line for line in text.splitlines() if line.startswith(f"| `{service}` |")).split("|")[2:-1]
    return [int(re.findall(r"\d+", cell)[0]) for cell in cells]


@pytest.mark.parametrize("service", FIXTURES)
def test_the_table_says_what_is_counted(request: pytest.FixtureRequest, nameserver: Nameserver, service: str) -> None:
    options: dict[str, Any] = request.getfixturevalue(FIXTURES[service])
    nameserver.set_zone("company.test")
    wanted = {
        "service": service, "account": options, "domain": "company.test", "sending_domain": "mg",
        "nameservers": [nameserver.address], "accept_terms": True,
    }  # fmt: skip
    first = run_module("sending_domain", wanted)
    publish(nameserver, first["records"])
    verified = run_module("sending_domain", {**wanted, "state": "verified"})
    assert verified["verification"] == "verified"
    second = run_module("sending_domain", {**wanted, "state": "verified"})
    counted = [first["api_calls"], second["api_calls"], verified["api_calls"]]
    assert counted == row(service)[:3]
    assert counted[0] <= MOST_FIRST and counted[1] <= MOST_SECOND
    assert row(service)[3] == client_class(service).facts.calls_per_second


@pytest.mark.parametrize("service", ACCOUNTS)
def test_each_service_with_an_api_has_a_page_and_its_lines(service: str) -> None:
    assert service in FIXTURES, "or nothing is counted, and the tests of all services leave it out"
    assert (PAGE.parent / f"{service}.md").is_file()
    assert PAGE.read_text("utf-8").count(f"| `{service}` |") == 2, "in both tables of requests"
    assert f"[`{service}`]({service}.md)" in PAGE.read_text("utf-8")


@pytest.mark.parametrize("service", FIXTURES)
def test_the_domains_of_an_account_are_shown_without_their_names(
    request: pytest.FixtureRequest, nameserver: Nameserver, service: str
) -> None:
    options: dict[str, Any] = request.getfixturevalue(FIXTURES[service])
    shared = {"service": service, "account": options, "nameservers": [nameserver.address], "accept_terms": True}
    for domain in ("company.test", "other.test"):
        nameserver.set_zone(domain)
        assert not run_module("sending_domain", {**shared, "domain": domain}).get("failed")
    asked = {"service": service, "account": options}
    shown = run_module("sending_service_info", asked)["domains"]
    assert {name: one["verification"] for name, one in shown.items()} == dict.fromkeys(
        ("company.test", "other.test"), "pending"
    )
    assert run_module("sending_service_info", {**asked, "domains": []})["domains"] == {}
    assert list(run_module("sending_service_info", {**asked, "domains": ["other.test"]})["domains"]) == ["other.test"]
