# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module says what is misspelt in an account, and not the options of all providers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ansible_collections.postmaster.mail.tests.support.playbook import play

DOMAIN = "company-name.com"
TASKS: list[dict[str, dict[str, Any]]] = [
    {"spf_record": {"domain": DOMAIN, "dns": {"provider": "zone_file", "directroy": "./zones"}}},
    {"dmarc_record": {"domain": DOMAIN, "policy": "none", "dns": {"provider": "cloudfare", "api_token": "hidden-91"}}},
    {
        "domain_records": {
            "dns": {"provider": "manual"},
            "domains": [{"domain": DOMAIN, "dns": {"provider": "Cloudflare", "api_token": "hidden-91"}}],
        }
    },
    {"spf_record": {"domain": DOMAIN, "inclde": ["a.example"], "dns": {"provider": "manual"}}},
]


def test_what_is_misspelt_is_named_with_what_is_meant(tmp_path: Path) -> None:
    tasks = [
        {f"postmaster.mail.{name}": options, "ignore_errors": True} for task in TASKS for name, options in task.items()
    ]
    said = re.findall(r'"msg": "(.*?)"[,}]', play(tmp_path, tasks).output)
    beginnings = [
        "dns: directroy is not an option of the provider zone_file. Did you mean directory? The options are provider, ",
        "dns: there is no provider 'cloudfare'. Did you mean cloudflare? There are zone_file, ",
        "entry 1 of domains, dns: there is no provider 'Cloudflare'. Did you mean cloudflare? There are zone_file, ",
        "inclde is not an option here. Did you mean include? The options are dns, ",
    ]
    assert [text[: len(beginning)] for text, beginning in zip(said, beginnings)] == beginnings, said
    assert not any("consumer_key" in text for text in said)
