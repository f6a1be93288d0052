# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mail of a real Odoo 19 leaves as the module says: which of three SMTP servers gets it, and with which senders.

The companies and addresses are those of Odoo's page "Manage outbound messages", all of whose examples are here.
"""

from __future__ import annotations

import contextlib
import email.policy
from collections.abc import Iterator
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database import addresses
from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_module
from ansible_collections.postmaster.mail.tests.servers.odoo_lab import OdooLab, RealDatabase
from ansible_collections.postmaster.mail.tests.servers.smtp import SmtpServer

MARY = '"Mary" <mary@customer.example.com>'


class Post:
    """A database with two companies that have a domain each, and three SMTP servers to choose among."""

    def __init__(self, database: RealDatabase, relays: dict[str, SmtpServer]) -> None:
        self.database = database
        self.relays = relays
        self.servers: dict[str, int] = {}
        self.domains = dict(
            zip(
                ("company-name.com", "other-name.com"),
                database.client.create("mail.alias.domain", [{"name": "company-name.com"}, {"name": "other-name.com"}]),
            )
        )
        self.companies: dict[str, int] = {}
        for name, domain in (("Company Name SA", "company-name.com"), ("Other Name SRL", "other-name.com")):
            company = database.client.create("res.company", [{"name": name, "alias_domain_id": self.domains[domain]}])
            self.companies[name] = company[0]
        self.reader = database.client.create("res.partner", [{"name": "Follower", "email": "follower@elsewhere.com"}])[
            0
        ]

    def server(self, relay: str, **values: Any) -> int:
        """An outgoing server of this name that reaches the relay of the first letter's."""
        host = self.relays[relay]
        desired = {"name": relay, "smtp_host": host.host, "smtp_port": host.port, "smtp_encryption": "none", **values}
        self.servers[relay] = self.database.client.create("ir.mail_server", [desired])[0]
        return self.servers[relay]

    def clean(self) -> None:
        """Without servers, and with the alias domains as they were."""
        client = self.database.client
        client.unlink("ir.mail_server", list(self.servers.values()))
        self.servers.clear()
        for name, number in self.domains.items():
            client.write("mail.alias.domain", [number], {"name": name, "default_from": "notifications"})

    def predicted(self, sender: str, company: str = "Company Name SA", **options: Any) -> dict[str, Any]:
        asked = {"from_addresses": [sender], "company": company, **options}
        result = run_module("odoo_mail_route_info", {"odoo": self.database.options, **asked})
        assert not result.get("failed"), result["msg"]
        (route,) = result["routes"]
        return dict(route)

    def posted(self, sender: str, company: str = "Company Name SA") -> None:
        """A message about a document of the company, which a follower gets by mail."""
        client = self.database.client
        document = client.create("res.partner", [{"name": "Document", "company_id": self.companies[company]}])
        client.call(
            "res.partner",
            "message_post",
            document,
            body="Hello",
            email_from=sender,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=[self.reader],
        )

    def seen(self) -> dict[str, Any]:
        """What was on the wire since the last time; exactly one mail."""
        found = [(name, envelope) for name, relay in self.relays.items() for envelope in relay.messages]
        for relay in self.relays.values():
            relay.messages.clear()
        assert len(found) == 1, found
        name, envelope = found[0]
        assert isinstance(envelope.content, bytes)
        message = BytesParser(EmailMessage, policy=email.policy.default).parsebytes(envelope.content)
        return {
            "server": name,
            "from_header": str(message["From"]),
            "reply_to": addresses.bare(str(message["Reply-To"])),
            "envelope_sender": envelope.mail_from,
        }

    def agrees(self, sender: str, company: str = "Company Name SA") -> dict[str, Any]:
        """The prediction, which the wire confirms."""
        route = self.predicted(sender, company)
        self.posted(sender, company)
        assert self.seen() == wire_of(route)
        return route


def wire_of(route: dict[str, Any]) -> dict[str, Any]:
    return {
        "server": route["server"]["name"],
        **{key: route[key] for key in ("from_header", "reply_to", "envelope_sender")},
    }


@pytest.fixture(scope="module")
def post_of_all(odoo19_lab: OdooLab) -> Iterator[Post]:
    """One database for all tests, as Odoo takes seconds for its first answers from a new one."""
    with contextlib.ExitStack() as stack:
        relays = {name: stack.enter_context(SmtpServer()) for name in ("first", "second", "third")}
        database = odoo19_lab.database()
        stack.callback(database.drop)
        yield Post(database, relays)


@pytest.fixture
def post(post_of_all: Post) -> Iterator[Post]:
    yield post_of_all
    post_of_all.clean()


def codes(route: dict[str, Any]) -> set[str]:
    return {finding["code"] for finding in route["findings"]}


def test_each_company_sends_by_its_own_server_with_its_own_addresses(post: Post) -> None:
    post.server("first", from_filter="company-name.com")
    post.server("second", from_filter="other-name.com")
    post.server("third", sequence=1)
    one = post.agrees("sales@company-name.com")
    other = post.agrees("sales@other-name.com", "Other Name SRL")
    assert wire_of(one) == {
        "server": "first",
        "from_header": "sales@company-name.com",
        "reply_to": "catchall@company-name.com",
        "envelope_sender": "bounce@company-name.com",
    }
    assert wire_of(other) == {
        "server": "second",
        "from_header": "sales@other-name.com",
        "reply_to": "catchall@other-name.com",
        "envelope_sender": "bounce@other-name.com",
    }
    assert one["rule"] == other["rule"] == "from_domain"
    assert one["findings"] == other["findings"] == []


def test_marys_reply_is_passed_on_from_the_notification_address_with_her_name(post: Post) -> None:
    post.server("first", from_filter="company-name.com")
    post.server("second", from_filter="other-name.com")
    route = post.agrees(MARY)
    assert route["from_header"] == "Mary <notifications@company-name.com>"
    assert route["rewritten"] and route["rule"] == "notifications_domain" and "rewritten" in codes(route)
    other = post.agrees(MARY, "Other Name SRL")
    assert other["from_header"] == "Mary <notifications@other-name.com>" and other["server"]["name"] == "second"


def test_a_sender_leaves_only_by_a_server_with_its_address_or_its_domain(post: Post) -> None:
    """The page's test@example.com; it does not say that an address comes before a domain, whatever the priority."""
    post.server("first", sequence=1, from_filter="customer.example.com")
    post.server("second", sequence=2, from_filter="example.com")
    post.server("third", sequence=3, from_filter="test@example.com")
    assert post.agrees("test@example.com")["server"]["name"] == "third"
    assert post.agrees("info@example.com")["server"]["name"] == "second"
    post.database.client.write("ir.mail_server", [post.servers["third"]], {"active": False})
    assert post.agrees("test@example.com")["rule"] == "from_domain"


def test_no_filter_fits_and_mail_leaves_by_the_first_server_without_one_from_the_notification_address(
    post: Post,
) -> None:
    post.server("first", sequence=1, from_filter="elsewhere.org")
    post.server("second", sequence=2)
    post.server("third", sequence=3)
    route = post.agrees("sales@company-name.com")
    assert (route["server"]["name"], route["rule"]) == ("second", "without_filter")
    assert route["from_header"] == "sales <notifications@company-name.com>"
    assert codes(route) == {"rewritten", "foreign_server"}


def test_no_server_is_without_a_filter_and_the_first_one_takes_what_is_not_meant_for_it(post: Post) -> None:
    post.server("first", sequence=2, from_filter="elsewhere.org")
    post.server("second", sequence=1, from_filter="elsewhere.net")
    route = post.agrees("sales@company-name.com")
    assert (route["server"]["name"], route["rule"]) == ("second", "first_server")
    assert {"filter_mismatch", "bounces_to_sender", "foreign_server"} <= codes(route)
    assert route["envelope_sender"] == "notifications@company-name.com"


def test_equal_priorities_go_by_age_in_the_queue_and_not_by_name_as_the_page_says(post: Post) -> None:
    post.server("second", from_filter="company-name.com")
    post.server("first", from_filter="company-name.com")
    route = post.agrees("sales@company-name.com")
    assert route["server"]["name"] == "second" and "tie" in codes(route)
    assert [server["name"] for server in route["candidates"]] == ["second", "first"]


def test_transactional_mail_and_mass_mailings_leave_by_different_servers(post: Post) -> None:
    """Priorities 1 and 2, and the second as dedicated server; a mailing keeps its sender, whatever the filter says."""
    post.server("first", sequence=1)
    mass = post.server("second", sequence=2, from_filter="elsewhere.org")
    assert post.agrees("sales@company-name.com")["server"]["name"] == "first"
    client = post.database.client
    values = {
        "subject": "News",
        "email_from": '"News" <news@company-name.com>',
        "mail_server_id": mass,
        "body_html": "<p>News</p>",
        "mailing_model_id": client.search_read("ir.model", [("model", "=", "res.partner")], ["model"])[0]["id"],
        "mailing_domain": repr([("id", "=", post.reader)]),
    }
    client.create("mailing.mailing", [values])
    (route,) = run_module("odoo_mail_route_info", {"odoo": post.database.options, "mailing": "News"})["routes"]
    assert (route["server"]["name"], route["rule"]) == ("second", "forced")
    assert "forced_server_mismatch" in codes(route)
    mailing = client.search_read("mailing.mailing", [], ["subject"])[0]["id"]
    client.call("mailing.mailing", "action_send_mail", [mailing])
    seen = post.seen()
    assert seen["server"] == "second" and seen["from_header"] == route["from_header"] == "News <news@company-name.com>"


def test_the_server_of_a_template_is_followed(post: Post) -> None:
    post.server("first", from_filter="company-name.com")
    forced = post.server("third", from_filter="elsewhere.org")
    client = post.database.client
    values = {
        "name": "Reminder",
        "model_id": client.search_read("ir.model", [("model", "=", "res.partner")], ["model"])[0]["id"],
        "email_from": "reminder@company-name.com",
        "email_to": "someone@elsewhere.com",
        "reply_to": "office@company-name.com",
        "subject": "Reminder",
        "body_html": "Pay",
        "mail_server_id": forced,
    }
    template = client.create("mail.template", [values])
    (route,) = run_module("odoo_mail_route_info", {"odoo": post.database.options, "template": "Reminder"})["routes"]
    company = post.companies["Company Name SA"]
    user = client.search_read("res.users", [("login", "=", "admin")], ["login"])[0]["id"]
    client.write("res.users", [user], {"company_ids": [[4, company]]})
    context = {"allowed_company_ids": [company]}
    client.call("mail.template", "send_mail", template, res_id=post.reader, force_send=True, context=context)
    assert post.seen() == wire_of(route)
    assert route["reply_to"] == "office@company-name.com"
    assert codes(route) == {"forced_server_mismatch", "bounces_to_sender"}


def test_a_whole_address_as_default_sender_replaces_every_sender_that_no_filter_has(post: Post) -> None:
    """The page's "unique email address for all outgoing emails", with that address as the only filter."""
    client = post.database.client
    client.write(
        "mail.alias.domain", [post.domains["company-name.com"]], {"default_from": "notifications@company-name.com"}
    )
    post.server("first", from_filter="notifications@company-name.com")
    route = post.agrees('"Sales" <sales@company-name.com>')
    assert route["from_header"] == "Sales <notifications@company-name.com>"
    assert post.agrees(MARY)["from_header"] == "Mary <notifications@company-name.com>"
    client.write("ir.mail_server", [post.servers["first"]], {"from_filter": "company-name.com"})
    assert post.agrees("sales@company-name.com")["from_header"] == "sales@company-name.com"


def test_an_own_server_beside_the_command_line_server_of_odoo(post: Post) -> None:
    """The own server filters the custom domain, that with ``cli`` Odoo's subdomain, here on a real connection each."""
    client = post.database.client
    client.write("mail.alias.domain", [post.domains["other-name.com"]], {"name": "company-name.odoo.com"})
    post.server("first", from_filter="company-name.com")
    post.server("second", from_filter="company-name.odoo.com", smtp_authentication="cli", smtp_host=False)
    own = post.agrees("sales@company-name.com")
    assert own["server"]["name"] == "first"
    line = post.predicted("odoobot@company-name.odoo.com", "Other Name SRL")
    sent_with_command_line(post, "odoobot@company-name.odoo.com", "Other Name SRL", {})
    assert post.seen() == wire_of(line)
    assert line["reply_to"] == "catchall@company-name.odoo.com" and line["server"]["name"] == "second"


def test_the_default_configuration_sends_all_from_the_notification_address(post: Post) -> None:
    """Nothing but the command line's server and its filter, as Odoo Online starts."""
    client = post.database.client
    client.write("mail.alias.domain", [post.domains["company-name.com"]], {"name": "company-name.odoo.com"})
    line = {"from_filter": "company-name.odoo.com"}
    route = post.predicted("sales@company-name.com", command_line={**line, "smtp_server": "smtp.odoo.example"})
    assert route["server"] is None and route["rule"] == "command_line" and codes(route) == {"no_server", "rewritten"}
    sent_with_command_line(post, "sales@company-name.com", "Company Name SA", line)
    seen = post.seen()
    assert {key: seen[key] for key in ("from_header", "reply_to", "envelope_sender")} == {
        "from_header": "sales <notifications@company-name.odoo.com>",
        "reply_to": "catchall@company-name.odoo.com",
        "envelope_sender": "bounce@company-name.odoo.com",
    }
    assert all(route[key] == seen[key] for key in ("from_header", "reply_to", "envelope_sender"))


def sent_with_command_line(post: Post, sender: str, company: str, line: dict[str, str]) -> None:
    """A mail of an Odoo whose command line names the second relay."""
    relay = post.relays["second"]
    settings = {"smtp_server": relay.host, "smtp_port": relay.port, **line}
    post.database.lab.command(
        "shell",
        post.database.name,
        stdin=f"""
from odoo.tools import config
for key, value in {settings!r}.items():
    config[key] = value
company = env["res.company"].browse({post.companies[company]})
document = env["res.partner"].with_company(company).create({{"name": "Document", "company_id": company.id}})
document.message_post(body="Hello", email_from={sender!r}, message_type="comment", subtype_xmlid="mail.mt_comment",
                      partner_ids=[{post.reader}])
env.cr.commit()
""",
    )
