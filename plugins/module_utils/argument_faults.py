# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check options or variables: a sentence for each fault, saying what was given and what is right. Pure: no I/O."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Callable

from ansible.module_utils.common import validation

Spec = Mapping[str, Any]
# For an option that selects which other options apply: the faults of the choice, and the options that apply, or None
# if the choice is unknown. For any other option: None.
Narrow = Callable[[Spec, Mapping[str, Any]], "tuple[list[str], Spec | None] | None"]

# Names that DNS records and other programs use for the same thing
OTHER_WORDS: Mapping[str, str] = {
    "p": "policy",
    "sp": "subdomain_policy",
    "np": "nonexistent_policy",
    "rua": "aggregate_reports",
    "ruf": "failure_reports",
    "fo": "failure_options",
    "adkim": "dkim_alignment",
    "aspf": "spf_alignment",
    "t": "testing",
    "pct": "testing",
    "ssl": "encryption",
    "tls": "encryption",
    "smtp_host": "host",
    "smtp_port": "port",
    "smtp_user": "username",
    "smtp_pass": "password",
    "user": "username",
    "login": "username",
    "db": "database",
    "dbname": "database",
    "token": "api_token",
    "aws": "route53",
    "amazon": "route53",
    "bind": "rfc2136",
    "nsupdate": "rfc2136",
    "google": "google_cloud_dns",
    "gcp": "google_cloud_dns",
}
# For a plain value in place of a dictionary, the first of these options that the dictionary has.
_SHORT_FOR = ("service", "provider", "policy", "url", "timeout", "path", "selector", "include", "code")
_IN_SECONDS = ("timeout", "interval", "ttl", "custom_domain_ttl")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
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
_FEW = 3  # the most options that an example shows in full
_MOST_SHOWN = 60  # characters of a value


class ArgumentFaults:
    """Finds the faults in given options. ``words``: values that may be shown in any place."""

    def __init__(self, narrow: Narrow = lambda options, given: None, words: Collection[str] = ()) -> None:
        self._narrow = narrow
        self._words = words

    def of(self, options: Spec, given: Mapping[str, Any], where: str = "") -> Iterator[str]:
        """A sentence for each fault. ``where``: what has these options, such as custom_domain_dns."""
        narrowed = self._narrow(options, given)
        if narrowed is not None:
            yield from (f"{_at(where)}{fault}" for fault in narrowed[0])
            if narrowed[1] is None:
                return
            options = narrowed[1]
        else:
            unknown = [
                f"{_at(where)}{shown_name(str(name), value, options)} is not an option "
                f"here.{near(_word(name), options)}"
                for name, value in given.items()
                if name not in options
            ]
            yield from unknown[:-1]
            yield from (f"{one} The options are {_listed(options)}." for one in unknown[-1:])
        for name, value in given.items():
            if name in options and value is not None:
                yield from self._value_faults(options[name], value, name, where)
        for name, option in options.items():
            if option.get("required") and not option.get("fallback") and given.get(name) is None:
                yield f"{_at(where)}{name} is missing.{self._example(option)}"

    def _value_faults(self, option: Spec, value: Any, name: str, where: str) -> Iterator[str]:
        kind = option.get("type", "str")
        at = f"{_at(where)}{name}"
        if kind == "list":
            yield from self._list_faults(option, value, name, where)
            return
        if not _is_a(kind, value):
            example = _counted(name, value) or self._example(option, value)
            needed = f"must be {_KINDS.get(kind, kind)}.{example}"
            yield f"{at} is {self._formatted(value, option)}, but {needed}"
        elif kind == "dict" and option.get("options"):
            yield from self.of(option["options"], validation.check_type_dict(value), _inside(where, name))
        elif option.get("choices") and not _is_chosen(option, value):
            said = f"{self._formatted(value, option)}{_of_yaml(value)}"
            meant = near(str(value), list(map(str, option["choices"])))
            yield f"{at} is {said}, but must be one of {_listed(option['choices'])}.{meant}"

    def _list_faults(self, option: Spec, value: Any, name: str, where: str) -> Iterator[str]:
        if isinstance(value, Mapping) or not _is_a("list", value):
            dash = " Put a dash before it." if isinstance(value, Mapping) else ""
            yield f"{_at(where)}{name} is {self._formatted(value, option)}, but must be a list.{dash}"
            return
        kind = option.get("elements")
        for number, one in enumerate(validation.check_type_list(value), start=1):
            entry = f"entry {number} of {name}"
            if kind is None:
                continue
            if kind == "str" and isinstance(one, bool):
                yield f"{_at(where)}{entry} is {self._formatted(one)}{_of_yaml(one)}, but must be a text."
                continue
            yield from self._value_faults({**option, "type": kind}, one, entry, where)

    def _example(self, option: Spec, value: Any = None) -> str:
        """An example, with the given value if that is known not to be a secret."""
        known = option.get("options") or {}
        # an account's timeout cannot stand for the account
        short_for = [one for one in _SHORT_FOR if one in known and not (one == "timeout" and _has_secrets(known))]
        if not short_for:
            if 0 < len(known) <= _FEW:
                return f" Write {{{', '.join(f'{one}: …' for one in known)}}}."
            return f" Its options are {_listed(known)}." if known else ""
        first = short_for[0]
        if first in _IN_SECONDS:
            value = _seconds(value) or value
        is_whole_record = re.search(r"[\s=]", str(value))
        if self._is_plain(value, option) and _is_a(known[first].get("type", "str"), value) and not is_whole_record:
            return f" Write {{{first}: {value}}}."
        return f" Write {{{first}: …}}; its options are {_listed(_few(known))}."

    def _is_plain(self, value: Any, option: Spec) -> bool:
        """Whether a value given in place of a dictionary may be shown, because it cannot be a secret."""
        known = option.get("options") or {}
        chosen = [word for one in known.values() for word in one.get("choices") or ()]
        is_single = isinstance(value, (str, int, float)) and not isinstance(value, bool)
        return is_single and (not _has_secrets(known) or value in (*chosen, *self._words))

    def _formatted(self, value: Any, option: Spec | None = None) -> str:
        if value is None:
            return "empty"
        if isinstance(value, (Mapping, list, tuple)):
            return "a dictionary" if isinstance(value, Mapping) else "a list"
        if isinstance(value, bool):
            return str(value).lower()
        if option is not None and (
            option.get("no_log")
            or (option.get("type") == "dict" and not option.get("options"))
            or (option.get("options") and not self._is_plain(value, option))
        ):
            return "a text" if isinstance(value, str) else "a number"
        text = repr(str(value)) if isinstance(value, str) else str(value)
        return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"


def shown_name(name: str, value: Any, known: Spec) -> str:
    """The name of an unknown option, hidden if it may be a secret, as in YAML's {api_key:SECRET} and {SECRET}."""
    head = _word(name)
    if not _has_secrets(known) or (head == name and (value is not None or near(name, known))):
        return name
    return f"{head} without a space after the colon" if head in known or near(head, known) else "what has no value"


def _word(name: Any) -> str:
    return re.split(r"[^\w-]", str(name), maxsplit=1)[0]


def near(name: str, known: Collection[str]) -> str:
    """The name that was probably meant, as a question; else empty."""
    import difflib  # only needed for a misspelling

    if OTHER_WORDS.get(name.lower()) in known:
        return f" Did you mean {OTHER_WORDS[name.lower()]}?"
    by_plain = {one.casefold(): one for one in known}
    found = difflib.get_close_matches(name.strip().casefold().replace("-", "_"), by_plain, n=1, cutoff=0.6)
    return f" Did you mean {by_plain[found[0]]}?" if found else ""


def _is_a(kind: str, value: Any) -> bool:
    if kind in ("str", "path"):
        return not isinstance(value, (Mapping, list, tuple))
    if kind == "int" and isinstance(value, bool):
        return False
    if kind == "dict" and isinstance(value, str) and value.lower().startswith("v="):
        return False  # a whole DNS record, not options written as key=value
    check = getattr(validation, f"check_type_{kind}", None)
    try:
        if check is not None:
            check(value)
    except (TypeError, ValueError, OverflowError):
        return False
    return True


def _counted(name: str, value: Any) -> str:
    """The number of seconds for a time with a unit."""
    seconds = _seconds(value) if name in _IN_SECONDS else None
    return f" Write {seconds}, which is in seconds." if seconds else ""


def _seconds(value: Any) -> int | None:
    text = value.strip().lower() if isinstance(value, str) else ""
    found = re.fullmatch(r"(\d{1,9}) ?(?!m[os])([smhdw])[a-z]*", text)  # not milliseconds or months
    return int(found[1]) * _UNITS[found[2]] if found else None


def _is_chosen(option: Spec, value: Any) -> bool:
    """Whether Ansible accepts a boolean for a choice: YAML reads a bare ``no`` as false."""
    choices = [str(one) for one in option["choices"]]
    if isinstance(value, bool):
        return any(one.lower() in (("yes", "on", "true") if value else ("no", "off", "false")) for one in choices)
    return str(value) in choices


def _has_secrets(known: Spec) -> bool:
    return any(one.get("no_log") for one in known.values())


def _few(known: Spec) -> Iterable[str]:
    """For an account of DNS, not the options of every provider."""
    return (
        [f"provider ({_listed(known['provider']['choices'])}), and those of the provider"]
        if "provider" in known
        else known
    )


def _of_yaml(value: Any) -> str:
    words = "yes, on and true" if value is True else "no, off and false"
    return f" (YAML reads {words} as that: put the word in quotes)" if isinstance(value, bool) else ""


def _listed(names: Iterable[Any]) -> str:
    return ", ".join(str(name) for name in names)


def _at(where: str) -> str:
    return f"{where}: " if where else ""


def _inside(where: str, name: str) -> str:
    return f"{where}, {name}" if where else name
