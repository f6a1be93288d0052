# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check all output of any test: nothing in it may control a terminal."""

from __future__ import annotations

import contextlib
import re
import subprocess
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest import mock

from ansible.module_utils import basic
from ansible.module_utils.common import warnings

# Programs that print our text; bash runs the others
PROGRAMS = frozenset({"ansible", "ansible-playbook", "ansible-inventory", "ansible-pull", "bash"})

# characters that reorder or end a line (UAX 9 and 14)
_BIDI = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
_MARKS = ("\u061c", "\u200e", "\u200f", "\u2028", "\u2029")
# tabs that Ansible itself prints
_TABS = re.compile(r"\t(?=to retry, use|TAGS: |RUN: )")


def assert_printable(value: Any) -> None:
    """No text in it has a control character, except for line ends."""
    assert not (found := obeyed(value)), found


def obeyed(value: Any) -> list[str]:
    """The texts in it with control characters other than line ends, and which these are."""
    if isinstance(value, str):
        found = [character for character in set(value) if _is_obeyed(character)]
        return [f"{found} in {value[:2000]!r}"] if found else []
    if isinstance(value, Mapping):
        value = [*value.keys(), *value.values()]
    return [text for one in value for text in obeyed(one)] if isinstance(value, (list, tuple)) else []


def _is_obeyed(character: str) -> bool:
    if character == "\n" or (character.isascii() and character.isprintable()):
        return False
    is_control = unicodedata.category(character) in ("Cc", "Cs")
    return is_control or unicodedata.bidirectional(character) in _BIDI or character in _MARKS


class Watch:
    """Checks what programs print and modules answer while it is active.

    ``found``: texts with control characters. A program that prints to a file is checked when it is waited for.
    """

    def __init__(self) -> None:
        self.found: list[str] = []
        self._patches = contextlib.ExitStack()

    def __enter__(self) -> Watch:
        begin, communicate, wait = (
            subprocess.Popen.__init__,
            subprocess.Popen.communicate,
            subprocess.Popen.wait,
        )
        answer = basic.AnsibleModule._return_formatted
        watch = self

        def watched_begin(self: Any, *given: Any, **options: Any) -> None:
            begin(self, *given, **options)
            names = [getattr(options.get(stream), "name", None) for stream in ("stdout", "stderr")]
            self.watched_files = [Path(name) for name in names if isinstance(name, str)]

        def watched_communicate(self: Any, *given: Any, **options: Any) -> Any:
            said = communicate(self, *given, **options)
            watch._look(self, *said)
            return said

        def watched_wait(self: Any, *given: Any, **options: Any) -> Any:
            code = wait(self, *given, **options)
            files, self.watched_files = self.watched_files, []
            watch._look(self, *(path.read_bytes() for path in files if path.is_file()))
            return code

        def watched_answer(self: Any, answered: dict[str, Any]) -> Any:
            told = {name: value for name, value in answered.items() if name != "invocation"}
            watch.found += obeyed([told, list(warnings.get_warning_messages())])
            return answer(self, answered)

        for owner, name, changed in (
            (subprocess.Popen, "__init__", watched_begin),
            (subprocess.Popen, "communicate", watched_communicate),
            (subprocess.Popen, "wait", watched_wait),
            (basic.AnsibleModule, "_return_formatted", watched_answer),
        ):
            self._patches.enter_context(mock.patch.object(owner, name, changed))
        return self

    def __exit__(self, *dummy: object) -> None:
        self._patches.close()

    def _look(self, process: subprocess.Popen[Any], *said: str | bytes | None) -> None:
        arguments: Any = process.args
        words = list(map(str, arguments)) if isinstance(arguments, (list, tuple)) else [str(arguments)]
        program = Path(words[0]).name
        if program not in PROGRAMS or (program == "bash" and "ansible" not in " ".join(words)):
            return
        for text in said:
            shown = text.decode("utf-8", "replace") if isinstance(text, bytes) else text or ""
            self.found += obeyed(_TABS.sub(" ", shown))

    def assert_nothing(self) -> None:
        """Nothing was found since the last call."""
        found, self.found = self.found, []
        assert not found, found
