# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Senders with an account at a sending service: from nothing to a verified domain and a server in Odoo, in one run."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.services.ses_password import smtp_password
from ansible_collections.postmaster.mail.tests.simulators.services.amazon_ses import Account, AmazonSesSimulator
from ansible_collections.postmaster.mail.tests.simulators.services.brevo import BrevoSimulator
from ansible_collections.postmaster.mail.tests.simulators.services.mailgun import MailgunSimulator
from ansible_collections.postmaster.mail.tests.simulators.services.mailjet import MailjetSimulator
from ansible_collections.postmaster.mail.tests.simulators.services.postmark import PostmarkSimulator
from ansible_collections.postmaster.mail.tests.simulators.services.scaleway import ScalewaySimulator
from ansible_collections.postmaster.mail.tests.simulators.services.sendgrid import SendGridSimulator
from ansible_collections.postmaster.mail.tests.simulators.services.service_api import PublicDns
from ansible_collections.postmaster.mail.tests.support.rollouts import (
    ROLE,
    TELL_RESULT,
    ZONE,
    World,
    changed,
    failed_only,
)

KNOWN_AFTER_APPLY = {
    "sendgrid": ["2 CNAME records below _domainkey.alpha.example", "1 CNAME record at em.alpha.example"],
    "brevo": ["1 TXT record at beta.example", "2 CNAME records or 1 TXT record below _domainkey.beta.example"],
    "mailjet": [
        "1 TXT record at mailjet._domainkey.gamma.example",
        "1 TXT record below gamma.example that proves it",
    ],
    "postmark": ["1 TXT record below _domainkey.delta.example"],
    "scaleway": ["1 TXT record below _domainkey.epsilon.example"],
    "mailgun": ["2 CNAME records below _domainkey.mg.zeta.example"],
}
DOMAIN = "alpha.example"
REGION = "eu-west-1"


@pytest.fixture
def ses(world: World) -> Iterator[AmazonSesSimulator]:
    with AmazonSesSimulator(PublicDns(world.nameserver.address)) as simulator:
        yield simulator


@pytest.fixture
def account(world: World, ses: AmazonSesSimulator) -> Account:
    """One at SES, which the inventory calls ``ses``; the sender of the domain names it and says nothing else."""
    account = ses.add_account()
    world.common["custom_domain_accounts"] = {
        "ses": {
            "service": "amazon_ses",
            "region": REGION,
            "access_key": account.access_key,
            "secret_key": account.secret_key,
            "endpoint": ses.endpoint,
            "rate_limit": 1000.0,
        }
    }
    world.host(DOMAIN, senders=[{"account": "ses"}])
    return account


def writes(ses: AmazonSesSimulator) -> int:
    return sum(number for name, number in ses.calls.items() if not name.startswith(("Get", "List")))


def write_zone(world: World, text: str) -> None:
    (world.folder / "zones" / f"{DOMAIN}.zone").write_text(text)


def servers(world: World) -> list[dict[str, Any]]:
    return list(world.odoo.database.shown().get("ir.mail_server", ()))


def test_one_run_takes_a_company_from_nothing_to_a_working_server(
    world: World, ses: AmazonSesSimulator, account: Account
) -> None:
    planned = world.rollout("--check", "--diff")
    assert planned.code == 0, planned.output
    assert writes(ses) == 0 and not servers(world)
    assert "+ known after apply: 3 CNAME records below _domainkey.alpha.example" in planned.output

    ses.calls.clear()
    done = world.rollout()
    assert done.code == 0, done.output
    assert changed(done.recap) == {DOMAIN: 1}
    identity = account.identities[REGION][DOMAIN]
    assert (identity.verification, identity.dkim) == ("SUCCESS", "SUCCESS")
    assert all(f"{token}._domainkey" in world.zone(DOMAIN) for token in identity.tokens)
    assert "feedback-smtp.eu-west-1.amazonses.com" in world.zone(DOMAIN)
    (server,) = servers(world)
    assert (server["smtp_host"], server["smtp_port"]) == ("email-smtp.eu-west-1.amazonaws.com", 587)
    assert server["smtp_user"] == account.access_key
    assert server["from_filter"] == DOMAIN
    assert account.secret_key not in done.output
    assert smtp_password(account.secret_key, REGION) not in done.output
    assert sum(ses.calls.values()) <= 8

    ses.calls.clear()
    again = world.rollout()
    assert changed(again.recap) == {DOMAIN: 0}, again.output
    assert sum(ses.calls.values()) <= 2 and writes(ses) == 0


def test_a_plan_holds_a_registration_with_the_records_that_it_returns(
    world: World, ses: AmazonSesSimulator, account: Account
) -> None:
    """Nobody knows the keys when the plan is approved, nor whether Odoo could send by them."""
    plan = ("-e", "custom_domain_plan=plan.json")
    assert world.play("postmaster.mail.plan", *plan).code == 0
    (held,) = json.loads((world.folder / "plan.json").read_text())["hosts"][DOMAIN]["services"]
    assert (held["service"], held["sending_domain"]) == ("amazon_ses", DOMAIN)
    assert held["known_after_apply"] == [f"3 CNAME records below _domainkey.{DOMAIN}"]
    assert writes(ses) == 0

    done = world.rollout(*plan)
    assert done.code == 0 and changed(done.recap) == {DOMAIN: 1}, done.output
    identity = account.identities[REGION][DOMAIN]
    assert identity.verification == "SUCCESS"
    assert all(f"{token}._domainkey" in world.zone(DOMAIN) for token in identity.tokens)
    told = " ".join(done.output.split())
    assert f"What changes in Odoo could not be planned before {DOMAIN} was registered: make a new plan." in told
    assert not servers(world)

    assert world.play("postmaster.mail.plan", *plan).code == 0
    done = world.rollout(*plan)
    assert done.code == 0 and len(servers(world)) == 1, done.output

    del account.identities[REGION][DOMAIN]
    lost = world.rollout(*plan)
    assert failed_only(lost.recap) == [DOMAIN]
    told = " ".join(lost.output.split())
    assert f"{DOMAIN} has to be registered at Amazon SES (eu-west-1) first" in told
    assert "and the plan does not contain that. Make a new plan." in told
    assert DOMAIN not in account.identities[REGION]


def test_two_senders_at_two_services_are_one_run(world: World, ses: AmazonSesSimulator, account: Account) -> None:
    with MailgunSimulator(PublicDns(world.nameserver.address)) as mailgun:
        mailgun.keys.add("mailgun-key")
        world.common["custom_domain_accounts"]["mailgun"] = {
            "service": "mailgun",
            "region": "eu",
            "api_key": "mailgun-key",
            "endpoint": mailgun.endpoint,
            "rate_limit": 1000.0,
        }
        for_mailings = {
            "account": "mailgun",
            "use": "mass_mailing",
            "sending_domain": "mg",
            "username": f"odoo@mg.{DOMAIN}",
            "password": "a-long-password",
        }
        world.host(DOMAIN, senders=[{"account": "ses"}, for_mailings])
        planned = world.rollout("--check", "--diff")
        assert planned.code == 0 and not mailgun.domains, planned.output
        assert f"+ login: odoo@mg.{DOMAIN} at Mailgun" in planned.output

        done = world.rollout()
        assert done.code == 0 and changed(done.recap) == {DOMAIN: 1}, done.output
        registered = mailgun.domains[f"mg.{DOMAIN}"]
        assert registered.state == "active"
        assert registered.logins[f"odoo@mg.{DOMAIN}"] == "a-long-password"
        assert "include:mailgun.org" in world.zone(DOMAIN) and "mailgun.org" not in apex_spf(world)
        first, second = sorted(servers(world), key=lambda one: int(one["sequence"]))
        assert (first["smtp_host"], second["smtp_host"]) == (
            "email-smtp.eu-west-1.amazonaws.com",
            "smtp.eu.mailgun.org",
        )
        assert (second["smtp_user"], second["from_filter"]) == (f"odoo@mg.{DOMAIN}", DOMAIN)
        assert not any(secret in done.output for secret in ("a-long-password", "mailgun-key", account.secret_key))

        mailgun.calls.clear()
        again = world.rollout()
        assert changed(again.recap) == {DOMAIN: 0}, again.output
        assert sum(mailgun.calls.values()) <= 2

        plan = ("-e", "custom_domain_plan=plan.json")
        assert world.play("postmaster.mail.plan", *plan).code == 0
        del registered.logins[f"odoo@mg.{DOMAIN}"]
        found = world.play("postmaster.mail.verify")
        assert f"The login odoo@mg.{DOMAIN} at Mailgun is missing." in found.output and found.code == 2, found.output
        assert "service_differs" in found.output and changed(found.recap) == {DOMAIN: 0}
        assert f"odoo@mg.{DOMAIN}" not in registered.logins
        stale = world.rollout(*plan)
        assert failed_only(stale.recap) == [DOMAIN]
        assert f"the login odoo@mg.{DOMAIN} at Mailgun has to be created first" in " ".join(stale.output.split())
        assert f"odoo@mg.{DOMAIN}" not in registered.logins


def test_the_services_register_as_planned_and_as_asked(world: World) -> None:
    """At SES it is tried above."""
    dns = PublicDns(world.nameserver.address)
    with contextlib.ExitStack() as stack:
        sendgrid, brevo = stack.enter_context(SendGridSimulator(dns)), stack.enter_context(BrevoSimulator(dns))
        mailjet, postmark = stack.enter_context(MailjetSimulator(dns)), stack.enter_context(PostmarkSimulator(dns))
        scaleway = stack.enter_context(ScalewaySimulator(dns))
        mailgun = stack.enter_context(MailgunSimulator(dns, "eu"))
        key, secret = mailjet.add_pair()
        accounts: dict[str, dict[str, Any]] = {
            "sendgrid": {"api_key": sendgrid.add_key(), "endpoint": sendgrid.endpoint},
            "brevo": {"api_key": brevo.add_key(), "endpoint": brevo.endpoint},
            "mailjet": {"api_key": key, "secret_key": secret, "endpoint": mailjet.endpoint},
            "postmark": {"account_token": postmark.add_token(), "endpoint": postmark.endpoint},
            "scaleway": {
                "secret_key": scaleway.add_key(),
                "project_id": scaleway.project,
                "endpoint": scaleway.endpoint,
            },
            "mailgun": {"region": "eu", "api_key": mailgun.add_key(), "endpoint": mailgun.endpoint},
        }
        world.common["custom_domain_accounts"] = {
            name: {"service": name, **account, "rate_limit": 1000.0} for name, account in accounts.items()
        }
        senders: dict[str, dict[str, Any]] = {
            "alpha": {"account": "sendgrid"},
            "beta": {"account": "brevo", "username": "login", "password": "smtp-key"},
            "gamma": {"account": "mailjet"},
            "delta": {"account": "postmark"},
            "epsilon": {"account": "scaleway", "accept_terms": True},
            "zeta": {
                "account": "mailgun",
                "sending_domain": "mg",
                "username": "odoo@mg.zeta.example",
                "password": "a-long-password",
            },
        }
        # what the CNAME records of SendGrid and Brevo lead to
        for zone, text in (
            ("sendgrid.net", "v=spf1 ip4:203.0.113.0/25 -all"),
            ("brevo.com", "k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="),
        ):
            (world.folder / "zones" / f"{zone}.zone").write_text(f'{ZONE}* IN TXT "{text}"\n')
        for number, (name, sender) in enumerate(senders.items()):
            more: dict[str, Any] = {} if number < 3 else {"companies": []}
            world.host(f"{name}.example", senders=[sender], **more)
        del world.common["custom_domain_dmarc"]  # Brevo waits for a policy, whatever the inventory says of one
        refused = world.rollout("--limit", "delta.example")
        assert failed_only(refused.recap) == ["delta.example"] and not postmark.domains
        assert "The account at Postmark has no server: create one in its console." in refused.output
        (token,) = postmark.add_server("Odoo").tokens
        plan = ("-e", "custom_domain_plan=plan.json")
        assert world.play("postmaster.mail.plan", "--diff", *plan).code == 0
        text = (world.folder / "plan.json").read_text()
        assert token not in text and "a-long-password" not in text
        held = {name: one["services"][0] for name, one in json.loads(text)["hosts"].items()}
        assert {one["service"]: one["known_after_apply"] for one in held.values()} == KNOWN_AFTER_APPLY
        registered: list[dict[Any, Any]] = [
            *(place.domains for place in (sendgrid, brevo, scaleway, mailgun, postmark)),
            mailjet.senders,
        ]
        assert registered == [{}] * 6
        first = world.rollout(*plan)
        assert first.code == 0 and set(changed(first.recap).values()) == {1}, first.output
        done = world.rollout("--diff")
        assert done.code == 0 and "pending" not in done.output, done.output
        assert "v=DMARC1" in world.zone("beta.example")
        (of_postmark,) = [one for one in servers(world) if one["smtp_host"] == "smtp.postmarkapp.com"]
        assert (of_postmark["smtp_user"], of_postmark["smtp_pass"]) == (token, "(set)")
        assert "+ username: set" in done.output and token not in done.output
        hosts = {one["smtp_host"] for one in servers(world) if one["active"]}
        assert hosts == {
            "smtp.sendgrid.net",
            "smtp-relay.brevo.com",
            "in-v3.mailjet.com",
            "smtp.postmarkapp.com",
            "smtp.tem.scaleway.com",
            "smtp.eu.mailgun.org",
        }
        assert world.play("postmaster.mail.plan", *plan).code == 0
        last = json.loads((world.folder / "plan.json").read_text())["hosts"].values()
        assert not any(one["dns"]["changes"] or one["odoo"]["changes"] or one["services"] for one in last), last
        assert all(registered)
        for known in registered:
            known.clear()
        stale = world.rollout(*plan)
        assert sorted(failed_only(stale.recap)) == sorted(world.hosts), stale.output
        assert registered == [{}] * 6
        for host in world.hosts:
            # where records of the lost registration are still there, they are another account's for all that is known
            reasons = (
                r"(has to be registered at .* first \(.*\), and the plan does not contain that|Nothing was registered)"
            )
            assert re.search(f'(Action failed: |"msg": "){host}: .*{reasons}', stale.output), stale.output
        (server,) = postmark.servers.values()
        server.tokens = ["0c47b2f6-of-the-console"]
        found = world.play("postmaster.mail.verify", "--limit", "delta.example")
        assert "Its username in Odoo differs from that in the inventory." in found.output, found.output
        assert server.tokens[0] not in found.output
        server.smtp = False
        found = world.play("postmaster.mail.verify", "--limit", "delta.example")
        assert "service_not_read" in found.output and "accepts no SMTP" in found.output, found.output


def apex_spf(world: World) -> str:
    lines = world.zone(DOMAIN).splitlines()
    return "".join(line for line in lines if line.startswith(("@", f"{DOMAIN}.")) and "v=spf1" in line)


def test_a_domain_that_is_pending_is_no_failure_and_keeps_its_odoo(
    world: World, ses: AmazonSesSimulator, account: Account
) -> None:
    ses.dns = None  # it does not look
    done = world.rollout()
    assert done.code == 0, done.output
    assert not world.alias_domains() and not servers(world)
    assert "it has not checked yet" in done.output
    ses.dns = PublicDns(world.nameserver.address)
    again = world.rollout()
    assert again.code == 0 and len(servers(world)) == 1
    assert len(account.identities[REGION]) == 1


def test_a_server_that_sends_stays_as_it_is_whatever_the_service_says(
    world: World, ses: AmazonSesSimulator, account: Account
) -> None:
    assert world.rollout().code == 0
    before, identity = world.odoo.database.shown(), account.identities[REGION][DOMAIN]
    ses.dns = None  # it does not look
    for word, code, said in (
        ("TEMPORARY_FAILURE", 0, "is pending at Amazon SES (eu-west-1)"),
        ("PENDING", 0, "is pending at Amazon SES (eu-west-1)"),
        ("FAILED", 2, "is failed at Amazon SES (eu-west-1)"),
        ("unreadable", 2, "ses:GetEmailIdentity"),
    ):
        if word == "unreadable":
            account.denied.add("GetEmailIdentity")
        else:
            identity.dkim = identity.verification = word
        done = world.rollout()
        assert done.code == code and said in " ".join(done.output.split()), done.output
        assert world.odoo.database.shown() == before, word
    assert len(account.identities[REGION]) == 1


def test_an_account_in_the_sandbox_keeps_its_odoo_and_is_told_so(
    world: World, ses: AmazonSesSimulator, account: Account
) -> None:
    account.places["eu-west-1"].sandbox = True
    done = world.rollout()
    assert done.code == 0 and not servers(world) and not world.alias_domains(), done.output
    told = "The account at Amazon SES (eu-west-1) is in the sandbox: only verified addresses receive mail."
    assert told in " ".join(done.output.split())
    again = world.rollout()  # by now the domain is verified, so nothing else would have been asked
    assert told in " ".join(again.output.split()) and not servers(world)
    account.places["eu-west-1"].sandbox = False
    assert world.rollout().code == 0 and len(servers(world)) == 1


def test_with_the_tag_of_dns_nobody_waits_and_with_that_of_odoo_the_service_is_only_read(
    world: World, ses: AmazonSesSimulator, account: Account
) -> None:
    ses.dns = None  # it does not look
    told = {**TELL_RESULT, "tags": "always"}
    done = world.site([{"hosts": "all", "roles": [ROLE], "post_tasks": [told]}], "--tags", "dns")
    assert "_domainkey" in world.zone(DOMAIN) and not servers(world)
    assert done.results[DOMAIN]["services"][0]["missing"] == [], "they are published by now"
    zone = world.zone(DOMAIN)
    token = account.identities[REGION][DOMAIN].tokens[0]
    write_zone(world, "".join(line for line in zone.splitlines(True) if not line.startswith(token)))
    ses.calls.clear()
    done = world.site(
        [{"hosts": "all", "roles": [ROLE], "ignore_errors": True, "post_tasks": [told]}], "--tags", "odoo"
    )
    assert writes(ses) == 0 and not servers(world), done.output
    (missing,) = done.results[DOMAIN]["services"][0]["missing"]
    assert missing["name"] == f"{token}._domainkey.{DOMAIN}" and missing["why"] == "it is not there"
    write_zone(world, zone)
    done = world.rollout("--tags", "odoo")
    assert done.code == 0 and not servers(world), done.output
    assert "all its records are published, but it has not checked yet" in " ".join(done.output.split())
    ses.dns = PublicDns(world.nameserver.address)
    done = world.rollout("--tags", "odoo")
    assert done.code == 0 and writes(ses) == 0, done.output
    assert len(servers(world)) == 1


def test_two_senders_of_a_host_may_publish_the_same_keys(world: World) -> None:
    """As where the keys were copied by hand before the domain got a sender with an account."""
    with SendGridSimulator(PublicDns(world.nameserver.address)) as sendgrid:
        world.common["custom_domain_accounts"] = {
            "grid": {
                "service": "sendgrid",
                "api_key": sendgrid.add_key(),
                "endpoint": sendgrid.endpoint,
                "rate_limit": 1000.0,
            }
        }
        there = sendgrid.add_domain(DOMAIN, "em1234")
        keys = [
            {"selector": host.partition(".")[0], "cname": target, "ttl": 600}
            for key, (host, target) in sendgrid.wanted(there).items()
            if key != "mail_cname"
        ]
        world.host(DOMAIN, senders=[{"account": "grid"}, {"name": "Shop", "dkim": keys}])
        done = world.rollout("--tags", "dns,verify")
        assert done.code == 0, done.output
        zone = world.zone(DOMAIN)
        assert [zone.count(f"{one}._domainkey") for one in ("s1", "s2", "sga")] == [1, 1, 0] and there.valid
        keys[0]["cname"] = "s1.other-service.example"
        world.host(DOMAIN, senders=[{"account": "grid"}, {"name": "Shop", "dkim": keys}])
        found = world.play("postmaster.mail.verify")
        assert "service_name_taken" in found.output, found.output
        told = f"s1._domainkey.{DOMAIN} is held by the sender Shop, and SendGrid has another record there for {DOMAIN}"
        assert told in " ".join(found.output.split())


def test_verify_names_who_holds_a_name(world: World, ses: AmazonSesSimulator, account: Account) -> None:
    world.host(DOMAIN, senders=[{"account": "ses", "return_path": "bounce"}])
    write_zone(world, f"{ZONE}bounce IN CNAME x.other-service.example.\n")
    found = world.play("postmaster.mail.verify")
    output = " ".join(found.output.split())
    assert found.code == 2 and "service_name_taken" in output and "service_not_read" not in output, found.output
    assert f"bounce.{DOMAIN} is held by CNAME x.other-service.example" in output
    assert "Give another return_path, or leave it out" in output
    assert not ses.calls, "not even a look"


def test_verify_names_what_a_service_waits_for(world: World, ses: AmazonSesSimulator, account: Account) -> None:
    write_zone(world, f"{ZONE}bounces IN MX 10 feedback-smtp.eu-west-1.amazonses.com.\n")
    found = world.play("postmaster.mail.verify")
    assert f"MX bounces.{DOMAIN} leads to Amazon SES, where {DOMAIN} is not registered" in " ".join(
        found.output.split()
    )
    assert "service_not_registered" in found.output and found.code == 2
    assert changed(found.recap) == {DOMAIN: 0}, "what a rollout would register is no change of verify"
    world.rollout()
    zone = world.zone(DOMAIN)
    token = account.identities[REGION][DOMAIN].tokens[0]
    write_zone(world, "".join(line for line in zone.splitlines(True) if not line.startswith(token)))
    account.identities[REGION][DOMAIN].dkim = "TEMPORARY_FAILURE"
    found = world.play("postmaster.mail.verify")
    assert "service_pending" in found.output and f"{token}._domainkey.{DOMAIN}" in found.output
    assert writes(ses) <= 3 and servers(world)[0]["active"]


def test_an_account_that_cannot_be_meant(world: World, ses: AmazonSesSimulator, account: Account) -> None:
    wrong: dict[str, tuple[dict[str, Any], str]] = {
        DOMAIN: ({"account": "sess"}, "the account sess is not in custom_domain_accounts. Did you mean ses?"),
        "beta.example": (
            {"account": "ses", "region": "eu-central-1"},
            "the sender says region: eu-central-1, and its account ses says",
        ),
        "gamma.example": ({"account": "ses", "service": "mailgun"}, "the sender says service: mailgun"),
    }
    for host, one in wrong.items():
        world.host(host, senders=[one[0]])
    done = world.rollout()
    assert failed_only(done.recap) == sorted(wrong)
    told = dict(re.findall(r"^fatal: \[(\S+)\]: (.*)$", done.output, re.MULTILINE))
    for host, one in wrong.items():
        assert one[1] in told[host], told[host]
    assert not ses.calls


def test_a_key_without_the_right_changes_nothing(world: World, ses: AmazonSesSimulator, account: Account) -> None:
    before = world.zone(DOMAIN)
    account.denied.add("CreateEmailIdentity")
    done = world.rollout()
    assert failed_only(done.recap) == [DOMAIN] and "ses:CreateEmailIdentity" in done.output
    assert world.zone(DOMAIN) == before and not world.alias_domains()


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("", "zone"),
        (f"{ZONE}_dmarc IN CNAME policy.vendor.example.\n", "DNS allows no TXT record beside a CNAME"),
    ],
)
def test_nothing_is_registered_where_nothing_could_be_published(
    world: World, ses: AmazonSesSimulator, account: Account, zone: str, said: str
) -> None:
    write_zone(world, ZONE)
    if zone:
        write_zone(world, zone)
    else:
        world.common["custom_domain_dns"] = {"provider": "zone_file", "directory": "./elsewhere"}
    done = world.rollout()
    assert failed_only(done.recap) == [DOMAIN] and said in done.output
    assert f"Nothing was registered for {DOMAIN}." in " ".join(done.output.split())
    assert writes(ses) == 0 and not world.alias_domains()
