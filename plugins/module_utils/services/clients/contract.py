# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The contract of a sending service's client: what is wanted of it, what it has registered, and how to ask it.

A client translates and does nothing else: it decides nothing, waits for nothing and asks no DNS. What is to be done
with what it finds is planned in ``planning``, and carried out in ``run``. ``docs/adding-a-service.md`` says what a new
one consists of.
"""

from __future__ import annotations

import abc
import dataclasses
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Callable, ClassVar, NamedTuple

from ... import interrupts
from ...errors import InvalidInput, NotTheApi, PostmasterError, ProviderError
from .limits import Limits

# How far a domain, or a part of it, is: as we say it. The service's own word stands beside it.
PENDING, VERIFIED, FAILED = "pending", "verified", "failed"
# What a record is for.
DKIM, SPF, RETURN_PATH, OWNERSHIP = "dkim", "spf", "return_path", "ownership"
RECEIVING, TRACKING, DMARC = "mx", "tracking", "dmarc"
OPTIONAL = ("key_length", "configuration_set", "feedback")  # of ``Desired``, which only some services have
_IN_A_ROW = 3
SETTLING = 60.0  # seconds that a service may take until it shows what it has just made


@dataclasses.dataclass(frozen=True)
class ServiceRecord:
    """A record that a service asks for.

    :param name: absolute, in lower case, without the final dot. Where a service says it otherwise, the client makes it
        so with ``absolute()``.
    :param type: CNAME, TXT or MX.
    :param values: as ``dns_record`` takes them: a target without the final dot, the text of a TXT, ``10 mx.example``.
    :param purpose: what it is for.
    :param required: whether the service waits for it before it takes the domain for verified.
    :param state: what the service says of it, in its own word; empty where it says nothing.
    """

    name: str
    type: str
    values: tuple[str, ...]
    purpose: str
    required: bool = True
    state: str = ""


class Progress(NamedTuple):
    """How far one thing is that a service looks for: ``state`` in our words, ``word`` in the service's own."""

    state: str
    word: str


@dataclasses.dataclass(frozen=True)
class Registration:
    """A domain as a service has it registered.

    :param name: the registered domain, absolute, in lower case, without the final dot.
    :param id: by which the API addresses it; the name itself where it has no other.
    :param parts: what it is verified in: ``domain``, and where the service tells them apart ``dkim``, ``return_path``,
        ``spf`` or ``ownership``. The domain is verified once all of them are.
    :param records: what it asks for. None: the service has not told them yet (right after a registration).
    :param in_use: the options that are in use, by their names in ``Desired``; an option that the API does not tell is
        absent.
    :param mark: what ``register()`` has written down at the service about the registration, empty when another program
        made it; None where the service can hold no mark.
    :param was_verified: whether it has been verified at some time; before that, nothing is sent by it.
    :param pending_until: until when the service looks for the records by itself, ISO 8601; empty when that is not said.
    :param notes: what a person should know of it, as sentences: two objects of one name, a contradiction in the answer.
    :param findings: what is wrong with it, as sentences, whatever is wanted.
    :param conflict: why a person must decide before anything is done with it, such as two objects of one name of which
        none is surely in use; empty for nothing.
    """

    name: str
    id: str
    parts: Mapping[str, Progress]
    records: tuple[ServiceRecord, ...] | None = None
    in_use: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    mark: Mapping[str, str] | None = None
    was_verified: bool = False
    pending_until: str = ""
    notes: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    conflict: str = ""

    @property
    def verification(self) -> str:
        states = {part.state for part in self.parts.values()}
        if FAILED in states:
            return FAILED
        return VERIFIED if states == {VERIFIED} else PENDING

    @property
    def is_unfinished(self) -> bool:
        """Whether a run of ours has made it and nothing was sent by it so far."""
        return bool(self.mark) and not self.was_verified

    @property
    def words(self) -> dict[str, str]:
        """What the service itself says, part by part."""
        return {name: part.word for name, part in self.parts.items()}


class FoundDomains(dict[str, Registration]):
    """Registrations by their names; a name that is not registered is absent. ``refused``: those that were not told."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: dict[str, PostmasterError] = {}

    @classmethod
    def each(cls, names: Sequence[str], read: Callable[[str], Registration | None]) -> FoundDomains:
        """One by one. What is refused of one domain concerns it alone; one refusal after the other, the account."""
        found, in_a_row = cls(), 0
        for name in names:
            try:
                one = read(name)
            except NotThere:
                one = None
            except (ServiceRefused, InvalidInput, NotTheApi) as error:
                in_a_row += 1
                of_account = isinstance(error, Busy) or (isinstance(error, AccountRefused) and not error.right)
                if of_account or in_a_row == _IN_A_ROW < len(names):
                    raise
                found.refused[name] = error
                continue
            in_a_row = 0
            if one is not None:
                found[name] = one
        return found


@dataclasses.dataclass(frozen=True)
class Desired:
    """What is wanted at a service for one domain. None: not stated, so that what the service has is kept.

    :param domain: the domain of the From addresses, in lower case, without the final dot.
    :param sending_domain: what is registered, the domain itself or one below it.
    :param return_path: the domain of the envelope sender, below ``sending_domain``; False: that of the service.
    :param tracking: whether the records of tracking links belong to what is published.
    :param receiving: whether the service's MX belongs to what is published.
    :param key_length: of a DKIM key, in bits.
    :param configuration_set: by which mail of the domain is sent unless a message says another; empty: none.
    :param feedback: whether the service sends a message about each bounce to its envelope sender.
    :param mark: what a registration that is made now should bear where the service can hold it, by names of letters
        and hyphens. ``run`` says it, and reads it in the ``mark`` of what is found.
    :param accept_terms: whether the user consents to what the service's API asks consent for (Scaleway).
    """

    domain: str
    sending_domain: str
    return_path: str | bool | None = None
    tracking: bool | None = None
    receiving: bool | None = None
    key_length: int | None = None
    configuration_set: str | None = None
    feedback: bool | None = None
    mark: Mapping[str, str] = dataclasses.field(default_factory=dict)
    accept_terms: bool = False

    @property
    def name(self) -> str:
        """What is registered."""
        return self.sending_domain


@dataclasses.dataclass(frozen=True)
class ServiceFacts:
    """What is known of an API without asking it.

    :param title: the vendor's own name, for messages.
    :param verified: the day on which this was last compared with what the vendor says.
    :param calls_per_second: the rate that is kept, and ``burst`` at once. A user's ``rate_limit`` comes first.
    :param can_mark: whether it can hold a mark of ours.
    :param needs_trigger: whether it looks for the records only when it is asked to.
    :param own_return_path: whether the envelope sender lies at or below the registered domain without any option.
    :param return_path_labels: what a new registration takes below the registered domain if nothing is stated: the
        first that nobody holds. None: it has no return path to choose.
    :param return_path_is_cname: whether the return path is a CNAME, beside which nothing else can stand.
    :param return_path_target: what the records of a return path lead to ends so, such as ``amazonses.com``; empty where
        that is not known. Such records without a registered return path have no effect.
    :param account_target: the same where each account has a target of its own, so that it may be another's.
    :param return_path_is_final: whether it stands from the registration on; if it is off, the service makes up a label.
    :param receiving_swallows: whether its MX takes mail and drops it, so that it is never published unless asked for.
    :param options: of ``OPTIONAL``, those that this API has for a domain.
    :param terms: where the terms stand to which its API asks consent for each registration; empty for none.
    :param shows_login: whether ``limits`` shows the user name of SMTP, which each account has of its own.
    :param has_sandbox: whether ``limits`` shows that an account may not send to everybody yet.
    :param looks_for: how long it looks for the records by itself after a registration, in words; empty: not said.
    :param registers_with: how many calls a registration takes, and ``finds_with`` a domain that is there (beside the
        listing), for the time that a person must expect.
    """

    title: str
    verified: str
    calls_per_second: float
    burst: int = 1
    can_mark: bool = False
    needs_trigger: bool = True
    own_return_path: bool = False
    return_path_labels: tuple[str, ...] | None = None
    return_path_is_cname: bool = False
    return_path_target: str = ""
    account_target: str = ""
    return_path_is_final: bool = False
    receiving_swallows: bool = False
    options: tuple[str, ...] = ()
    terms: str = ""
    shows_login: bool = False
    has_sandbox: bool = False
    looks_for: str = ""
    registers_with: int = 3
    finds_with: int = 1


class ServiceRefused(ProviderError):
    """The service answered, and not with success. The message is a sentence for a person, without any secret."""


class AccountRefused(ServiceRefused):
    """The service does not take the credentials, or does not allow this to them; ``right`` is what is missing."""

    def __init__(self, message: str, right: str = "") -> None:
        super().__init__(message)
        self.right = right


class AlreadyThere(ServiceRefused):
    """A registration is refused because there is one of this name in the account: it is to be read, not made."""


class RegisteredElsewhere(ServiceRefused):
    """A registration is refused because of another account, or another region of this one."""


class OverQuota(ServiceRefused):
    """The account may not have or send more."""


class Busy(ServiceRefused):
    """The service takes no more calls for now, and did not do this one. ``pause``: for so many seconds, 0: unsaid."""

    def __init__(self, message: str, pause: float = 0.0) -> None:
        super().__init__(message)
        self.pause = pause


class NotThere(ServiceRefused):
    """The service says that it has no such registration."""


# What a client must not do itself, and what ``run`` does with its errors:
# - ``AlreadyThere``, ``Busy`` and ``OutcomeUnknown`` out of ``register``: ``find`` first, then decide. A client never
#   sends a registration twice by itself (``HttpApi.request(..., repeat=False)``).
# - ``NotThere`` out of ``register`` or ``verify``: read again for a while, as services show late what they have made.
# - Any other PostmasterError ends the work on that domain, and its text is what the user reads.


class ServiceClient(abc.ABC):
    """One account at one service. Used from several threads at once.

    :param account: the ``account`` option of the modules, unset ones as None: see ``options.py`` for those of each
        service. What the environment says in their place is in ``self.settings``; ``self.region`` is one that the
        catalogue has, empty for a service without regions.

    Six functions and, where the account says something of it, ``limits``. All raise PostmasterError.
    """

    service: ClassVar[str]  # its name in the catalogue
    facts: ClassVar[ServiceFacts]

    def __init__(self, account: Mapping[str, Any]) -> None:
        """Raises InvalidInput for an account that cannot be used."""
        from ..named import region_of, sending_service
        from .options import settings_of

        self.settings: dict[str, Any] = settings_of(self.service, account)
        self.region = region_of(sending_service(self.service), str(self.settings.get("region") or ""))
        self._calls = 0
        self._lock = threading.Lock()

    @property
    def calls(self) -> int:
        """How many requests were sent to the account so far."""
        return self._calls

    def count_call(self) -> None:
        """To be called once for every request, before it is sent. Raises Interrupted."""
        interrupts.go_on()
        with self._lock:
            self._calls += 1

    @abc.abstractmethod
    def find(self, names: Sequence[str]) -> FoundDomains:
        """The registrations of these names, as they are now.

        Names are compared exactly: ``mail.company-name.com`` is no match of ``company-name.com``. For many names the
        account is listed once, all its pages; what the listing does not hold is asked for name by name. What the
        service says must be read here, and not remembered from an earlier call.
        """

    @abc.abstractmethod
    def names(self) -> list[str]:
        """All domains that are registered, by the listing of the account."""

    @abc.abstractmethod
    def register(self, desired: Desired, there: Registration | None) -> None:
        """Register a domain, or give an existing registration the options that are stated and not in use.

        ``there`` is what ``find`` told, None when nothing is registered. Whether an option that is in use may be
        replaced was decided before: what is stated in ``desired`` and differs from ``there.in_use`` is to be set, and
        an option that is None is not sent. What the answer says is not used: ``run`` finds the registration afterwards.
        """

    @abc.abstractmethod
    def verify(self, registration: Registration) -> None:
        """Ask the service to look for the records. Not called for what is verified, nor before they are published.

        What the answer says is not the state: ``run`` finds the registration afterwards.
        """

    @abc.abstractmethod
    def remove(self, registration: Registration) -> None:
        """Delete the registration."""

    @abc.abstractmethod
    def predict(self, desired: Desired) -> tuple[tuple[ServiceRecord, ...], tuple[str, ...]]:
        """The records that a registration would ask for as far as they are known before it is made, and in words what
        is known after it only, such as ``3 CNAME records below _domainkey.company-name.com``. Asks nobody.

        A record without values is one of which the name is known: whoever holds it is found before anything is made.
        """

    def explain(self, error: Exception) -> str:
        """What a person should do about an error of this client, as one sentence or a few, without any secret."""
        return str(error)

    def limits(self) -> Limits:
        """What the account may send. One call, or none where the API does not say."""
        return Limits()

    def close(self) -> None:
        """Close the connections."""
