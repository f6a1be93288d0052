# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decide what to do at a sending service for one domain. Pure: no I/O."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from ...errors import Conflict, InvalidInput
from .contract import OPTIONAL, Desired, Registration, ServiceFacts

NOTHING, REGISTER, UPDATE, REMOVE = "nothing", "register", "update", "remove"
_NO_RETURN_PATH = "none"  # in a mark, because services allow no empty values
_OPTIONS = ("return_path", *OPTIONAL)  # of ``Desired``, with a current value at a service


class NameTaken(Conflict):
    """A DNS name that a registration needs is held by others. ``found`` and ``cure``: the two parts of the message."""

    def __init__(self, found: str, cure: str) -> None:
        super().__init__(f"{found} {cure}")
        self.found, self.cure = found, cure


@dataclasses.dataclass(frozen=True)
class Surroundings:
    """What DNS shows around a domain. None, or an absent name: it could not be queried.

    :param holders: names that a registration needs, with the record there, as ``CNAME x.other-service.test``; empty if
        there is none or it leads to the service itself.
    :param exchanges: the MX hosts of the registered name. ``has_address``: whether it has A or AAAA.
    :param alignment: adkim and aspf of the policy for the From domain, each ``r`` or ``s``. ``has_dmarc``: whether
        there is a record.
    :param delegation: the problem of the domain's delegation, as a sentence; empty for none.
    """

    holders: Mapping[str, str] = dataclasses.field(default_factory=dict)
    exchanges: tuple[str, ...] | None = None
    has_address: bool | None = None
    alignment: tuple[str, str] | None = None
    has_dmarc: bool | None = None
    delegation: str = ""


@dataclasses.dataclass(frozen=True)
class RegistrationPlan:
    """What to do. ``desired``: with the chosen return path and mark; ``notes``: sentences."""

    action: str
    desired: Desired
    notes: tuple[str, ...] = ()

    @property
    def changes(self) -> bool:
        return self.action != NOTHING


def candidates(desired: Desired, facts: ServiceFacts) -> tuple[str, ...]:
    """Candidates for the return path, in order; empty if it is off or cannot be chosen."""
    if desired.return_path is False:
        return ()
    if isinstance(desired.return_path, str):
        return (desired.return_path,)
    return tuple(f"{label}.{desired.name}" for label in facts.return_path_labels or ())


def selectors(desired: Desired, facts: ServiceFacts) -> tuple[str, ...]:
    """Candidates for the DKIM selector, in order; empty for those of the service."""
    return (desired.dkim_selector,) if desired.dkim_selector is not None else facts.dkim_selectors


def check(desired: Desired, facts: ServiceFacts) -> None:
    """Raises InvalidInput for what is impossible, whatever is registered."""
    if desired.name != desired.domain and not desired.name.endswith(f".{desired.domain}"):
        raise InvalidInput(f"sending_domain: {desired.name} is not {desired.domain} or below it.")
    path = desired.return_path
    if isinstance(path, str) and not path.endswith(f".{desired.name}"):
        raise InvalidInput(f"return_path: {path} is not below {desired.name}, as {facts.title} requires.")
    if isinstance(path, str) and facts.return_path_labels is None:
        raise InvalidInput(f"return_path: {facts.title} has no return path to choose. Leave it out.")
    for name in OPTIONAL:
        if getattr(desired, name) is not None and name not in facts.options:
            raise InvalidInput(f"{name}: {facts.title} has no {_words(name)} to choose for a domain. Leave it out.")
    selector, length = desired.dkim_selector, facts.selector_length
    if selector is not None and not re.fullmatch(f"[a-z0-9]{{{length}}}", selector):
        raise InvalidInput(
            f"dkim_selector: {facts.title} accepts {length} lower-case letters or digits, not {selector!r}. Leave it "
            "out for a free one."
        )


def resumed(desired: Desired, found: Registration | None) -> Desired:
    """``desired`` with the return path that an interrupted run of ours chose but did not set.

    If the domain was ever verified, somebody has switched it off since, and it stays off.
    """
    begun = (found.mark or {}).get("return-path", "") if found and found.is_unfinished else ""
    if found and desired.return_path is None and not found.in_use.get("return_path"):
        return dataclasses.replace(desired, return_path=begun) if begun not in ("", _NO_RETURN_PATH) else desired
    return desired


def plan(
    desired: Desired,
    found: Registration | None,
    facts: ServiceFacts,
    around: Surroundings,
    keys: Mapping[str, tuple[str, ...]],
    now: str = "",
    take_over: bool = False,
) -> RegistrationPlan:
    """How to get the wanted registration.

    ``keys``: by DKIM selector, the names of the keys whose values the service chooses. Raises Conflict or InvalidInput.
    """
    if found is not None and found.conflict:
        raise Conflict(found.conflict)
    if found is not None:
        return _revised(desired, found, facts, around, take_over)
    if facts.terms and not desired.accept_terms:
        raise InvalidInput(
            f"{facts.title} asks for consent to its terms ({facts.terms}) when a domain is registered, which is a "
            "legal act: read them and set accept_terms: true. Nothing was registered."
        )
    if around.delegation:
        raise Conflict(f"{around.delegation} Nothing was registered at {facts.title}.")
    if around.exchanges is None:
        raise _not_asked(f"What is at {desired.name}", facts)
    if around.has_dmarc is None and desired.name != desired.domain:
        raise _not_asked(f"The DMARC record of {desired.domain}", facts)
    notes: list[str] = []
    chosen = _return_path(desired, facts, around, notes)
    selector = _selector(keys, facts, around, notes)
    wanted = dataclasses.replace(desired, return_path=chosen, dkim_selector=selector or None)
    refuse_unaligned(wanted, facts, around, notes)
    begun = chosen if isinstance(chosen, str) else _NO_RETURN_PATH
    mark = {"registered": now, "return-path": begun} if facts.can_mark else {}
    return RegistrationPlan(REGISTER, dataclasses.replace(wanted, mark=mark), tuple(notes))


def plan_removal(found: Registration | None, desired: Desired, facts: ServiceFacts, unmarked: bool) -> RegistrationPlan:
    """Raises Conflict for a registration that may belong to others."""
    if found is None:
        return RegistrationPlan(NOTHING, desired)
    if found.conflict:
        raise Conflict(found.conflict)
    if not found.mark and not unmarked:
        why = (
            f"{facts.title} cannot store a mark that says who made it"
            if found.mark is None
            else "it has no mark of postmaster.mail"
        )
        raise Conflict(
            f"{desired.name} is registered at {facts.title}, and {why}, so it is not deleted: another program may use "
            "it. To delete it, set delete_unmarked: true."
        )
    return RegistrationPlan(REMOVE, desired)


# -- an existing registration ----------------------------------------------------------------------------------------


def _revised(
    desired: Desired, found: Registration, facts: ServiceFacts, around: Surroundings, take_over: bool
) -> RegistrationPlan:
    notes: list[str] = []
    in_use = found.in_use
    if facts.return_path_is_final and desired.return_path is False:
        desired = dataclasses.replace(desired, return_path=None)  # the service chooses its label
    differs = [name for name in _OPTIONS if getattr(desired, name) is not None and not _same(name, desired, in_use)]
    unread = [name for name in differs if name not in in_use]
    for name in unread:
        notes.append(f"{facts.title} does not show the {_words(name)} of {desired.name}, so it is not changed.")
        unstated: dict[str, Any] = {name: None}
        desired = dataclasses.replace(desired, **unstated)
    changes = [name for name in differs if name not in unread]
    replaced = [name for name in changes if in_use[name] or name == "feedback"]  # for feedback, false is a choice, too
    final = [name for name in replaced if _is_final(name, facts)]
    if final and take_over:
        raise Conflict(
            f"{facts.title} cannot change the {_words(final[0])} of {desired.name}, and a second registration would "
            "make the first one invalid. Delete it in the console if nothing sends through it, and run it again."
        )
    if replaced and not take_over and not found.is_unfinished:
        raise Conflict(" ".join(_stands(name, desired, found, facts) for name in replaced))
    if "return_path" in changes and desired.return_path:
        _return_path(desired, facts, around, notes)  # must be free
    chosen = in_use.get("return_path") if desired.return_path is None else desired.return_path
    try:
        refuse_unaligned(dataclasses.replace(desired, return_path=chosen or False), facts, around, notes)
    except Conflict as error:
        notes.append(str(error))  # it already sends: a finding, not a refusal
    return RegistrationPlan(UPDATE if changes else NOTHING, desired, tuple(notes))


def _same(name: str, desired: Desired, in_use: Mapping[str, Any]) -> bool:
    return name in in_use and (in_use[name] or False) == (getattr(desired, name) or False)


def _stands(name: str, desired: Desired, found: Registration, facts: ServiceFacts) -> str:
    wanted, there = getattr(desired, name), found.in_use[name]
    part = found.parts.get(name)
    state = f" ({part.word})" if part else ""
    label, dummy, rest = str(there).partition(".")
    keep = label if name == "return_path" and rest == desired.name else _said(name, there)
    # the selector in use may be one that cannot be stated
    cure = f"Leave out {name} to keep it" if name == "dkim_selector" else f"Keep it with {name}: {keep}"
    instead = "" if _is_final(name, facts) else ", or replace it with take_over_registration: true"
    return (
        f"{desired.name} is registered at {facts.title} with the {_words(name)} {_said(name, there)}{state}, but "
        f"{_said(name, wanted)} is requested. Nothing was changed. {cure}{instead}."
    )


def _is_final(name: str, facts: ServiceFacts) -> bool:
    return name == "dkim_selector" or (name == "return_path" and facts.return_path_is_final)


def _said(name: str, value: Any) -> str:
    if name == "feedback":
        return "on" if value else "off"
    return str(value) if value else "none"


def _words(name: str) -> str:
    return name.replace("_", " ").replace("dkim", "DKIM")


# -- a new registration ----------------------------------------------------------------------------------------------


def _return_path(desired: Desired, facts: ServiceFacts, around: Surroundings, notes: list[str]) -> str | bool:
    """The free return path. Raises Conflict."""
    names = candidates(desired, facts)
    taken: list[str] = []
    for name in names:
        if name not in around.holders:
            raise _not_asked(f"Whether there is something at {name}", facts)
        if not around.holders[name]:
            if taken:
                notes.append(f"The return path is {name}, as {'; '.join(taken)}.")
            return name
        taken.append(f"{name} is held by {around.holders[name]}")
    if taken:
        raise NameTaken(
            f"No return path is free for {facts.title}: {'; '.join(taken)}. Nothing was changed.",
            "Give another one as return_path, or return_path: false for that of the service.",
        )
    return False


def _not_asked(what: str, facts: ServiceFacts) -> Conflict:
    return Conflict(
        f"{what} could not be found out: none of its name servers answers. Nothing was registered at {facts.title}. "
        "Run it again."
    )


def _selector(keys: Mapping[str, tuple[str, ...]], facts: ServiceFacts, around: Surroundings, notes: list[str]) -> str:
    """The free DKIM selector, empty for those of the service. Raises Conflict."""
    taken: list[str] = []
    for selector, names in keys.items():
        for name in names:
            if name not in around.holders:
                raise _not_asked(f"Whether there is something at {name}", facts)
        held = [f"{name} is held by {around.holders[name]}" for name in names if around.holders[name]]
        if not held:
            if taken:
                notes.append(f"The DKIM selector is {selector}, as {'; '.join(taken)}.")
            return selector
        taken += held
    if taken:
        another = "Give another dkim_selector, use" if "dkim_selector" in facts.options else "Use"
        raise NameTaken(
            f"{'; '.join(taken)}. {facts.title} would need the same name, and the domain is not registered in this "
            "account: another account or service uses it. Nothing was registered.",
            f"{another} the account that holds it, or remove the record if nobody sends through it any more.",
        )
    return ""


def refuse_unaligned(desired: Desired, facts: ServiceFacts, around: Surroundings, notes: list[str]) -> None:
    """Raises Conflict if neither signature nor envelope sender can align with the From domain (RFC 7489 3.1)."""
    if around.alignment is None:
        return
    by_dkim, by_spf = around.alignment
    envelope = desired.return_path or (desired.name if facts.own_return_path else None)
    if desired.name == desired.domain and (envelope in (None, desired.domain) or by_spf == "r"):
        return  # the service chooses the envelope sender, or it aligns just as the signature does
    dkim = by_dkim == "r" or desired.name == desired.domain
    spf = envelope is not None and by_spf == "r"
    if not dkim and not spf:
        raise Conflict(
            f"Mail of {desired.domain} through {facts.title} would fail DMARC: it is signed as {desired.name}, and the "
            f"DMARC record of {desired.domain} asks for exactly {desired.domain} (adkim=s"
            f"{', aspf=s' if by_spf == 's' else ''}). Set relaxed alignment there, register {desired.domain} "
            f"itself as sending_domain, or send from addresses of {desired.name}."
        )
    if not dkim:
        notes.append(
            f"Mail of {desired.domain} through {facts.title} passes DMARC only with SPF, because it is signed as "
            f"{desired.name} and adkim is strict: forwarded mail fails."
        )
    elif not spf:
        notes.append(f"Mail of {desired.domain} through {facts.title} passes DMARC only with DKIM.")
