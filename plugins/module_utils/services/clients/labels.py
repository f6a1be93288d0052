# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The DNS names that registrations take, checked before a service is called for conflicts with others. Pure: no I/O."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .contract import DKIM, RETURN_PATH, Desired, ServiceClient, ServiceFacts
from .planning import NameTaken, candidates


class Held(NamedTuple):
    """The first record in the way at a name: its type and value, the latter as in ``ServiceRecord``."""

    type: str
    value: str

    def __str__(self) -> str:
        return f"{self.type} {self.value}"


@dataclasses.dataclass(frozen=True)
class Claim:
    """The names that one registration takes.

    :param who: the owner, for messages.
    :param paths: candidates for the return path, in order; ``is_stated``: there is no other.
    :param keys: of DKIM, whose values the service chooses.
    :param targets: by return path, the hosts that its records point to.
    """

    who: str
    paths: tuple[str, ...]
    is_stated: bool
    keys: tuple[str, ...]
    targets: Mapping[str, frozenset[str]]

    @property
    def fixed(self) -> tuple[str, ...]:
        return self.keys + (self.paths if self.is_stated else ())

    def shares(self, name: str, other: Claim) -> bool:
        """Whether both publish the same at a name."""
        return bool(self.targets.get(name)) and self.targets.get(name) == other.targets.get(name)


def claim_of(client: ServiceClient, desired: Desired) -> Claim:
    paths = candidates(desired, client.facts)
    targets = {}
    for path in paths:
        records = client.predict(dataclasses.replace(desired, return_path=path))[0]
        leading = [one for one in records if one.purpose == RETURN_PATH and one.type in ("CNAME", "MX")]
        targets[path] = frozenset(value.split()[-1] for one in leading for value in one.values)
    keys = tuple(one.name for one in client.predict(desired)[0] if one.purpose == DKIM and not one.values)
    region = f" ({client.region})" if client.region else ""
    is_stated = isinstance(desired.return_path, str)
    return Claim(f"the sender at {client.facts.title}{region}", paths, is_stated, keys, targets)


def of_others(claims: Sequence[Claim], given: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """By claim, the names that others take, with their owners. ``given``: by claim, those already known.

    A default label goes to the first claim that can have it.
    """
    fixed: dict[str, list[Claim]] = {}
    for one in claims:
        for name in one.fixed:
            fixed.setdefault(name, []).append(one)
    found: list[dict[str, str]] = []
    chosen: dict[str, str] = {}
    for one, names in zip(claims, given):
        taken = {name: chosen[name] for name in one.paths if name in chosen and not one.is_stated}
        for name in one.keys + one.paths:
            others = [other.who for other in fixed.get(name, ()) if other is not one and not one.shares(name, other)]
            taken.update((name, who) for who in others)
        taken.update((name, names[name]) for name in one.keys + one.paths if name in names)
        free = [path for path in one.paths if path not in taken]
        if free and not one.is_stated:
            chosen[free[0]] = one.who
        found.append(taken)
    return found


def refuse(
    claim: Claim, others: Mapping[str, str], holders: Mapping[str, Held | None], facts: ServiceFacts, name: str
) -> None:
    """Raises NameTaken for a name that is not available, whatever the service has registered.

    ``holders``: the record at a name, None if nothing is in the way. A record that leads to the same service may belong
    to the registration itself; so may an address, because a proxy hides a CNAME behind one.
    """
    own = facts.return_path_target or facts.account_target
    held = {
        at: str(one)
        for at, one in holders.items()
        if one is not None and own and own not in one.value.lower() and one.type not in ("A", "AAAA")
    }
    for at in claim.fixed:
        who = others.get(at) or held.get(at)
        if not who:
            continue
        what = "key of DKIM" if at in claim.keys else "return path"
        cure = "another sending_domain" if at in claim.keys else "another return_path, or leave it out"
        raise NameTaken(
            f"{at} is held by {who}, and {facts.title} needs the same name as {what} of {name}. {facts.title} was not "
            "asked, and nothing was changed.",
            f"Give {cure}, or remove what holds it if nobody sends by it any more.",
        )
