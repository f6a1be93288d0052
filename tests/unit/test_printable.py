# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Control characters that a terminal would obey are escaped; all other text is unchanged."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import unicodedata
import urllib.parse
from pathlib import Path

import pytest
from ansible.module_utils import basic
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.errors import Secrets
from ansible_collections.postmaster.mail.plugins.module_utils.printable import (
    printable,
    printable_lines,
    printed,
)
from ansible_collections.postmaster.mail.plugins.module_utils.providers.failures import one_line
from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_main
from ansible_collections.postmaster.mail.tests.support.printed import Watch, assert_printable

# with many characters that most texts never have
TEXTS = st.text(
    st.one_of(st.characters(), st.sampled_from("\0\t\n\r\x1b\x7f\x85\x9b\u061c\u200e\u2028\u202e\u2066\udcff"))
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;you\x07 are \x1b[31mred\x1b[0m", r"\x1b]0;you\x07 are \x1b[31mred\x1b[0m"),
        ("one\nFAILED: two\r\n", r"one\nFAILED: two\r\n"),
        ("\x9b31m and \x7f", r"\x9b31m and \x7f"),
        ("evil\u202egpj.exe", r"evil\u202egpj.exe"),
        ("octet \udcff", r"octet \udcff"),
        ("Müller & Söhne, שלום, 日本, 👩‍👩‍👧, a\u00a0b", "Müller & Söhne, שלום, 日本, 👩‍👩‍👧, a\u00a0b"),
    ],
)
def test_control_characters_are_escaped_as_in_python(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_only_control_and_format_characters_are_escaped() -> None:
    for number in range(sys.maxunicode + 1):
        character = chr(number)
        shown = printable(character)
        assert_printable(shown)
        assert shown == character or unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp"), hex(number)


@given(TEXTS)
def test_only_a_diff_keeps_its_line_breaks(text: str) -> None:
    answer = printed({"msg": text, "diff": {"prepared": text}, text: [1, None, (text,)]})
    assert_printable(answer)
    assert "\n" not in answer["msg"]
    assert answer["diff"]["prepared"].count("\n") == text.count("\n") == printable_lines(text).count("\n")
    assert printed(answer) == answer


SECRET = 'k/e+y "of" ü&1='


@pytest.mark.parametrize(
    "spelled",
    [
        SECRET,
        urllib.parse.quote(SECRET),
        urllib.parse.quote(SECRET, safe=""),
        urllib.parse.quote_plus(SECRET),
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        json.dumps(SECRET).replace("/", "\\/")[1:-1],
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode().rstrip("="),
    ],
)
def test_a_secret_is_hidden_however_others_spell_it(spelled: str) -> None:
    assert one_line(f"the key {spelled} is unknown", [SECRET]) == "the key … is unknown"
    secrets = Secrets()
    secrets.add([SECRET])
    assert secrets.scrub(f"the key {spelled} is unknown") == "the key ******** is unknown"


@pytest.mark.parametrize("mark", [r"\033[31m", r"\t", r"\342\200\256"])
def test_the_watch_finds_control_characters_in_the_output_of_programs(watch: Watch, tmp_path: Path, mark: str) -> None:
    command = ["bash", "-c", f"printf '{mark}' # as ansible could"]
    for text in (True, False):
        subprocess.run(command, stdout=subprocess.PIPE, check=True, text=text)
    with (tmp_path / "log").open("wb") as log:
        subprocess.run(command, stdout=log, check=True)
    found, watch.found = watch.found, []
    assert len(found) == 3
    subprocess.run(["bash", "-c", "printf 'a line\n' # as ansible does"], capture_output=True, check=True)
    assert watch.found == []


def test_the_watch_finds_control_characters_in_the_answer_of_a_module(watch: Watch) -> None:
    def main() -> None:
        basic.AnsibleModule({"text": {"type": "str"}}).exit_json(msg="\x1b[31m")

    run_main(main, {"text": "\x1b[31m"})
    found, watch.found = watch.found, []
    assert len(found) == 1
