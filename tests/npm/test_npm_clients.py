# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The vendors' own clients for Node.js at our simulators: each understands what ours has made, and the other way."""

from __future__ import annotations

from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.postmark import Postmark
from ansible_collections.postmaster.mail.tests.integration.services.zones import publish
from ansible_collections.postmaster.mail.tests.npm.conftest import Ask
from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_module
from ansible_collections.postmaster.mail.tests.servers.certificates import CertificateAuthority
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver
from ansible_collections.postmaster.mail.tests.simulators.services.brevo import BrevoSimulator
from ansible_collections.postmaster.mail.tests.simulators.services.mailgun import MailgunSimulator
from ansible_collections.postmaster.mail.tests.simulators.services.mailjet import MailjetSimulator
from ansible_collections.postmaster.mail.tests.simulators.services.postmark import PostmarkSimulator
from ansible_collections.postmaster.mail.tests.simulators.services.sendgrid import SendGridSimulator
from ansible_collections.postmaster.mail.tests.simulators.services.service_api import PublicDns

DOMAIN, SENDING = "company.test", "mg.company.test"


class Ours:
    """Our module for one account."""

    def __init__(self, service: str, account: dict[str, Any], nameserver: Nameserver, **options: Any) -> None:
        self._nameserver = nameserver
        self._options = {
            "service": service, "account": {**account, "rate_limit": 1000.0}, "domain": DOMAIN,
            "nameservers": [nameserver.address], **options,
        }  # fmt: skip

    def run(self, **options: Any) -> dict[str, Any]:
        result = run_module("sending_domain", {**self._options, **options})
        assert not result.get("failed"), result["msg"]
        return result

    def publish(self) -> None:
        """Register the domain, and put its records into DNS."""
        publish(self._nameserver, self.run()["records"])


def test_mailgun(ask: Ask, nameserver: Nameserver) -> None:
    with MailgunSimulator(PublicDns(nameserver.address), "eu") as service:
        account = {"region": "eu", "api_key": service.add_key(), "endpoint": service.endpoint}
        ours = Ours("mailgun", account, nameserver, sending_domain="mg")
        ours.publish()
        listed, got, verified, again = ask(
            "mailgun.js", account, ["list", {"limit": 10}], ["get", SENDING], ["verify", SENDING],
            ["create", {"name": SENDING}],
        )  # fmt: skip
        assert [one["name"] for one in listed] == [SENDING]
        assert (got["state"], verified["state"]) == ("unverified", "active")
        assert {one["valid"] for one in verified["sending_dns_records"][:3]} == {"valid"}
        assert [one["priority"] for one in verified["receiving_dns_records"]] == ["10", "10"]
        assert again[0] == 400 and "already exists" in again[1]
        assert ours.run()["verification"] == "verified" and service.calls["create"] == 2


def test_mailgun_finds_what_mailgun_js_has_made(ask: Ask, nameserver: Nameserver) -> None:
    """It sends each form in several parts, those of version 3 too."""
    with MailgunSimulator(PublicDns(nameserver.address), "eu") as service:
        account = {"region": "eu", "api_key": service.add_key(), "endpoint": service.endpoint}
        login = {"login": "odoo", "password": "not-a-password"}
        made, dummy, logins = ask(
            "mailgun.js", account,
            ["create", {"name": SENDING, "use_automatic_sender_security": True, "dkim_key_size": 2048}],
            ["credentials.create", SENDING, login], ["credentials.list", SENDING],
        )  # fmt: skip
        assert made["name"] == SENDING and made["use_automatic_sender_security"] is True
        assert {one["login"] for one in logins["items"]} == {f"postmaster@{SENDING}", f"odoo@{SENDING}"}
        ours = Ours("mailgun", account, nameserver, sending_domain="mg")
        assert not ours.run()["changed"] and service.calls["create"] == 1
        credential = {"service": "mailgun", "account": account, "domain": SENDING, **login}
        assert not run_module("sending_credential", credential)["changed"]
        changed = run_module("sending_credential", {**credential, "password": "another", "update_password": "always"})
        assert changed["changed"]
        same, short, absent, gone, missing = ask(
            "mailgun.js", account,
            ["credentials.update", SENDING, "odoo", {"password": "another"}],
            ["credentials.update", SENDING, "odoo", {"password": "four"}],
            ["credentials.destroy", SENDING, "nobody"],
            ["destroy", SENDING], ["get", SENDING],
        )  # fmt: skip
        assert [one[0] for one in (same, short, absent, missing)] == [400, 400, 404, 404] and gone["message"]
        assert ours.run()["changed"], "it is registered anew"
        ((status, said),) = ask("mailgun.js", {**account, "api_key": "key-revoked"}, ["list"])
        assert status == 401 and "Forbidden" in said


def test_mailjet(ask: Ask, nameserver: Nameserver, ca: CertificateAuthority) -> None:
    """node-mailjet speaks nothing but https."""
    certificate = ca.issue("127.0.0.1")
    dns = PublicDns(nameserver.address)
    with MailjetSimulator(dns, (certificate.certificate, certificate.key)) as service:
        key, secret = service.add_pair()
        account = {"api_key": key, "secret_key": secret, "endpoint": service.endpoint, "ca_path": str(ca.ca_path)}
        ours = Ours("mailjet", account, nameserver)
        ours.publish()
        (listed,) = ask("node-mailjet", account, ["request", "get", "sender", None, None])
        (sender,) = listed["Data"]
        assert (sender["Email"], sender["Status"]) == (f"*@{DOMAIN}", "Inactive")
        zone, checked, validated, read, again = ask(
            "node-mailjet", account,
            ["request", "get", "dns", DOMAIN, None],
            ["request", "post", "dns", DOMAIN, "check"],
            ["request", "post", "sender", sender["ID"], "validate"],
            ["request", "get", "sender", f"*@{DOMAIN}", None],
            ["request", "post", "sender", None, None, {"Email": f"*@{DOMAIN}"}],
        )  # fmt: skip
        assert zone["Data"][0]["DKIMStatus"] == "Not checked" and checked["Data"][0]["DKIMStatus"] == "OK"
        assert validated["Data"][0]["ValidationMethod"] == "DNS" and read["Data"][0]["Status"] == "Active"
        assert again[0] == 400 and "already exists" in again[1]
        assert ours.run()["verification"] == "verified"


def test_mailjet_finds_what_node_mailjet_has_made_and_deleted(
    ask: Ask, nameserver: Nameserver, ca: CertificateAuthority
) -> None:
    certificate = ca.issue("127.0.0.1")
    dns = PublicDns(nameserver.address)
    with MailjetSimulator(dns, (certificate.certificate, certificate.key)) as service:
        key, secret = service.add_pair()
        account = {"api_key": key, "secret_key": secret, "endpoint": service.endpoint, "ca_path": str(ca.ca_path)}
        ours = Ours("mailjet", account, nameserver)
        body = {"Email": f"*@{DOMAIN}", "Name": "Company", "EmailType": "bulk"}
        (made,) = ask("node-mailjet", account, ["request", "post", "sender", None, None, body])
        assert not ours.run()["changed"] and service.calls["create"] == 1
        number = made["Data"][0]["ID"]
        deleted, listed, kept, blocked = ask(
            "node-mailjet", account,
            ["request", "delete", "sender", number, None],
            ["request", "get", "sender", None, None],
            ["request", "get", "sender", None, None, None, {"ShowDeleted": True}],
            ["request", "post", "sender", None, None, body],
        )  # fmt: skip
        assert not deleted and listed["Data"] == [] and kept["Data"][0]["Status"] == "Deleted"
        assert blocked[0] == 400
        assert ours.run()["changed"] and [one.id for one in service.senders.values()] == [number]
        ((status, dummy),) = ask(
            "node-mailjet", {**account, "api_key": "f" * 32}, ["request", "get", "sender", None, None]
        )
        assert status == 401


def test_postmark(ask: Ask, nameserver: Nameserver) -> None:
    with PostmarkSimulator(PublicDns(nameserver.address)) as service:
        account = {"account_token": service.add_token(), "endpoint": service.endpoint}
        ours = Ours("postmark", account, nameserver)
        ours.publish()
        (listed,) = ask("postmark", account, ["getDomains"])
        (told,) = listed["Domains"]
        assert listed["TotalCount"] == 1 and told["Name"] == DOMAIN and told["DKIMVerified"] is False
        got, dkim, path, again = ask(
            "postmark", account, ["getDomain", told["ID"]], ["verifyDomainDKIM", told["ID"]],
            ["verifyDomainReturnPath", told["ID"]], ["createDomain", {"Name": DOMAIN}],
        )  # fmt: skip
        assert got["DKIMPendingHost"] and not got["DKIMHost"] and got["ReturnPathDomain"] == "pm-bounces.company.test"
        assert dkim["DKIMVerified"] is True and dkim["DKIMHost"] and path["ReturnPathDomainVerified"] is True
        assert again[0] == 422 and "512" in again[1] or "already" in again[1]
        assert ours.run()["verification"] == "verified"


def test_postmark_reads_the_servers_that_its_npm_client_reads(ask: Ask, nameserver: Nameserver) -> None:
    with PostmarkSimulator(PublicDns(nameserver.address)) as service:
        account = {"account_token": service.add_token(), "endpoint": service.endpoint, "server": "Odoo"}
        for name in ("Odoo", "Odoo Staging"):
            service.add_server(name)
        every, found = ask(
            "postmark", account, ["getServers"], ["getServers", {"count": 10, "offset": 0, "name": "odoo"}]
        )
        assert every == found and every["TotalCount"] == 2, "the name is searched for, whatever its case"
        (token,) = every["Servers"][0]["ApiTokens"]
        assert every["Servers"][0]["SmtpApiActivated"] is True and Postmark(account).smtp_login() == (token, token)


def test_postmark_finds_what_its_npm_client_has_made(ask: Ask, nameserver: Nameserver) -> None:
    with PostmarkSimulator(PublicDns(nameserver.address)) as service:
        account = {"account_token": service.add_token(), "endpoint": service.endpoint}
        ours = Ours("postmark", account, nameserver)
        (made,) = ask("postmark", account, ["createDomain", {"Name": DOMAIN}])
        assert made["ReturnPathDomain"] == "" and not ours.run()["changed"] and service.calls["create"] == 1
        (edited,) = ask("postmark", account, ["editDomain", made["ID"], {"ReturnPathDomain": "pm.company.test"}])
        assert edited["ReturnPathDomain"] == "pm.company.test"
        assert ours.run()["in_use"]["return_path"] == "pm.company.test"
        gone, missing = ask("postmark", account, ["deleteDomain", made["ID"]], ["getDomain", made["ID"]])
        assert gone["ErrorCode"] == 0 and missing[0] == 422
        ((status, said),) = ask("postmark", {**account, "account_token": "revoked"}, ["getDomains"])
        assert status == 401 and "token" in said


def test_sendgrid(ask: Ask, nameserver: Nameserver) -> None:
    with SendGridSimulator(PublicDns(nameserver.address)) as service:
        account = {"region": "global", "api_key": service.add_key(), "endpoint": service.endpoint}
        ours = Ours("sendgrid", account, nameserver)
        ours.publish()
        address = "/v3/whitelabel/domains"
        (listed,) = ask("@sendgrid/client", account, ["request", {"url": address, "qs": {"domain": DOMAIN}}])
        (told,) = listed
        assert told["domain"] == DOMAIN and told["valid"] is False and told["dns"]["dkim1"]["type"] == "cname"
        validated, again = ask(
            "@sendgrid/client", account, ["request", {"url": f"{address}/{told['id']}/validate", "method": "POST"}],
            ["request", {"url": address, "method": "POST", "body": {"domain": DOMAIN, "subdomain": told["subdomain"]}}],
        )  # fmt: skip
        assert validated["valid"] is True and again[0] == 400 and "already exists" in again[1]
        assert ours.run()["verification"] == "verified" and len(service.domains) == 1


def test_sendgrid_finds_what_its_npm_client_has_made(ask: Ask, nameserver: Nameserver) -> None:
    with SendGridSimulator(PublicDns(nameserver.address)) as service:
        account = {"region": "global", "api_key": service.add_key(), "endpoint": service.endpoint}
        ours = Ours("sendgrid", account, nameserver)
        address = "/v3/whitelabel/domains"
        body = {"domain": DOMAIN, "automatic_security": True}
        (made,) = ask("@sendgrid/client", account, ["request", {"url": address, "method": "POST", "body": body}])
        assert not ours.run()["changed"] and service.calls["create"] == 1
        gone, missing = ask(
            "@sendgrid/client", account, ["request", {"url": f"{address}/{made['id']}", "method": "DELETE"}],
            ["request", {"url": f"{address}/{made['id']}"}],
        )  # fmt: skip
        assert not gone and missing[0] == 404
        ((status, dummy),) = ask(
            "@sendgrid/client", {**account, "api_key": "SG.revoked"}, ["request", {"url": address}]
        )
        assert status == 401


def test_brevo(ask: Ask, nameserver: Nameserver) -> None:
    with BrevoSimulator(PublicDns(nameserver.address)) as service:
        account = {"api_key": service.add_key(), "endpoint": service.endpoint}
        ours = Ours("brevo", account, nameserver)
        ours.publish()
        named = {"domainName": DOMAIN}
        listed, before, done, after, again, whole = ask(
            "@getbrevo/brevo", account, ["getDomains"], ["getDomainConfiguration", named],
            ["authenticateDomain", named], ["getDomainConfiguration", named], ["createDomain", {"name": DOMAIN}],
            ["account.getAccount"],
        )  # fmt: skip
        assert [one["domain_name"] for one in listed["domains"]] == [DOMAIN] and done["domain_name"] == DOMAIN
        assert not before["authenticated"] and after["authenticated"] and after["verified"]
        assert again[0] == 400 and "already exists" in again[1]
        assert whole["relay"]["data"]["userName"] == ours.run()["smtp"]["username"]
        assert ours.run()["verification"] == "verified"


def test_brevo_finds_what_its_npm_client_has_made(ask: Ask, nameserver: Nameserver) -> None:
    with BrevoSimulator(PublicDns(nameserver.address)) as service:
        account = {"api_key": service.add_key(), "endpoint": service.endpoint}
        ours = Ours("brevo", account, nameserver)
        named = {"domainName": DOMAIN}
        made, early = ask("@getbrevo/brevo", account, ["createDomain", {"name": DOMAIN}], ["authenticateDomain", named])
        assert made["domain_name"] == DOMAIN and made["dns_records"]["brevo_code"]["value"] == service.code
        assert early[0] == 400 and "not properly configured" in early[1]
        assert not ours.run()["changed"] and service.calls["create"] == 1
        dummy, missing = ask("@getbrevo/brevo", account, ["deleteDomain", named], ["getDomainConfiguration", named])
        assert missing[0] == 404
        ((status, said),) = ask("@getbrevo/brevo", {**account, "api_key": "xkeysib-revoked"}, ["getDomains"])
        assert status == 401 and "Key not found" in said
