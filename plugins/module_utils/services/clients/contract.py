# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The contract of a sending service's client: what is wanted, what is registered, and how to call the service.

A client translates and does nothing else: it makes no decisions, does not wait, and sends no DNS queries. ``planning``
decides what to do, ``run`` carries it out. ``docs/adding-a-service.md`` lists what a new client needs.
"""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Callable, ClassVar, NamedTuple

from ...errors import InvalidInput, NotTheApi, PostmasterError, ProviderError
from ...interrupts import CountedCalls
from .limits import Limits

# The state of a domain or a part of it, in our words. The service's own word is kept beside it.
PENDING, VERIFIED, FAILED = "pending", "verified", "failed"
# What a record is for.
DKIM, SPF, RETURN_PATH, OWNERSHIP = "dkim", "spf", "return_path", "ownership"
RECEIVING, TRACKING, DMARC = "mx", "tracking", "dmarc"
OPTIONAL = ("key_length", "configuration_set", "feedback", "dkim_selector")  # of ``Desired``; of some services only
_IN_A_ROW = 3
SETTLING = 60.0  # seconds that a service may take to show what it has just created


@dataclasses.dataclass(frozen=True)
class ServiceRecord:
    """A record that a service asks for.

    :param name: absolute, in lower case, without the final dot; a client converts others with ``absolute()``.
    :param type: CNAME, TXT or MX.
    :param values: as in ``dns_record``: a target without the final dot, the text of a TXT, ``10 mx.example``.
    :param purpose: what it is for.
    :param required: whether the service needs it to verify the domain.
    :param state: the service's own word for it; empty if there is none.
    """

    name: str
    type: str
    values: tuple[str, ...]
    purpose: str
    required: bool = True
    state: str = ""


class Progress(NamedTuple):
    """The progress of one thing that a service checks: ``state`` in our words, ``word`` in the service's own."""

    state: str
    word: str


@dataclasses.dataclass(frozen=True)
class Registration:
    """A domain as registered at a service.

    :param name: the registered domain, absolute, in lower case, without the final dot.
    :param id: identifies it in the API; the name itself if there is no other id.
    :param parts: what is verified: ``domain``, and if the service distinguishes them ``dkim``, ``return_path``, ``spf``
        or ``ownership``. The domain is verified once all of them are.
    :param records: those that it needs. None: the service does not show them yet (right after a registration).
    :param in_use: the options in use, by their names in ``Desired``; options that the API does not show are absent.
    :param mark: what ``register()`` noted at the service about the registration; empty if another program made it; None
        if the service cannot store a mark.
    :param was_verified: whether it has ever been verified; before that, it cannot send.
    :param pending_until: until when the service checks the records by itself, ISO 8601; empty if unknown.
    :param notes: sentences that a person should know: two objects with one name, a contradiction in the answer.
    :param findings: problems that do not depend on what is wanted, as sentences.
    :param conflict: why a person must decide before anything is done, such as two objects with one name of which none
        is surely in use; empty for none.
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
        """Whether a run of ours created it and it has not sent anything yet."""
        return bool(self.mark) and not self.was_verified

    @property
    def words(self) -> dict[str, str]:
        """The service's own words, part by part."""
        return {name: part.word for name, part in self.parts.items()}


class FoundDomains(dict[str, Registration]):
    """Registrations by name; names that are not registered are absent. ``refused``: names that could not be read."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: dict[str, PostmasterError] = {}

    @classmethod
    def each(cls, names: Sequence[str], read: Callable[[str], Registration | None]) -> FoundDomains:
        """Read names one by one. A refusal concerns one domain; if one follows another, it concerns the account."""
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
    """What is wanted at a service for one domain. None: not stated, so the service's setting is kept.

    :param domain: the domain of the From addresses, in lower case, without the final dot.
    :param sending_domain: what is registered, the domain itself or one below it.
    :param return_path: the domain of the envelope sender, below ``sending_domain``; False: the service's.
    :param tracking: whether the records for tracking links are published.
    :param receiving: whether the service's MX is published.
    :param key_length: of a DKIM key, in bits.
    :param configuration_set: the default one for the domain's mail; empty: none.
    :param feedback: whether the service sends a message about each bounce to its envelope sender.
    :param dkim_selector: of the first key, if the service lets one choose it.
    :param mark: what to note at a new registration, if the service can, by names of letters and hyphens. ``run`` sets
        it, and reads it in the ``mark`` of registrations.
    :param accept_terms: whether the user consents to the terms that the service's API asks about (Scaleway).
    """

    domain: str
    sending_domain: str
    return_path: str | bool | None = None
    tracking: bool | None = None
    receiving: bool | None = None
    key_length: int | None = None
    configuration_set: str | None = None
    feedback: bool | None = None
    dkim_selector: str | None = None
    mark: Mapping[str, str] = dataclasses.field(default_factory=dict)
    accept_terms: bool = False

    @property
    def name(self) -> str:
        """What is registered."""
        return self.sending_domain


@dataclasses.dataclass(frozen=True)
class ServiceFacts:
    """What is known of an API without calling it.

    :param title: the vendor's own name, for messages.
    :param verified: the day on which this was last checked against the vendor's documentation.
    :param calls_per_second: the rate to keep, and ``burst`` at once. A user's ``rate_limit`` overrides it.
    :param can_mark: whether it can store a mark of ours.
    :param needs_trigger: whether it checks the records only when asked to.
    :param own_return_path: whether the envelope sender is at or below the registered domain without any option.
    :param return_path_labels: the labels for a new registration's return path if none is stated: the first free one is
        used. None: the return path cannot be chosen.
    :param return_path_is_cname: whether the return path is a CNAME, beside which nothing else can exist.
    :param return_path_target: the end of the targets of return path records, such as ``amazonses.com``; empty if
        unknown. Such records have no effect without a registered return path.
    :param account_target: the same if each account has its own target, so that a record may belong to another account.
    :param return_path_is_final: whether it is fixed at registration; if it is off, the service chooses a label.
    :param dkim_selectors: for a new registration if none is stated: the first free one is used; empty for those of the
        service. ``selector_length``: the number of letters and digits of one. It cannot be changed later.
    :param receiving_swallows: whether its MX accepts mail and drops it, so that it is only published if asked for.
    :param options: those of ``OPTIONAL`` that this API has for a domain.
    :param terms: where to find the terms that each registration must accept; empty for none.
    :param shows_login: whether ``limits`` returns the account's own SMTP user name.
    :param has_sandbox: whether ``limits`` shows that an account may not send to everybody yet.
    :param looks_for: how long it checks the records by itself after a registration, in words; empty if unknown.
    :param registers_with: the number of calls for a registration; ``finds_with``: for an existing domain, besides the
        listing. Used to estimate the duration.
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
    dkim_selectors: tuple[str, ...] = ("",)
    selector_length: int = 0
    receiving_swallows: bool = False
    options: tuple[str, ...] = ()
    terms: str = ""
    shows_login: bool = False
    has_sandbox: bool = False
    looks_for: str = ""
    registers_with: int = 3
    finds_with: int = 1


class ServiceRefused(ProviderError):
    """The service answered with an error. The message is a sentence for a person, without secrets."""


class AccountRefused(ServiceRefused):
    """The service rejects the credentials, or they lack a right; ``right`` is the missing one."""

    def __init__(self, message: str, right: str = "") -> None:
        super().__init__(message)
        self.right = right


class AlreadyThere(ServiceRefused):
    """A registration is refused because the account has one with this name, which can be read."""


class RegisteredElsewhere(ServiceRefused):
    """A registration is refused because another account, or another region of this one, has the name."""


class OverQuota(ServiceRefused):
    """The account has reached its limit of domains or messages."""


class Busy(ServiceRefused):
    """The service takes no more calls for now and did not carry out this one. ``pause``: seconds, 0 if unknown."""

    def __init__(self, message: str, pause: float = 0.0) -> None:
        super().__init__(message)
        self.pause = pause


class NotThere(ServiceRefused):
    """The service says that there is no such registration."""


# What ``run`` does with errors, so a client must not:
# - ``AlreadyThere``, ``Busy`` and ``OutcomeUnknown`` from ``register``: ``find`` first, then decide. A client never
#   repeats a registration by itself (``HttpApi.request(..., repeat=False)``).
# - ``NotThere`` from ``register`` or ``verify``: read again for a while, because services show new objects late.
# - Any other PostmasterError ends the work on that domain, and its text is shown to the user.


class ServiceClient(CountedCalls, abc.ABC):
    """One account at one service. Used from several threads at once.

    :param account: the modules' ``account`` option, with unset ones as None (``options.py`` lists them by service).
        ``self.settings`` also contains what the environment supplies; ``self.region`` is one of the catalogue's, or
        empty for a service without regions.

    Six functions and, if the account says something of it, ``limits``. All raise PostmasterError.
    """

    service: ClassVar[str]  # its name in the catalogue
    facts: ClassVar[ServiceFacts]

    def __init__(self, account: Mapping[str, Any]) -> None:
        """Raises InvalidInput for an unusable account."""
        from ..named import region_of, sending_service
        from .options import settings_of

        super().__init__()
        self.settings: dict[str, Any] = settings_of(self.service, account)
        self.region = region_of(sending_service(self.service), str(self.settings.get("region") or ""))

    @abc.abstractmethod
    def find(self, names: Sequence[str]) -> FoundDomains:
        """The current registrations of these names.

        Names are compared exactly: ``mail.company-name.com`` does not match ``company-name.com``. For many names the
        account is listed once, with all pages; names missing there are looked up one by one. Results must be fresh, not
        remembered from an earlier call.
        """

    @abc.abstractmethod
    def names(self) -> list[str]:
        """All registered domains, from the account's listing."""

    @abc.abstractmethod
    def register(self, desired: Desired, there: Registration | None) -> None:
        """Register a domain, or set the stated options of an existing registration.

        ``there``: from ``find``, None if nothing is registered. Whether an option in use may be replaced was decided
        before: set what is stated in ``desired`` and differs from ``there.in_use``, and do not send options that are
        None. The answer is ignored: ``run`` reads the registration afterwards.
        """

    @abc.abstractmethod
    def verify(self, registration: Registration) -> None:
        """Ask the service to check the records. Not called for verified domains, nor before the records are published.

        The answer is ignored: ``run`` reads the registration afterwards.
        """

    @abc.abstractmethod
    def remove(self, registration: Registration) -> None:
        """Delete the registration."""

    @abc.abstractmethod
    def predict(self, desired: Desired) -> tuple[tuple[ServiceRecord, ...], tuple[str, ...]]:
        """The records of a registration, if known in advance, and a description of the others. Sends no request.

        The latter are texts such as ``3 CNAME records below _domainkey.company-name.com``.

        For a record without values, only the name is known: a conflict there is found before anything is created.
        """

    def explain(self, error: Exception) -> str:
        """What a person should do about an error of this client, in a few sentences at most, without secrets."""
        return str(error)

    def limits(self) -> Limits:
        """What the account may send. One call, or none if the API does not say."""
        return Limits()

    def close(self) -> None:
        """Close the connections."""
