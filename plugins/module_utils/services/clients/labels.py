# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The DNS names that registrations take, checked before a service is called for conflicts with others. Pure: no I/O."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from .contract import DKIM, RETURN_PATH, Desired, Registration, ServiceClient, ServiceFacts, ServiceRecord
from .planning import NameTaken, candidates, selectors
from .publication import same


class Held(NamedTuple):
    """The first record in the way at a name: its type and value, the latter as in ``ServiceRecord``.

    ``who``: who needs the name, if it is known, for messages. What a service has not told yet is empty.
    """

    type: str
    value: str
    who: str = ""

    def __str__(self) -> str:
        return self.who or f"{self.type} {self.value}"


def held_by(records: Iterable[ServiceRecord], who: str) -> dict[str, Held]:
    """By name, what somebody publishes or will publish there."""
    found: dict[str, Held] = {}
    for record in records:
        for value in record.values or ("",):
            if record.name not in found or record.type in _LEADING:
                found[record.name] = Held(record.type, value, who)
    return found


@dataclasses.dataclass(frozen=True)
class Claim:
    """The names that one registration takes.

    :param who: the owner, for messages.
    :param paths: candidates for the return path, in order; ``is_stated``: there is no other.
    :param keys: of DKIM, whose values the service chooses, by selector, in order; ``key_type``: their type.
    :param targets: by return path, the hosts that its records point to.
    """

    who: str
    paths: tuple[str, ...]
    is_stated: bool
    keys: Mapping[str, tuple[str, ...]]
    targets: Mapping[str, frozenset[str]]
    key_type: str = ""

    @property
    def certain(self) -> Claim:
        """What it takes in any case, because there is no other candidate."""
        paths, keys = self.paths if self.is_stated else (), self.keys if len(self.keys) == 1 else {}
        return dataclasses.replace(self, paths=paths, keys=keys)

    @property
    def key_names(self) -> tuple[str, ...]:
        return tuple(itertools.chain.from_iterable(self.keys.values()))

    @property
    def names(self) -> tuple[str, ...]:
        return self.key_names + self.paths

    def shares(self, name: str, other: Claim) -> bool:
        """Whether both publish the same at a name."""
        return bool(self.targets.get(name)) and self.targets.get(name) == other.targets.get(name)

    def publishes(self, name: str, held: Held) -> bool:
        """Whether it is known to publish the same."""
        return held.type in _LEADING and bool(held.value) and held.value.split()[-1] in self.targets.get(name, ())


def claim_of(client: ServiceClient, desired: Desired) -> Claim:
    paths = candidates(desired, client.facts)
    targets = {}
    for path in paths:
        records = client.predict(dataclasses.replace(desired, return_path=path))[0]
        leading = [one for one in records if one.purpose == RETURN_PATH and one.type in _LEADING]
        targets[path] = frozenset(value.split()[-1] for one in leading for value in one.values)
    keys: dict[str, tuple[str, ...]] = {}
    key_type = ""
    for selector in selectors(desired, client.facts):
        records = client.predict(dataclasses.replace(desired, dkim_selector=selector or None))[0]
        made = [one for one in records if one.purpose == DKIM and not one.values]
        keys[selector] = tuple(one.name for one in made)
        key_type = made[0].type if made else ""
    region = f" ({client.region})" if client.region else ""
    return Claim(
        who=f"the sender at {client.facts.title}{region}",
        paths=paths,
        is_stated=isinstance(desired.return_path, str),
        keys=keys,
        targets=targets,
        key_type=key_type,
    )


def of_others(claims: Sequence[Claim], given: Sequence[Mapping[str, Held]]) -> list[dict[str, Held]]:
    """By claim, the names that others take. ``given``: by claim, those already known.

    A default label or selector goes to the first claim that can have it.
    """
    certain: dict[str, list[Claim]] = {}
    for one in claims:
        for name in one.certain.names:
            certain.setdefault(name, []).append(one)
    found: list[dict[str, Held]] = []
    chosen: dict[str, Held] = {}
    for one, names in zip(claims, given):
        own = one.certain.names
        taken = {name: chosen[name] for name in one.names if name in chosen and name not in own}
        for name in one.names:
            others = [other.who for other in certain.get(name, ()) if other is not one and not one.shares(name, other)]
            taken.update((name, Held("", "", who)) for who in others)
            if name in names and not one.publishes(name, names[name]):
                taken[name] = names[name]
        for candidates_in_order in (list(one.keys.values()), [(path,) for path in one.paths]):
            free = next((some for some in candidates_in_order if not taken.keys() & set(some)), ())
            chosen.update((name, Held("", "", one.who)) for name in free if name not in own)
        found.append(taken)
    return found


def chosen_names(who: str, desired: Desired, records: Sequence[ServiceRecord]) -> dict[str, Held]:
    """The names that a registration has, or gets; ``records``: those that are known."""
    found = held_by([one for one in records if one.purpose in (DKIM, RETURN_PATH)], who)
    if isinstance(desired.return_path, str):
        found.setdefault(desired.return_path, Held("", "", who))
    return found


def refuse(
    claim: Claim, others: Mapping[str, Held], holders: Mapping[str, Held | None], facts: ServiceFacts, name: str
) -> None:
    """Raises NameTaken for a name that is not available, whatever the service has registered.

    ``others``: from ``of_others``. ``holders``: the record at a name, None if nothing is in the way.
    """
    for at in claim.certain.names:
        is_key = at in claim.key_names
        kind = claim.key_type if is_key else ""
        held = [one for one in (others.get(at), holders.get(at)) if one is not None and _is_foreign(one, facts, kind)]
        if not held:
            continue
        what = "key of DKIM" if is_key else "return path"
        option = ("dkim_selector" if "dkim_selector" in facts.options else "") if is_key else "return_path"
        cure = f"another {option}, or leave it out" if option else "another sending_domain"
        raise NameTaken(
            f"{at} is held by {held[0]}, and {facts.title} needs the same name as {what} of {name}. {facts.title} was "
            "not asked, and nothing was changed.",
            f"Give {cure}, or remove what holds it if nobody sends by it any more.",
        )


def _is_foreign(held: Held, facts: ServiceFacts, kind: str) -> bool:
    """Whether it cannot belong to the registration itself, of which only the service knows the values.

    A record that leads to the same service may belong to it; so may one of the same ``kind`` where it is not known
    where those of the service lead, and an address that DNS shows, because a proxy hides a CNAME behind one.
    """
    own = facts.return_path_target or facts.account_target
    if held.who and (not held.value or (kind and held.type != kind)):
        return True
    return bool(own) and own not in held.value.lower() and (bool(held.who) or held.type not in ("A", "AAAA"))


def refuse_others(found: Registration, others: Mapping[str, Held], facts: ServiceFacts) -> None:
    """Raises NameTaken if others publish something else at a name that an existing registration uses."""
    for record in found.records or ():
        held = others.get(record.name)
        if held is None or record.purpose not in (DKIM, RETURN_PATH):
            continue
        beside = held.type not in ("", "CNAME", record.type) and record.type != "CNAME"
        there = ServiceRecord(record.name, held.type, (held.value,), record.purpose)
        if not beside and not same(record, there):
            raise NameTaken(
                f"{record.name} is held by {held}, and {facts.title} has another record there for {found.name}: "
                f"{record.type} {', '.join(record.values)}. Nothing was changed.",
                "Remove one of the two if nobody sends by it any more.",
            )


_LEADING = ("CNAME", "MX")  # records whose value is a host
