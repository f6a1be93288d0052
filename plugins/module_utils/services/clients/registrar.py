# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Create, change or remove one registration; anything that may have been done is checked before it is repeated."""

from __future__ import annotations

from typing import Callable

from ...errors import Conflict, Interrupted, OutcomeUnknown, ProviderError
from .contract import (
    SETTLING,
    AlreadyThere,
    Busy,
    Desired,
    NotThere,
    Registration,
    ServiceClient,
    ServiceRefused,
)

_TRIES = 3  # to register, each after checking that the previous one failed
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  # seconds between two checks


class Registrar:
    """Works at one account. All methods raise PostmasterError."""

    def __init__(self, client: ServiceClient, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._client, self._clock, self._sleep = client, clock, sleep

    def register(self, desired: Desired, there: Registration | None) -> Registration:
        """Register a domain, or set options of its registration; returns the result as read back."""
        is_new = there is None
        failure: ProviderError = ProviderError("")
        for attempt in range(1, _TRIES + 1):
            try:
                self._client.register(desired, there)
            except Busy as error:
                failure = error
                self._sleep(min(error.pause or 2.0**attempt, LONGEST_PAUSE))
                there = self._look(desired.name)
            except (AlreadyThere, NotThere, OutcomeUnknown) as error:
                failure = error
                there = self._found_after(error, desired.name)
                if isinstance(error, AlreadyThere) and is_new and not there.mark:
                    raise Conflict(
                        f"{desired.name} was just registered at {self._client.facts.title} by another program. Run it "
                        "again."
                    ) from None
            else:
                return self._settled(desired.name)
        raise failure

    def remove(self, found: Registration) -> None:
        try:
            self._client.remove(found)
        except NotThere:
            return
        except OutcomeUnknown:
            if self._look(found.name) is not None:
                raise

    def _look(self, name: str) -> Registration | None:
        found = self._client.find([name])
        if name in found.refused:
            raise found.refused[name]
        return found.get(name)

    def _settled(self, name: str) -> Registration:
        """A new registration, once the service shows it with its records."""
        deadline, pause = self._clock() + SETTLING, FIRST_PAUSE
        while True:
            found = self._look(name)
            if found is not None and found.records is not None:
                return found
            if self._clock() >= deadline:
                raise ProviderError(
                    f"{self._client.facts.title} does not show {name} and its records {SETTLING:g} s after it was "
                    "registered. Run it again."
                )
            self._sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _found_after(self, error: ServiceRefused | OutcomeUnknown, name: str) -> Registration:
        """What the account has after a registration was refused or its answer was lost."""
        try:
            return self._settled(name)
        except Interrupted:
            raise
        except ProviderError:
            missing = f"this account does not show it, looked for during {SETTLING:g} s"
        if isinstance(error, AlreadyThere):
            raise ProviderError(
                f"{self._client.facts.title} says that {name} is registered already ({error}), and {missing}: another "
                "account holds it, or it is not visible yet. Nothing was changed. Check the service's console, and run "
                "it again."
            ) from None
        raise ProviderError(
            f"{error} It is not known whether {name} was registered, and {missing}. Run it again: the run looks for it "
            "first."
        ) from None
