# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the shape of variables, a sentence each: what was given, and what is right. Pure: no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible.module_utils.common import validation

from ansible_collections.postmaster.mail.plugins.module_utils.providers.account_faults import (
    account_faults,
    near,
    options_of,
)
from ansible_collections.postmaster.mail.plugins.module_utils.providers.options import OPTIONS
from ansible_collections.postmaster.mail.plugins.module_utils.services.registry import SERVICES

from .values import is_true

Spec = Mapping[str, Any]
# What people write in the place of a dictionary is the value of the first of these that it has.
_SHORT_FOR = ("service", "provider", "policy", "url", "timeout", "path", "selector", "include", "code")
_KINDS = {
    "dict": "a dictionary",
    "list": "a list",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "str": "a text",
    "path": "a path",
    "json": "JSON",
}
_MOST_SHOWN = 60  # characters of a value


def shape_faults(options: Spec, given: Mapping[str, Any], where: str = "") -> Iterator[str]:
    """What is wrong with values for options. ``where``: what has these options, such as custom_domain_dns."""
    if options.get("provider", {}).get("choices") == list(OPTIONS):
        yield from (f"{_at(where)}{fault}" for fault in account_faults(given))
        if not isinstance(given.get("provider"), str) or given["provider"] not in OPTIONS:
            return
        options = options_of(given["provider"])
    else:
        for name in (name for name in given if name not in options):
            known = _listed(options)
            yield f"{_at(where)}{name} is no option here.{near(str(name), options)} The options are {known}."
    for name, value in given.items():
        if name in options and value is not None:
            yield from _value_faults(options[name], value, name, where)
    for name, option in options.items():
        if option.get("required") and not option.get("fallback") and given.get(name) is None:
            yield f"{_at(where)}{name} is missing.{_example(option)}"


def _value_faults(option: Spec, value: Any, name: str, where: str) -> Iterator[str]:
    kind = option.get("type", "str")
    at = f"{_at(where)}{name}"
    if kind == "list":
        yield from _list_faults(option, value, name, where)
        return
    if not _is_a(kind, value):
        yield f"{at} is {_formatted(value, option)}, and must be {_KINDS.get(kind, kind)}.{_example(option, value)}"
    elif kind == "dict" and option.get("options"):
        yield from shape_faults(option["options"], validation.check_type_dict(value), _inside(where, name))
    elif option.get("choices") and not _is_chosen(option, value):
        said = f"{_formatted(value, option)}{_of_yaml(value)}"
        yield f"{at} is {said}, and must be one of {_listed(option['choices'])}.{near(str(value), option['choices'])}"


def _list_faults(option: Spec, value: Any, name: str, where: str) -> Iterator[str]:
    if isinstance(value, Mapping) or not _is_a("list", value):
        dash = " Put a dash before it." if isinstance(value, Mapping) else ""
        yield f"{_at(where)}{name} is {_formatted(value, option)}, and must be a list.{dash}"
        return
    kind = option.get("elements")
    for number, one in enumerate(validation.check_type_list(value), start=1):
        entry = f"entry {number} of {name}"
        if kind is None:
            continue
        if kind == "str" and isinstance(one, bool):
            yield f"{_at(where)}{entry} is {_formatted(one)}{_of_yaml(one)}, and must be a text."
            continue
        yield from _value_faults({**option, "type": kind}, one, entry, where)


def _is_a(kind: str, value: Any) -> bool:
    if kind in ("str", "path"):
        return not isinstance(value, (Mapping, list, tuple))
    if kind == "int" and isinstance(value, bool):
        return False
    check = getattr(validation, f"check_type_{kind}", None)
    try:
        if check is not None:
            check(value)
    except (TypeError, ValueError):
        return False
    return True


def _is_chosen(option: Spec, value: Any) -> bool:
    """YAML reads a bare ``no`` as false, and Ansible takes that for the choice of this name."""
    choices = [str(one) for one in option["choices"]]
    if isinstance(value, bool):
        return any(
            one.lower() in ("yes", "on", "true", "no", "off", "false") and is_true(one) == value for one in choices
        )
    return str(value) in choices


def _example(option: Spec, value: Any = None) -> str:
    """How it is written, with what was given if that is known to be no secret."""
    known = option.get("options") or {}
    first = next((one for one in _SHORT_FOR if one in known), "")
    if not first:
        return f" Its options are {_listed(known)}." if known else ""
    if _is_plain(value, option) and _is_a(known[first].get("type", "str"), value):
        return f" Write {{{first}: {value}}}."
    return f" Write {{{first}: …}}; its options are {_listed(_few(known))}."


def _few(known: Spec) -> Iterable[str]:
    """Of an account of DNS, not the options of all providers."""
    return (
        [f"provider ({_listed(known['provider']['choices'])}), and those of the provider"]
        if "provider" in known
        else known
    )


def _is_plain(value: Any, option: Spec) -> bool:
    """Whether a value may be shown where a dictionary belongs: a number, or a word that is no secret."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return True
    has_secrets = any(one.get("no_log") for one in (option.get("options") or {}).values())
    return isinstance(value, str) and (not has_secrets or value in (*SERVICES, *OPTIONS))


def _of_yaml(value: Any) -> str:
    words = "yes, on and true" if value is True else "no, off and false"
    return f" (YAML reads {words} as that: put the word in quotes)" if isinstance(value, bool) else ""


def _formatted(value: Any, option: Spec | None = None) -> str:
    if value is None:
        return "empty"
    if isinstance(value, (Mapping, list, tuple)):
        return "a dictionary" if isinstance(value, Mapping) else "a list"
    if isinstance(value, bool):
        return str(value).lower()
    if option is not None and (
        option.get("no_log")
        or (option.get("type") == "dict" and not option.get("options"))
        or (option.get("options") and not _is_plain(value, option))
    ):
        return "a text" if isinstance(value, str) else "a number"
    text = repr(str(value)) if isinstance(value, str) else str(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"


def _listed(names: Iterable[Any]) -> str:
    return ", ".join(str(name) for name in names)


def _at(where: str) -> str:
    return f"{where}: " if where else ""


def _inside(where: str, name: str) -> str:
    return f"{where}, {name}" if where else name
