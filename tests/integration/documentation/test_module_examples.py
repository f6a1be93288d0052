# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every EXAMPLES block of every module is run, as it stands there but for the address of the servers."""

from __future__ import annotations

import ast
import contextlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.postmaster.mail.tests.servers.certificates import CertificateAuthority
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver
from ansible_collections.postmaster.mail.tests.servers.odoo_lab import OdooDatabase
from ansible_collections.postmaster.mail.tests.simulators.services.amazon_ses import Account as AmazonSesAccount
from ansible_collections.postmaster.mail.tests.simulators.services.amazon_ses import AmazonSesSimulator
from ansible_collections.postmaster.mail.tests.simulators.services.mailgun import MailgunSimulator
from ansible_collections.postmaster.mail.tests.simulators.services.service_api import PublicDns
from ansible_collections.postmaster.mail.tests.support.playbook import play

MODULES = Path(__file__).parents[3] / "plugins" / "modules"
# those of odoo_test_message need a relay and a mailbox: tests/integration/odoo/test_test_message.py
NAMES = sorted({path.stem for path in MODULES.glob("*.py")} - {"odoo_test_message"})

ZONE = """$TTL 3600
@ IN SOA ns1 hostmaster 1 7200 3600 1209600 3600
@ IN NS ns1
ns1 IN A 192.0.2.53
mx IN A 192.0.2.26
"""
PUBLISHED = """$ORIGIN company-name.com.
$TTL 3600
@ IN SOA ns1 hostmaster 1 7200 3600 1209600 3600
@ IN NS ns1
@ IN TXT "v=spf1 include:_spf.odoo.com ip4:192.0.2.25 ~all"
@ IN MX 10 mx
mx IN A 192.0.2.26
_dmarc IN TXT "v=DMARC1; p=none"
mail._domainkey IN TXT "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
odoo._domainkey IN CNAME odoo._domainkey.odoo.com.
"""
ODOO_ZONE = """$ORIGIN odoo.com.
$TTL 3600
@ IN SOA ns1 hostmaster 1 7200 3600 1209600 3600
@ IN NS ns1
_spf IN TXT "v=spf1 ip4:198.51.100.0/24 -all"
odoo._domainkey IN TXT "v=DKIM1; k=rsa; p="
"""


def examples(module: str) -> str:
    """The EXAMPLES block of a module, read without importing it."""
    for node in ast.parse((MODULES / f"{module}.py").read_text()).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "EXAMPLES":
            return str(ast.literal_eval(node.value))
    raise LookupError(f"{module} has no EXAMPLES")


@pytest.fixture
def nameserver() -> Iterator[Nameserver]:
    with Nameserver() as server:
        server.set_zone("company-name.com", PUBLISHED)
        server.set_zone("odoo.com", ODOO_ZONE)
        yield server


class ServesFiles(Nameserver):
    """Answers from the zone files of a directory, as they are when it is asked."""

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self._directory = directory

    def respond(self, wire: bytes, over_tcp: bool) -> bytes | None:
        for path in self._directory.glob("*.zone"):
            self.set_zone(path.stem, path.read_text())
        return super().respond(wire, over_tcp)


@pytest.fixture
def sending_services(tmp_path: Path) -> Iterator[Callable[[list[dict[str, Any]]], dict[str, Any]]]:
    """Points the accounts of tasks to simulators that look at the zone files; gives the defaults of the modules."""
    with contextlib.ExitStack() as stack:

        def pointed(tasks: list[dict[str, Any]]) -> dict[str, Any]:
            served = stack.enter_context(ServesFiles(tmp_path / "zones"))
            ses = stack.enter_context(AmazonSesSimulator(PublicDns(served.address)))
            account = AmazonSesAccount("AKIAIOSFODNN7EXAMPLE", "not-vault_ses_secret_key")
            ses.accounts[account.access_key] = account
            mailgun = stack.enter_context(MailgunSimulator(PublicDns(served.address), "eu"))
            mailgun.keys.add("not-vault_mailgun_api_key")
            endpoints = {"amazon_ses": ses.endpoint, "mailgun": mailgun.endpoint}
            for task in tasks:
                for module, options in task.items():
                    if module.startswith("postmaster.mail.sending_") and options and "account" in options:
                        options["account"].update(endpoint=endpoints[options["service"]], rate_limit=1000)
            servers = {"nameservers": [served.address]}
            return {f"postmaster.mail.{module}": servers for module in ("sending_domain", "sending_domains")}

        yield pointed


@pytest.fixture
def odoo(request: pytest.FixtureRequest) -> Callable[[], OdooDatabase]:
    """A real Odoo, for the modules that need one."""
    return lambda: request.getfixturevalue("odoo19")


@pytest.mark.parametrize("module", NAMES)
def test_the_examples_of_a_module_run(
    module: str,
    tmp_path: Path,
    nameserver: Nameserver,
    odoo: Callable[[], OdooDatabase],
    sending_services: Callable[[list[dict[str, Any]]], dict[str, Any]],
    ca: CertificateAuthority,
) -> None:
    (tmp_path / "zones").mkdir()
    for domain in ("company-name.com", "other-company.com"):
        (tmp_path / "zones" / f"{domain}.zone").write_text(ZONE)
    text = examples(module).replace('"192.0.2.53", "[2001:db8::53]:5353"', json.dumps(nameserver.address))
    tasks = yaml.safe_load(text)
    servers = {"nameservers": [nameserver.address]}
    defaults: dict[str, Any] = {"group/postmaster.mail.dns": servers, "postmaster.mail.domain_info": servers}
    if module == "dns_restore":
        tasks = [*yaml.safe_load(_WRITE_WITH_BACKUP), *tasks]
        tasks[-1]["postmaster.mail.dns_restore"]["path"] = "{{ written.backup_files[0] }}"
    if module.startswith("sending_"):
        defaults.update(sending_services(tasks))
    if module.startswith("odoo_"):
        database = odoo()
        for name in ("Company Name SA", "Other Name SRL"):
            database.company(name)
        # others show what it answered
        for options in [task[f"postmaster.mail.{module}"] for task in tasks if f"postmaster.mail.{module}" in task]:
            options["odoo"] = database.options
    # what a user has beside the playbook, and in a vault
    pair = ca.issue("odoo.company-name.com")
    (tmp_path / "odoo.crt").write_text(pair.certificate.read_text())
    (tmp_path / "odoo.key").write_text(pair.key.read_text())
    secrets = {name: f"not-{name}" for name in re.findall(r"vault_\w+", text)}
    played = play(tmp_path, tasks, "--diff", "--extra-vars", json.dumps(secrets), defaults=defaults)
    assert played.code == 0, played.output
    assert played.recap["ok"] >= 1
    assert not any(secret in played.output for secret in secrets.values())


_WRITE_WITH_BACKUP = """
- postmaster.mail.spf_record:
    domain: company-name.com
    include: [_spf.odoo.com]
    dns: {provider: zone_file, directory: ./zones, backup: true}
  register: written
"""
