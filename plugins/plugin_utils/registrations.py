# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find and register the domains of many hosts at sending services, and verify them once DNS shows their records."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput, PostmasterError
from ansible_collections.postmaster.mail.plugins.module_utils.records import dkim
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.contract import (
    DKIM,
    FAILED,
    RETURN_PATH,
    VERIFIED,
    Desired,
    ServiceRecord,
)
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.dns_view import DnsView
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.labels import Held, held_by
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.limits import Limits
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.logins import (
    LoginChange,
    LoginClient,
    ReadableLogin,
    WantedLogin,
    set_login,
)
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.outcome import (
    VERIFIED_STATE,
    SendingOutcome,
    SendingRequest,
)
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.planning import REGISTER
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.publication import domain_items, same
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.registry import ServiceAccounts
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.run import SendingRun
from ansible_collections.postmaster.mail.plugins.module_utils.services.named import sending_service

from .host_plan import HostPlan
from .sender import Sender
from .values import is_true

NameServers = tuple[str, ...]


class Registrations:
    """``outcomes``: by host and label of sender. ``check_mode``: the services are only read."""

    def __init__(self, check_mode: bool) -> None:
        self.outcomes: dict[str, dict[str, SendingOutcome]] = {}
        self.logins: dict[str, dict[str, LoginChange]] = {}  # by the same keys, changes of SMTP logins
        self._check_mode = check_mode
        self._accounts = ServiceAccounts()
        self._runs: dict[NameServers, SendingRun] = {}
        # by client, because many hosts share an account: the login or an error; below, the limits or an error
        self._read: dict[int, tuple[str, str] | PostmasterError] = {}
        self._limits: dict[int, tuple[Limits | None, str]] = {}

    @contextlib.contextmanager
    def opened(self) -> Iterator[Registrations]:
        try:
            yield self
        finally:
            self._accounts.close()

    def read_logins(self, plan: HostPlan) -> list[Sender]:
        """The host's senders, with logins that only the services know. Raises PostmasterError."""
        return [sender.with_login(*self._login_of(sender)) for sender in plan.senders if sender.has_login_to_read]

    def _login_of(self, sender: Sender) -> tuple[str, str]:
        known: Any = self._accounts.client(sender.service_name, sender.account)
        client: ReadableLogin = known
        if id(client) not in self._read:
            try:
                self._read[id(client)] = client.smtp_login()
            except PostmasterError as error:
                self._read[id(client)] = error
        found = self._read[id(client)]
        if isinstance(found, PostmasterError):
            raise found
        return found

    def find(self, plans: Sequence[HostPlan]) -> None:
        """Find registrations, all domains of an account at once, and plan the rest. Nothing is changed."""
        for servers, hosts in _by_nameservers(plans).items():
            self._runs[servers] = SendingRun(self._accounts, DnsView(servers), self._check_mode)
            asked = [
                (plan.host, sender.label, _request(plan, sender, sender.registration))
                for plan in hosts
                for sender in plan.senders
                if sender.registration is not None
            ]
            found = self._runs[servers].prepare([request for dummy, dummy, request in asked])
            for (host, label, dummy), outcome in zip(asked, found):
                self.outcomes.setdefault(host, {})[label] = outcome

    def register(
        self, plans: Sequence[HostPlan], is_blocked: Callable[[str, str], bool] = lambda dummy, label: False
    ) -> None:
        """Carry out the plan. ``is_blocked``: whether a host's sender gets no new login because its plan has none."""
        for servers, hosts in _by_nameservers(plans).items():
            self._runs[servers].apply(self._of(hosts))
        for plan in plans:
            for sender in plan.senders:
                outcome = self.of(plan).get(sender.label)
                if outcome is not None and outcome.error is None:
                    self._set_login(plan, sender, outcome, is_blocked(plan.host, sender.label))

    def _set_login(self, plan: HostPlan, sender: Sender, outcome: SendingOutcome, blocked: bool) -> None:
        """Create the SMTP login for Odoo if the service's API can; an existing login stays.

        Its password cannot be read, so it is not compared.
        """
        change = self._login_change(sender, outcome, self._check_mode or blocked)
        if change and blocked:
            outcome.error = (
                f"the login {change.what} has to be created first, and the plan does not contain that. Make a new plan."
            )
        elif change:
            outcome.changed = True
            self.logins.setdefault(plan.host, {})[sender.label] = change

    def _login_change(self, sender: Sender, outcome: SendingOutcome, only_read: bool) -> LoginChange | None:
        """The change of a sender's SMTP login; None if there is none, or if it has become an error."""
        username, password = sender.options.get("username"), sender.options.get("password")
        client = self._accounts.client(outcome.request.service, outcome.request.account)
        if not isinstance(client, LoginClient) or not username or not password:
            return None
        wanted = WantedLogin(outcome.desired.name, str(username), str(password))
        try:
            if outcome.registration is None:  # in check mode
                client.check_password(wanted.password)
                return LoginChange("+", f"{username} at {client.facts.title}")
            return set_login(client, wanted, only_read).change
        except PostmasterError as error:
            outcome.error = client.explain(error)
            return None

    def missing_logins(self, plan: HostPlan) -> dict[str, str]:
        """By sender, the SMTP logins that a rollout would create for registered domains. Nothing is changed."""
        missing = {}
        for sender in plan.senders:
            outcome = self.of(plan).get(sender.label)
            if outcome is not None and outcome.error is None and outcome.registration is not None:
                missing[sender.label] = self._login_change(sender, outcome, only_read=True)
        return {label: change.what for label, change in missing.items() if change is not None}

    def verify(self, plans: Sequence[HostPlan]) -> None:
        """Ask the services to check the published records, and read the result."""
        for servers, hosts in _by_nameservers(plans).items():
            waiting = [outcome for outcome in self._of(hosts) if outcome.verification != VERIFIED]
            self._runs[servers].look_again(waiting)
            self._runs[servers].verify(waiting)

    def look(self, plans: Sequence[HostPlan]) -> None:
        """Check which records DNS shows by now."""
        for servers, hosts in _by_nameservers(plans).items():
            self._runs[servers].look_again([one for one in self._of(hosts) if one.registration is not None])

    def find_left_over(self, plans: Sequence[HostPlan]) -> None:
        """Find records that point to a service where the domain is not registered."""
        for servers, hosts in _by_nameservers(plans).items():
            self._runs[servers].find_left_over(self._of(hosts))

    def read_limits(self, plan: HostPlan) -> None:
        """Read whether a host's accounts are in a sandbox, unless known."""
        for outcome in self._of([plan]):
            client = self._accounts.client(outcome.request.service, outcome.request.account)
            if outcome.limits is not None or not client.facts.has_sandbox:
                continue
            if id(client) not in self._limits:
                try:
                    self._limits[id(client)] = client.limits(), ""
                except PostmasterError as error:  # a key may lack only this right
                    why = f"Whether the account is in the sandbox could not be read: {client.explain(error)}"
                    self._limits[id(client)] = None, why
            outcome.limits, unread = self._limits[id(client)]
            outcome.notes += [unread] if unread and unread not in outcome.notes else []

    def in_sandbox(self, plan: HostPlan) -> dict[str, SendingOutcome]:
        """The host's senders whose accounts may not send to everybody yet."""
        return {label: one for label, one in self.of(plan).items() if one.limits is not None and one.limits.sandbox}

    def errors(self, plan: HostPlan) -> list[str]:
        return [one.error for one in self.of(plan).values() if one.error is not None]

    def dns_of(self, plan: HostPlan) -> DnsView:
        """The DNS view of a host."""
        return self._runs[plan.place.nameservers].view

    def registers(self, plan: HostPlan) -> bool:
        """Whether a domain of the host will be newly registered."""
        return any(one.plan is not None and one.plan.action == REGISTER for one in self.of(plan).values())

    def of(self, plan: HostPlan) -> Mapping[str, SendingOutcome]:
        return self.outcomes.get(plan.host, {})

    def pending(self, plan: HostPlan) -> dict[str, SendingOutcome]:
        """The host's senders that cannot send yet."""
        return {label: one for label, one in self.of(plan).items() if one.verification != VERIFIED}

    def completed(self, plan: HostPlan) -> HostPlan:
        """The plan with the records that the services ask for."""
        outcomes = self.of(plan)
        return plan.with_senders([
            _registered(plan, sender, outcomes[sender.label]) if sender.label in outcomes else sender
            for sender in plan.senders
        ])  # fmt: skip

    def _of(self, plans: Sequence[HostPlan]) -> list[SendingOutcome]:
        return [one for plan in plans for one in self.of(plan).values() if one.error is None]


def has_registrations(plan: HostPlan) -> bool:
    return any(sender.registration is not None for sender in plan.senders)


def title_of(outcome: SendingOutcome) -> str:
    return f"{sending_service(outcome.request.service).title}{f' ({outcome.region})' if outcome.region else ''}"


def diff_of(outcome: SendingOutcome, login: LoginChange | None) -> str:
    """The changes at a service in the form of a DNS diff; empty for none. ``login``: a change of one."""
    if not outcome.changed or outcome.plan is None:
        return ""
    lines = [f"{outcome.desired.name} at {title_of(outcome)}"]
    if login:
        lines.append(f"{login.sign} login: {login.what}")
    lines += registration_of(outcome)
    return "\n".join([*lines, *(f"+ known after apply: {text}" for text in outcome.known_after_apply)])


def registration_of(outcome: SendingOutcome) -> list[str]:
    """What is registered, one line each; empty if nothing is."""
    if outcome.plan is None or not outcome.plan.changes:
        return []
    options = outcome.options_set.items()
    return [f"+ {outcome.plan.action}", *(f"+ {option.replace('_', ' ')}: {value}" for option, value in options)]


def waits_for(outcome: SendingOutcome) -> str:
    """What a service is still waiting for, and how long it keeps checking."""
    name, title = outcome.request.desired.name, title_of(outcome)
    if outcome.registration is None:
        return f"{name} is not registered at {title} yet"
    absent = [f"{one.record.type} {one.record.name} ({one.why})" for one in outcome.missing]
    if not outcome.looked:
        why = "DNS was not checked for its records"
    elif absent:
        why = f"it waits for {'; '.join(absent)}"
    elif outcome.verification == FAILED:
        why = "all its records are published: restart the check in its console"
    else:
        why = "all its records are published, but it has not checked yet"
    until = outcome.registration.pending_until
    return f"{name} is {outcome.verification} at {title}: {why}{f'. It looks until {until}' if until else ''}"


def _by_nameservers(plans: Sequence[HostPlan]) -> dict[NameServers, list[HostPlan]]:
    found: dict[NameServers, list[HostPlan]] = {}
    for plan in plans:
        if has_registrations(plan):
            found.setdefault(plan.place.nameservers, []).append(plan)
    return found


def _request(plan: HostPlan, sender: Sender, desired: Desired) -> SendingRequest:
    return SendingRequest(
        service=sender.service_name,
        account=sender.account,
        desired=desired,
        state=VERIFIED_STATE,
        wait=plan.wait_timeout,
        take_over=is_true(sender.options.get("take_over_registration")),
        taken=_taken(plan, sender),
    )


def _taken(plan: HostPlan, sender: Sender) -> dict[str, Held]:
    """DNS names taken by the host's other senders, which state their own records, and what they publish there."""
    found: dict[str, Held] = {}
    for other in plan.senders:
        if other.registration is None and other.service_name != sender.service_name:
            records = [published[1] for published in _published(plan.domain, other.options)]
            found.update(held_by(records, f"the sender {other.label}"))
    return found


def _published(domain: str, options: Mapping[str, Any]) -> Iterator[tuple[str, ServiceRecord, Mapping[str, Any]]]:
    """The keys and records that a sender states or a service asks for: by option, the record and its entry."""
    for key in options.get("dkim") or ():
        kind = "TXT" if key.get("public_key") else "CNAME"
        value = _key_text(str(key["public_key"])) if kind == "TXT" else _host(key.get("cname"))
        name = f"{key.get('selector')}._domainkey.{domain}".lower()
        if (key.get("state") or "present") == "present":
            yield "dkim", ServiceRecord(name, kind if value else "", (value,), DKIM), key
    for one in options.get("records") or ():
        kind, name = str(one.get("type") or "").upper(), _host(one.get("name"))
        value = _host(one.get("value")) if kind in ("CNAME", "MX") else str(one.get("value") or "")
        purpose = DKIM if "._domainkey." in name else RETURN_PATH
        if (one.get("state") or "present") == "present":
            yield "records", ServiceRecord(name, kind, (value,), purpose), one


def _host(name: Any) -> str:
    return str(name or "").strip().rstrip(".").lower()


def _key_text(public_key: str) -> str:
    """The text of a key's record; empty for an unusable key, which is refused where it is published."""
    try:
        return dkim.key_record(public_key).value.decode()
    except InvalidInput:
        return ""


def _registered(plan: HostPlan, sender: Sender, outcome: SendingOutcome) -> Sender:
    path = outcome.desired.return_path
    if outcome.registration is not None and outcome.desired.return_path is None:
        path = outcome.registration.in_use.get("return_path")
    own = sender.return_path or (outcome.desired.name if outcome.desired.name != outcome.desired.domain else "")
    found: dict[str, Any] = {"return_path": path if isinstance(path, str) and path else own}
    name = outcome.desired.name
    for item in domain_items(outcome.selection.records, name):
        if name == outcome.desired.domain:
            found.update(item)
        else:
            found["records"] = _as_records(item)
    return sender.registered({**found, **_as_stated(plan, found)})


def _as_stated(plan: HostPlan, found: Mapping[str, Any]) -> dict[str, list[Mapping[str, Any]]]:
    """Entries as a sender states them if one does, so that each is published once."""
    stated = [one for sender in plan.senders for one in _published(plan.domain, sender.options)]
    entries: dict[str, list[Mapping[str, Any]]] = {"dkim": [], "records": []}
    for part, record, entry in _published(plan.domain, found):
        alike = (theirs for where, other, theirs in stated if where == part and same(record, other))
        entries[part].append(next(alike, entry))
    return entries


def _as_records(item: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The records of a registered domain below the host's, which has its own SPF and keys."""
    found = [dict(one) for one in item.get("records", ())]
    for include in (item.get("spf") or {}).get("include", ()):
        found.append({"name": item["domain"], "type": "TXT", "value": f"v=spf1 include:{include} ~all"})
    for key in item.get("dkim", ()):
        owner = dkim.owner_name(key["selector"], item["domain"])
        if "cname" in key:
            found.append({"name": owner, "type": "CNAME", "value": key["cname"]})
        else:
            value = dkim.key_record(key["public_key"]).value.decode()
            found.append({"name": owner, "type": "TXT", "value": value})
    return found
