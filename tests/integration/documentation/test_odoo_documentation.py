# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of Odoo's own documentation about email domains and outgoing mail, done by these modules.

Two pages: "Use a custom email domain" (SPF, DKIM) and "Manage outbound messages" (outgoing servers, FROM filtering).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dns.rdatatype
import dns.zone
import pytest

from ansible_collections.postmaster.mail.tests.servers.odoo_lab import OdooDatabase
from ansible_collections.postmaster.mail.tests.support.playbook import play

HEAD = "$TTL 3600\n@ IN SOA ns1 hostmaster 1 7200 3600 1209600 3600\n@ IN NS ns1\nns1 IN A 192.0.2.53\n"


def dns_after(folder: Path, record: str, task: dict[str, Any]) -> dns.zone.Zone:
    """The zone example.com after a task, twice: the second time nothing changes."""
    (folder / "zones").mkdir()
    (folder / "zones" / "example.com.zone").write_text(HEAD + record)
    defaults = {"group/postmaster.mail.dns": {"dns": {"provider": "zone_file", "directory": "./zones"}}}
    played = play(folder, [task, task], defaults=defaults)
    assert played.code == 0, played.output
    assert played.recap["changed"] == 1, played.output
    return dns.zone.from_file(str(folder / "zones" / "example.com.zone"), "example.com", relativize=False)


def texts(zone: dns.zone.Zone, name: str, rdtype: str) -> list[str]:
    record_set = zone.find_rdataset(name, dns.rdatatype.from_text(rdtype))
    return sorted(value.to_text() for value in record_set)


ODOO_SPF = {"postmaster.mail.spf_record": {"domain": "example.com", "include": ["_spf.odoo.com"]}}


def test_a_domain_without_spf_gets_the_record_that_the_page_shows(tmp_path: Path) -> None:
    zone = dns_after(tmp_path, "", ODOO_SPF)
    assert texts(zone, "example.com.", "TXT") == ['"v=spf1 include:_spf.odoo.com ~all"']


def test_odoo_is_added_to_an_existing_record_as_the_page_shows(tmp_path: Path) -> None:
    zone = dns_after(tmp_path, '@ IN TXT "v=spf1 include:_spf.google.com ~all"\n', ODOO_SPF)
    assert texts(zone, "example.com.", "TXT") == ['"v=spf1 include:_spf.odoo.com include:_spf.google.com ~all"']


def test_the_dkim_record_is_the_cname_that_the_page_shows(tmp_path: Path) -> None:
    desired = {"domain": "example.com", "selector": "odoo", "cname": "odoo._domainkey.odoo.com."}
    zone = dns_after(tmp_path, "", {"postmaster.mail.dkim_record": desired})
    assert texts(zone, "odoo._domainkey.example.com.", "CNAME") == ["odoo._domainkey.odoo.com."]


@pytest.mark.parametrize("from_filter", ["test@example.com", "example.com"])
def test_an_outgoing_server_takes_the_from_filters_of_the_page(
    from_filter: str, tmp_path: Path, odoo19: OdooDatabase
) -> None:
    server = {
        "name": "Example",
        "host": "smtp.example.com",
        "port": 587,
        "encryption": "starttls",
        "username": "user",
        "password": "secret",
        "from_filter": [from_filter],
        "odoo": odoo19.options,
    }
    task = {"postmaster.mail.odoo_outgoing_mail_server": server}
    played = play(tmp_path, [task, task])
    assert played.code == 0 and played.recap["changed"] == 1, played.output
    assert odoo19.records("ir.mail_server", "name", "from_filter", "smtp_encryption", "active") == [
        {"name": "Example", "from_filter": from_filter, "smtp_encryption": "starttls_strict", "active": True}
    ]


def test_the_default_from_address_of_the_page_is_set_on_the_alias_domain(tmp_path: Path, odoo19: OdooDatabase) -> None:
    """ "notifications" is the default From alias; a full address there would replace every sender."""
    desired = {"name": "example.com", "default_from": "notifications", "odoo": odoo19.options}
    played = play(
        tmp_path, [{"postmaster.mail.odoo_alias_domain": {**desired, "companies": [], "assign_to_all": True}}]
    )
    assert played.code == 0, played.output
    assert odoo19.records("mail.alias.domain", "name", "bounce_email", "catchall_email", "default_from_email") == [
        {
            "name": "example.com",
            "bounce_email": "bounce@example.com",
            "catchall_email": "catchall@example.com",
            "default_from_email": "notifications@example.com",
        }
    ]
