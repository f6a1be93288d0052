# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a host's variables become its plan."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.plugin_utils.checks import stated_twice
from ansible_collections.postmaster.mail.plugins.plugin_utils.desired_odoo import DesiredOdoo
from ansible_collections.postmaster.mail.plugins.plugin_utils.host_plan import HostPlan, read_host_plan
from ansible_collections.postmaster.mail.plugins.plugin_utils.sender import Refused

ODOO = {"url": "https://erp.example.net", "database": "prod", "username": "admin", "password": "secret"}
RELAY = {"name": "relay", "host": "smtp.company-name.com", "username": "odoo", "password": "secret"}


def plan(folder: str = "/inventory", **variables: Any) -> HostPlan:
    """The plan of company-name.com; variables are given without their prefix."""
    host = variables.pop("host", "company-name.com")
    variables.setdefault("dns", {"provider": "zone_file", "directory": "/zones"})
    return read_host_plan(host, {f"custom_domain_{name}": value for name, value in variables.items()}, folder)


def in_odoo(**variables: Any) -> DesiredOdoo:
    desired = plan(**{"odoo": ODOO, **variables}).odoo
    assert desired is not None
    return desired


def servers(*senders: dict[str, Any]) -> list[dict[str, Any]]:
    """The given options of each server; the others have the module's defaults."""
    found = in_odoo(senders=list(senders)).servers
    assert all(server["state"] == "present" and server["adopt"] is False for server in found)
    return [{name: value for name, value in server.items() if value not in (None, False)} for server in found]


def refusal(**variables: Any) -> str:
    with pytest.raises(Refused) as refused:
        plan(**variables)
    return str(refused.value)


class TestDns:
    def test_odoos_own_servers_need_spf_and_dkim(self) -> None:
        assert plan(senders=[{"service": "odoo"}]).records == {
            "spf": {"include": ["_spf.odoo.com"]},
            "dkim": [{"selector": "odoo", "cname": "odoo._domainkey.odoo.com"}],
        }

    def test_all_senders_share_one_spf_record(self) -> None:
        senders = [{"service": "odoo"}, {**RELAY, "spf": {"ip4": ["192.0.2.25"]}}, {"spf": {"include": ["_spf.x.com"]}}]
        assert plan(senders=senders).records["spf"] == {
            "include": ["_spf.odoo.com", "_spf.x.com"],
            "ip4": ["192.0.2.25"],
        }

    def test_what_two_senders_need_is_published_once(self) -> None:
        selector = {"selector": "k1", "cname": "k1.x.com"}
        sender = {"spf": {"include": ["x.com"]}, "dkim": [selector]}
        records = plan(senders=[sender, dict(sender)]).records
        assert (records["spf"], records["dkim"]) == ({"include": ["x.com"]}, [selector])

    def test_custom_domain_spf_adds_terms_and_sets_all(self) -> None:
        records = plan(senders=[{"service": "odoo"}], spf={"all": "fail", "mx": [""]}).records
        assert records["spf"] == {"include": ["_spf.odoo.com"], "mx": [""], "all": "fail"}

    def test_a_text_with_commas_is_a_list(self) -> None:
        assert plan(senders=[{"spf": {"ip4": "192.0.2.1,192.0.2.2"}}]).records["spf"] == {
            "ip4": ["192.0.2.1", "192.0.2.2"]
        }

    def test_a_service_fills_in_only_what_the_sender_omits(self) -> None:
        records = plan(senders=[{"service": "odoo", "spf": {"include": ["mine.example"]}}]).records
        assert records["spf"] == {"include": ["mine.example"]}
        assert records["dkim"][0]["selector"] == "odoo"

    def test_the_ttl_applies_to_each_record_without_its_own(self) -> None:
        records = plan(ttl=300, senders=[{"service": "odoo"}], dmarc={"policy": "none", "ttl": 60}).records
        assert (records["spf"]["ttl"], records["dkim"][0]["ttl"], records["dmarc"]["ttl"]) == (300, 300, 60)

    def test_without_dmarc_options_there_is_no_dmarc_record(self) -> None:
        assert "dmarc" not in plan(senders=[{"service": "odoo"}]).records

    def test_the_account_is_not_passed_to_the_dns_check(self) -> None:
        assert "dns" not in plan().checked
        assert plan(zone="name.com").published["zone"] == "name.com"

    def test_the_domain_may_differ_from_the_name_of_the_host(self) -> None:
        read = plan(name="other.com.")
        assert (read.host, read.domain) == ("company-name.com", "other.com")


def test_the_repr_shows_no_secret() -> None:
    shown = repr(plan(odoo=ODOO, senders=[RELAY], dns={"provider": "powerdns", "api_key": "secret"}))
    assert "company-name.com" in shown and "secret" not in shown


class TestPaths:
    @pytest.mark.parametrize("option", ["directory", "file", "include_directory"])
    def test_relative_paths_begin_at_the_inventory(self, option: str) -> None:
        assert plan(dns={"provider": "zone_file", option: "./zones"}).dns[option] == "/inventory/zones"

    @pytest.mark.parametrize("path", ["/var/zones", "~/zones", "$HOME/zones"])
    def test_absolute_paths_stay(self, path: str) -> None:
        assert plan(dns={"provider": "zone_file", "directory": path}).dns["directory"] == path

    def test_paths_on_another_host_stay(self) -> None:
        assert plan(run_on="ns1", dns={"provider": "zone_file", "directory": "zones"}).dns["directory"] == "zones"

    def test_backups_are_stored_beside_the_inventory(self) -> None:
        account = plan(dns={"provider": "zone_file", "directory": "/zones", "backup": True}).dns
        assert account["backup_directory"] == "/inventory/.postmaster/backups"


class TestOdoo:
    def test_without_odoo_only_dns_is_done(self) -> None:
        assert plan().odoo is None

    def test_a_url_with_a_password_is_refused_without_showing_it(self) -> None:
        told = refusal(odoo={**ODOO, "url": "https://admin:hunter2@erp.example.net"})
        assert "at sign" in told and "hunter2" not in told

    def test_the_report_says_where_each_server_is_and_what_it_does(self) -> None:
        login = {"username": "u", "password": "hunter2"}
        mailgun = {"service": "mailgun", "region": "eu", "dkim": [{"selector": "a", "cname": "b.example"}], **login}
        box = {"name": "box", "host": "imap.company-name.com", **login}
        senders = [RELAY, mailgun, {**RELAY, "name": "old", "state": "absent"}]
        assert plan(odoo=ODOO, senders=senders, incoming="server", incoming_servers=[box]).servers == [
            ("company-name.com - relay", "smtp.company-name.com, sends for company-name.com"),
            ("company-name.com - Mailgun", "smtp.eu.mailgun.org:587, starttls, sends for company-name.com"),
            ("company-name.com - box", "imap.company-name.com, fetches"),
        ]
        assert plan(senders=[RELAY]).servers == [], "without Odoo there are no servers"

    def test_the_alias_domain_has_the_companies_and_the_given_options(self) -> None:
        desired = in_odoo(companies=["Company Name SA"], alias_domain={"default_from": "info"})
        stated = {
            "name": "company-name.com",
            "companies": ["Company Name SA"],
            "default_from": "info",
            "owner": "company-name.com",
        }
        assert {name: desired.alias_domain[name] for name in stated} == stated

    def test_a_sender_with_a_host_becomes_a_server_for_the_domain(self) -> None:
        assert servers(RELAY) == [
            {
                "name": "company-name.com - relay",
                "owner": "company-name.com",
                "host": "smtp.company-name.com",
                "username": "odoo",
                "password": "secret",
                "from_filter": ["company-name.com"],
                "state": "present",
            }
        ]

    def test_odoos_own_servers_become_no_server(self) -> None:
        assert servers({"service": "odoo"}) == []

    def test_only_a_server_for_mass_mailings_gets_a_priority_after_all_others(self) -> None:
        found = servers({"service": "odoo"}, RELAY, {"host": "b", "use": "mass_mailing"}, {"host": "c"}, {"host": "d"})
        assert [server.get("priority") for server in found] == [None, 1002, None, None]

    def test_a_given_priority_and_filter_are_kept(self) -> None:
        found = servers({**RELAY, "priority": 7, "from_filter": []})[0]
        assert (found["priority"], found["from_filter"]) == (7, [])

    def test_the_server_for_mass_mailings_is_set_in_the_settings(self) -> None:
        mailing = {"host": "b", "name": "mailgun", "use": "mass_mailing"}
        (claimed,) = in_odoo(senders=[RELAY, mailing]).settings
        stated = ("mass_mailing_server", "mass_mailing_default", "owner")
        assert [claimed[name] for name in stated] == ["company-name.com - mailgun", False, "company-name.com"]
        assert in_odoo(senders=[RELAY]).settings == []
        assert in_odoo(senders=[{**mailing, "state": "archived"}]).settings == []

    def test_of_two_servers_for_mass_mailings_the_default_one_is_set(self) -> None:
        mailings = [{"host": host, "use": "mass_mailing", "default": host == "c"} for host in ("b", "c")]
        claimed = in_odoo(senders=mailings).settings[0]
        assert (claimed["mass_mailing_server"], claimed["mass_mailing_default"]) == ("company-name.com - c", True)

    def test_settings_of_the_database_belong_to_the_host_that_gives_them(self) -> None:
        (one,) = in_odoo(mail_settings={"custom_email_servers": True, "gmail_client_id": None}).settings
        assert (one["custom_email_servers"], one["gmail_client_id"], one["owner"]) == (True, None, "company-name.com")

    def test_a_single_sender_is_the_default_sender_and_the_only_filter(self) -> None:
        address = "notifications@company-name.com"
        desired = in_odoo(senders=[RELAY, {"host": "b"}], single_sender=address)
        alias_domain = desired.alias_domain
        assert (alias_domain["default_from"], alias_domain["override_all_senders"]) == (address, True)
        assert [server["from_filter"] for server in desired.servers] == [[address], [address]]

    def test_modules_are_installed_only_with_install_modules(self) -> None:
        assert in_odoo().install_modules is False
        assert in_odoo(install_modules=True).login != in_odoo().login

    def test_hosts_with_the_same_connection_share_one_call(self) -> None:
        assert in_odoo().database == "prod at https://erp.example.net as admin"
        assert in_odoo().login == in_odoo(companies=["Other"]).login != in_odoo(odoo={**ODOO, "password": "x"}).login

    def test_hosts_with_allow_neutralized_have_their_own_call(self) -> None:
        assert in_odoo().login != in_odoo(allow_neutralized=True).login


class TestRefusals:
    def test_an_unknown_service_is_refused_with_the_nearest_name(self) -> None:
        refused = refusal(senders=[{"service": "amazonses"}])
        assert refused == "company-name.com: sender 1: amazonses: no such service. Did you mean amazon_ses?"

    def test_a_sender_without_options_is_named_by_its_number(self) -> None:
        assert "sender 2 does not say what it needs" in refusal(senders=[{"service": "odoo"}, {"name": "x"}])

    @pytest.mark.parametrize("address", ["notifications", "@company-name.com", "info@other.example"])
    def test_a_single_sender_must_be_an_address_of_the_domain(self, address: str) -> None:
        assert "must be an address of the domain" in refusal(odoo=ODOO, single_sender=address)

    def test_a_single_sender_must_not_contradict_other_options(self) -> None:
        address = "info@company-name.com"
        filtered = refusal(odoo=ODOO, single_sender=address, senders=[{**RELAY, "from_filter": ["company-name.com"]}])
        assert "the sender relay has a from_filter of its own" in filtered
        named = refusal(odoo=ODOO, single_sender=address, alias_domain={"default_from": "notifications"})
        assert "leave out one of them" in named
        same = [{**RELAY, "from_filter": [address]}]
        assert in_odoo(single_sender=address, senders=same).servers

    def test_a_domain_of_two_hosts_is_refused_for_both(self) -> None:
        same = [plan(host="a.example", name="Company-Name.com"), plan(host="b.example", name="company-name.com.")]
        told = stated_twice([*same, plan(host="c.example")])
        assert sorted(told) == ["a.example", "b.example"]
        assert all("the hosts a.example, b.example" in text for text in told.values())


terms = st.fixed_dictionaries(
    {},
    optional={
        "include": st.lists(st.sampled_from(["a.example", "b.example", "c.example"]), max_size=4),
        "ip4": st.lists(st.sampled_from(["192.0.2.1", "192.0.2.2"]), max_size=3),
    },
)


@given(st.lists(st.builds(lambda spf: {"name": "x", "host": "smtp.example", "spf": spf}, terms), max_size=5))
def test_every_spf_term_of_every_sender_is_there_once(senders: list[dict[str, Any]]) -> None:
    merged = plan(senders=senders).records.get("spf", {})
    for term in ("include", "ip4"):
        wanted = {value for sender in senders for value in sender["spf"].get(term, [])}
        assert sorted(merged.get(term, [])) == sorted(wanted)
