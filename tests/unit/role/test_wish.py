# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host's variables ask for."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.plugin_utils.wish import collect, unknown_variables

ODOO = {"url": "https://erp.example.net", "database": "prod", "username": "admin", "password": "secret"}
RELAY = {"name": "relay", "host": "smtp.company-name.com", "username": "odoo", "password": "secret"}


def wish(folder: str = "/inventory", **variables: Any) -> dict[str, Any]:
    """The wish of company-name.com; the prefix of the variables is left out."""
    variables.setdefault("dns", {"provider": "zone_file", "directory": "/zones"})
    return collect("company-name.com", {f"custom_domain_{name}": value for name, value in variables.items()}, folder)


def servers(*senders: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = wish(odoo=ODOO, senders=list(senders))["servers"]
    return found


class TestDns:
    def test_odoos_own_servers_need_spf_and_dkim(self) -> None:
        assert wish(senders=[{"service": "odoo"}])["expected"] == {
            "domain": "company-name.com",
            "spf": {"include": ["_spf.odoo.com"]},
            "dkim": [{"selector": "odoo", "cname": "odoo._domainkey.odoo.com"}],
        }

    def test_all_senders_share_one_spf_record(self) -> None:
        senders = [{"service": "odoo"}, {**RELAY, "spf": {"ip4": ["192.0.2.25"]}}, {"spf": {"include": ["_spf.x.com"]}}]
        assert wish(senders=senders)["records"]["spf"] == {
            "include": ["_spf.odoo.com", "_spf.x.com"],
            "ip4": ["192.0.2.25"],
        }

    def test_what_two_senders_need_is_asked_for_once(self) -> None:
        selector = {"selector": "k1", "cname": "k1.x.com"}
        sender = {"spf": {"include": ["x.com"]}, "dkim": [selector]}
        records = wish(senders=[sender, dict(sender)])["records"]
        assert (records["spf"], records["dkim"]) == ({"include": ["x.com"]}, [selector])

    def test_the_domain_itself_says_how_spf_ends(self) -> None:
        records = wish(senders=[{"service": "odoo"}], spf={"all": "fail", "mx": [""]})["records"]
        assert records["spf"] == {"include": ["_spf.odoo.com"], "mx": [""], "all": "fail"}

    def test_a_text_with_commas_is_a_list_as_everywhere_in_ansible(self) -> None:
        assert wish(senders=[{"spf": {"ip4": "192.0.2.1,192.0.2.2"}}])["records"]["spf"] == {
            "ip4": ["192.0.2.1", "192.0.2.2"]
        }

    def test_a_service_fills_in_only_what_the_sender_does_not_say(self) -> None:
        records = wish(senders=[{"service": "odoo", "spf": {"include": ["mine.example"]}}])["records"]
        assert records["spf"] == {"include": ["mine.example"]}
        assert records["dkim"][0]["selector"] == "odoo"

    def test_a_ttl_is_that_of_each_record_that_says_none(self) -> None:
        records = wish(ttl=300, senders=[{"service": "odoo"}], dmarc={"policy": "none", "ttl": 60})["records"]
        assert (records["spf"]["ttl"], records["dkim"][0]["ttl"], records["dmarc"]["ttl"]) == (300, 300, 60)

    def test_without_dmarc_it_is_not_looked_at(self) -> None:
        assert "dmarc" not in wish(senders=[{"service": "odoo"}])["records"]

    def test_the_account_is_no_part_of_what_dns_should_show(self) -> None:
        assert "dns" not in wish()["expected"]
        assert wish(zone="name.com")["records"]["zone"] == "name.com"

    def test_the_domain_may_differ_from_the_name_of_the_host(self) -> None:
        collected = wish(name="other.com.")
        assert (collected["host"], collected["domain"]) == ("company-name.com", "other.com")


class TestPaths:
    def test_they_begin_at_the_inventory(self) -> None:
        assert wish(dns={"provider": "zone_file", "directory": "./zones"})["dns"]["directory"] == "/inventory/zones"

    @pytest.mark.parametrize("path", ["/var/zones", "~/zones", "$HOME/zones"])
    def test_whole_paths_stay(self, path: str) -> None:
        assert wish(dns={"provider": "zone_file", "directory": path})["dns"]["directory"] == path

    def test_those_of_another_host_stay(self) -> None:
        assert wish(run_on="ns1", dns={"provider": "zone_file", "directory": "zones"})["dns"]["directory"] == "zones"

    def test_backups_are_kept_beside_the_inventory(self) -> None:
        account = wish(dns={"provider": "zone_file", "directory": "/zones", "backup": True})["dns"]
        assert account["backup_directory"] == "/inventory/postmaster-backups"


class TestOdoo:
    def test_without_odoo_only_dns_is_done(self) -> None:
        assert wish()["database"] == ""

    def test_an_address_with_a_password_in_it_is_refused_and_not_shown(self) -> None:
        collected = wish(odoo={**ODOO, "url": "https://admin:hunter2@erp.example.net"})
        assert "at sign" in collected["refused"] and "hunter2" not in str(collected)

    def test_the_alias_domain_has_the_companies_and_the_stated_options(self) -> None:
        collected = wish(odoo=ODOO, companies=["Company Name SA"], alias_domain={"default_from": "info"})
        assert collected["alias_domain"] == {
            "name": "company-name.com",
            "companies": ["Company Name SA"],
            "default_from": "info",
            "owner": "company-name.com",
        }

    def test_a_sender_with_a_host_becomes_a_server_for_the_domain(self) -> None:
        assert servers(RELAY) == [
            {
                "name": "company-name.com - relay",
                "owner": "company-name.com",
                "host": "smtp.company-name.com",
                "username": "odoo",
                "password": "secret",
                "from_filter": ["company-name.com"],
            }
        ]

    def test_odoos_own_servers_become_none(self) -> None:
        assert servers({"service": "odoo"}) == []

    def test_only_those_for_mass_mailings_state_a_priority_which_is_behind_all_others(self) -> None:
        found = servers({"service": "odoo"}, RELAY, {"host": "b", "use": "mass_mailing"}, {"host": "c"}, {"host": "d"})
        assert [server.get("priority") for server in found] == [None, 1002, None, None]

    def test_a_stated_priority_and_filter_win(self) -> None:
        found = servers({**RELAY, "priority": 7, "from_filter": []})[0]
        assert (found["priority"], found["from_filter"]) == (7, [])

    def test_the_server_for_mass_mailings_is_claimed_for_the_domain(self) -> None:
        mailing = {"host": "b", "name": "mailgun", "use": "mass_mailing"}
        collected = wish(odoo=ODOO, senders=[RELAY, mailing])
        assert collected["settings"] == [
            {
                "mass_mailing_server": "company-name.com - mailgun",
                "mass_mailing_default": False,
                "owner": "company-name.com",
            }
        ]
        assert wish(odoo=ODOO, senders=[RELAY])["settings"] == []
        assert wish(odoo=ODOO, senders=[{**mailing, "state": "archived"}])["settings"] == []

    def test_of_two_for_mass_mailings_the_marked_one_is_claimed(self) -> None:
        mailings = [{"host": host, "use": "mass_mailing", "default": host == "c"} for host in ("b", "c")]
        claimed = wish(odoo=ODOO, senders=mailings)["settings"][0]
        assert (claimed["mass_mailing_server"], claimed["mass_mailing_default"]) == ("company-name.com - c", True)

    def test_settings_of_the_database_belong_to_the_host_that_says_them(self) -> None:
        collected = wish(odoo=ODOO, mail_settings={"custom_email_servers": True, "gmail_client_id": None})
        assert collected["settings"] == [{"custom_email_servers": True, "owner": "company-name.com"}]

    def test_a_single_sender_is_the_default_sender_and_the_only_filter(self) -> None:
        address = "notifications@company-name.com"
        collected = wish(odoo=ODOO, senders=[RELAY, {"host": "b"}], single_sender=address)
        alias_domain = collected["alias_domain"]
        assert (alias_domain["default_from"], alias_domain["override_all_senders"]) == (address, True)
        assert [server["from_filter"] for server in collected["servers"]] == [[address], [address]]

    def test_modules_are_installed_only_where_that_is_said(self) -> None:
        assert wish(odoo=ODOO)["install_modules"] is False
        assert wish(odoo=ODOO, install_modules=True)["database"] != wish(odoo=ODOO)["database"]

    def test_hosts_of_one_database_are_one_call(self) -> None:
        assert wish(odoo=ODOO)["database"] == "prod at https://erp.example.net as admin"

    def test_those_that_may_touch_a_neutralised_copy_are_another(self) -> None:
        assert wish(odoo=ODOO)["database"] != wish(odoo=ODOO, allow_neutralized=True)["database"]


class TestRefusals:
    def test_an_unknown_service_names_those_that_are_known(self) -> None:
        refused = wish(senders=[{"service": "sendgrid"}])["refused"]
        assert "'sendgrid'" in refused
        assert "knows odoo" in refused
        assert "in full" in refused

    def test_a_sender_that_says_nothing_is_counted(self) -> None:
        assert "sender 2 says nothing" in wish(senders=[{"service": "odoo"}, {"name": "x"}])["refused"]

    @pytest.mark.parametrize("address", ["notifications", "@company-name.com", "info@other.example"])
    def test_a_single_sender_is_an_address_of_the_domain(self, address: str) -> None:
        assert "must be an address of the domain" in wish(odoo=ODOO, single_sender=address)["refused"]

    def test_a_single_sender_contradicts_no_other_wish(self) -> None:
        address = "info@company-name.com"
        filtered = wish(odoo=ODOO, single_sender=address, senders=[{**RELAY, "from_filter": ["company-name.com"]}])
        assert "the sender relay has a from_filter of its own" in filtered["refused"]
        named = wish(odoo=ODOO, single_sender=address, alias_domain={"default_from": "notifications"})
        assert "leave out one of them" in named["refused"]
        same = [{**RELAY, "from_filter": [address]}]
        assert wish(odoo=ODOO, single_sender=address, senders=same)["refused"] == ""

    def test_a_misspelt_variable_is_found(self) -> None:
        names = ["custom_domain_sender", "custom_domain_senders", "custom_domain_hosts", "inventory_hostname"]
        assert unknown_variables(names) == ["custom_domain_sender"]


terms = st.fixed_dictionaries(
    {},
    optional={
        "include": st.lists(st.sampled_from(["a.example", "b.example", "c.example"]), max_size=4),
        "ip4": st.lists(st.sampled_from(["192.0.2.1", "192.0.2.2"]), max_size=3),
    },
)


@given(st.lists(st.builds(lambda spf: {"name": "x", "host": "smtp.example", "spf": spf}, terms), max_size=5))
def test_every_term_of_every_sender_is_there_once(senders: list[dict[str, Any]]) -> None:
    merged = wish(senders=senders)["records"].get("spf", {})
    for term in ("include", "ip4"):
        wanted = {value for sender in senders for value in sender["spf"].get(term, [])}
        assert sorted(merged.get(term, [])) == sorted(wanted)
