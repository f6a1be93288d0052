# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is misspelt in a ``dns`` option, with what was probably meant, and without the options of other providers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..argument_faults import near, shown_name
from .options import OPTIONS
from .registry import dns_options


def account_faults(given: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for each: a provider that there is not, or options that the provider does not have."""
    provider = given.get("provider")
    if provider is None:
        yield f"provider is missing. It is one of {', '.join(OPTIONS)}."
    elif not isinstance(provider, str) or provider not in OPTIONS:
        words = provider if isinstance(provider, list) else [provider]
        # of anything but words, the whole account may be in it
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
    """Those of the option dns that this provider has; what it needs is required, if no environment can say it."""
    chosen = OPTIONS[provider]
    of_others = {name for one in OPTIONS.values() for name in one.options} - set(chosen.options)
    needed = set(chosen.required) - set(chosen.environment)
    return {
        name: {**option, "required": name == "provider" or name in needed}
        for name, option in dns_options()["options"].items()
        if name not in of_others
    }


def of_provider(options: Mapping[str, Any], given: Mapping[str, Any]) -> tuple[list[str], dict[str, Any] | None] | None:
    """Of an account, what is wrong with it, and the options of its provider."""
    if options.get("provider", {}).get("choices") != list(OPTIONS):
        return None
    provider = given.get("provider")
    known = isinstance(provider, str) and provider in OPTIONS
    return list(account_faults(given)), options_of(str(provider)) if known else None
