# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether mail will pass, for each way that it can leave and each state of the records."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.addresses import domain_of
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.routing.routes import (
    Company,
    MailServer,
    Route,
    SenderRoute,
)
from ansible_collections.postmaster.mail.plugins.module_utils.preflight.judge import (
    ANY_PARTNER,
    in_order,
    preflight,
    sentence,
)
from ansible_collections.postmaster.mail.plugins.module_utils.preflight.model import (
    SEVERITIES,
    RouteVerdict,
    Service,
    Setup,
    policy_below,
)

DOMAIN = "company-name.com"
COMPANY = "Company Name SA"
RELAY = Service("relay", f"{DOMAIN} - relay", "smtp.company-name.com", says_spf=True, says_dkim=True)
SES = Service("ses", f"{DOMAIN} - ses", says_spf=True, return_path="amazonses.com")
ODOO = Service("Odoo", command_line=True, says_spf=True, says_dkim=True, return_path="odoo.com")
SILENT = Service("silent", f"{DOMAIN} - silent")


def setup(*services: Service, domain: str = DOMAIN, company: str = COMPANY) -> Setup:
    return Setup(domain, domain, (company,), services)


def route(
    sender: str = f"sales@{DOMAIN}", company: str | None = COMPANY, sources: Sequence[str] = ("user Mary",), **more: Any
) -> SenderRoute:
    """Through the relay, unchanged, with bounces to the domain."""
    of_route = {
        "from_header": sender, "envelope_sender": f"bounce@{DOMAIN}", "reply_to": f"catchall@{DOMAIN}",
        "rule": "from_domain", "reason": "", **by(RELAY), **more,
    }  # fmt: skip
    return SenderRoute(sender, None if company is None else Company(1, company), tuple(sources), Route(**of_route))


def by(service: Service, **changes: Any) -> dict[str, Any]:
    return {
        "server": MailServer(
            **{"id": 1, "name": service.server, "host": service.host, "from_filter": DOMAIN, **changes}
        )
    }


def shown(policy: str | None = "none", domain: str = DOMAIN, strict: bool = False, **senders: Any) -> dict[str, Any]:
    """A result in the form of domain_info; each sender is given as (spf, dkim)."""
    mode = "s" if strict else "r"
    told = {
        name: {"spf": spf, "dkim": dkim, "lacking": [] if spf and dkim else ["ip4:192.0.2.25"]}
        for name, (spf, dkim) in senders.items()
    }
    applied = {
        "policy": policy, "subdomain_policy": policy, "nonexistent_policy": policy,
        "domain": domain if policy else None, "organizational_domain": domain,
        "spf_alignment": mode, "dkim_alignment": mode,
    }  # fmt: skip
    return {domain: {"dmarc_policy": applied, "senders": told, "exists": True}}


def one(setups: Setup | list[Setup], routes: Any, seen: dict[str, Any]) -> RouteVerdict:
    """The worst verdict of the first host."""
    listed = setups if isinstance(setups, list) else [setups]
    return preflight(listed, routes if isinstance(routes, list) else [routes], seen)[listed[0].host].verdicts[0]


class TestOwnDomain:
    def test_spf_alone_is_enough(self) -> None:
        found = one(setup(RELAY), route(), shown("reject", relay=(True, False)))
        assert (found.code, found.severity, found.dmarc, found.blocks) == ("passes", "ok", "pass", False)
        assert found.found == f"@{DOMAIN} leaves through the server {RELAY.server}: DMARC passes by SPF (p=reject)."

    def test_dkim_alone_is_enough(self) -> None:
        found = one(setup(ODOO), route(server=None), shown("reject", Odoo=(False, True)))
        assert (found.code, found.spf_aligned, found.dkim_aligned) == ("passes", False, True)

    def test_the_envelope_sender_of_a_service_without_dkim_is_not_aligned(self) -> None:
        found = one(setup(SES), route(**by(SES)), shown("none", ses=(True, None)))
        assert (found.code, found.severity, found.blocks) == ("not_aligned", "warning", False)
        assert "SPF passes for amazonses.com, which is not company-name.com." in found.found
        assert "dkim of custom_domain_senders" in found.cure

    def test_mail_that_is_not_aligned_is_stopped_under_an_enforced_policy(self) -> None:
        for policy in ("quarantine", "reject"):
            found = one(setup(SES), route(**by(SES)), shown(policy, ses=(True, None)))
            assert (found.code, found.severity, found.blocks) == ("not_aligned", "error", True)

    def test_odoo_online_without_a_dkim_key_is_not_aligned(self) -> None:
        found = one(setup(ODOO), route(server=None), shown("none", Odoo=(True, False)))
        assert (found.code, found.service) == ("not_aligned", "Odoo")

    def test_an_unauthorised_server_is_stopped_under_any_policy(self) -> None:
        for policy in (None, "none", "reject"):
            found = one(setup(RELAY), route(), shown(policy, relay=(False, False)))
            assert (found.code, found.severity, found.blocks) == ("not_authenticated", "error", True)
            assert "ip4:192.0.2.25" in found.cure

    def test_an_spf_record_that_lists_the_sender_but_fails_must_be_corrected(self) -> None:
        seen = shown("reject", relay=(False, None))
        seen[DOMAIN]["senders"]["relay"]["lacking"] = []
        by_spf = dataclasses.replace(RELAY, says_dkim=False)
        found = one(setup(by_spf), route(), seen)
        assert (found.code, found.cure.partition(":")[0]) == (
            "not_authenticated",
            f"Correct the SPF record of {DOMAIN}, so that it lets relay pass.",
        )

    def test_mail_is_stopped_if_dns_does_not_answer(self) -> None:
        for verdicts in ((None, None), (None, False), (False, None)):
            found = one(setup(RELAY), route(), shown("reject", relay=verdicts))
            assert (found.code, found.severity, found.blocks) == ("not_known", "warning", True)

    def test_a_sender_without_spf_and_dkim_is_asked_for_them(self) -> None:
        found = one(setup(SILENT), route(**by(SILENT)), shown("reject", silent=(None, None)))
        assert (found.code, found.blocks) == ("not_known", False)
        assert found.cure == "Say what the sender silent needs in DNS, in spf and dkim of custom_domain_senders."

    def test_strict_alignment_does_not_accept_a_subdomain(self) -> None:
        below = route(f"news@mail.{DOMAIN}")
        assert one(setup(RELAY), below, shown("reject", relay=(True, True))).code == "passes"
        assert one(setup(RELAY), below, shown("reject", strict=True, relay=(True, True))).blocks

    def test_a_subdomain_is_judged_by_its_own_policy(self) -> None:
        """p=reject; sp=none; np=quarantine, and mail through a service with its own envelope sender."""
        below = route(f"news@mail.{DOMAIN}", **by(SES))
        above = shown("reject", ses=(True, False))[DOMAIN]
        above["dmarc_policy"].update(subdomain_policy="none", nonexistent_policy="quarantine")
        at_top = one(setup(SES), route(**by(SES)), {DOMAIN: above})
        assert (at_top.code, at_top.blocks) == ("not_aligned", True)

        def judged(policy: dict[str, Any] | None, exists: bool | None = True) -> tuple[str, bool, str]:
            own = {"exists": exists, "dmarc_policy": policy or {**above["dmarc_policy"], "policy": "none"}}
            found = one(setup(SES), below, {DOMAIN: above, f"mail.{DOMAIN}": own})
            return found.code, found.blocks, found.found

        assert judged(None)[:2] == ("not_aligned", False)
        assert judged(None, exists=None)[:2] == ("not_aligned", False)
        missing = judged(None, exists=False)
        assert missing[:2] == ("not_aligned", True)
        assert "receivers treat it as spam" in missing[2]
        own = {"policy": "reject", "domain": f"mail.{DOMAIN}", "organizational_domain": DOMAIN}
        assert judged(own)[:2] == ("not_aligned", True)
        assert one(setup(SES), below, {DOMAIN: above}).blocks is False

    def test_an_envelope_sender_in_a_subdomain_is_aligned_unless_strict(self) -> None:
        service = dataclasses.replace(SES, return_path=f"bounce.{DOMAIN}", says_dkim=True)
        for strict, path_spf, expected in (
            (False, True, ("passes", "pass", True)),
            (True, True, ("not_aligned", "pass", False)),
            (False, False, ("not_authenticated", "fail", True)),
            (False, None, ("not_known", "unknown", True)),
        ):
            seen = shown("reject", strict=strict, ses=(False, False))
            seen[DOMAIN]["senders"]["ses"].update(return_path_spf=path_spf)
            found = one(setup(service), route(**by(service)), seen)
            assert (found.code, found.spf, found.spf_aligned) == expected
            if path_spf is False:
                assert f"the SPF record of bounce.{DOMAIN}" in found.cure

    def test_a_rewritten_address_is_judged_by_its_replacement(self) -> None:
        replaced = route("mary@elsewhere.example", from_header=f'"Mary" <notifications@{DOMAIN}>', rewritten=True)
        found = one(setup(RELAY), replaced, shown(relay=(True, True)))
        assert (found.code, found.from_addresses) == ("passes", ("mary@elsewhere.example",))

    def test_senders_with_the_same_route_share_one_verdict(self) -> None:
        routes = [route(f"user{number}@{DOMAIN}") for number in range(500)]
        found = preflight([setup(RELAY)], routes, shown(relay=(True, True)))[DOMAIN].verdicts
        assert [len(verdict.from_addresses) for verdict in found] == [500]

    def test_a_missing_envelope_sender_is_an_error(self) -> None:
        found = one(setup(RELAY), route(envelope_sender=""), shown())
        assert (found.code, found.blocks) == ("not_sendable", True)


class TestOtherServers:
    def test_for_a_server_of_others_without_a_filter_the_result_is_not_known(self) -> None:
        found = one(setup(RELAY), route(**by(RELAY, name="Old", host="old.example"), rule="without_filter"), shown())
        assert (found.code, found.severity, found.blocks) == ("not_known", "warning", False)
        assert "Old" in found.found

    def test_mail_through_the_server_of_another_company_is_stopped(self) -> None:
        other = setup(Service("relay", "other-name.com - relay"), domain="other-name.com", company="Other Name SRL")
        leaving = route(
            **by(RELAY, name="other-name.com - relay", host="", from_filter="other-name.com"), rule="first_server"
        )
        found = one([setup(RELAY), other], leaving, shown(relay=(True, True)))
        assert (found.code, found.severity, found.blocks) == ("foreign_server", "error", True)
        assert "a server of other-name.com, not of company-name.com" in found.found

    def test_odoos_own_server_beside_others_needs_authentication_cli(self) -> None:
        leaving = route(**by(RELAY, name="Old", host="", from_filter="old.example"), rule="first_server")
        assert "authentication: cli" in one(setup(ODOO), leaving, shown(Odoo=(True, True))).cure

    def test_a_relay_with_another_name_is_recognised_by_its_host(self) -> None:
        leaving = route(**by(RELAY, name="Relay of all", host="SMTP.company-name.com"))
        assert one(setup(RELAY), leaving, shown(relay=(True, True))).code == "passes"

    def test_for_odoos_own_server_without_an_entry_the_result_is_not_known(self) -> None:
        assert one(setup(RELAY), route(server=None), shown()).code == "not_known"

    def test_a_sender_without_any_mail_is_reported(self) -> None:
        found = preflight([setup(RELAY, SES)], [route()], shown(relay=(True, True)))[DOMAIN].verdicts
        assert [(verdict.code, verdict.service) for verdict in found if verdict.severity != "ok"] == [
            ("sender_without_route", "ses")
        ]

    def test_a_server_for_mailings_needs_no_route(self) -> None:
        mailings = dataclasses.replace(SES, mailings=True)
        found = preflight([setup(RELAY, mailings)], [route()], shown(relay=(True, True)))[DOMAIN].verdicts
        assert [verdict.code for verdict in found] == ["passes"]

    def test_a_domain_without_outgoing_mail_is_reported(self) -> None:
        codes = {
            verdict.code for verdict in preflight([setup(RELAY)], [route("a@b.example")], shown())[DOMAIN].verdicts
        }
        assert "nothing_leaves" in codes


class TestOthersAddresses:
    def test_a_partners_address_under_an_enforced_policy_is_an_error(self) -> None:
        mary = route("mary@customer.example", sources=["partner"], rule="without_filter")
        found = one(setup(RELAY), mary, shown("reject", "customer.example"))
        assert (found.code, found.severity, found.blocks) == ("partner_rejected", "error", False)
        # the two solutions in Odoo's documentation
        assert "Have Odoo replace the sender" in found.cure
        assert "ask the partner" in found.cure

    def test_a_partners_address_without_an_enforced_policy_is_a_warning(self) -> None:
        for sender in ("mary@customer.example", ANY_PARTNER):
            mary = route(sender, sources=["partner"], rule="without_filter")
            seen = {**shown(relay=(True, True)), **shown("none", "customer.example")}
            found = one(setup(RELAY), [mary, route()], seen)
            assert (found.code, found.severity) == ("partner_sent_as_is", "warning")

    def test_a_partners_address_that_is_replaced_passes_as_the_company(self) -> None:
        mary = route(
            "mary@customer.example", sources=["partner"], from_header=f"notifications@{DOMAIN}", rewritten=True
        )
        assert one(setup(RELAY), mary, shown(relay=(True, True))).code == "passes"

    def test_whether_odoo_conf_replaces_partners_is_not_guessed(self) -> None:
        mary = route(ANY_PARTNER, sources=["partner"], server=None, rule="command_line")
        found = preflight([setup(ODOO)], [mary, route(server=None)], shown(Odoo=(True, True)))[DOMAIN].verdicts
        assert ("partner_not_known", "info") in [(verdict.code, verdict.severity) for verdict in found]

    def test_if_the_filter_of_odoo_conf_is_known_the_route_is_trusted(self) -> None:
        mary = route("mary@customer.example", sources=["partner"], server=None, rule="command_line")
        known = dataclasses.replace(setup(ODOO), knows_from_filter=True)
        found = one(known, [mary, route(server=None)], shown(Odoo=(True, True)))
        assert (found.code, found.severity) == ("partner_sent_as_is", "warning")

    def test_a_yahoo_address_is_an_error_and_a_gmail_address_a_warning(self) -> None:
        for address, severity in (("info@yahoo.fr", "error"), ("info@aol.com", "error"), ("info@gmail.com", "warning"),
                                  ("info@outlook.com", "warning")):  # fmt: skip
            found = one(setup(RELAY), route(address), shown())
            assert (found.code, found.severity, found.blocks) == ("freemail_address", severity, False)

    def test_a_yahoo_address_that_is_replaced_is_only_a_hint(self) -> None:
        mary = route("mary@yahoo.com", from_header=f"notifications@{DOMAIN}", rewritten=True)
        found = preflight([setup(RELAY)], [mary], shown(relay=(True, True)))[DOMAIN].verdicts
        assert [(verdict.code, verdict.severity) for verdict in found] == [
            ("freemail_address", "info"),
            ("passes", "ok"),
        ]

    def test_another_domain_of_the_company_is_reported_as_not_checked(self) -> None:
        codes = [
            verdict.code for verdict in preflight([setup(RELAY)], [route("a@old.example")], shown())[DOMAIN].verdicts
        ]
        assert "not_looked_at" in codes

    def test_mail_of_companies_without_a_host_is_ignored(self) -> None:
        found = preflight([setup(RELAY)], [route(), route("a@b.example", company="Beta")], shown(relay=(True, True)))
        assert [verdict.code for verdict in found[DOMAIN].verdicts] == ["passes"]


KNOWN = st.sampled_from([True, False, None])
SERVICES = st.builds(
    Service,
    name=st.just("one"),
    server=st.sampled_from(["", "one"]),
    host=st.sampled_from(["", "smtp.one.example"]),
    command_line=st.booleans(),
    says_spf=st.booleans(),
    says_dkim=st.booleans(),
    return_path=st.sampled_from(["", "one.example", f"bounce.{DOMAIN}", DOMAIN]),
    mailings=st.booleans(),
)
SENDERS = st.sampled_from(
    [f"sales@{DOMAIN}", f"a@b.{DOMAIN}", "mary@customer.example", "m@gmail.com", "<>", ANY_PARTNER]
)


@given(
    service=SERVICES,
    sender=SENDERS,
    envelope=st.sampled_from(["", f"bounce@{DOMAIN}", f"b@c.{DOMAIN}", "x@y.example"]),
    sources=st.sampled_from([["user"], ["partner"]]),
    rule=st.sampled_from(["from_domain", "first_server", "without_filter", "command_line", "forced"]),
    server=st.sampled_from([None, "one", "two"]),
    policy=st.sampled_from([None, "none", "quarantine", "reject"]),
    strict=st.booleans(),
    spf=KNOWN,
    dkim=KNOWN,
)
def test_any_state_leads_to_complete_verdicts(
    service: Service, sender: str, envelope: str, sources: list[str], rule: str, server: str | None,
    policy: str | None, strict: bool, spf: bool | None, dkim: bool | None,
) -> None:  # fmt: skip
    named = None if server is None else MailServer(1, server, host="smtp.one.example", from_filter="x")
    leaving = route(sender, envelope_sender=envelope, sources=sources, rule=rule, server=named)
    outlook = preflight([setup(service)], [leaving], shown(policy, strict=strict, one=(spf, dkim)))[DOMAIN]
    for verdict in outlook.verdicts:
        assert verdict.severity in SEVERITIES
        assert sentence(verdict).endswith(".")
        assert verdict.severity == "ok" or verdict.cure
        # only mail of the domain itself is stopped, and only if it is known to fail or nothing is known
        assert not verdict.blocks or verdict.severity == "error" or verdict.code == "not_known"
        own = not domain_of(sender) or f".{domain_of(sender)}".endswith(f".{DOMAIN}")
        assert not verdict.blocks or own
        if verdict.code == "passes":
            assert (verdict.spf == "pass" and verdict.spf_aligned) or (verdict.dkim == "pass" and verdict.dkim_aligned)
    assert outlook.verdicts == in_order(outlook.verdicts)


def test_working_mail_must_not_move_to_a_sender_of_which_nothing_is_known() -> None:
    """A sender without spf and dkim is only a warning for new mail, but stops mail that leaves another way today."""
    after, now = route(**by(SILENT)), route(**by(RELAY))

    def blocks(before: list[SenderRoute] | None) -> bool:
        found = preflight([setup(RELAY, SILENT)], [after], shown(silent=(None, None)), before)[DOMAIN]
        (verdict,) = [one for one in found.verdicts if one.code == "not_known"]
        return verdict.blocks

    new = dataclasses.replace(now, is_new=True)
    assert [blocks(before) for before in (None, [], [new], [now], [after])] == [False, False, False, True, False]


def test_the_strictest_receivers_count_for_subdomains_too() -> None:
    """Receivers of RFC 7489 ignore t=y, which for others turns sp=reject into quarantine."""
    above = {
        "dmarc_policy": {
            "policy": "none",
            "subdomain_policy": "none",
            "strictest_subdomain_policy": "quarantine",
            "nonexistent_policy": "quarantine",
            "strictest_nonexistent_policy": "reject",
        }
    }
    assert policy_below(above, {"exists": True}, f"news.{DOMAIN}").policy == "quarantine"
    assert policy_below(above, {"exists": False}, f"news.{DOMAIN}").policy == "reject"
