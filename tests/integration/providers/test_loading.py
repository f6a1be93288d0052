# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible sends all providers along with a module, which loads the one that it needs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.providers.options import OPTIONS
from ansible_collections.postmaster.mail.tests.support.payload import shipped
from ansible_collections.postmaster.mail.tests.support.playbook import play

MODULE_UTILS = "ansible_collections.postmaster.mail.plugins.module_utils"
NOWHERE = {
    "endpoint": "http://127.0.0.1:1",
    "server": "127.0.0.1",
    "port": 1,
    "directory": "zones",
    "client_ip": "192.0.2.1",
    "subscription_id": "subscription",
    "project": "project",
    "service_account_json": '{"type": "external_account"}',
    "tenant_id": "tenant",
    "timeout": 1,
}
NOT_OF_ODOO = ("providers", "zone", "resolver", "intents", "records", "domain_check", "receiver")
WHAT_IS_WRITTEN = ("odoo/alias_domains", "odoo/outgoing", "odoo/incoming", "odoo/settings", "odoo/parameters")
OF_RECORDS = ("zone/engine", "zone/master", "intents", *(f"providers/{name}" for name in sorted(OPTIONS)))
OF_ALL = ("endpoint", "timeout")
OF_NONE = {"zone_file", "rfc2136", "manual"}  # where an endpoint means nothing


def test_a_module_loads_its_provider_only() -> None:
    code = (
        f"import sys, {MODULE_UTILS}.dns_module as module\n"
        "module.dns_options()\n"
        f"from {MODULE_UTILS}.providers.registry import provider_class\n"
        "provider_class('azure_dns')\n"
        f"print(*(name.rpartition('.')[2] for name in sys.modules if name.startswith('{MODULE_UTILS}.providers.')))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "azure_dns" in loaded
    assert not set(loaded) & (set(OPTIONS) - {"azure_dns"})


def test_importing_the_sdk_of_cloudflare_changes_nothing_else() -> None:
    code = (
        "import gc, os, sys\n"
        "os.environ['PYDANTIC_DISABLE_PLUGINS'] = 'mine'\n"
        "before = dict(os.environ)\n"
        f"from {MODULE_UTILS}.providers.cloudflare.sdk import _import\n"
        "_import()\n"
        "frozen = gc.get_freeze_count()\n"
        "_import()\n"
        "print(gc.isenabled(), dict(os.environ) == before, frozen > 0, gc.get_freeze_count() == frozen)\n"
        "print(*(name for name in ('httpx._main', 'rich', 'click') if name in sys.modules))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.splitlines() == ["True True True True", ""]


@pytest.mark.parametrize(
    ("module", "foreign", "most"),
    [
        ("spf_record", ("odoo", "mailbox", "domain_check", "preflight", "services", "zone/approval"), 244_500),
        ("odoo_mail", (*NOT_OF_ODOO, "odoo/routing", "odoo/database/approval"), 131_000),
        ("odoo_mail_route_info", (*NOT_OF_ODOO, *WHAT_IS_WRITTEN), 57_700),
        ("sending_domain", (*OF_RECORDS, "odoo", "mailbox", "domain_check", "preflight"), 167_200),
        ("domain_info", ("odoo", "mailbox", "preflight", "providers", "services", "zone/engine"), 174_500),
    ],
)
def test_a_module_ships_no_room_that_it_cannot_reach(module: str, foreign: tuple[str, ...], most: int) -> None:
    """Ansible sends a package whole, and what its ``__init__`` imports; ``most`` are octets as they are packed."""
    files, octets = shipped(module)
    assert not [file for file in files if file.startswith(tuple(f"module_utils/{room}/" for room in foreign))]
    assert octets <= most


def test_every_provider_is_sent_along(tmp_path: Path) -> None:
    (tmp_path / "zones").mkdir()
    tasks = []
    for name, chosen in OPTIONS.items():
        dns = {option: NOWHERE.get(option, "nothing") for option in (*chosen.required, *chosen.options)}
        for option in ("access_token", "service_account_file", "profile", "file", "validate", "reload", "key_name"):
            dns.pop(option, None)
        for option in ("key_secret", "key_algorithm", "region", "private_zone", "wait_insync", "authority"):
            dns.pop(option, None)
        if name not in OF_NONE:
            dns.update({option: NOWHERE[option] for option in OF_ALL})
        tasks.append(
            {
                "name": name,
                "postmaster.mail.spf_record": {
                    "domain": "company-name.example",
                    "include": ["_spf.odoo.com"],
                    "dns": {"provider": name, **dns},
                    "nameservers": ["127.0.0.1:1"],
                },
                "ignore_errors": True,
            }
        )
    played = play(tmp_path, tasks)
    assert played.recap["ignored"] == len(OPTIONS), played.output
    assert not re.search(r"No module named|Traceback|MODULE FAILURE|rc=", played.output), played.output
    assert played.output.count("company-name.example") >= len(OPTIONS), played.output
