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

# Asks DNS for the values of one type at a name: an empty tuple when there are none, None when nobody answered.
Ask = Callable[["dns.name.Name", "dns.rdatatype.RdataType"], Optional[tuple["dns.rdata.Rdata", ...]]]


@dataclasses.dataclass
class Notes:
    """What a person should know beside the plan."""

    warnings: list[str] = dataclasses.field(default_factory=list)
    left_alone: list[str] = dataclasses.field(default_factory=list)  # what is there, is not as asked, and stays


class Intent(abc.ABC):
    """One thing that is asked for, in the words of the email standards, at one owner name.

    ``optional``: where the name lies in a zone that is not ours to write, the intent is left out and ``skip`` is
    called (an external report authorisation), instead of failing the domain.
    """

    name: dns.name.Name
    optional: bool = False

    def skip(self, ask: Ask, notes: Notes) -> None:
        """Tell what a person must do where an optional intent was left out."""
        return

    @abc.abstractmethod
    def sees(self) -> Iterable[Key]:
        """The record sets that it must see to decide. The engine adds what the rules of DNS need."""

    @abc.abstractmethod
    def revise(self, draft: Draft, notes: Notes) -> None:
        """Let the draft become what is wanted. Raises Conflict or InvalidInput with what a person must decide."""

    def review(self, draft: Draft, ask: Ask, notes: Notes) -> None:
        """Judge the draft once all intents of the domain have revised it and it does change something.

        ``ask`` answers from the draft for names of the zone itself, from DNS for others. Raises Conflict.
        """
        return
