# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.plugin_utils.batch import Batch
from ansible_collections.postmaster.mail.plugins.plugin_utils.reading import Reading
from ansible_collections.postmaster.mail.plugins.plugin_utils.report import finding

DOMAIN = "company-name.com"
SECRET = "x7-hidden-91"
KEYS = {"application_key": "AK-91", "application_secret": "AS-91", "consumer_key": "CK-91"}
ODOO = {"url": "https://erp.example.net", "database": "prod", "username": "admin", "password": "p-91"}
RELAY = {"name": "relay", "host": "smtp.company-name.com", "username": "odoo", "password": "r-91"}
SECRETS = {
    "an application key of OVH": {"custom_domain_dns": {"provider": "ovh", **KEYS, "application_key": SECRET}},
    "a consumer key of OVH": {"custom_domain_dns": {"provider": "ovh", **KEYS, "consumer_key": SECRET}},
    "a token of Cloudflare": {"custom_domain_dns": {"provider": "cloudflare", "api_token": SECRET}},
    "a key of Odoo": {"custom_domain_odoo": {**ODOO, "password": SECRET}},
    "a relay": {"custom_domain_odoo": ODOO, "custom_domain_senders": [{**RELAY, "password": SECRET}]},
}


@pytest.mark.parametrize("values", SECRETS.values(), ids=SECRETS)
def test_no_secret_of_a_host_is_in_its_result(values: dict[str, Any]) -> None:
    collected = {
        "host": DOMAIN,
        "values": {
            "custom_domain_dns": {"provider": "zone_file", "directory": "zones"},
            "custom_domain_companies": [],
            **values,
        },
        "folder": "/inventory",
        "environment": {},
        "names": [],
    }
    reading = Reading([collected])
    assert reading.refused == {}
    batch = Batch(list(reading.plans.values()), modules=None, say=lambda dummy: None)  # type: ignore[arg-type]
    report = batch.reports[DOMAIN]
    report.fail(f"The server says {SECRET}.")
    report.warnings.append(f"It warns of {SECRET}.")
    report.next_steps.append(f"Enter {SECRET}.")
    report.findings.append(finding("message_failed", "error", DOMAIN, DOMAIN, f"Not {SECRET}.", f"Use {SECRET}."))
    told: dict[str, dict[str, Any]] = {}
    reading.write_results(batch, "verify", "", told, lambda dummy: [])
    assert SECRET not in str(told[DOMAIN])
    assert "The server says ********." in told[DOMAIN]["result"]["msg"]
