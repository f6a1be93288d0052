# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of names and hosts for mail servers of both directions. No I/O."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from ...errors import InvalidInput

_LARGEST_INTEGER = 2**31 - 1  # of PostgreSQL
_NOT_TEXT = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_NOT_IN_A_HOST = re.compile(r"[\s/@,;:<>()\[\]\"'\\]")


def checked_name(desired: Mapping[str, Any], kind: str) -> str:
    name = checked_text("name", desired).strip()
    if not name:
        raise InvalidInput(f"An {kind} needs a name.")
    return name


def checked_text(option: str, desired: Mapping[str, Any]) -> str:
    """A text without accidental white space, such as a file's last line break. It may be a secret."""
    text = str(desired[option])
    if _NOT_TEXT.search(text):
        raise InvalidInput(
            f"{option} of {str(desired['name']).strip()!r} has a line break or another control character: leave it out."
        )
    return text


def checked_host(host: str) -> str:
    bare = host.strip()
    if not bare or _NOT_TEXT.search(bare) or (_NOT_IN_A_HOST.search(bare) and not _is_address(bare)):
        raise InvalidInput(
            f"host {host!r} is not the name of a mail server: write it like smtp.example.net, and a port as port."
        )
    return bare


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def checked_port(port: int) -> int:
    if not 1 <= port <= 65535:
        raise InvalidInput(f"port {port} does not exist: a port is a number from 1 to 65535.")
    return port


def checked_priority(desired: Mapping[str, Any], default: int) -> int:
    number = default if desired.get("priority") is None else int(desired["priority"])
    if not -_LARGEST_INTEGER <= number <= _LARGEST_INTEGER:
        raise InvalidInput(f"priority {number} is more than Odoo can hold: give a number such as {default}.")
    return number
