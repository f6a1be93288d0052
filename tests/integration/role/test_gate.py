# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Odoo does not begin to send what would fail, and the playbook verify tells what does."""

from __future__ import annotations

import datetime
import json
import re
import sys
from typing import Any

from ansible_collections.postmaster.mail.tests.servers.odoo_lab import RealDatabase
from ansible_collections.postmaster.mail.tests.servers.process import NotInstalled, free_port
from ansible_collections.postmaster.mail.tests.servers.sshd import Sshd
from ansible_collections.postmaster.mail.tests.support.absent import absent
from ansible_collections.postmaster.mail.tests.support.rollouts import ZONE, Run, World, changed, failed_only
from ansible_collections.postmaster.mail.tests.support.well_kept import KEY

from .test_rollout import RELAY

# its envelope sender is its own, and it signs for nobody: DMARC cannot pass
UNALIGNED = {**RELAY, "name": "service", "return_path": "amazonses.com"}
ENFORCED = ZONE + '_dmarc IN TXT "v=DMARC1; p=reject; rua=mailto:d@alpha.example"\n'


# nothing is wrong with it
SIGNING = {**RELAY, "dkim": [{"selector": "mail", "public_key": KEY}]}
RECEIVING = ZONE + "@ IN MX 10 mx\nmx IN A 192.0.2.25\n"


def verify(world: World, *arguments: str) -> tuple[Run, dict[str, Any]]:
    done = world.play(
        "postmaster.mail.verify", "-e", json.dumps({"custom_domain_reports": [{"path": "report.json"}]}), *arguments
    )
    return done, json.loads((world.folder / "report.json").read_text())


def codes(report: dict[str, Any], host: str = "alpha.example") -> set[str]:
    return {finding["code"] for finding in report["hosts"][host]["findings"]}


class TestGate:
    def test_it_holds_a_domain_whose_mail_would_fail_and_no_other(self, world: World) -> None:
        world.host("alpha.example", senders=[UNALIGNED], zone=ENFORCED)
        world.host("beta.example", senders=[{"service": "odoo", "authentication": "cli"}])
        plan = world.rollout("--check")
        done = world.rollout()
        for run in (plan, done):
            assert failed_only(run.recap) == ["alpha.example"]
            assert "Odoo is not changed for alpha.example, because its mail would then fail." in run.output
            assert "So DMARC fails, and receivers reject it" in run.output
            assert changed(run.recap) == {"alpha.example": 0, "beta.example": 1}
        held = world.odoo.database.shown()
        assert [one["name"] for one in held["mail.alias.domain"]] == ["beta.example"]
        assert [one["name"] for one in held["ir.mail_server"]] == ["beta.example - command line"]
        # a warning, and then nothing, where it is asked for
        world.hosts["alpha.example"]["custom_domain_gate"] = "warn"
        warned = world.rollout("--check")
        assert (warned.code, changed(warned.recap)["alpha.example"]) == (0, 1)
        assert "So DMARC fails, and receivers reject it" in warned.output
        world.hosts["alpha.example"]["custom_domain_gate"] = "ignore"
        silent = world.rollout()
        assert (silent.code, changed(silent.recap)["alpha.example"]) == (0, 1)
        assert "receivers reject it" not in silent.output

    def test_the_relay_of_one_company_does_not_take_the_mail_of_another(self, world: World) -> None:
        world.host("alpha.example", senders=[{"service": "odoo"}])
        assert world.rollout().code == 0
        world.host("beta.example", senders=[{**RELAY, "host": "smtp.beta.example"}])
        for arguments in (("--limit", "beta.example"), ("--limit", "beta.example", "--check"), ()):
            held = world.rollout(*arguments)
            assert failed_only(held.recap) == ["beta.example"], held.output
            said = " ".join(held.output.split())
            assert "Odoo is not changed for beta.example, because mail of others would then fail." in said
            assert (
                "Mail of alpha.example leaves through Odoo's own server (odoo.conf) now, and after "
                "this run through the server beta.example - relay." in said
            )
            assert "a server of their own, such as one with authentication: cli" in said
        assert not world.odoo.database.shown().get("ir.mail_server")
        # with the cure, both are done
        world.hosts["alpha.example"]["custom_domain_senders"] = [{"service": "odoo", "authentication": "cli"}]
        done = world.rollout()
        assert (done.code, changed(done.recap)) == (0, {"alpha.example": 1, "beta.example": 1}), done.output

    def test_a_password_that_is_part_of_names_and_answers_opens_nothing(self, world: World) -> None:
        world.odoo.database.passwords[2] = "alpha"
        world.common["custom_domain_odoo"] = {**world.odoo.options, "password": "alpha"}
        world.host("alpha.example", senders=[UNALIGNED], zone=ENFORCED)
        held = world.rollout()
        # from 2.22 on Ansible itself masks a password wherever it prints it, in the names of hosts, too
        output = held.output.replace("$REDACTED$", "alpha")
        assert [name.replace("$REDACTED$", "alpha") for name in failed_only(held.recap)] == ["alpha.example"]
        assert "Odoo is not changed for alpha.example, because its mail would then fail." in output
        assert "@alpha.example leaves through the server alpha.example - service." in output
        assert world.alias_domains() == []

    def test_mail_of_a_subdomain_is_judged_by_the_policy_for_it(self, world: World) -> None:
        strict = ENFORCED.replace("p=reject;", "p=reject; sp=none; np=reject; aspf=s; adkim=s;")
        names = ["alpha.example", "news.alpha.example"]
        relay = {**RELAY, "from_filter": names}
        world.host("alpha.example", senders=[relay], zone=strict + "news IN A 192.0.2.1\n", dmarc={"policy": "reject"})
        world.odoo.database.call(2, "res.users", "write", [[2], {"email": "mary@news.alpha.example"}], {})
        lenient = world.rollout("--check")
        assert lenient.code == 0, lenient.output
        words = " ".join(lenient.output.split())
        assert "@news.alpha.example leaves through the server alpha.example - relay" in words
        assert "So DMARC fails, and receivers still take it, because the policy is none" in words
        for zone in (strict, f'{strict}_dmarc.news IN TXT "v=DMARC1; p=quarantine; aspf=s"\n'):
            (world.folder / "zones" / "alpha.example.zone").write_text(zone)
            held = world.rollout("--check")
            assert failed_only(held.recap) == ["alpha.example"], held.output
        assert "So DMARC fails, and receivers treat it as spam" in " ".join(held.output.split())

    def test_a_plan_counts_records_that_are_not_there_yet(self, world: World) -> None:
        world.host("alpha.example", senders=[RELAY], zone=ENFORCED)
        calls = world.odoo.database.writes
        plan = world.rollout("--check")
        assert (plan.code, changed(plan.recap)) == (0, {"alpha.example": 1}), plan.output
        assert "would fail" not in plan.output
        assert world.odoo.database.writes == calls

    def test_a_server_that_says_nothing_of_dns_is_a_warning(self, world: World) -> None:
        world.host("alpha.example", senders=[{**RELAY, "spf": {}}, {"spf": {"ip4": ["192.0.2.1"]}, "name": "office"}])
        done = world.rollout()
        assert done.code == 0, done.output
        assert "Say what the sender relay needs in DNS" in " ".join(done.output.split())

    def test_without_waiting_the_gate_stays_closed(self, world: World) -> None:
        world.host("alpha.example", senders=[UNALIGNED], zone=ENFORCED)
        world.host("beta.example", senders=[{"service": "odoo", "authentication": "cli"}])
        for arguments in (("--check",), (), ("--tags", "odoo")):
            run = world.rollout("--skip-tags", "verify", *arguments)
            assert failed_only(run.recap) == ["alpha.example"], run.output
            assert "So DMARC fails, and receivers reject it" in run.output
        held = world.odoo.database.shown()
        assert [one["name"] for one in held["mail.alias.domain"]] == ["beta.example"]
        world.hosts["alpha.example"]["custom_domain_gate"] = "ignore"
        opened = world.rollout("--skip-tags", "verify")
        assert (opened.code, changed(opened.recap)["alpha.example"]) == (0, 1), opened.output

    def test_without_waiting_what_this_run_has_written_counts_as_there(self, world: World) -> None:
        world.host("alpha.example", senders=[RELAY], zone=ENFORCED)
        world.common["custom_domain_wait"] = {"timeout": 600}
        world.nameserver.reload()
        world.nameserver.reload = lambda: None  # type: ignore[method-assign]  # it shows the zone as it was
        done = world.rollout("--skip-tags", "verify")
        assert (done.code, changed(done.recap)) == (0, {"alpha.example": 1}), done.output
        # another team configures Odoo, and nothing is to be seen
        world.odoo.database.call(2, "ir.mail_server", "write", [[1], {"active": False}], {})
        later = world.rollout("--tags", "odoo", "--skip-tags", "verify")
        assert failed_only(later.recap) == ["alpha.example"], later.output

    def test_without_waiting_what_people_have_to_enter_does_not_count(self, world: World) -> None:
        world.host("alpha.example", senders=[RELAY], zone=ENFORCED, dns={"provider": "manual"})
        assert failed_only(world.rollout("--skip-tags", "verify").recap) == ["alpha.example"]

    def test_what_odoo_conf_says_is_counted(self, world: World) -> None:
        smarthost = {"name": "smtp.alpha.example", "spf": {"ip4": ["192.0.2.25"]}}
        world.host("alpha.example", senders=[smarthost])
        assert "no sender in custom_domain_senders says that it may" in " ".join(
            world.rollout("--check").output.split()
        )
        world.common["custom_domain_odoo_command_line"] = {"smtp_server": "smtp.alpha.example", "from_filter": ""}
        told = world.rollout()
        assert (told.code, "says that it may" in told.output) == (0, False), told.output
        done, report = verify(world)
        assert "OK @alpha.example leaves through Odoo's own server" in " ".join(done.output.split())
        assert "partner_not_known" not in codes(report)

    def test_a_second_run_changes_nothing_whatever_the_gate(self, world: World) -> None:
        for name, gate in (("alpha", "enforce"), ("beta", "ignore")):
            world.host(f"{name}.example", senders=[{**RELAY, "host": f"smtp.{name}.example"}], gate=gate)
        first, second = world.rollout(), world.rollout()
        assert (first.code, changed(first.recap)) == (0, dict.fromkeys(world.hosts, 1)), first.output
        assert (second.code, changed(second.recap)) == (0, dict.fromkeys(world.hosts, 0)), second.output


def test_it_holds_what_another_machine_publishes_and_what_it_cannot_publish(world: World) -> None:
    """DNS is written over SSH, and looked at from here, as Odoo is."""
    try:
        server = Sshd(world.folder / "sshd")
    except NotInstalled as error:
        absent(str(error))
    with server:
        python = {"ansible_python_interpreter": sys.executable}
        world.hosts["ns1"] = {**server.variables, **python, "ansible_remote_tmp": str(world.folder / "tmp")}
        dns = {"provider": "zone_file", "directory": str(world.folder / "zones")}
        world.host("alpha.example", senders=[UNALIGNED], zone=ENFORCED, run_on="ns1", dns=dns)
        world.host("beta.example", senders=[{"service": "odoo", "authentication": "cli"}], run_on="ns1", dns=dns)
        done = world.rollout("--limit", "alpha.example,beta.example")
    assert failed_only(done.recap) == ["alpha.example"], done.output
    assert "So DMARC fails, and receivers reject it" in done.output
    assert "192.0.2.25" in world.zone("alpha.example")
    assert world.alias_domains() == ["beta.example"]
    # its mail would pass now, but the machine cannot be reached any more
    world.hosts["ns1"]["ansible_port"] = free_port()
    world.hosts["alpha.example"]["custom_domain_senders"] = [RELAY]
    closed = world.rollout("--limit", "alpha.example,beta.example")
    assert failed_only(closed.recap) == ["alpha.example", "beta.example"], closed.output
    assert world.alias_domains() == ["beta.example"]


class TestVerify:
    def test_a_domain_that_is_well_passes_and_nothing_is_written(self, world: World) -> None:
        policy = {"policy": "quarantine", "aggregate_reports": ["mailto:d@alpha.example"]}
        world.host("alpha.example", senders=[SIGNING], zone=RECEIVING, dmarc=policy)
        assert world.rollout().code == 0
        times, writes = world.times(), world.odoo.database.writes
        done, report = verify(world, "-e", "custom_domain_severity=info")
        assert (done.code, codes(report)) == (0, set()), done.output
        assert "alpha.example: nothing is wrong" in done.output
        assert (
            "OK @alpha.example leaves through the server alpha.example - relay: DMARC passes by SPF and DKIM"
            in done.output
        )
        assert (world.times(), world.odoo.database.writes, changed(done.recap)) == (times, writes, {"alpha.example": 0})
        assert "SECRET" not in done.output + json.dumps(report)

    def test_the_severity_decides_how_it_ends(self, world: World) -> None:
        world.host("alpha.example", senders=[SIGNING], zone=RECEIVING, dmarc={"policy": "quarantine"})
        world.rollout()
        ends = {}
        for severity in ("error", "warning", "info"):
            done, report = verify(world, "-e", f"custom_domain_severity={severity}")
            ends[severity] = done.code
            assert report["failed"] == (["alpha.example"] if done.code else [])
        assert codes(report) == {"dmarc_no_reports"}
        assert ends == {"error": 0, "warning": 0, "info": 2}
        wrong = world.play("postmaster.mail.verify", "-e", "custom_domain_severity=bad")
        assert "must be one of error, warning, info" in wrong.output

    def test_what_is_accepted_fails_no_host_until_its_day_is_over_and_opens_no_gate(self, world: World) -> None:
        world.host("alpha.example", senders=[UNALIGNED], zone=ENFORCED)
        held, (done, report) = world.rollout(), verify(world)
        assert (done.code, failed_only(held.recap)) == (2, ["alpha.example"])
        (result,) = re.findall(r"FAILED! => (\{.*\})$", held.output, re.MULTILINE)
        found = [*json.loads(result)["findings"], *report["hosts"]["alpha.example"]["findings"]]
        today = datetime.date.today()
        accepted = [
            {
                "code": one["code"],
                "subject": one["subject"],
                "reason": "We know of it.",
                "until": today + datetime.timedelta(days=1),
            }
            for one in found
        ]
        known = {(one["code"], one["subject"]) for one in report["hosts"]["alpha.example"]["findings"]}
        world.common["custom_domain_accepted"] = [one for one in accepted if (one["code"], one["subject"]) in known]
        done, report = verify(world, "-e", "custom_domain_severity=info")
        assert done.code == 0, done.output
        assert {(one["accepted"], one["reason"]) for one in report["hosts"]["alpha.example"]["findings"]} == {
            (True, "We know of it.")
        }
        assert report["counts"] == {"error": 0, "warning": 0, "info": 0}
        world.common["custom_domain_accepted"] = accepted  # also those that only the rollout finds
        again = world.rollout()
        assert failed_only(again.recap) == ["alpha.example"]
        assert "Odoo is not changed for alpha.example, because its mail would then fail." in again.output
        world.common["custom_domain_accepted"] = [
            {**one, "until": today - datetime.timedelta(days=1)} for one in accepted
        ]
        done, report = verify(world)
        assert (done.code, report["counts"]["error"] > 0) == (2, True)
        world.common["custom_domain_accepted"] = [{**accepted[0], "code": "not_alined"}]
        assert "The nearest is not_aligned." in world.rollout().output

    def test_each_broken_route_is_told_by_its_code(self, world: World) -> None:
        world.host("alpha.example", senders=[RELAY], partners=["mary@customer.example"])
        (world.folder / "zones" / "customer.example.zone").write_text(ENFORCED)
        world.rollout()
        database = world.odoo.database
        good = world.zone("alpha.example")
        assert codes(verify(world)[1]) == {
            "dmarc_no_reports",
            "dmarc_policy_none",
            "domain_receives_nothing",
            "sender_without_dkim",
        }

        def change(**values: Any) -> None:
            database.call(2, "ir.mail_server", "write", [[server], values], {})

        def broken(zone: str) -> set[str]:
            (world.folder / "zones" / "alpha.example.zone").write_text(zone)
            done, report = verify(world)
            assert done.code == 2
            return codes(report)

        assert {"not_authenticated", "sender_not_authorised"} <= broken(good.replace("192.0.2.25", "192.0.2.26"))
        assert {"not_authenticated", "not_as_expected"} <= broken(ZONE)
        (world.folder / "zones" / "alpha.example.zone").write_text(good)

        server = database.shown()["ir.mail_server"][0]["id"]
        change(from_filter=False, name="Old", smtp_host="old.example")
        assert {"not_known", "sender_without_route"} <= codes(verify(world)[1])
        change(from_filter="old.example")
        assert "foreign_server" in codes(verify(world)[1])
        change(active=False)
        done, report = verify(world)
        assert {"not_known", "partner_rejected"} <= codes(report)
        assert "Or ask the partner to authorise your server" in " ".join(done.output.split())

    def test_what_cannot_be_asked_is_an_error_of_each_host(self, world: World) -> None:
        world.common["custom_domain_odoo"] = {**world.odoo.options, "password": "wrong-SECRET"}
        world.host("alpha.example", senders=[RELAY])
        world.host("beta.example", nameservers=["not a server"])
        done, report = verify(world)
        assert failed_only(done.recap) == ["alpha.example", "beta.example"]
        assert "odoo_not_read" in codes(report)
        assert {"odoo_not_read", "not_looked_at"} <= codes(report, "beta.example")
        assert "SECRET" not in done.output

    def test_a_report_that_cannot_be_written_is_one_sentence(self, world: World) -> None:
        world.host("alpha.example")
        world.common["custom_domain_reports"] = [{"path": "/nowhere/report.json"}]
        done = world.play("postmaster.mail.verify")
        assert done.code == 2
        assert "The report /nowhere/report.json cannot be written: there is no folder /nowhere." in done.output


def test_a_real_odoo_is_held_and_verified(world: World, real_odoo19: RealDatabase) -> None:
    """What is predicted is what Odoo 19 then says of its own records."""
    real_odoo19.client.create("res.company", [{"name": "Alpha"}])
    world.common["custom_domain_odoo"] = real_odoo19.options
    world.host("alpha.example", senders=[UNALIGNED], zone=ENFORCED)
    held = world.rollout()
    assert failed_only(held.recap) == ["alpha.example"]
    assert "So DMARC fails, and receivers reject it" in held.output
    assert real_odoo19.client.search_read("mail.alias.domain", [], ["name"]) == []
    world.hosts["alpha.example"]["custom_domain_senders"] = [RELAY]
    done = world.rollout()
    assert (done.code, changed(done.recap)) == (0, {"alpha.example": 1}), done.output
    well, report = verify(world)
    assert well.code == 0, well.output
    assert "OK @alpha.example leaves through the server alpha.example - relay: DMARC passes by SPF" in well.output
    (passing,) = [one for one in report["hosts"]["alpha.example"]["mail"] if one["code"] == "passes"]
    assert "notifications@alpha.example" in passing["from_addresses"]
