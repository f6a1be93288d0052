# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the gate decides for a host, and what of its variables it decides by."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.postmaster.mail.plugins.module_utils.odoo.routing.routes import (
    Company,
    MailServer,
    Route,
    SenderRoute,
)
from ansible_collections.postmaster.mail.plugins.plugin_utils.gate import decide
from ansible_collections.postmaster.mail.plugins.plugin_utils.outcome import final
from ansible_collections.postmaster.mail.plugins.plugin_utils.verification import judge, lines, result, threshold
from ansible_collections.postmaster.mail.plugins.plugin_utils.wish import collect

ODOO = {"url": "https://erp.example.net", "database": "prod", "username": "admin", "password": "secret"}
RELAY = {
    "name": "relay",
    "host": "smtp.x.com",
    "username": "odoo",
    "password": "secret",
    "spf": {"ip4": ["192.0.2.25"]},
}
DOMAIN = "company-name.com"


def wish(**variables: Any) -> dict[str, Any]:
    given = {"dns": {"provider": "manual"}, "odoo": ODOO, "companies": ["Company"], "senders": [RELAY], **variables}
    return collect(DOMAIN, {f"custom_domain_{name}": value for name, value in given.items()}, "")


def calls(wanted: dict[str, Any], spf: bool | None, company: str = "Company") -> tuple[dict[str, Any], dict[str, Any]]:
    """What domain_info and odoo_mail_plan_info are registered as."""
    policy = {"policy": "none", "organizational_domain": DOMAIN, "spf_alignment": "r", "dkim_alignment": "r"}
    share = {
        "met": True,
        "dmarc_policy": policy,
        "senders": {"relay": {"spf": spf, "dkim": None, "lacking": ["ip4:x"]}},
    }
    server = MailServer(1, f"{DOMAIN} - relay", host="smtp.x.com", from_filter=DOMAIN)
    route = Route(server, f"sales@{DOMAIN}", f"catchall@{DOMAIN}", f"bounce@{DOMAIN}", "from_domain", "")
    sent = SenderRoute(f"sales@{DOMAIN}", Company(1, company), (), route)
    seen = {"results": [{"item": wanted["place"], "domains": {DOMAIN: share}}]}
    return seen, {"results": [{"item": wanted["database"], "routes": [sent.as_dict()]}]}


@pytest.mark.parametrize(("gate", "held"), [("enforce", True), ("warn", False)])
def test_a_route_that_fails_is_held_or_told(gate: str, held: bool) -> None:
    wanted = wish(gate=gate)
    share = decide([wanted], *calls(wanted, False))[DOMAIN]
    assert share["held"] is held
    assert "ip4:x" in (share["msg"] if held else " ".join(share["warnings"]))
    done = final(wanted, None, {"results": []}, {DOMAIN: share})
    assert done["failed"]
    assert held is ("Odoo is not changed for company-name.com" in done["msg"])


def test_nobody_looks_where_it_is_ignored_or_where_there_is_no_odoo() -> None:
    for wanted in (wish(gate="ignore"), wish(odoo=None)):
        assert decide([wanted], None, None) == {}


def test_a_route_that_passes_holds_nothing() -> None:
    wanted = wish()
    assert decide([wanted], *calls(wanted, True))[DOMAIN] == {"held": False, "msg": "", "warnings": []}


def test_what_is_not_known_holds_nothing_and_is_told() -> None:
    wanted = wish()
    assert not decide([wanted], *calls(wanted, None))[DOMAIN]["held"]
    failed = {"results": [{"item": wanted["database"], "msg": "Odoo is down."}]}
    (warning,) = decide([wanted], None, failed)[DOMAIN]["warnings"]
    assert warning.endswith("Odoo is down.")


def test_a_secret_that_is_part_of_a_name_is_told() -> None:
    wanted = wish()
    (warning,) = decide([wanted], *calls(wanted, False, company="Comp********"))[DOMAIN]["warnings"]
    assert "choose another one" in warning


def test_the_look_ahead_gets_no_password() -> None:
    wanted = wish(mail_settings={"gmail_client_id": "id", "gmail_client_secret": "secret"})
    assert "secret" not in str(wanted["ahead"])
    assert wanted["ahead"]["servers"][0]["host"] == "smtp.x.com"
    assert wanted["ahead"]["settings"][0]["gmail_client_id"] == "id"


def test_senders_are_looked_at_by_names_of_their_own() -> None:
    senders = [RELAY, {**RELAY, "username": "other"}, {"service": "odoo"}, {"service": "odoo", "authentication": "cli"}]
    wanted = wish(senders=senders)
    assert [one["name"] for one in wanted["looked_at"]["senders"]] == ["relay", "relay (2)", "Odoo", "command line"]
    assert [one["command_line"] for one in wanted["preflight"]["services"]] == [False, False, True, False]
    assert "senders" not in wanted["records"]


def test_a_sender_that_is_archived_is_no_server() -> None:
    (service,) = wish(senders=[{**RELAY, "state": "archived"}])["preflight"]["services"]
    assert (service["server"], service["host"]) == ("", "")


def test_a_test_message_comes_from_the_default_sender() -> None:
    mailbox = {"to": "probe@box.example", "host": "imap.box.example", "username": "probe", "password": "secret"}
    proof = wish(test_mailbox=mailbox)["proof"]
    assert (proof["from_address"], proof["company"], proof["to"]) == (
        f"notifications@{DOMAIN}",
        "Company",
        mailbox["to"],
    )
    assert wish(test_mailbox=mailbox, single_sender=f"one@{DOMAIN}")["proof"]["from_address"] == f"one@{DOMAIN}"
    assert wish()["proof"] == {}


def test_a_report_of_a_domain_that_is_well_says_so() -> None:
    share = {"domain": DOMAIN, "counts": dict.fromkeys(("error", "warning", "info"), 0), "findings": [], "mail": []}
    assert lines({**share, "proof": {}}) == ["", f"{DOMAIN}: nothing is wrong"]
    assert not result(share, "info")["failed"]


@pytest.mark.parametrize("code", ["domain_not_known", "domain_not_delegated", "domain_invalid"])
def test_a_domain_of_which_nobody_can_tell_anything_fails_for_that_alone(code: str) -> None:
    finding = {"code": code, "severity": "error", "rfc": "", "name": DOMAIN, "found": "Nobody answers.", "cure": "Ask."}
    shown = {"met": False, "msg": "Nobody answers.", "findings": [finding], "senders": {}, "dmarc_policy": {}}
    seen = {"results": [{"item": "here", "domains": {DOMAIN: shown}}]}
    share = judge([{**wish(odoo=None), "place": "here"}], seen, None, None)[DOMAIN]
    assert [entry["code"] for entry in share["findings"]] == [code]
    assert result(share, "error")["failed"]


def test_a_severity_that_is_none_is_one_sentence() -> None:
    with pytest.raises(AnsibleActionFail, match="must be one of error, warning, info"):
        threshold("bad")


def test_the_host_of_odoo_conf_is_a_sender_by_its_name() -> None:
    smarthost = {"name": "smtp.company-name.com", "spf": {"ip4": ["192.0.2.25"]}}
    wanted = wish(senders=[smarthost, RELAY], odoo_command_line={"smtp_server": "SMTP.company-name.com"})
    assert [one["command_line"] for one in wanted["preflight"]["services"]] == [True, False]
    assert not wanted["preflight"]["knows_from_filter"]
    assert wish(odoo_command_line={"from_filter": ""})["preflight"]["knows_from_filter"]


def test_hosts_of_one_database_that_disagree_about_odoo_conf_are_told() -> None:
    first = {**wish(odoo_command_line={"from_filter": DOMAIN}), "host": "first.example"}
    other = wish(odoo_command_line={"from_filter": "other.example"})
    silent = {**wish(), "host": "silent.example"}
    shares = decide([first, other, silent], *calls(first, True))
    assert "first.example" in shares[DOMAIN]["warnings"][0]
    assert shares["first.example"]["warnings"] == shares["silent.example"]["warnings"] == []
    seen, routes = calls(other, True)
    seen["results"][0]["domains"][DOMAIN].update(msg="", findings=[])
    codes = [entry["code"] for entry in judge([first, other], seen, routes, None)[DOMAIN]["findings"]]
    assert "odoo_conf_differs" in codes
