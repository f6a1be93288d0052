# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module says about wrong arguments: where, what was given, what is allowed, and the nearest name."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_main, run_module

SECRET = "hidden-91"
NUMBER = 91827364  # some keys are numbers
DOMAIN = "company-name.com"
MANUAL = {"provider": "manual"}
ODOO = {"odoo": {"url": "https://erp.example.net", "database": "prod", "username": "admin", "api_key": SECRET}}
RELAY = {**ODOO, "name": "relay"}

SENTENCES: dict[str, tuple[str, dict[str, Any], str]] = {
    "a number of seconds to wait": (
        "domain_info",
        {"domains": [{"domain": DOMAIN}], "wait": 600},
        "wait is 600, but must be a dictionary. Write {timeout: 600}.",
    ),
    "an unknown policy": (
        "domain_info",
        {"domains": [{"domain": DOMAIN, "dmarc": {"policy": "quarantined"}}]},
        "entry 1 of domains, dmarc: policy is 'quarantined', but must be one of none, quarantine, reject. Did you mean "
        "quarantine?",
    ),
    "a port in words, and SSL": (
        "odoo_outgoing_mail_server",
        {**RELAY, "port": "smtps", "encryption": "SSL"},
        "port is 'smtps', but must be a whole number. encryption is 'SSL', but must be one of none, starttls, tls.",
    ),
    "a name instead of a dictionary": (
        "odoo_mail",
        {**ODOO, "outgoing_mail_servers": "relay"},
        "entry 1 of outgoing_mail_servers is a text, but must be a dictionary. Its options are name, ",
    ),
    "a list without its dash": (
        "sending_domains",
        {"domains": {"domain": DOMAIN}},
        "domains is a dictionary, but must be a list. Put a dash before it.",
    ),
    "a key instead of an account": (
        "sending_domain",
        {"service": "mailgun", "domain": DOMAIN, "account": SECRET},
        "account is a text, but must be a dictionary. Its options are endpoint, ",
    ),
    "a key with a wrong name": (
        "sending_domain",
        {"service": "mailgun", "domain": DOMAIN, "account": {"apikey": SECRET}},
        "account: apikey is not an option here. Did you mean api_key? The options are ",
    ),
    "an unknown state": (
        "sending_credential",
        {"service": "mailgun", "domain": DOMAIN, "account": {}, "login": "a", "state": "absnt"},
        "state is 'absnt', but must be one of present, absent. Did you mean absent?",
    ),
    "a letter missing": (
        "spf_record",
        {"domain": DOMAIN, "dns": MANUAL, "inclde": ["_spf.odoo.com"]},
        "inclde is not an option here. Did you mean include? The options are ",
    ),
    "a letter missing in an account": (
        "domain_records",
        {"domains": [{"domain": DOMAIN, "dns": {"provider": "zone_file", "directroy": "./zones"}}]},
        "entry 1 of domains, dns: directroy is not an option of the provider zone_file. Did you mean directory? The "
        "options are provider, ",
    ),
    "what is missing, and what belongs elsewhere": (
        "odoo_mail_settings",
        {"url": "https://erp.example.net", "database": "prod"},
        "url is not an option here. database is not an option here. The options are odoo, ",
    ),
    "a connection without its database": (
        "odoo_mail_settings",
        {"odoo": {"url": "https://erp.example.net", "db": "prod", "password": SECRET, "username": "admin"}},
        "odoo: db is not an option here. Did you mean database? The options are ",
    ),
    "an unknown key length": (
        "sending_domain",
        {"service": "mailgun", "domain": DOMAIN, "account": {}, "key_length": 512},
        "key_length is 512, but must be one of 1024, 2048.",
    ),
    "an infinite key length": (
        "sending_domain",
        {"service": "mailgun", "domain": DOMAIN, "account": {}, "key_length": float("inf")},
        "key_length is inf, but must be a whole number.",
    ),
    "a password without a space before it, and a letter missing": (
        "odoo_outgoing_mail_server",
        {**RELAY, f"pasword:{SECRET}": None},
        "pasword without a space after the colon is not an option here. Did you mean password? The options are ",
    ),
    "a key without a space before it": (
        "sending_domain",
        {"service": "mailgun", "domain": DOMAIN, "account": {f"api_key:{SECRET}": None}},
        "account: api_key without a space after the colon is not an option here. Did you mean api_key? The options are "
        "",
    ),
    "a key alone": (
        "sending_domain",
        {"service": "mailgun", "domain": DOMAIN, "account": {SECRET: None}},
        "account: what has no value is not an option here. The options are ",
    ),
    "a token without a space before it": (
        "spf_record",
        {"domain": DOMAIN, "dns": {"provider": "cloudflare", f"api_token:{SECRET}": None}},
        "dns: api_token without a space after the colon is not an option of the provider cloudflare. Did you "
        "mean api_token? The options are ",
    ),
    "an account as the provider": (
        "spf_record",
        {"domain": DOMAIN, "dns": {"provider": {"cloudflare": {"api_token": SECRET}}}},
        "dns: there is no provider of this kind. There are ",
    ),
    "a number instead of an account": (
        "spf_record",
        {"domain": DOMAIN, "dns": NUMBER},
        "dns is a number, but must be a dictionary. Write {provider: …}; its options are provider (",
    ),
    "a key instead of a connection": ("odoo_mail", {"odoo": SECRET}, "odoo is a text, but must be a dictionary. "),
}


@pytest.mark.parametrize("case", SENTENCES)
def test_the_message_says_what_is_wrong_and_what_to_write(case: str) -> None:
    name, options, sentence = SENTENCES[case]
    module = importlib.import_module(f"ansible_collections.postmaster.mail.plugins.modules.{name}")
    result = run_main(module.main, options)
    assert result["failed"]
    assert result["msg"].startswith(sentence), result["msg"]
    assert SECRET not in str(result)
    assert str(NUMBER) not in str(result)


def test_what_only_ansible_checks_keeps_the_message_of_ansible() -> None:
    options = {"service": "mailgun", "domain": DOMAIN, "account": {}, "login": "a"}
    assert run_module("sending_credential", options)["msg"] == (
        "state is present but all of the following are missing: password"
    )
