# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each module with the ansible-core that is here: planned, done, and nothing left to do."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

from ansible_collections.postmaster.mail.tests.support.rollouts import CORE, ZONE, Run, World

DOMAIN = "alpha.example"
SECRET = "correct-horse-battery-staple"


def tasks_of(world: World) -> list[dict[str, Any]]:
    """Those that write, then those that only read."""
    dns, odoo = {"provider": "zone_file", "directory": "./zones"}, world.odoo.options
    servers = [str(world.nameserver.address)]
    modules: dict[str, dict[str, Any]] = {
        "spf_record": {"domain": DOMAIN, "include": ["_spf.odoo.com"], "dns": dns},
        "dkim_record": {"domain": DOMAIN, "selector": "odoo", "cname": "odoo._domainkey.odoo.com", "dns": dns},
        "dmarc_record": {"domain": DOMAIN, "policy": "none", "dns": dns},
        "mx_record": {"domain": DOMAIN, "exchanges": [{"host": "mx.alpha.example", "preference": 10}], "dns": dns},
        "dns_record": {"name": f"www.{DOMAIN}", "type": "TXT", "value": "a text", "dns": dns},
        "domain_records": {
            "domains": [{"domain": "beta.example", "spf": {"include": ["_spf.odoo.com"]}}],
            "dns": dns,
        },
        "odoo_alias_domain": {"name": DOMAIN, "companies": ["Alpha"], "odoo": odoo},
        "odoo_outgoing_mail_server": {
            "name": "relay",
            "host": "smtp.alpha.example",
            "username": "odoo",
            "password": SECRET,
            "from_filter": [DOMAIN],
            "odoo": odoo,
        },
        "odoo_incoming_mail_server": {
            "name": "mailbox",
            "host": "imap.alpha.example",
            "confirm_login": False,
            "username": "odoo",
            "password": SECRET,
            "odoo": odoo,
        },
        "odoo_mail_settings": {"custom_email_servers": True, "odoo": odoo},
        "odoo_mail": {"alias_domains": [{"name": "beta.example", "companies": ["Beta"]}], "odoo": odoo},
        "domain_info": {"domains": [{"domain": DOMAIN}], "nameservers": servers},
        "odoo_mail_route_info": {"odoo": odoo},
        "sending_service_info": {"services": ["amazon_ses"]},
        "odoo_mail_plan_info": {"alias_domains": [{"name": DOMAIN, "companies": ["Alpha"]}], "odoo": odoo},
    }
    return [{"name": name, f"postmaster.mail.{name}": options} for name, options in modules.items()]


def outcomes(done: Run) -> dict[str, str]:
    """By task, how it ended."""
    found = re.findall(r"TASK \[(\w+)\] \*+\n(?:.*\n)*?(ok|changed|fatal): \[", done.output)
    return dict(found)


def diffs(done: Run) -> dict[str, list[str]]:
    """By task, the lines of the diff that it shows."""
    parts = re.split(r"TASK \[(\w+)\] \*+\n", done.output)
    return {task: re.findall("^[+-].*", said, re.MULTILINE) for task, said in zip(parts[1::2], parts[2::2])}


def test_each_module_plans_does_and_is_done(world: World) -> None:
    for name in (DOMAIN, "beta.example"):
        (world.folder / "zones" / f"{name}.zone").write_text(ZONE)
    world.hosts["controller"] = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    world.common = {}
    tasks = tasks_of(world)
    plays = [{"hosts": "controller", "tasks": tasks}]
    planned = world.site(plays, "--check", "--diff")
    done = world.site([{**plays[0], "diff": False}], "-vvv", "--diff")
    again = world.site(plays, "--diff")
    reading = {"domain_info", "odoo_mail_route_info", "odoo_mail_plan_info", "sending_service_info"}
    every = {task["name"] for task in tasks}
    writing = every - reading
    for run in (planned, done):
        assert {name for name, end in outcomes(run).items() if end == "changed"} == writing, run.output
    assert outcomes(again) == dict.fromkeys(every, "ok"), again.output
    assert {task for task, lines in diffs(planned).items() if lines} == writing, planned.output
    # the mode is that of the task
    assert not any([*diffs(done).values(), *diffs(again).values()])
    assert not any(SECRET in run.output for run in (planned, done, again))
    held = json.dumps(world.odoo.database.tables, default=str)
    assert SECRET in held


def test_no_secret_is_in_a_warning_of_any_task(world: World) -> None:
    """From 2.19 on Ansible shows warnings of no_log tasks, too."""
    world.hosts["controller"] = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    world.common = {}
    servers = [
        {"name": f"relay with {SECRET}", "host": "smtp.alpha.example", "username": "odoo", "password": SECRET},
        {"name": "another", "host": "smtp.alpha.example", "from_filter": ["alpha.example"], "password": SECRET},
    ]
    task = {
        "postmaster.mail.odoo_mail": {
            "outgoing_mail_servers": servers,
            "incoming_mail_servers": [
                {
                    "name": f"mailbox with {SECRET}",
                    "host": "imap.invalid",
                    "username": "odoo",
                    "password": SECRET,
                }
            ],
            "odoo": world.odoo.options,
        },
        "no_log": True,
    }
    done = world.site([{"hosts": "controller", "tasks": [task]}], "--check", "-vvv")
    assert done.code == 0, done.output
    assert "[WARNING]" in done.output or CORE < (2, 19)
    assert SECRET not in done.output
