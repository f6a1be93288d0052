# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The data of each sending service can be used in Odoo and DNS, and matches what others publish."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.scan import WELL_KNOWN_SELECTORS
from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.intents import build
from ansible_collections.postmaster.mail.plugins.module_utils.names import record_name, to_text
from ansible_collections.postmaster.mail.plugins.module_utils.services import model
from ansible_collections.postmaster.mail.plugins.module_utils.services.describe import described
from ansible_collections.postmaster.mail.plugins.module_utils.services.model import (
    MAILBOX,
    ODOO_HOSTING_PORTS,
    OWN,
    RELAY,
    STARTTLS,
    TLS,
    SendingService,
)
from ansible_collections.postmaster.mail.plugins.module_utils.services.named import region_of, sending_service
from ansible_collections.postmaster.mail.plugins.module_utils.services.registry import SERVICES
from ansible_collections.postmaster.mail.plugins.module_utils.services.relays import is_relay
from ansible_collections.postmaster.mail.tests.tools import document_services

ALL = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
WITH_SMTP = pytest.mark.parametrize(
    "service", [one for one in SERVICES.values() if one.kind != OWN], ids=[n for n in SERVICES if n != "odoo"]
)
IAM_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

# From nodemailer's list of well-known services, except for Mailjet, whose host there is outdated.
ELSEWHERE = [
    ("gmail", "", "smtp.gmail.com", 465, True),
    ("infomaniak", "", "mail.infomaniak.com", 587, False),
    ("mailersend", "", "smtp.mailersend.net", 587, False),
    ("mailgun", "us", "smtp.mailgun.org", 465, True),
    ("mailtrap", "", "live.smtp.mailtrap.io", 587, False),
    ("outlook", "", "smtp.office365.com", 587, False),
    ("postmark", "", "smtp.postmarkapp.com", 2525, False),
    ("resend", "eu-west-1", "smtp.resend.com", 465, True),
    ("sendgrid", "global", "smtp.sendgrid.net", 587, False),
    ("brevo", "", "smtp-relay.brevo.com", 587, False),
    ("amazon_ses", "eu-west-1", "email-smtp.eu-west-1.amazonaws.com", 465, True),
    ("amazon_ses", "us-gov-east-1", "email-smtp.us-gov-east-1.amazonaws.com", 465, True),
    ("smtp2go", "", "mail.smtp2go.com", 2525, False),
    ("sparkpost", "us", "smtp.sparkpostmail.com", 587, False),
]


def refusal(name: str, region: str | None = None) -> str:
    with pytest.raises(InvalidInput) as refused:
        region_of(sending_service(name), region or "")
    return str(refused.value)


def test_each_service_has_a_file_and_each_file_a_service() -> None:
    folder = Path(model.__file__).parent
    files = {path.stem for path in folder.glob("*.py")} - {
        "__init__",
        "model",
        "named",
        "registry",
        "relays",
        "answers",
        "describe",
        "ses_password",
    }
    assert files == set(SERVICES)


def test_all_services_in_odoos_documentation_are_there() -> None:
    named = {"odoo", "gmail", "outlook", "amazon_ses", "brevo", "mailgun", "sendgrid", "mailjet"}
    assert named <= set(SERVICES)


@ALL
def test_each_service_has_its_sources_and_a_date(service: SendingService) -> None:
    assert service.sources and datetime.date.fromisoformat(service.checked)
    assert service.kind in (RELAY, MAILBOX, OWN)
    assert re.fullmatch(r"[a-z][a-z0-9_]*", service.name) and service.title


@ALL
def test_only_the_hosts_of_relays_are_recognised_as_relays(service: SendingService) -> None:
    hosts = [host for host in (*service.hosts.values(), *service.other_hosts) if host]
    assert {is_relay(f"{host.upper()}.") for host in hosts} <= {service.kind == RELAY}
    assert not is_relay("ec2-192-0-2-1.eu-west-1.compute.amazonaws.com") and not is_relay("")


@ALL
def test_the_domain_check_tries_the_fixed_selectors_of_each_service(service: SendingService) -> None:
    assert set(service.dkim.selectors) <= set(WELL_KNOWN_SELECTORS)


@ALL
def test_all_names_are_valid_and_normalised(service: SendingService) -> None:
    path = service.return_path
    hosts = [host for host in service.hosts.values() if host]
    for name in (*hosts, service.spf_include, path.of_service, path.spf_include, *path.cnames.values()):
        if name:
            assert to_text(record_name(name)) == name
    for name in (*service.dkim.selectors, path.label, service.sending_label):
        assert not name or to_text(record_name(f"{name}.company-name.com")) == f"{name}.company-name.com"
    assert not service.default_region or service.default_region in service.regions


@ALL
def test_dkim_targets_are_known_completely_or_shown_by_the_service(service: SendingService) -> None:
    keys = service.dkim
    assert len(keys.targets) in (0, len(keys.selectors))
    assert bool(keys.targets) != bool(service.console_records)
    assert bool(service.console_records) == bool(service.console)


@WITH_SMTP
def test_odoo_online_can_use_the_default_port(service: SendingService) -> None:
    assert service.hosts and service.login
    assert service.ports[0].number in ODOO_HOSTING_PORTS
    assert len({port.number for port in service.ports}) == len(service.ports)


@WITH_SMTP
def test_the_encryption_fits_the_port(service: SendingService) -> None:
    for port in service.ports:
        assert port.encryption == (TLS if port.number in (465, 2465, 8465, 443) else STARTTLS)
        assert service.encryption_of(port.number) == port.encryption
    assert service.encryption_of(4711) == ""


@pytest.mark.parametrize(("name", "region", "host", "port", "secure"), ELSEWHERE)
def test_hosts_and_ports_match_those_of_nodemailer(name: str, region: str, host: str, port: int, secure: bool) -> None:
    service = SERVICES[name]
    assert service.hosts[region] == host
    assert service.encryption_of(port) == (TLS if secure else STARTTLS)


def test_no_two_services_have_the_same_host() -> None:
    hosts = [host for one in SERVICES.values() for host in set(one.hosts.values()) if host]
    assert len(hosts) == len(set(hosts))


@ALL
def test_a_mailbox_has_no_sending_domain_and_gets_its_bounces_itself(service: SendingService) -> None:
    if service.kind == MAILBOX:
        assert not service.sending_label and not service.return_path.of_service
        assert service.bounces_reach_odoo is False
    elif service.kind == RELAY:
        assert service.bounces_reach_odoo is (True if service.name == "amazon_ses" else None)


@ALL
def test_the_records_of_a_return_path_can_be_published(service: SendingService) -> None:
    path, name = service.return_path, "bounce.company-name.com"
    for region in service.hosts if path.has_known_records else ():
        records = path.records(name, region)
        assert records and all("{" not in record["value"] for record in records)
        stated = [{"ttl": None, "state": "present", **one} for one in records]
        assert len(build.domain_intents({"domain": "company-name.com", "records": stated})) == len(records)


def test_the_return_path_of_amazon_ses_has_the_records_of_its_region() -> None:
    records = SERVICES["amazon_ses"].return_path.records("bounce.company-name.com", "eu-west-1")
    assert [(record["type"], record["value"]) for record in records] == [
        ("MX", "10 feedback-smtp.eu-west-1.amazonses.com"),
        ("TXT", "v=spf1 include:amazonses.com ~all"),
    ]


class TestLogins:
    def test_an_iam_secret_is_refused_as_smtp_password(self) -> None:
        assert "ses_smtp_password" in SERVICES["amazon_ses"].slip_of("password", IAM_SECRET)

    @pytest.mark.parametrize(
        "password",
        ["BMPPgbAHoFVbze1Ud0oA5uNdXRwUXUZ+qOwphGJbl/cS", "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2", "{{ x }}"],
    )
    def test_a_derived_smtp_password_is_accepted(self, password: str) -> None:
        assert SERVICES["amazon_ses"].slip_of("password", password) == ""

    def test_a_password_of_the_old_derivation_is_refused(self) -> None:
        former = "An60U4ZD3sd4fg+FvXUjayOipTt8LO4rUUmhpdX6ctDy"
        assert "no longer" in SERVICES["amazon_ses"].slip_of("password", former)

    def test_temporary_credentials_are_refused(self) -> None:
        assert "temporary" in SERVICES["amazon_ses"].slip_of("username", "ASIAIOSFODNN7EXAMPLE")
        assert SERVICES["amazon_ses"].slip_of("username", "AKIAIOSFODNN7EXAMPLE") == ""

    def test_other_services_accept_a_password_of_that_form(self) -> None:
        assert SERVICES["mailgun"].slip_of("password", IAM_SECRET) == ""


class TestNames:
    @pytest.mark.parametrize(
        ("slip", "meant"),
        [
            ("amazonses", "amazon_ses"),
            ("ses", "amazon_ses"),
            ("SendGrid", "sendgrid"),
            ("google", "gmail"),
            ("office365", "outlook"),
            ("mailgunn", "mailgun"),
        ],
    )
    def test_an_unknown_name_is_refused_with_the_nearest(self, slip: str, meant: str) -> None:
        assert refusal(slip) == f"{slip}: no such service. Did you mean {meant}?"

    def test_a_name_near_to_none_is_refused_with_all_names(self) -> None:
        assert refusal("qqqq").endswith(f"The services are {', '.join(SERVICES)}.")

    def test_an_unknown_region_is_refused_with_the_nearest(self) -> None:
        assert refusal("amazon_ses", "eu-west") == (
            "amazon_ses has no region eu-west. Did you mean eu-west-1 or eu-west-2 or eu-west-3?"
        )
        assert refusal("mailgun", "asia") == "mailgun has no region asia. It has us, eu."
        assert refusal("brevo", "eu") == "brevo has no regions: leave out region (eu)."

    @pytest.mark.parametrize("name", ["amazon_ses", "mailgun", "sparkpost", "zoho"])
    def test_the_region_of_an_account_is_never_guessed(self, name: str) -> None:
        assert "set region" in refusal(name)

    @pytest.mark.parametrize(("name", "region"), [("sendgrid", "global"), ("scaleway", "fr-par"), ("postmark", "")])
    def test_a_usual_region_may_be_left_out(self, name: str, region: str) -> None:
        assert region_of(SERVICES[name], "") == region


@pytest.mark.parametrize(
    ("today", "says"), [("2026-11-29", "until the end of December 2026"), ("2027-01-01", "since the end of December")]
)
def test_the_end_date_for_passwords_at_microsoft_is_reported(today: str, says: str) -> None:
    login = SERVICES["outlook"].login
    assert login is not None and says in login.password_note(datetime.date.fromisoformat(today))


def test_the_page_of_the_services_is_up_to_date() -> None:
    assert document_services.PAGE.read_text("utf-8") == document_services.page(), "run tests/tools/document_services.py"


def test_the_catalogue_says_what_is_not_known() -> None:
    known = {one["name"]: one for one in described(None)}
    assert list(known) == list(SERVICES)
    path = known["mailtrap"]["return_path"]
    assert (path["of_service"], path["is_known"]) == (None, False)
    assert known["mailgun"]["return_path"]["of_service"] is None and known["mailgun"]["return_path"]["is_known"]
    assert known["sendgrid"]["hosts"]["eu"] is None and known["mailgun"]["bounces_reach_odoo"] is None
    assert (known["gmail"]["from_filter"], known["mailgun"]["from_filter"]) == ("address", "domain")
    with pytest.raises(InvalidInput, match="Did you mean amazon_ses"):
        described(["amazonses"])
