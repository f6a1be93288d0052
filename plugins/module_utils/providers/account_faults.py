# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find misspellings in a ``dns`` option and suggest corrections, ignoring the options of other providers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..argument_faults import near, shown_name
from .options import OPTIONS
from .registry import dns_options


def account_faults(given: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for each unknown provider, and each option that its provider does not have."""
    provider = given.get("provider")
    if provider is None:
        yield f"provider is missing. It is one of {', '.join(OPTIONS)}."
    elif not isinstance(provider, str) or provider not in OPTIONS:
        words = provider if isinstance(provider, list) else [provider]
        # a malformed value may contain the whole account, secrets included
        stated = repr(provider) if all(isinstance(word, str) for word in words) else "of this kind"
        yield f"there is no provider {stated}.{near(str(provider), OPTIONS)} There are {', '.join(OPTIONS)}."
    else:
        known = options_of(provider)
        for name, value in given.items():
            others = [one for one, chosen in OPTIONS.items() if name in chosen.options]
            if name in known or (others and value is None):
                continue
            but = f", but of {', '.join(others)}." if others else f".{near(str(name), known)}"
            shown = name if others else shown_name(str(name), value, known)
            yield f"{shown} is not an option of the provider {provider}{but} The options are {', '.join(known)}."


def options_of(provider: str) -> dict[str, Any]:
    """The options of ``dns`` for this provider; required ones stay so unless the environment can supply them."""
    chosen = OPTIONS[provider]
    of_others = {name for one in OPTIONS.values() for name in one.options} - set(chosen.options)
    needed = set(chosen.required) - set(chosen.environment)
    return {
        name: {**option, "required": name == "provider" or name in needed}
        for name, option in dns_options()["options"].items()
        if name not in of_others
    }


def of_provider(options: Mapping[str, Any], given: Mapping[str, Any]) -> tuple[list[str], dict[str, Any] | None] | None:
    """The faults in the choice of a provider, and the options that then apply (None if it is unknown)."""
    if options.get("provider", {}).get("choices") != list(OPTIONS):
        return None
    provider = given.get("provider")
    known = isinstance(provider, str) and provider in OPTIONS
    return list(account_faults(given)), options_of(str(provider)) if known else None
