# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A sender given by its service alone: what is filled in, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.services.model import MAILBOX, OWN
from ansible_collections.postmaster.mail.plugins.module_utils.services.registry import SERVICES
from ansible_collections.postmaster.mail.plugins.plugin_utils.by_service import filled
from ansible_collections.postmaster.mail.plugins.plugin_utils.host_plan import HostPlan, read_host_plan
from ansible_collections.postmaster.mail.plugins.plugin_utils.sender import Refused

DOMAIN = "company-name.com"
ODOO = {"url": "https://erp.example.net", "database": "prod", "username": "admin", "password": "secret"}
KEYS = [{"selector": "t1", "cname": "t1.dkim.amazonses.com"}]
SES = {
    "service": "amazon_ses",
    "region": "eu-west-1",
    "username": "AKIAIOSFODNN7EXAMPLE",
    "password": "BMPPgbAHoFVbze1Ud0oA5uNdXRwUXUZ+qOwphGJbl/cS",
    "dkim": KEYS,
}
MAILGUN = {
    "service": "mailgun",
    "region": "eu",
    "sending_domain": "mg.company-name.com",
    "username": "postmaster@mg.company-name.com",
    "password": "long-secret",
    "dkim": [{"selector": "pdk1", "cname": "pdk1._domainkey.1a2b.dkim1.eu.mgsend.org"}],
}
BOX = {"service": "gmail", "username": f"hello@{DOMAIN}", "password": "abcd efgh ijkl mnop"}
BOX_SENDS: dict[str, Any] = {"single_sender": f"hello@{DOMAIN}"}


def plan(*senders: dict[str, Any], **variables: Any) -> HostPlan:
    stated = {"dns": {"provider": "zone_file", "directory": "/zones"}, "odoo": ODOO, **variables, "senders": senders}
    return read_host_plan(DOMAIN, {f"custom_domain_{name}": value for name, value in stated.items()}, "/inventory")


def refusal(*senders: dict[str, Any], **variables: Any) -> str:
    with pytest.raises(Refused) as refused:
        plan(*senders, **variables)
    assert str(refused.value).startswith(f"{DOMAIN}: ")
    return str(refused.value)


def server(*senders: dict[str, Any], number: int = 0, **variables: Any) -> dict[str, Any]:
    odoo = plan(*senders, **variables).odoo
    assert odoo is not None
    return dict(odoo.servers[number])


def shown(found: dict[str, Any], *names: str) -> list[Any]:
    return [found[name] for name in names]


class TestServer:
    def test_a_service_becomes_a_server_in_odoo(self) -> None:
        found = server(SES)
        assert shown(found, "host", "port", "encryption", "from_filter", "name") == [
            "email-smtp.eu-west-1.amazonaws.com",
            587,
            "starttls",
            [DOMAIN],
            f"{DOMAIN} - Amazon SES",
        ]
        assert shown(found, "username", "password") == [SES["username"], SES["password"]]

    @pytest.mark.parametrize(
        ("stated", "found"),
        [
            ({"port": 2525}, {"port": 2525, "encryption": "starttls"}),
            ({"port": 465}, {"port": 465, "encryption": "tls"}),
            ({"encryption": "tls"}, {"port": 465, "encryption": "tls"}),
            ({"host": "smtp.proxy.example"}, {"host": "smtp.proxy.example", "port": 587}),
            ({"host": "127.0.0.1", "port": 1025, "encryption": "none"}, {"port": 1025, "encryption": "none"}),
            ({"from_filter": ["news.company-name.com"]}, {"from_filter": ["news.company-name.com"]}),
            ({"name": "Newsletter"}, {"name": f"{DOMAIN} - Newsletter"}),
            ({"priority": 7}, {"priority": 7}),
        ],
    )
    def test_options_of_the_sender_override_those_of_the_service(
        self, stated: dict[str, Any], found: dict[str, Any]
    ) -> None:
        made = server({**MAILGUN, **stated})
        assert {name: made[name] for name in found} == found

    @pytest.mark.parametrize(("service", "word"), [("sendgrid", "apikey"), ("resend", "resend")])
    def test_a_fixed_username_is_filled_in(self, service: str, word: str) -> None:
        sender = {"service": service, "region": "global" if service == "sendgrid" else "eu-west-1", "dkim": KEYS}
        assert server({**sender, "password": "key"})["username"] == word

    def test_a_token_is_used_as_username_and_password(self) -> None:
        found = server({"service": "postmark", "password": "token", "dkim": KEYS})
        assert shown(found, "username", "password") == ["token", "token"]

    def test_without_a_login_only_dns_is_set_up(self) -> None:
        found = plan({"service": "gmail"})
        assert found.records == {"spf": {"include": ["_spf.google.com"]}}
        assert found.odoo is not None and not found.odoo.servers

    def test_odoos_own_servers_become_no_server_in_odoo(self) -> None:
        found = plan({"service": "odoo"})
        assert found.odoo is not None and not found.odoo.servers
        assert found.senders[0].service("").command_line and found.senders[0].label == "Odoo"

    def test_a_sender_for_mailings_gets_a_high_priority_number(self) -> None:
        odoo = plan(SES, {**MAILGUN, "use": "mass_mailing"}).odoo
        assert odoo is not None
        assert [one["priority"] for one in odoo.servers] == [None, 1002]
        assert odoo.settings[0]["mass_mailing_server"] == f"{DOMAIN} - Mailgun"

    @pytest.mark.parametrize("name", [name for name, one in SERVICES.items() if one.kind != OWN])
    def test_each_service_fills_in_a_complete_server(self, name: str) -> None:
        service = SERVICES[name]
        region = next((region for region, host in service.hosts.items() if host), "")
        box = {"username": f"hello@{DOMAIN}", "password": "p" * 20}
        spf = {"include": ["x.example"]}
        sender = {"service": name, "region": region, **box, "dkim": KEYS, "spf": spf}
        found = server(sender, **(BOX_SENDS if service.kind == MAILBOX else {}))
        assert found["host"] == service.hosts[region]
        assert (found["port"], found["encryption"]) == service.ports[0]
        assert found["from_filter"] == ([f"hello@{DOMAIN}"] if service.kind == MAILBOX else [DOMAIN])


class TestDns:
    def test_amazon_ses_needs_no_spf_at_the_domain(self) -> None:
        found = plan(SES)
        assert found.records == {"dkim": KEYS}
        assert found.senders[0].return_path == "amazonses.com"

    @pytest.mark.parametrize("stated", ["bounce", "bounce.company-name.com", "Bounce.Company-Name.com."])
    def test_a_return_path_in_the_domain_gets_its_records(self, stated: str) -> None:
        found = plan({**SES, "return_path": stated})
        assert found.records["records"] == [
            {"name": "bounce.company-name.com", "type": "MX", "value": "10 feedback-smtp.eu-west-1.amazonses.com"},
            {"name": "bounce.company-name.com", "type": "TXT", "value": "v=spf1 include:amazonses.com ~all"},
        ]
        assert found.senders[0].declared() == {
            "name": "Amazon SES",
            "spf": {"include": ["amazonses.com"]},
            "selectors": ["t1"],
            "return_path": "bounce.company-name.com",
        }

    def test_the_return_path_of_the_service_needs_no_records(self) -> None:
        assert plan({**SES, "return_path": "amazonses.com"}).records == {"dkim": KEYS}

    def test_postmarks_return_path_is_a_cname(self) -> None:
        sender = {"service": "postmark", "dkim": KEYS, "return_path": "pm-bounces"}
        assert plan(sender).records["records"] == [
            {"name": "pm-bounces.company-name.com", "type": "CNAME", "value": "pm.mtasv.net"}
        ]

    @pytest.mark.parametrize(("service", "target"), [("smtp2go", "return.smtp2go.net"), ("postmark", "pm.mtasv.net")])
    def test_a_return_path_is_recognised_in_copied_records(self, service: str, target: str) -> None:
        copied = [{"name": f"em123.{DOMAIN}", "type": "CNAME", "value": target}]
        found = filled(DOMAIN, {"service": service, "records": copied, "dkim": KEYS})
        assert found["return_path"] == f"em123.{DOMAIN}" and found["records"] == copied
        assert filled(DOMAIN, {"service": service, "dkim": KEYS})["return_path"] != f"em123.{DOMAIN}"

    def test_resend_uses_its_default_return_path_unless_it_is_disabled(self) -> None:
        sender = {"service": "resend", "region": "eu-west-1", "dkim": KEYS}
        assert {one["name"] for one in plan(sender).records["records"]} == {"send.company-name.com"}
        assert "records" not in plan({**sender, "return_path": "False"}).records

    def test_a_sending_domain_gets_its_own_records(self) -> None:
        found = plan(MAILGUN)
        assert found.records == {
            "records": [
                {"name": "mg.company-name.com", "type": "TXT", "value": "v=spf1 include:mailgun.org ~all"},
                {
                    "name": "pdk1._domainkey.mg.company-name.com",
                    "type": "CNAME",
                    "value": "pdk1._domainkey.1a2b.dkim1.eu.mgsend.org",
                },
            ]
        }
        assert found.senders[0].declared() == {
            "name": "Mailgun",
            "spf": {"include": ["mailgun.org"]},
            "selectors": [],
            "return_path": "mg.company-name.com",
            "signing_domain": "mg.company-name.com",
        }

    def test_without_a_sending_domain_the_domain_itself_gets_the_records(self) -> None:
        stated = {name: value for name, value in MAILGUN.items() if name != "sending_domain"}
        assert plan(stated).records == {"spf": {"include": ["mailgun.org"]}, "dkim": MAILGUN["dkim"]}

    def test_a_service_that_only_signs_for_the_from_domain_accepts_no_sending_domain(self) -> None:
        assert "make email.company-name.com a host of its own" in refusal({**SES, "sending_domain": "email"})

    def test_the_spf_of_a_sender_replaces_that_of_its_service(self) -> None:
        sender = {"service": "mailjet", "dkim": KEYS, "spf": {"ip4": ["192.0.2.7"]}}
        assert plan(sender).records["spf"] == {"ip4": ["192.0.2.7"]}

    @pytest.mark.parametrize("name", ["amazon_ses", "mailgun", "sendgrid", "brevo", "postmark", "zoho", "scaleway"])
    def test_records_that_only_the_console_shows_are_asked_for(self, name: str) -> None:
        service = SERVICES[name]
        refused = refusal({"service": name, "region": next(iter(service.hosts))})
        assert service.console in refused and service.console_records in refused


class TestMailboxes:
    def test_the_from_filter_is_the_address_of_the_mailbox(self) -> None:
        assert server(BOX, **BOX_SENDS)["from_filter"] == [f"hello@{DOMAIN}"]

    @pytest.mark.parametrize("service", [name for name, one in SERVICES.items() if one.kind == MAILBOX])
    @pytest.mark.parametrize("parts", [[DOMAIN], [f"hello@{DOMAIN}", DOMAIN], []])
    def test_a_whole_domain_as_from_filter_is_refused(self, service: str, parts: list[str]) -> None:
        sender = {**BOX, "service": service, "from_filter": parts, "spf": {"include": ["x.example"]}}
        if service == "zoho":
            sender["region"] = "eu"
        assert "sends only as the mailbox that logs in" in refusal(sender, **BOX_SENDS)

    def test_the_from_filter_may_have_aliases_of_the_mailbox(self) -> None:
        parts = [f"hello@{DOMAIN}", f"sales@{DOMAIN}"]
        assert server({**BOX, "from_filter": parts}, alias_domain={"default_from": "sales"})["from_filter"] == parts

    def test_the_default_from_must_be_the_mailbox(self) -> None:
        refused = refusal(BOX)
        assert f"would be notifications@{DOMAIN}" in refused
        assert f"set custom_domain_single_sender: hello@{DOMAIN}" in refused
        assert server(BOX, alias_domain={"default_from": "hello"})["from_filter"] == [f"hello@{DOMAIN}"]

    def test_beside_a_relay_the_default_from_may_be_any_address(self) -> None:
        assert server(SES, BOX, number=1)["from_filter"] == [f"hello@{DOMAIN}"]

    def test_with_oauth_odoo_chooses_the_host(self) -> None:
        found = server({"service": "outlook", "username": f"hello@{DOMAIN}", "authentication": "outlook"}, **BOX_SENDS)
        assert shown(found, "host", "port", "from_filter") == [None, None, [f"hello@{DOMAIN}"]]

    def test_a_mailbox_without_its_address_is_refused(self) -> None:
        assert "give its address as username" in refusal({"service": "gmail", "password": "x"})


class TestRefusals:
    def test_an_iam_secret_is_refused_with_the_name_of_the_filter(self) -> None:
        secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
        refused = refusal({**SES, "password": secret})
        assert "postmaster.mail.ses_smtp_password" in refused and secret not in refused

    def test_an_unknown_or_missing_region_is_refused(self) -> None:
        assert "Did you mean eu-west-1 or" in refusal({**SES, "region": "eu-west"})
        assert "set region" in refusal({**MAILGUN, "region": None})

    def test_encryption_that_does_not_fit_the_port_is_refused(self) -> None:
        assert "speaks tls at its port 465" in refusal({**MAILGUN, "port": 465, "encryption": "starttls"})
        assert "no port with encryption: none" in refusal({**MAILGUN, "encryption": "none"})
        assert "no port with encryption: tls" in refusal(
            {"service": "outlook", **BOX, "encryption": "tls"} | {"service": "outlook"}
        )

    def test_an_unknown_host_is_asked_for_and_not_guessed(self) -> None:
        sender = {"service": "sendgrid", "region": "eu", "password": "key", "dkim": KEYS}
        assert "give it as the sender's host" in refusal(sender)
        assert server({**sender, "host": "smtp.eu.example"})["host"] == "smtp.eu.example"

    def test_two_servers_with_the_same_filter_and_priority_are_refused(self) -> None:
        refused = refusal({**SES, "priority": 5}, {**MAILGUN, "priority": 5})
        assert "have the same FROM filter (company-name.com) and the same priority 5" in refused
        assert server({**SES, "priority": 5}, {**MAILGUN, "priority": 6}, number=1)["priority"] == 6
        assert server({**SES, "priority": 5, "from_filter": ["a.example"]}, {**MAILGUN, "priority": 5})["priority"] == 5
