# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The README's company with two senders: one run from nothing to a proven route, and a second that changes nothing.

PowerDNS and Odoo 19 are real; Amazon SES and Mailgun are stand-ins that look into that DNS.
"""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from ansible_collections.postmaster.mail.tests.integration.documentation.test_readme import ansible_playbook, block
from ansible_collections.postmaster.mail.tests.servers.odoo_database import OdooDatabase
from ansible_collections.postmaster.mail.tests.servers.powerdns import PowerDns
from ansible_collections.postmaster.mail.tests.servers.process import HOST
from ansible_collections.postmaster.mail.tests.simulators.services.amazon_ses import AmazonSesSimulator
from ansible_collections.postmaster.mail.tests.simulators.services.mailgun import MailgunSimulator
from ansible_collections.postmaster.mail.tests.simulators.services.service_api import PublicDns

DOMAIN = "company-name.com"
SES_KEYS = '*.dkim 3600 IN TXT "p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=; k=ed25519"'
PASSWORD = "a-long-smtp-password"


def test_one_run_takes_the_company_from_nothing_to_a_proven_route(
    tmp_path: Path, powerdns: PowerDns, odoo19: OdooDatabase
) -> None:
    odoo19.company("Company Name SA")
    powerdns.add_zones({
        DOMAIN: "",
        "amazonses.com": '@ 3600 IN TXT "v=spf1 ip4:203.0.113.128/25 -all"\n' + SES_KEYS,
        "mailgun.org": '@ 3600 IN TXT "v=spf1 ip4:203.0.113.0/25 -all"',
    })  # fmt: skip
    address = f"{HOST}:{powerdns.port}"
    with AmazonSesSimulator(PublicDns(address)) as ses, MailgunSimulator(PublicDns(address)) as mailgun:
        inventory = yaml.safe_load(block("yaml", "custom_domain_accounts"))
        account = ses.add_account()
        mailgun.keys.add("mailgun-key")
        accounts = inventory["custom_domains"]["vars"]["custom_domain_accounts"]
        accounts["ses"].update(access_key=account.access_key, secret_key=account.secret_key, endpoint=ses.endpoint)
        accounts["mailgun"].update(api_key="mailgun-key", endpoint=mailgun.endpoint)
        inventory["custom_domains"]["hosts"][DOMAIN]["custom_domain_senders"][1]["password"] = PASSWORD
        (tmp_path / "companies.yml").write_text(yaml.safe_dump(inventory))
        more = {
            "custom_domain_odoo": odoo19.options,
            "custom_domain_dns": {"provider": "powerdns", "endpoint": powerdns.endpoint, "api_key": powerdns.api_key},
            "custom_domain_nameservers": [address],
        }
        arguments = ["-i", "companies.yml", "--extra-vars", json.dumps(more)]

        done = ansible_playbook(tmp_path, "postmaster.mail.rollout", *arguments)
        assert "changed=1" in done and "pending" not in done, done
        assert account.identities["eu-west-1"][DOMAIN].verification == "SUCCESS"
        assert mailgun.domains[f"mg.{DOMAIN}"].state == "active"
        servers = odoo19.records("ir.mail_server", "smtp_host", "from_filter", "smtp_user", "active")
        assert {one["smtp_host"]: one["from_filter"] for one in servers if one["active"]} == {
            "email-smtp.eu-west-1.amazonaws.com": DOMAIN,
            "smtp.eu.mailgun.org": DOMAIN,
        }
        assert PASSWORD not in done and account.secret_key not in done

        ses.calls.clear()
        mailgun.calls.clear()
        assert "changed=0" in ansible_playbook(tmp_path, "postmaster.mail.rollout", *arguments)
        assert sum(ses.calls.values()) <= 2 and sum(mailgun.calls.values()) <= 2
        verified = ansible_playbook(tmp_path, "postmaster.mail.verify", *arguments)
        assert f"@{DOMAIN} leaves through the server {DOMAIN} - Amazon SES: DMARC passes by" in " ".join(
            verified.split()
        )
