# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shared by both repairs: remove quotes and look-alikes from a text, and word the message."""

from __future__ import annotations

import re
from collections.abc import Iterator

# What word processors and web pages insert instead of ASCII
_LOOK_ALIKE = str.maketrans({"\u00a0": " ", "\ufeff": "", "\u200b": "", "\t": " ", "\r": " ", "\n": " "})
_LOOK_ALIKE.update(dict.fromkeys(map(ord, "\u201c\u201d\u201e\u201f\u00ab\u00bb"), '"'))
_LOOK_ALIKE.update(dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212"), "-"))
_STRING = re.compile(r'"([^"]*)"')


def probably(meant: bytes) -> str:
    """The part of a message that suggests a possible repair."""
    return f'Probably meant: "{meant.decode("ascii")}". Correct it, or set repair: true.'


def unquoted(value: bytes) -> Iterator[str]:
    """A text in ASCII without the quotes and escapes of a master file: strings joined as DNS does, then as words."""
    text = value.decode("utf-8", "replace").translate(_LOOK_ALIKE).replace("\\;", ";")
    strings = _STRING.findall(text)
    outside = _STRING.sub("", text).strip(" '\"")
    for between in ("", " ") if strings and not outside else ():
        yield between.join(strings).strip()
    yield text.replace('"', "").strip(" '")
