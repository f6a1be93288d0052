# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An account of many hosts is asked only once, and its errors reach all of them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.errors import PostmasterError, ProviderError
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.contract import (
    DKIM,
    RETURN_PATH,
    Desired,
    ServiceRecord,
)
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.labels import Held
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.limits import Limits
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.outcome import (
    SendingOutcome,
    SendingRequest,
)
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.publication import Selection
from ansible_collections.postmaster.mail.plugins.plugin_utils.host_plan import HostPlan
from ansible_collections.postmaster.mail.plugins.plugin_utils.registrations import Registrations, _taken
from ansible_collections.postmaster.mail.plugins.plugin_utils.sender import Sender
from ansible_collections.postmaster.mail.tests.support.well_kept import KEY

HOSTS = [f"{name}.example" for name in ("one", "two", "three")]
OPTIONS = {"service": "postmark", "host": "smtp.postmarkapp.com", "account": {"account_token": "x"}}


class Client:
    """The client of one account. ``answer``: its answer, or the error that it raises."""

    facts = SimpleNamespace(has_sandbox=True)

    def __init__(self, answer: Any) -> None:
        self.answer, self.calls = answer, 0

    def _answer(self) -> Any:
        self.calls += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    limits = smtp_login = _answer

    def explain(self, error: Exception) -> str:
        return str(error)


class Accounts:
    def __init__(self, client: Client) -> None:
        self._client = client

    def client(self, service: str, account: Any) -> Client:
        return self._client


def opened(client: Client) -> Registrations:
    services = Registrations(check_mode=True)
    services._accounts = Accounts(client)  # type: ignore[assignment]
    desired = {host: Desired(host, host) for host in HOSTS}
    services.outcomes = {
        host: {"one": SendingOutcome(SendingRequest("postmark", {}, one))} for host, one in desired.items()
    }
    return services


def plan(host: str) -> HostPlan:
    return HostPlan(host, host, senders=(Sender(host, OPTIONS, "one"),))


@pytest.mark.parametrize("answer", [Limits(sandbox=True), ProviderError("No right to see it.")])
def test_an_account_of_many_hosts_is_asked_once_for_its_limits(answer: Any) -> None:
    client = Client(answer)
    services = opened(client)
    for host in HOSTS:
        services.read_limits(plan(host))
        is_known = isinstance(answer, Limits)
        assert bool(services.in_sandbox(plan(host))) is is_known
        said = "Whether the account is in the sandbox could not be read: No right to see it."
        assert services.of(plan(host))["one"].notes == ([] if is_known else [said])
    assert client.calls == 1


@pytest.mark.parametrize("answer", [("token", "token"), ProviderError("No answer.")])
def test_an_account_of_many_hosts_is_asked_once_for_its_login(answer: Any) -> None:
    client = Client(answer)
    services = opened(client)
    for host in HOSTS:
        if isinstance(answer, Exception):
            with pytest.raises(PostmasterError, match="No answer"):
                services.read_logins(plan(host))
        else:
            (sender,) = services.read_logins(plan(host))
            assert sender.options["password"] == "token"
    assert client.calls == 1


def test_names_that_other_senders_use_are_taken() -> None:
    """But not those of a sender at the same service: it may be the same account."""
    host = "one.example"
    asked = Sender(host, {"service": "sendgrid", "registration": Desired(host, host)}, "one")
    said = {
        "dkim": [
            {"selector": "S1", "cname": "S1.Hoster.example."},
            {"selector": "k1", "public_key": KEY},
            {"selector": "k2", "public_key": "no key"},
            {"selector": "k3"},
            {"selector": "old", "cname": "old.hoster.example", "state": "absent"},
        ],
        "records": [
            {"name": f"EM.{host}.", "type": "cname", "value": "x.example"},
            {"name": f"out.{host}", "type": "MX", "value": "10 mx.hoster.example."},
            {"name": f"out.{host}", "type": "TXT", "value": "v=spf1 -all"},
        ],
    }
    others = (Sender(host, said, "Shop"), Sender(host, {**said, "service": "sendgrid"}, "same"))
    shop = "the sender Shop"
    assert _taken(HostPlan(host, host, senders=(asked, *others)), asked) == {
        f"s1._domainkey.{host}": Held("CNAME", "s1.hoster.example", shop),
        f"k1._domainkey.{host}": Held("TXT", f"v=DKIM1; k=rsa; p={KEY}", shop),
        f"k2._domainkey.{host}": Held("", "", shop),
        f"k3._domainkey.{host}": Held("", "", shop),
        f"em.{host}": Held("CNAME", "x.example", shop),
        f"out.{host}": Held("MX", "10 mx.hoster.example", shop),
    }


def test_what_a_service_asks_for_and_another_sender_states_is_published_once() -> None:
    """However it is written there."""
    host = "one.example"
    stated = [
        {"selector": "S1", "cname": "s1.domainkey.u1.wl1.sendgrid.net.", "ttl": 600},
        {"selector": "s2", "cname": "s2.domainkey.u2.wl1.sendgrid.net"},
    ]
    path = {"name": f"EM.{host}.", "type": "cname", "value": "u1.wl1.sendgrid.net."}
    shop = Sender(host, {"dkim": stated, "records": [path]}, "Shop")
    asked = Sender(host, {"service": "sendgrid", "registration": Desired(host, host)}, "one")
    outcome = SendingOutcome(SendingRequest("sendgrid", {}, Desired(host, host)))
    outcome.selection = Selection((
        *(
            ServiceRecord(f"{one}._domainkey.{host}", "CNAME", (f"{one}.domainkey.u1.wl1.sendgrid.net",), DKIM)
            for one in ("s1", "s2")
        ),
        ServiceRecord(f"em.{host}", "CNAME", ("u1.wl1.sendgrid.net",), RETURN_PATH),
    ))  # fmt: skip
    services = Registrations(check_mode=True)
    services.outcomes = {host: {"one": outcome}}
    completed = services.completed(HostPlan(host, host, senders=(asked, shop)))
    ours = {"selector": "s2", "cname": "s2.domainkey.u1.wl1.sendgrid.net"}
    assert completed.senders[0].options["dkim"] == [stated[0], ours]
    assert completed.records["dkim"] == [stated[0], ours, stated[1]]
    assert completed.records["records"] == [path]
