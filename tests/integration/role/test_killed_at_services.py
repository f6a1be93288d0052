# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rollout that is killed after any single call to a sending service: the next one reaches the state of one that was
left alone, with one registration and what the service has made up for it.

A run that is killed after a call which found all as the call before it left it is the run that was killed there.
``make nightly`` tries it nevertheless, and at all services.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ansible_collections.postmaster.mail.tests.servers.interrupted import InterruptedRun
from ansible_collections.postmaster.mail.tests.servers.process import wait_until
from ansible_collections.postmaster.mail.tests.simulators.json_api import Answer, Request
from ansible_collections.postmaster.mail.tests.simulators.services.amazon_ses import AmazonSesSimulator
from ansible_collections.postmaster.mail.tests.simulators.services.brevo import BrevoSimulator
from ansible_collections.postmaster.mail.tests.simulators.services.mailgun import MailgunSimulator
from ansible_collections.postmaster.mail.tests.simulators.services.mailjet import MailjetSimulator
from ansible_collections.postmaster.mail.tests.simulators.services.postmark import PostmarkSimulator
from ansible_collections.postmaster.mail.tests.simulators.services.scaleway import ScalewaySimulator
from ansible_collections.postmaster.mail.tests.simulators.services.sendgrid import SendGridSimulator
from ansible_collections.postmaster.mail.tests.simulators.services.service_api import PublicDns, ServiceApi
from ansible_collections.postmaster.mail.tests.support.rollouts import ROLE, ZONE, World, world_of
from ansible_collections.postmaster.mail.tests.support.rounds import NIGHTLY

DOMAIN = "alpha.example"
PLAYS = [{"hosts": "all", "gather_facts": False, "roles": [ROLE]}]
SERVICES = ["amazon_ses", "mailgun", *(["sendgrid", "brevo", "mailjet", "postmark", "scaleway"] if NIGHTLY else [])]


class Service(NamedTuple):
    """``objects``: what is registered there, by what addresses it."""

    api: ServiceApi
    objects: Callable[[], Mapping[Any, Any]]


def begun(name: str, dns: PublicDns, stack: contextlib.ExitStack) -> tuple[Service, dict[str, Any], dict[str, Any]]:
    """A service, an account there, and a sender of the role for it."""
    sender: dict[str, Any] = {}
    if name == "amazon_ses":
        ses = stack.enter_context(AmazonSesSimulator(dns))
        mine = ses.add_account()
        account = {"region": "eu-west-1", "access_key": mine.access_key, "secret_key": mine.secret_key}
        return Service(ses, lambda: mine.identities["eu-west-1"]), account, sender
    if name == "mailgun":
        mailgun = stack.enter_context(MailgunSimulator(dns))
        sender = {"sending_domain": "mg", "username": f"odoo@mg.{DOMAIN}", "password": "a-long-password"}
        return Service(mailgun, lambda: mailgun.domains), {"region": "eu", "api_key": mailgun.add_key()}, sender
    if name == "sendgrid":
        sendgrid = stack.enter_context(SendGridSimulator(dns))
        return Service(sendgrid, lambda: sendgrid.domains), {"api_key": sendgrid.add_key()}, sender
    if name == "brevo":
        brevo = stack.enter_context(BrevoSimulator(dns))
        sender = {"username": "login", "password": "smtp-key"}
        return Service(brevo, lambda: brevo.domains), {"api_key": brevo.add_key()}, sender
    if name == "mailjet":
        mailjet = stack.enter_context(MailjetSimulator(dns))
        key, secret = mailjet.add_pair()
        return Service(mailjet, lambda: mailjet.senders), {"api_key": key, "secret_key": secret}, sender
    if name == "postmark":
        postmark = stack.enter_context(PostmarkSimulator(dns))
        sender = {"password": "server-token"}
        return Service(postmark, lambda: postmark.domains), {"account_token": postmark.add_token()}, sender
    scaleway = stack.enter_context(ScalewaySimulator(dns))
    account = {"secret_key": scaleway.add_key(), "project_id": scaleway.project}
    return Service(scaleway, lambda: scaleway.domains), account, {"accept_terms": True}


@contextlib.contextmanager
def company_at(name: str, folder: Path) -> Iterator[tuple[World, Service]]:
    """A company in Odoo that is to send by an account where nothing is registered yet."""
    folder.mkdir()
    with world_of(folder, 19, ("Alpha",)) as world, contextlib.ExitStack() as stack:
        service, account, sender = begun(name, PublicDns(world.nameserver.address), stack)
        # what the CNAME records of SendGrid and Brevo lead to
        for zone, text in (
            ("sendgrid.net", "v=spf1 ip4:203.0.113.0/25 -all"),
            ("brevo.com", "k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="),
        ):
            (folder / "zones" / f"{zone}.zone").write_text(f'{ZONE}* IN TXT "{text}"\n')
        world.common["custom_domain_accounts"] = {
            "mine": {"service": name, **account, "endpoint": service.api.endpoint, "rate_limit": 1000.0}
        }
        world.host(DOMAIN, senders=[{"account": "mine", **sender}])
        world.write()
        yield world, service


def state(world: World, service: Service) -> dict[str, Any]:
    """All that a run has brought about, without what is made up each time."""
    lines = [line for line in world.zone(DOMAIN).splitlines() if " SOA " not in line]
    servers = world.odoo.database.shown().get("ir.mail_server", ())
    logins = [sorted(getattr(one, "logins", ())) for one in service.objects().values()]
    return {
        "zone": sorted(re.sub(r"[\w+/=-]{12,}|\b\w*\d\w*|\b[a-f]{5,}\b", "#", line) for line in lines),
        "servers": [(one["smtp_host"], one["from_filter"], one["active"], one["sequence"]) for one in servers],
        "alias domains": world.alias_domains(),
        "registered": len(service.objects()),
        "logins": logins,
    }


@pytest.mark.parametrize("name", SERVICES)
def test_killed_after_any_call_the_next_rollout_reaches_the_same_state(name: str, tmp_path: Path) -> None:
    with company_at(name, tmp_path / "alone") as (world, service):
        found = noted(world, service)
        done = world.rollout()
        assert done.code == 0, done.output
        alone, calls = state(world, service), sum(service.api.calls.values())
    assert alone["registered"] == 1 and alone["servers"] and alone["alias domains"] == [DOMAIN]
    assert len(found) == calls
    for number in range(1, calls + 1):
        if not NIGHTLY and number > 1 and found[number - 1] == found[number - 2]:
            continue
        with company_at(name, tmp_path / str(number)) as (world, service):
            kill_after(number, world, service)
            assert not world.alias_domains(), f"the run went on after call {number}"
            registered = dict(service.objects())
            done = world.rollout()
            assert done.code == 0, f"killed after call {number}: {done.output}"
            assert state(world, service) == alone, f"killed after call {number}"
            for key, one in registered.items():
                assert service.objects()[key] is one, f"registered anew after call {number}"


def noted(world: World, service: Service) -> list[object]:
    """Grows with each call from now on by what there is after it."""
    serve = service.api.serve
    found: list[object] = []

    def noting(request: Request) -> Answer | None:
        answer = serve(request)
        found.append((state(world, service), repr(service.objects())))
        return answer

    service.api.serve = noting  # type: ignore[method-assign]
    return found


def kill_after(number: int, world: World, service: Service) -> None:
    """Let a rollout end at its call of this number, which is done, and whose answer it does not get."""
    serve, served = service.api.serve, [0]
    with InterruptedRun(world.folder, PLAYS, "companies.yml") as run:

        def last(request: Request) -> Answer | None:
            answer = serve(request)
            served[0] += 1
            if served[0] == number:
                run.kill_all()
                return None
            return answer

        service.api.serve = last  # type: ignore[method-assign]
        run.await_end()
        service.api.serve = serve  # type: ignore[method-assign]
        assert served[0] == number, run.output


def test_an_interrupted_rollout_says_what_it_has_registered(tmp_path: Path) -> None:
    with company_at("amazon_ses", tmp_path / "alpha") as (world, service):
        serve = service.api.serve
        with InterruptedRun(world.folder, PLAYS, "companies.yml") as run:

            def interrupting(request: Request) -> Answer | None:
                answer = serve(request)
                if service.api.calls["CreateEmailIdentity"]:
                    run.interrupt("SIGTERM")
                    time.sleep(2.0)  # by then, the run takes notice
                    service.api.serve = serve  # type: ignore[method-assign]
                return answer

            service.api.serve = interrupting  # type: ignore[method-assign]
            run.await_end()
        assert wait_until(lambda: "Written so far" in run.output), run.output
        assert f"Written so far: registration of {DOMAIN} at Amazon SES. Run again." in run.output
        assert service.api.calls["PutEmailIdentityMailFromAttributes"] == 0
