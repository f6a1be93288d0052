# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which server each Odoo version uses. Other tests compare the results for 14 and 19 with real servers."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database import addresses
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.versions import (
    guards_empty_sender,
    keeps_sender,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.routing.findings import (
    database_findings,
    route_with_findings,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.routing.routes import (
    RULES,
    AliasDomain,
    CommandLine,
    Company,
    MailServer,
    Route,
    SenderRoute,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.routing.routing import Routing

DOMAIN = AliasDomain(
    1,
    "company-name.com",
    10,
    "bounce@company-name.com",
    "catchall@company-name.com",
    "notifications@company-name.com",
)
PARAMETERS = {
    "mail.catchall.domain": "company-name.com",
    "mail.catchall.alias": "catchall",
    "mail.bounce.alias": "bounce",
    "mail.default.from": "notifications",
}
COMPANY = Company(1, "Company Name SA", 1)


def routing(version: int, *servers: MailServer, **more: Any) -> Routing:
    """The same addresses in every version, from an alias domain or from the system parameters."""
    return Routing(version, servers, [DOMAIN], [COMPANY], PARAMETERS | more.pop("parameters", {}), **more)


def server(number: int, from_filter: str = "", **more: Any) -> MailServer:
    return MailServer(number, f"server {number}", from_filter=from_filter, **more)


def route(version: int, sender: str, *servers: MailServer, **more: Any) -> Route:
    return route_with_findings(routing(version, *servers, **more), sender, 1)


def codes(found: Route) -> list[str]:
    return [finding.code for finding in found.findings]


SINCE_15 = (15, 16, 17, 18, 19)
ALL = (14, *SINCE_15)


@pytest.mark.parametrize("version", ALL)
def test_a_sender_of_the_companys_domain_is_not_rewritten(version: int) -> None:
    found = route(version, "sales@company-name.com", server(1, "company-name.com"))
    assert (found.from_header, found.reply_to, found.envelope_sender) == (
        "sales@company-name.com",
        "catchall@company-name.com",
        "bounce@company-name.com",
    )
    assert found.server is not None and found.server.id == 1 and found.findings == ()


@pytest.mark.parametrize("version", SINCE_15)
def test_another_sender_is_rewritten_to_the_notification_address_with_its_name(version: int) -> None:
    found = route(version, '"Mary" <mary@customer.example.com>', server(1, "company-name.com"))
    assert found.from_header == "Mary <notifications@company-name.com>"
    assert found.rewritten and found.rule == "notifications_domain" and codes(found) == ["rewritten"]
    assert "notifications@company-name.com" in found.findings[0].message


def test_odoo_14_has_no_filters_and_rewrites_no_sender() -> None:
    found = route(14, "mary@customer.example.com", server(1, sequence=20), server(2, sequence=10))
    assert found.server is not None and found.server.id == 2
    assert found.from_header == "mary@customer.example.com" and not found.rewritten


@pytest.mark.parametrize("version", SINCE_15)
def test_a_filter_with_the_address_beats_one_with_the_domain_at_any_priority(version: int) -> None:
    servers = (server(1, "company-name.com", sequence=1), server(2, "Sales@Company-Name.com", sequence=2))
    found = route(version, "sales@company-name.com", *servers)
    assert found.server is not None and found.server.id == 2 and found.rule == "from_address"


@pytest.mark.parametrize(("version", "taken"), [(15, False), (16, False), (17, True), (18, True), (19, True)])
def test_a_filter_with_several_entries_works_since_17(version: int, taken: bool) -> None:
    asked = routing(version, server(1, "other-name.com,company-name.com"))
    assert (asked.route("sales@company-name.com", 1).rule == "from_domain") is taken
    assert [finding.code for finding in database_findings(asked)] == ([] if taken else ["filter_never_matches"])


@pytest.mark.parametrize(
    ("version", "rule"), [(15, "from_address"), (17, "from_address"), (18, "without_filter"), (19, "without_filter")]
)
def test_up_to_17_mail_without_a_sender_address_uses_the_first_server_with_a_domain(version: int, rule: str) -> None:
    servers = (server(1, "other-name.com", sequence=2), server(2, sequence=3))
    found = routing(version, *servers, parameters={"mail.default.from": ""}).find("OdooBot")
    assert found.rule == rule


@pytest.mark.parametrize(("version", "found", "queued"), [(17, 1, 2), (18, 3, 2), (19, 3, 2)])
def test_several_addresses_in_one_sender_use_another_server_on_17(version: int, found: int, queued: int) -> None:
    """They do not form one address. 17 then matches any filter with a domain; its queue uses the first address."""
    servers = server(1, "other-name.com"), server(2, "company-name.com", sequence=20), server(3, sequence=20)
    asked = Routing(version, servers, companies=[COMPANY])
    sender = "sales@company-name.com, info@elsewhere.example"
    direct, sent = asked.find(sender), asked.route(sender, 1)
    assert direct.server is not None and (direct.server.id, direct.sender) == (found, sender)
    assert sent.server is not None and (sent.server.id, sent.from_header) == (queued, "sales@company-name.com")


@pytest.mark.parametrize("version", SINCE_15)
def test_subdomains_wildcards_and_other_spellings_never_match(version: int) -> None:
    for text in ("*.company-name.com", "@company-name.com", "sub.company-name.com", "company-name.com;other.com", " "):
        assert route(version, "sales@company-name.com", server(1, text)).rule == "first_server"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("*.company-name.com", "no wildcard"),
        ("@company-name.com", "without the at sign"),
        ("company-name.com;other-name.com", "separated by commas"),
        (" ", "blank"),
        ("https://company-name.com", "neither an address nor a domain"),
    ],
)
def test_a_filter_that_never_matches_is_reported_with_the_reason(text: str, why: str) -> None:
    asked = routing(19, server(7, text))
    assert [finding.code for finding in database_findings(asked)] == ["filter_never_matches"]
    assert why in database_findings(asked)[0].message and "(id 7)" in database_findings(asked)[0].message
    if "company-name.com" in text:
        assert "filter_never_matches" in codes(route_with_findings(asked, "sales@company-name.com", 1))


@pytest.mark.parametrize("version", ALL)
def test_equal_priorities_are_reported_with_all_candidates(version: int) -> None:
    servers = [server(number, "company-name.com") for number in (9, 4, 6)]
    found = route(version, "sales@company-name.com", *servers)
    assert found.server is not None and found.server.id == 4
    assert [one.id for one in found.candidates] == [4, 6, 9] and codes(found) == ["tie"]
    assert ("any of them" in found.findings[0].message) is (version < 17)


@pytest.mark.parametrize("version", ALL)
def test_servers_for_different_mail_tie_only_on_14(version: int) -> None:
    found = route(version, "sales@company-name.com", server(1, "company-name.com"), server(2, "other-name.com"))
    assert ("tie" in codes(found)) is (version == 14)


@pytest.mark.parametrize("version", ALL)
def test_archived_and_personal_servers_are_not_used(version: int) -> None:
    found = route(
        version,
        "sales@company-name.com",
        server(1, "sales@company-name.com", active=False),
        server(2, "sales@company-name.com", owner="Sally"),
        server(3, "company-name.com"),
    )
    assert found.server is not None and found.server.id == 3
    assert ("personal_server" in codes(found)) is (version > 14)


@pytest.mark.parametrize("version", ALL)
def test_a_forced_server_is_used_whatever_its_filter(version: int) -> None:
    asked = routing(version, server(1, "company-name.com"), server(2, "other-name.com"))
    found = route_with_findings(asked, "sales@company-name.com", 1, forced=2)
    assert found.server is not None and found.server.id == 2 and found.rule == "forced"
    assert found.from_header == "sales@company-name.com"
    assert ("forced_server_mismatch" in codes(found)) is (version > 14)
    # its filter does not cover the bounce address either
    assert found.envelope_sender == ("bounce@company-name.com" if version == 14 else "sales@company-name.com")


@pytest.mark.parametrize("version", ALL)
def test_a_forced_server_that_is_archived_or_missing_is_reported(version: int) -> None:
    asked = routing(version, server(1, "company-name.com"), server(2, "company-name.com", active=False))
    told = codes(route_with_findings(asked, "sales@company-name.com", 1, forced=2))
    assert ("forced_server_archived" in told) is (version >= 16)  # older versions use it all the same
    gone = route_with_findings(asked, "sales@company-name.com", 1, forced=99)
    assert codes(gone) == ["forced_server_missing"] and gone.server is not None and gone.server.id == 1


@pytest.mark.parametrize("version", SINCE_15)
def test_without_servers_the_filter_comes_from_the_parameter_or_the_command_line(version: int) -> None:
    line = CommandLine(from_filter="company-name.com", smtp_server="relay.company-name.com")
    found = route(version, "mary@customer.example.com", command_line=line)
    assert found.server is None and found.rule == "command_line"
    assert found.from_header == "mary <notifications@company-name.com>"
    assert "relay.company-name.com" in found.findings[0].message
    other = {"mail.default.from_filter": "customer.example.com"}
    assert route(version, "mary@customer.example.com", command_line=line, parameters=other).rewritten is False
    assert route(version, "mary@customer.example.com", parameters={}).rewritten is False


@pytest.mark.parametrize(("version", "replaced"), [(15, True), (16, True), (17, False), (18, False), (19, False)])
def test_a_list_as_default_filter_matches_nothing_up_to_16(version: int, replaced: bool) -> None:
    filters = {"mail.default.from_filter": "customer.example.com, company-name.com"}
    assert route(version, "mary@customer.example.com", parameters=filters).rewritten is replaced


@pytest.mark.parametrize("version", (17, 18, 19))
def test_a_company_without_an_alias_domain_uses_that_of_the_first_except_for_replies(version: int) -> None:
    asked = Routing(version, [server(1, "company-name.com")], [DOMAIN], [Company(2, "Other Name SRL")])
    found = route_with_findings(asked, "mary@customer.example.com", 2)
    assert found.from_header == "mary <notifications@company-name.com>"
    assert found.reply_to == "mary@customer.example.com" and "no_alias_domain" in codes(found)


@pytest.mark.parametrize("version", (17, 18, 19))
def test_without_servers_the_scheduler_uses_the_default_sender_of_the_first_company(version: int) -> None:
    """As on Odoo Online, where the filter is Odoo's subdomain and not the domain of another company."""
    first = AliasDomain(2, "company-name.odoo.com", 5, default_from_email="notifications@company-name.odoo.com")
    asked = Routing(
        version,
        alias_domains=[DOMAIN, first],
        companies=[Company(1, "First", 2), Company(2, "Company Name SA", 1)],
        parameters={"mail.default.from_filter": "company-name.odoo.com"},
    )
    found = route_with_findings(asked, "sales@company-name.com", 2)
    assert found.from_header == "sales <notifications@company-name.com>"
    (later,) = [finding for finding in found.findings if finding.code == "scheduler_differs"]
    assert "notifications@company-name.odoo.com" in later.message and "First" in later.message
    assert "scheduler_differs" not in codes(route_with_findings(asked, "sales@company-name.com", 1))


def test_bounces_that_return_to_the_sender_are_reported() -> None:
    """A filter with a single address, as for a mailbox, does not cover the bounce address."""
    found = route(19, "sales@company-name.com", server(1, "sales@company-name.com"))
    assert found.envelope_sender == "sales@company-name.com" and codes(found) == ["bounces_to_sender"]


@pytest.mark.parametrize("version", SINCE_15)
def test_mail_that_leaves_through_a_server_of_others_is_reported(version: int) -> None:
    found = route(version, "sales@company-name.com", server(1, ours=False))
    assert found.rule == "without_filter" and "foreign_server" in codes(found)
    assert "foreign_server" not in codes(route(version, "sales@company-name.com", server(1)))


def test_a_sender_without_a_valid_address_is_reported() -> None:
    found = route_with_findings(Routing(19, [server(1)]), "OdooBot")
    assert found.envelope_sender == "" and "not_sendable" in codes(found)
    assert codes(route_with_findings(Routing(19, [server(1)]), "\ud800@b.example")) == ["not_sendable"]


SENDERS = st.one_of(
    st.text(max_size=30),
    st.builds("{}@{}".format, st.text(max_size=8), st.sampled_from(["company-name.com", "b.example", ""])),
    st.emails(),
)
SERVERS = st.lists(
    st.builds(
        MailServer,
        id=st.integers(1, 99),
        name=st.just("server"),
        sequence=st.integers(0, 3),
        from_filter=st.one_of(st.just(""), st.text(max_size=20), st.sampled_from(["company-name.com", "b.example"])),
        active=st.booleans(),
        owner=st.sampled_from(["", "", "Sally"]),
    ),
    max_size=4,
    unique_by=lambda server: server.id,
)


@given(st.sampled_from(ALL), SENDERS, SERVERS, st.one_of(st.none(), st.integers(1, 99)))
@example(15, "0\n@0", [], None)  # it has an address, but no header can be written with it
def test_any_sender_gets_a_consistent_route(
    version: int, sender: str, servers: list[MailServer], forced: int | None
) -> None:
    asked = routing(version, *servers)
    found = route_with_findings(asked, sender, 1, forced)
    assert found.rule in RULES and found.reason
    if found.server is not None and found.rule != "forced":
        assert found.server.active and not found.server.owner
        assert found.server in found.candidates and {one.sequence for one in found.candidates} == {
            found.server.sequence
        }
    if found.rewritten:
        assert "rewritten" in codes(found) or not addresses.normal(sender)
    assert not (found.rewritten and not found.from_header)
    assert route_with_findings(asked, sender, 1, forced) == found


@given(st.emails())
def test_a_plain_address_is_only_lowered(address: str) -> None:
    read = addresses.found(address)
    if len(read) == 1 and read[0] == ("", address):
        assert addresses.normal(address) == addresses.lowered(address)
        assert addresses.sender(address) == addresses.lowered(address)
    assert addresses.normal(addresses.normal(address)) == addresses.normal(address)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Mary <Mary@Company-Name.com>", "mary@company-name.com"),
        ("Mary mary@company-name.com", "mary@company-name.com"),
        ("Zoë@Company-Name.com", "Zoë@company-name.com"),
        ("one@a.example, two@a.example", ""),
        ("OdooBot", ""),
        ("", ""),
    ],
)
def test_an_address_is_found_in_a_text_as_odoo_does(text: str, address: str) -> None:
    assert addresses.normal(text) == address


@given(st.sampled_from(ALL), SENDERS, st.sampled_from([None, 1, 2]))
def test_a_route_survives_json(version: int, sender: str, forced: int | None) -> None:
    asked = routing(version, server(1, "company-name.com"), server(2, ours=False))
    found = route_with_findings(asked, sender, 1, forced)
    sent = SenderRoute(sender, Company(1, "Company Name SA"), ("user Mary",), found)
    again = SenderRoute.from_dict(json.loads(json.dumps(sent.as_dict())))
    assert again.as_dict() == sent.as_dict()
    assert (again.company, again.sources, again.route.candidates) == (sent.company, sent.sources, found.candidates)
    assert replace(again.route, default_from=found.default_from) == found


@pytest.mark.parametrize(("version", "build"), [(15, 20220620), (16, 20220101), (15, 20240101), (16, 20230301)])
def test_builds_before_2023_keep_a_sender_that_no_filter_matches(version: int, build: int) -> None:
    kept = build < 20230000
    assert keeps_sender(version, build) is kept
    asked = routing(version, server(1, "other.example"), keeps_sender=keeps_sender(version, build))
    leaves = asked.route("mary@customer.example.com", 1).from_header
    assert addresses.normal(leaves) == ("mary@customer.example.com" if kept else "notifications@company-name.com")


@pytest.mark.parametrize("filter_", ["company-name.com", "notifications@company-name.com"])
def test_early_builds_of_15_keep_the_sender_even_for_the_server_of_the_default_sender(filter_: str) -> None:
    for version, kept in ((15, True), (16, False)):
        asked = routing(version, server(1, filter_), keeps_sender=True)
        leaves = asked.route("mary@customer.example.com", 1).from_header
        assert (leaves == "mary@customer.example.com") is kept


@pytest.mark.parametrize("version", [15, 16])
def test_with_an_unknown_build_both_outcomes_are_reported(version: int) -> None:
    assert keeps_sender(version, None) is None and keeps_sender(version, 20221201) is None
    asked = routing(version, server(1, "other.example"), keeps_sender=None)
    found = route_with_findings(asked, "mary@customer.example.com", 1)
    assert found.from_header == "mary@customer.example.com"
    (told,) = [finding.message for finding in found.findings if finding.code == "depends_on_build"]
    assert "notifications@company-name.com" in told
    assert found.otherwise is not None and "<notifications@company-name.com>" in found.otherwise.from_header
    taken = routing(version, server(1, "company-name.com"), keeps_sender=None)
    same = route_with_findings(taken, "a@company-name.com", 1)
    assert "depends_on_build" not in codes(same) and same.otherwise is None
    assert all(keeps_sender(other, None) is False for other in (14, 17, 18, 19))


@pytest.mark.parametrize("sender", ["OdooBot", "Mary <>"])
def test_with_an_unknown_build_of_17_both_outcomes_for_a_sender_without_an_address_are_reported(sender: str) -> None:
    servers = (server(1, "other.example"), server(2, "company-name.com"))
    for build, taken_by, other in ((20250702, 1, None), (20260301, 1, 2), (None, 1, 2)):
        asked = routing(17, *servers, guards_empty_sender=guards_empty_sender(17, build))
        found = route_with_findings(asked, sender, 1)
        assert found.server is not None and found.server.id == taken_by
        told = [finding.message for finding in found.findings if finding.code == "depends_on_build"]
        if other is None:
            assert (told, found.otherwise) == ([], None)
            continue
        later = route(18, sender, *servers)
        assert found.otherwise is not None and later.server is not None and found.otherwise.server == later.server
        assert told == [
            "Odoo 17 changed here, and nothing shows whether this one is older: in later builds, the mail leaves "
            f"through {later.server.label} as {later.from_header}, with bounces to {later.envelope_sender}."
        ]
        with_address = route_with_findings(asked, "mary@company-name.com", 1)
        assert "depends_on_build" not in codes(with_address) and with_address.otherwise is None
    assert [guards_empty_sender(version, None) for version in (16, 18, 19)] == [False, True, True]


def test_odoo_15_has_a_default_bounce_alias_and_16_has_none() -> None:
    for version, bounce in ((15, "postmaster-odoo@company-name.com"), (16, "sales@company-name.com")):
        found = route(version, "sales@company-name.com", server(1), parameters={"mail.bounce.alias": ""})
        assert found.envelope_sender == bounce


@pytest.mark.parametrize("version", ALL)
def test_an_add_on_that_chooses_servers_is_reported(version: int) -> None:
    asked = routing(version, server(1), addons=["mail_multicompany"])
    findings = route_with_findings(asked, "a@b.example", 1).findings
    (told,) = [one for one in findings if one.code == "addon_chooses_server"]
    assert "mail_multicompany" in told.message
    assert "addon_chooses_server" not in codes(route(version, "a@b.example", server(1)))


@pytest.mark.parametrize("key", ["mail.force.smtp.from", "mail.dynamic.smtp.from"])
def test_a_sender_that_later_builds_of_14_force_is_reported(key: str) -> None:
    parameters = {key: "info@company-name.com"}
    found = route(14, "a@b.example", server(1), parameters=parameters)
    assert "depends_on_build" in codes(found)
    assert found.otherwise is not None
    assert (found.otherwise.from_header, found.otherwise.envelope_sender) == ("info@company-name.com",) * 2
    own = route(14, "a@company-name.com", server(1), parameters=parameters)
    assert (own.otherwise is None) is (key == "mail.dynamic.smtp.from")
    assert "depends_on_build" not in codes(route(17, "a@b.example", server(1), parameters=parameters))


def test_a_personal_server_for_mass_mailing_is_reported() -> None:
    asked = routing(19, server(1), server(2, owner="Sally"), parameters={"mass_mailing.mail_server_id": "2"})
    assert [finding.code for finding in database_findings(asked)] == ["dedicated_server_personal"]


@pytest.mark.parametrize("version", ALL)
def test_a_mailbox_login_that_sends_for_a_whole_domain_is_reported(version: int) -> None:
    def told(**changes: Any) -> list[str]:
        given = {
            "from_filter": "company-name.com",
            "host": "mail.company-name.com",
            "username": "info@company-name.com",
        }
        asked = routing(version, dataclasses.replace(server(1), **{**given, **changes}))
        return [one.message for one in database_findings(asked) if one.code == "mailbox_login"]

    if version == 14:  # Odoo 14 has no filters
        assert told() == []
        return
    (message,) = told()
    assert "info@company-name.com" in message and "553" in message
    assert told(username="postmaster@company-name.com", host="smtp.zoho.eu") != []
    for harmless in (
        {"username": "relay"},
        {"from_filter": "info@company-name.com"},
        {"from_filter": ""},
        {"username": "7a1b2c@smtp-brevo.com"},
        {"username": "postmaster@company-name.com", "host": "smtp.eu.mailgun.org"},
        {"authentication": "gmail"},
        {"active": False},
    ):
        assert told(**harmless) == [], harmless
