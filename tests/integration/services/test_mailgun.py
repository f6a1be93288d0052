# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mailgun: a sending domain from nothing to verified, both regions, logins; judged by Mailgun's own Python client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.services.clients import mailgun as client_file
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients import registrar
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.mailgun import Mailgun
from ansible_collections.postmaster.mail.tests.integration.services.zones import publish
from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_module
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver
from ansible_collections.postmaster.mail.tests.simulators.services.mailgun import MailgunSimulator

DOMAIN = "company.test"
SENDING = "mg.company.test"
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(mailgun_options: dict[str, Any], nameserver: Nameserver, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the module for mg.company.test; the zone is there, and empty."""
    nameserver.set_zone(DOMAIN)
    monkeypatch.setattr(registrar, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(registrar, "SETTLING", 0.2)

    def one(check: bool = False, **options: Any) -> dict[str, Any]:
        shared = {"service": "mailgun", "account": mailgun_options, "nameservers": [nameserver.address]}
        return run_module("sending_domain", {**shared, "domain": DOMAIN, "sending_domain": "mg", **options}, check)

    return one


@pytest.fixture
def both(
    mailgun: MailgunSimulator, mailgun_us: MailgunSimulator, mailgun_options: dict[str, Any], monkeypatch: Any
) -> None:
    """The client knows both regions, as it does without a stated endpoint."""
    monkeypatch.setattr(client_file, "ADDRESSES", {"us": mailgun_us.endpoint, "eu": mailgun.endpoint})
    del mailgun_options["endpoint"]


# -- from nothing to verified ----------------------------------------------------------------------------------------


def test_from_nothing_to_a_verified_domain(run: Run, mailgun: MailgunSimulator, nameserver: Nameserver) -> None:
    predicted = run(check=True)
    assert predicted["known_after_apply"] == ["2 CNAME records below _domainkey.mg.company.test"]
    assert not mailgun.domains
    registered = run()
    assert registered["changed"] and registered["verification"] == "pending"
    (item,) = registered["records"]
    assert item["domain"] == SENDING and item["spf"] == {"include": ["mailgun.org"]}
    assert [one["selector"] for one in item["dkim"]] == ["pdk1", "pdk2"]
    # a name that is the envelope sender and has neither MX nor address gets the MX of the service
    assert item["records"] == [
        {"name": SENDING, "type": "MX", "value": f"10 mx{letter}.eu.mailgun.org"} for letter in "ab"
    ]
    assert item["records"] == predicted["records"][0]["records"]
    assert (
        registered["left_out"]
        == predicted["left_out"]
        == ["CNAME email.mg.company.test, for tracking links: tracking is not requested."]
    )
    assert registered["api_calls"] <= 8

    pending = run(state="verified")
    assert pending["failed"] and mailgun.calls["verify"] == 0, "it is not asked before the records are there"

    publish(nameserver, registered["records"])
    verified = run(state="verified")
    assert verified["verification"] == "verified" and mailgun.calls["verify"] == 1 and len(verified["attempts"]) == 1
    again = run(state="verified")
    assert not again["changed"] and again["api_calls"] <= 2
    assert mailgun.calls["verify"] == 1, "what is verified is not asked for again"
    assert again["records"] == registered["records"]


def test_pending_right_after_the_question_is_no_change_for_the_worse(
    run: Run, mailgun: MailgunSimulator, nameserver: Nameserver
) -> None:
    publish(nameserver, run()["records"])
    mailgun.unsettled = 30
    first = run(state="verified")
    assert first["failed"] and "has not checked yet" in first["msg"]
    assert "DNS may still say that they are missing for up to 5 minutes" in first["msg"], (
        "the negative TTL of the zone is 300 seconds"
    )
    mailgun.advance(31)
    mailgun.unsettled = 0
    assert run()["verification"] == "verified"


def test_a_domain_without_automatic_keys_keeps_its_selector(run: Run, mailgun: MailgunSimulator) -> None:
    made = mailgun.add_domain(SENDING, automatic=False)
    (item,) = run()["records"]
    assert [one["selector"] for one in item["dkim"]] == [made.selector] and item["dkim"][0]["public_key"]


@pytest.mark.parametrize("fault", ["lost", "reset", 429, 500, "done 500"])
def test_a_registration_that_failed_leads_to_one_domain(run: Run, mailgun: MailgunSimulator, fault: Any) -> None:
    mailgun.fail("create", fault)
    run()
    result = run()
    assert not result.get("failed") and list(mailgun.domains) == [SENDING]
    assert not run()["changed"]


def test_it_is_read_again_when_it_is_not_shown_at_once(run: Run, mailgun: MailgunSimulator) -> None:
    mailgun.late_reads = 2
    assert run()["registered"] and mailgun.calls["create"] == 1


def test_a_disabled_domain_is_a_finding(run: Run, mailgun: MailgunSimulator) -> None:
    mailgun.add_domain(SENDING, state="disabled", disabled={"reason": "abuse", "permanently": False})
    result = run()
    assert result["verification"] == "failed" and "Mailgun has disabled mg.company.test: abuse" in result["findings"][0]


# -- the MX ----------------------------------------------------------------------------------------------------------


def test_it_is_never_beside_another_mx(run: Run, nameserver: Nameserver, mailgun: MailgunSimulator) -> None:
    nameserver.set_zone(DOMAIN, "mg IN MX 10 mail.other.test.\n@ IN MX 10 mail.other.test.")
    refused = run(receiving=True)
    assert "would take it away: it is not published" in refused["msg"] and not mailgun.domains
    result = run()
    assert "records" not in result["records"][0]
    assert "Mailgun's MX at mg.company.test: mail is received at mail.other.test." in result["left_out"]


def test_it_stays_away_from_the_organisational_domain(run: Run) -> None:
    result = run(sending_domain=None)
    assert result["sending_domain"] == DOMAIN and "records" not in result["records"][0]


def test_it_is_left_out_when_that_is_said(run: Run) -> None:
    result = run(receiving=False)
    assert "records" not in result["records"][0]
    assert any("has neither MX nor A" in one for one in result["warnings"])


def test_tracking_is_published_when_it_is_asked_for(run: Run) -> None:
    result = run(tracking=True)
    assert {"name": "email.mg.company.test", "type": "CNAME", "value": "eu.mailgun.org"} in (
        result["records"][0]["records"]
    )
    assert any("need a certificate" in one for one in result["warnings"])


@pytest.mark.parametrize("record", ["A 192.0.2.1", "CNAME links.other.test."])
def test_a_tracking_record_that_stands_is_never_touched(run: Run, nameserver: Nameserver, record: str) -> None:
    """Addresses in place of the CNAME are a proxy, by which people give their links a certificate."""
    nameserver.set_zone("company.test", f"email.mg IN {record}")
    for check in (True, False):
        result = run(check, tracking=True)
        assert "email.mg.company.test" not in str(result["records"])
        assert (
            "CNAME email.mg.company.test, for tracking links: something else is there and is kept."
            in (result["left_out"])
        )


# -- regions and keys ------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("both")
def test_a_domain_of_the_other_region_is_not_made_again(
    run: Run, mailgun: MailgunSimulator, mailgun_us: MailgunSimulator, mailgun_options: dict[str, Any]
) -> None:
    mailgun_us.keys.add(mailgun_options["api_key"])
    mailgun_us.add_domain(SENDING)
    result = run()
    assert "is registered at Mailgun in the region us, but eu is requested" in result["msg"]
    assert mailgun.calls["create"] == 0


@pytest.mark.usefixtures("both")
def test_a_key_of_the_other_region_is_told_after_one_probe(
    run: Run, mailgun: MailgunSimulator, mailgun_us: MailgunSimulator, mailgun_options: dict[str, Any]
) -> None:
    mailgun.keys.clear()
    mailgun_us.keys.add(mailgun_options["api_key"])
    result = run()
    assert "refused by Mailgun in the region eu and accepted in the region us: set region: us" in result["msg"]
    assert sum(mailgun_us.calls.values()) == 1


@pytest.mark.usefixtures("both")
@pytest.mark.parametrize("fault", ["html", "nonsense", {"message": "hello"}])
def test_another_region_is_believed_only_if_it_answers_as_its_api(
    run: Run, mailgun: MailgunSimulator, mailgun_us: MailgunSimulator, fault: Any
) -> None:
    mailgun_us.fail("get", fault)
    assert run()["registered"] and mailgun_us.calls["get"] == 1
    mailgun.keys.clear()
    mailgun_us.fail("list", fault)
    assert "It may be revoked" in run()["msg"] and mailgun_us.calls["list"] == 1


@pytest.mark.usefixtures("both")
def test_a_revoked_key_is_told(run: Run, mailgun: MailgunSimulator, mailgun_options: dict[str, Any]) -> None:
    mailgun.keys.clear()
    result = run()
    assert "refuses the credentials (401: Forbidden). Check api_key and region. It may be revoked" in result["msg"]
    assert mailgun_options["api_key"] not in str(result)


def test_a_key_without_the_right_is_told(run: Run, mailgun: MailgunSimulator, mailgun_options: dict[str, Any]) -> None:
    mailgun.read_only.add(mailgun_options["api_key"])
    assert "The key may lack the permission" in run()["msg"]


def test_a_domain_of_another_account_is_told(run: Run, mailgun: MailgunSimulator) -> None:
    mailgun.taken.add(SENDING)
    assert "already taken by another account" in run()["msg"]


def test_a_page_of_html_is_not_taken_for_a_missing_domain(run: Run, mailgun: MailgunSimulator) -> None:
    mailgun.fail("get", "html")
    assert "something other than its API describes" in run()["msg"] and mailgun.calls["create"] == 0


# -- absent ----------------------------------------------------------------------------------------------------------


def test_it_is_deleted_only_when_that_is_said(run: Run, mailgun: MailgunSimulator) -> None:
    run()
    mailgun.lingers = 3
    assert "cannot store a mark" in run(state="absent")["msg"]
    assert run(state="absent", delete_unmarked=True)["changed"]
    assert mailgun.domains[SENDING].deleted


# -- many ------------------------------------------------------------------------------------------------------------


def test_a_hundred_domains_are_listed_once(mailgun: MailgunSimulator, mailgun_options: dict[str, Any]) -> None:
    names = [f"mg.company{number}.test" for number in range(100)]
    for name in names:
        mailgun.add_domain(name)
    found = Mailgun({**mailgun_options, "rate_limit": 100_000.0}).find([*names, "mg.other.test"])
    assert sorted(found) == sorted(names)
    assert mailgun.calls == {"list": 1, "get": 100}


# -- judged by the official client -----------------------------------------------------------------------------------


@pytest.fixture
def official(mailgun: MailgunSimulator, mailgun_options: dict[str, Any]) -> Any:
    from mailgun.client import Client

    return Client(auth=("api", mailgun_options["api_key"]), api_url=mailgun.endpoint)


def test_the_official_client_sees_what_ours_has_made(official: Any, run: Run) -> None:
    run()
    answer = official.domains.get(domain_name=SENDING)
    assert answer.status_code == 200 and answer.json()["domain"]["name"] == SENDING
    assert official.domainlist.get().json()["total_count"] == 1


def test_ours_finds_what_the_official_client_has_made(official: Any, run: Run, mailgun: MailgunSimulator) -> None:
    """It sends a form to version 3, ours one of several parts to version 4."""
    assert official.domains.create(data={"name": SENDING}).status_code == 200
    result = run()
    assert not result["changed"] and mailgun.calls["create"] == 1


def test_the_official_client_sees_the_login(official: Any, run: Run, mailgun_options: dict[str, Any]) -> None:
    run()
    credential = {"service": "mailgun", "account": mailgun_options, "domain": SENDING, "login": "odoo"}
    assert run_module("sending_credential", {**credential, "password": "not-a-password"})["changed"]
    answer = official.domains_credentials.get(domain=SENDING)
    assert "odoo@mg.company.test" in {item["login"] for item in answer.json()["items"]}


# -- logins ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def login(mailgun: MailgunSimulator, mailgun_options: dict[str, Any]) -> Run:
    mailgun.add_domain(SENDING)
    options = {"service": "mailgun", "account": mailgun_options, "domain": SENDING, "login": "odoo"}

    def one(check: bool = False, password: str | None = "not-a-password", **more: Any) -> dict[str, Any]:
        return run_module("sending_credential", {**options, "password": password, **more}, check)

    return one


def test_a_login_is_made_once(login: Run, mailgun: MailgunSimulator) -> None:
    assert login(check=True)["changed"] and mailgun.calls["add login"] == 0
    made = login()
    assert made["changed"] and made["username"] == "odoo@mg.company.test"
    assert "not-a-password" not in str(made)
    assert mailgun.domains[SENDING].logins["odoo@mg.company.test"] == "not-a-password"
    assert not login(password="another-password")["changed"]
    assert mailgun.calls["set password"] == 0, "on_create is the default"


def test_a_password_is_set_when_that_is_said(login: Run, mailgun: MailgunSimulator) -> None:
    login()
    same = login(update_password="always")
    assert not same["changed"] and not same.get("failed")
    assert login(password="another-password", update_password="always")["changed"]
    assert mailgun.domains[SENDING].logins["odoo@mg.company.test"] == "another-password"


@pytest.mark.parametrize("password", ["four", "x" * 33])
def test_an_unusable_password_is_refused_before_any_call(login: Run, mailgun: MailgunSimulator, password: str) -> None:
    assert "Mailgun accepts 5 to 32 characters" in login(password=password)["msg"]
    assert not mailgun.calls


def test_a_lost_answer_is_found_out(login: Run, mailgun: MailgunSimulator) -> None:
    mailgun.fail("add login", "lost")
    assert not login().get("failed")
    assert not login()["changed"] and mailgun.calls["add login"] == 1


def test_a_login_is_removed(login: Run, mailgun: MailgunSimulator) -> None:
    login()
    assert login(password=None, state="absent")["changed"]
    assert not login(password=None, state="absent")["changed"]


def test_a_domain_that_is_not_registered_is_told(login: Run) -> None:
    assert "other.test is not registered at Mailgun in this account" in login(domain="other.test")["msg"]


def test_other_services_say_what_their_password_is(login: Run) -> None:
    told = login(service="sendgrid", account={})["msg"]
    assert "SendGrid has no logins that this module can set" in told


def test_the_official_client_does_all_that_ours_does_and_reads_each_state(
    official: Any, mailgun: MailgunSimulator, nameserver: Nameserver
) -> None:
    """Its forms are urlencoded, those of ours for a domain are in several parts."""
    nameserver.set_zone(DOMAIN)
    made = official.domains.create(data={"name": SENDING, "use_automatic_sender_security": "true"})
    assert made.status_code == 200 and made.json()["domain"]["state"] == "unverified"
    again = official.domains.create(data={"name": SENDING})
    assert again.status_code == 400 and "already exists" in again.json()["message"]
    looked = official.domains.put(domain=SENDING, verify=True).json()
    assert {one["valid"] for one in looked["sending_dns_records"][:3]} == {"invalid"}
    lines = []
    for record in looked["sending_dns_records"]:
        value = f'"{record["value"]}"' if record["record_type"] == "TXT" else f"{record['value']}."
        lines.append(f"{record['name']}. IN {record['record_type']} {value}")
    nameserver.set_zone(DOMAIN, "\n".join(lines))
    assert official.domains.put(domain=SENDING, verify=True).json()["domain"]["state"] == "active"
    mailgun.domains[SENDING].disabled = {"reason": "abuse", "permanently": False}
    told = official.domains.get(domain_name=SENDING).json()["domain"]
    assert told["is_disabled"] is True and told["disabled"]["reason"] == "abuse"

    logins = official.domains_credentials
    assert logins.create(domain=SENDING, data={"login": "odoo", "password": "not-a-password"}).status_code == 200
    for password, status in (("not-a-password", 400), ("four", 400), ("another", 200)):
        assert logins.put(domain=SENDING, login="odoo", data={"password": password}).status_code == status
    assert logins.delete(domain=SENDING, login="odoo").status_code == 200
    assert logins.delete(domain=SENDING, login="odoo").status_code == 404

    mailgun.lingers = 1
    assert official.domains.delete(domain=SENDING).status_code == 200
    assert [official.domains.get(domain_name=SENDING).status_code for dummy in range(2)] == [200, 404]
    mailgun.keys.clear()
    refused = official.domainlist.get()
    assert (refused.status_code, refused.text) == (401, "Forbidden"), "which is no JSON"
