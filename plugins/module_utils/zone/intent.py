# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a caller wants at some names of a zone. Pure: an intent never does I/O."""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Iterable
from typing import Callable, Optional

from ..libraries import dns
from .model import Draft, Key

# Queries DNS for the values of one type at a name: an empty tuple if there are none, None if nobody answered.
Ask = Callable[["dns.name.Name", "dns.rdatatype.RdataType"], Optional[tuple["dns.rdata.Rdata", ...]]]


@dataclasses.dataclass
class Notes:
    """What a person should know besides the plan."""

    warnings: list[str] = dataclasses.field(default_factory=list)
    left_alone: list[str] = dataclasses.field(default_factory=list)  # what differs from the request and stays


class Intent(abc.ABC):
    """One thing that is asked for at one owner name, in the terms of the email standards.

    ``optional``: if the name lies in a zone that we cannot write, leave the intent out and call ``skip`` instead of
    failing the domain (used for external report authorisations).
    """

    name: dns.name.Name
    optional: bool = False

    def skip(self, ask: Ask, notes: Notes) -> None:
        """Say what a person must do because an optional intent was left out."""
        return

    @abc.abstractmethod
    def sees(self) -> Iterable[Key]:
        """The record sets that the decision depends on. The engine adds what the rules of DNS need."""

    @abc.abstractmethod
    def revise(self, draft: Draft, notes: Notes) -> None:
        """Change the draft to what is wanted. Raises Conflict or InvalidInput with what a person must decide."""

    def review(self, draft: Draft, ask: Ask, notes: Notes) -> None:
        """Judge the draft after all intents of the domain have revised it; called only if something changes.

        ``ask`` answers from the draft for names of the zone itself, and from DNS for others. Raises Conflict.
        """
        return
