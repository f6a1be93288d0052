# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be checked where no secret is in reach: in whatever way people keep one, it counts as given."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret

from ansible_collections.postmaster.mail.tests.support.rollouts import ROLE, World, failed_only, play

VAULT = VaultLib([("default", VaultSecret(b"password"))])
ENCRYPTED = VAULT.encrypt(b"hidden").decode()

INVENTORY = """
custom_domains:
  vars:
    ansible_connection: local
    accounts:
      cloudflare: {provider: cloudflare, api_token: "{{ vault_cloudflare }}"}
      godaddy:
        provider: godaddy
        access_token: !vault |
VAULT
    services:
      scaleway: {service: scaleway, region: fr-par, project_id: "{{ vault_id }}", secret_key: "{{ vault_key }}"}
    custom_domain_odoo:
      url: https://erp.example.net
      database: prod
      username: admin
      api_key: "{{ lookup('ansible.builtin.env', 'NOT_SET_ANYWHERE') }}"
    custom_domain_companies: []
    custom_domain_accounts:
      ses:
        service: amazon_ses
        region: eu-west-1
        access_key: "{{ lookup('ansible.builtin.env', 'NOT_SET_ANYWHERE') }}"
        secret_key: "{{ vault.ses.secret }}"
  hosts:
    environment.example:
      custom_domain_dns: {provider: powerdns, endpoint: "https://dns.example.net:8081", api_key: "{{ vault_pdns }}"}
      custom_domain_senders: [{account: ses}]
    whole.example:
      custom_domain_dns: "{{ accounts.cloudflare }}"
    by-itself.example:
      custom_domain_dns: "{{ accounts.godaddy }}"
      custom_domain_senders:
        - host: smtp.example.net
          username: odoo
          password: !vault |
VAULT
    file.example:
      custom_domain_dns:
        provider: rfc2136
        server: 192.0.2.53
        key_secret: "{{ lookup('ansible.builtin.file', 'no/key') }}"
      custom_domain_odoo: {url: "https://erp.example.net", database: prod, username: admin}
    accounts.example:
      custom_domain_dns: {provider: manual}
      custom_domain_accounts: "{{ services }}"
      custom_domain_senders: [{account: scaleway}]
    undefined.example:
      custom_domain_dns: {provider: zone_file, directory: "{{ zones }}"}
    wrong.example:
      custom_domain_dns: {provider: zone_fil, directory: zones}
    twice.example:
      custom_domain_name: whole.example
      custom_domain_dns: {provider: manual}
    empty.example:
      custom_domain_dns: {provider: powerdns, endpoint: "https://dns.example.net:8081", api_key: ""}
""".replace("VAULT\n", "".join(f"            {line}\n" for line in ENCRYPTED.splitlines()))


def test_a_secret_that_is_out_of_reach_counts_as_given_and_all_else_is_checked(tmp_path: Path) -> None:
    (tmp_path / "companies.yml").write_text(INVENTORY)
    reports = [{"path": "lint.json"}, {"path": "lint.xml", "format": "junit"}]
    done = play(tmp_path, "postmaster.mail.lint", "-e", json.dumps({"custom_domain_reports": reports}))
    hosts = json.loads((tmp_path / "lint.json").read_text())["hosts"]
    told = {host: " ".join(one["errors"]) for host, one in hosts.items() if one["errors"]}
    assert done.code == 2 and sorted(failed_only(done.recap)) == sorted(told), done.output
    assert sorted(told) == sorted(
        ["whole.example", "twice.example", "undefined.example", "wrong.example", "empty.example"]
    )
    cases = (tmp_path / "lint.xml").read_text()
    assert cases.count('name="variables"') == len(hosts) - len(told) and 'name="SPF"' not in cases
    assert told["undefined.example"] == (
        "undefined.example: custom_domain_dns, directory: the variable zones is undefined."
    )
    assert "there is no provider 'zone_fil'. Did you mean zone_file?" in told["wrong.example"]
    assert "The domain whole.example belongs to the hosts" in told["whole.example"]
    assert "custom_domain_dns: api_key is empty." in told["empty.example"]
    assert "what-a-secret-counts-as" not in done.output + (tmp_path / "lint.json").read_text()
    assert "DEPRECATION" not in done.output


def test_dns_is_asked_on_request_as_if_the_records_were_published(world: World) -> None:
    world.host("alpha.example")
    world.host("beta.example", zone="")
    world.common["custom_domain_odoo"] = {**world.odoo.options, "password": "{{ vault_odoo }}"}
    times = world.times()
    assert world.play("postmaster.mail.lint").code == 0
    asked = world.play(
        "postmaster.mail.lint", "-e", "custom_domain_lint_dns=true", "-e", "custom_domain_severity=error"
    )
    assert failed_only(asked.recap) == ["beta.example"], asked.output
    assert "spf_missing" not in asked.output and "alpha.example: " in asked.output
    assert (world.times(), world.odoo.database.calls) == (times, {})


@pytest.mark.parametrize(
    "file", ["companies.yml", "group_vars/custom_domains/vault.yml", "host_vars/company-name.com.yml"]
)
def test_a_file_that_is_encrypted_as_a_whole_is_refused_with_the_cure(file: str, tmp_path: Path) -> None:
    inventory = "custom_domains: {hosts: {company-name.com: {custom_domain_dns: {provider: manual}}}}\n"
    (tmp_path / "companies.yml").write_text(inventory)
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(VAULT.encrypt(inventory.encode() if file == "companies.yml" else b"x: 1"))
    others = tmp_path / "group_vars" / "web.yml"
    others.parent.mkdir(exist_ok=True)
    others.write_bytes(VAULT.encrypt(b"x: 1"))
    refused = play(tmp_path, "postmaster.mail.lint")
    told = " ".join(refused.output.split())
    assert refused.code != 0 and f"{path} is encrypted as a whole, and without the password the hosts cannot" in told
    assert "Encrypt single values with ansible-vault encrypt_string" in told and "web.yml" not in told
    (tmp_path / "password").write_text("password")
    assert play(tmp_path, "postmaster.mail.lint", "--vault-password-file", "password").code == 0


def test_the_role_can_be_checked_in_a_playbook_of_ones_own(world: World) -> None:
    world.host("alpha.example", senders=[{"host": "smtp.example.net", "pasword": "x"}])
    role: Any = {"ansible.builtin.include_role": {"name": ROLE, "tasks_from": "lint"}}
    done = world.site([{"hosts": "custom_domains", "tasks": [role]}])
    assert failed_only(done.recap) == ["alpha.example"]
    assert "pasword is not an option here. Did you mean password?" in done.output
    assert os.environ.get("NOT_SET_ANYWHERE") is None
