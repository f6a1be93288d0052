# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many companies in one call to a real Odoo 19."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.odoo.aliases import clean_alias, clean_default_from
from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_module
from ansible_collections.postmaster.mail.tests.servers.odoo_lab import OdooDatabase


def ensure(database: OdooDatabase, check: bool = False, **options: Any) -> dict[str, Any]:
    return run_module("odoo_mail", {"odoo": database.options, **options}, check)


def companies(database: OdooDatabase, count: int) -> dict[str, Any]:
    """The wishes for so many new companies: a domain and a server each."""
    database.client.create("res.company", [{"name": f"Company {number}"} for number in range(count)])
    return {
        "alias_domains": [
            {"name": f"company-{number}.example", "companies": [f"Company {number}"]} for number in range(count)
        ],
        "outgoing_mail_servers": [
            {
                "name": f"Company {number} - relay",
                "owner": f"company-{number}.example",
                "host": f"smtp.company-{number}.example",
                "username": "odoo",
                "password": f"correct horse {number}",
                "from_filter": [f"company-{number}.example"],
            }
            for number in range(count)
        ],
    }


def test_the_calls_do_not_grow_with_the_companies_and_a_second_run_writes_nothing(odoo19: OdooDatabase) -> None:
    wishes = companies(odoo19, 30)
    planned = ensure(odoo19, check=True, **wishes)
    done = ensure(odoo19, **wishes)
    again = ensure(odoo19, **wishes)
    assert planned["changed"] and planned["api_writes"] == 0
    assert planned["diff"] == done["diff"]
    assert done["failed_items"] == [] and done["api_writes"] <= 5 and done["api_calls"] <= 20, done["api_calls"]
    assert not again["changed"] and again["api_writes"] == 0, again["diff"]
    assert again["owners"]["company-7.example"] == {
        "changed": False,
        "diff": [],
        "warnings": [],
        "failed": False,
        "msg": "",
    }
    rows = odoo19.client.search_read("res.company", [("name", "like", "Company ")], ["name", "alias_domain_id"])
    named = {row["name"]: row["alias_domain_id"] and row["alias_domain_id"][1] for row in rows}
    assert all(named[f"Company {number}"] == f"company-{number}.example" for number in range(30))


def test_one_company_that_fails_does_not_stop_the_others(odoo19: OdooDatabase) -> None:
    wishes = companies(odoo19, 3)
    wishes["alias_domains"][1]["companies"] = ["Nobody at all"]
    done = ensure(odoo19, **wishes)
    assert not done.get("failed")
    assert done["failed_items"] == ["company-1.example", "Company 1 - relay"]
    owner = done["owners"]["company-1.example"]
    assert owner["failed"] and not owner["changed"] and "Odoo has no company 'Nobody at all'" in owner["msg"]
    assert done["owners"]["company-0.example"]["changed"] and done["owners"]["company-2.example"]["changed"]
    assert {server["name"] for server in odoo19.records("ir.mail_server", "name")} >= {"Company 2 - relay"}
    assert len(odoo19.records("mail.alias.domain", "name")) == 2


def test_one_company_that_odoo_refuses_does_not_stop_the_others(odoo19: OdooDatabase) -> None:
    """The refusal comes with the write, and takes the whole call with it: it is made again in parts."""
    first = companies(odoo19, 1)
    ensure(odoo19, **first)
    domain = odoo19.client.search_read("mail.alias.domain", [], ["name"])[0]
    model = odoo19.client.search_read("ir.model", [("model", "=", "res.partner")], ["model"])[0]
    odoo19.client.create(
        "mail.alias", [{"alias_name": "taken", "alias_model_id": model["id"], "alias_domain_id": domain["id"]}]
    )
    done = ensure(
        odoo19,
        alias_domains=[
            {"name": "company-0.example", "bounce_alias": "taken", "allow_rename": True},
            {"name": "other.example"},
        ],
    )
    assert done["failed_items"] == ["company-0.example"]
    assert "already used" in done["owners"]["company-0.example"]["msg"]
    assert done["owners"]["other.example"]["changed"]


def test_a_playbook_shows_the_plan_the_change_and_no_change(odoo19: OdooDatabase, tmp_path: Path) -> None:
    tasks = [
        {
            "postmaster.mail.odoo_mail": {"odoo": odoo19.options, **companies(odoo19, 2)},
            "name": "Ensure",
            "register": "mail",
        },
        {"ansible.builtin.debug": {"var": "mail.api_writes"}},
    ]
    play = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": sys.executable},
        "tasks": tasks,
    }
    playbook = tmp_path / "play.yml"
    playbook.write_text(yaml.safe_dump([play]))

    def play_it(*more: str) -> str:
        command = [str(Path(sys.executable).with_name("ansible-playbook")), str(playbook), *more]
        environment = {**os.environ, "ANSIBLE_HOME": str(tmp_path / "home"), "ANSIBLE_LOCALHOST_WARNING": "0"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "correct horse" not in done.stdout + done.stderr
        return done.stdout

    planned, done, again = play_it("--check", "--diff"), play_it("--diff"), play_it("--diff")
    assert "+host: smtp.company-1.example" in planned and "+id: known after apply" in planned
    assert "changed=1" in planned and "changed=1" in done and "changed=0" in again


def test_every_example_of_the_documentation_runs(odoo19: OdooDatabase) -> None:
    odoo19.client.create("res.company", [{"name": "Company Name SA"}, {"name": "Other Name SRL"}])
    for name in ("odoo_alias_domain", "odoo_outgoing_mail_server", "odoo_mail"):
        for options in _examples(name):
            options["odoo"] = odoo19.options
            done = run_module(name, options)
            assert not done.get("failed") and done.get("failed_items", []) == [], (name, options, done)


def _examples(name: str) -> list[dict[str, Any]]:
    root = Path(__file__).parents[3]
    text = (root / "plugins" / "modules" / f"{name}.py").read_text().split('EXAMPLES = r"""')[1].split('"""')[0]
    filled = text.replace('"{{ vault_', '"example ').replace(' }}"', '"')
    tasks = yaml.safe_load(filled)
    return [json.loads(json.dumps(task[f"postmaster.mail.{name}"])) for task in tasks]


def test_our_clean_up_is_that_of_odoo(odoo19: OdooDatabase) -> None:
    """Arbitrary text as alias and as default sender, stored in one write of many values and read back."""
    domain = odoo19.client.create("mail.alias.domain", [{"name": "company-name.example"}])[0]

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1))
    def stored_as_we_say(text: str) -> None:
        if not clean_alias(text):
            return  # refused by Odoo, and by us before
        odoo19.client.write(
            "mail.alias.domain", [domain], {"bounce_alias": text, "default_from": text, "catchall_alias": "fixed"}
        )
        held = odoo19.client.search_read("mail.alias.domain", [("id", "=", domain)], ["bounce_alias", "default_from"])[
            0
        ]
        assert held["bounce_alias"] == clean_alias(text), unicodedata.normalize("NFKD", text)
        assert held["default_from"] == clean_default_from(text)

    stored_as_we_say()
