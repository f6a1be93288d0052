# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Print pip's settings, from all its sources (including PIP_ variables), as a configuration file."""

from __future__ import annotations

import ast
import subprocess
import sys

SETTINGS = subprocess.run(
    [sys.executable, "-m", "pip", "config", "list"], check=True, capture_output=True, text=True
).stdout


def main() -> None:
    sections: dict[str, dict[str, str]] = {}
    for line in SETTINGS.splitlines():
        where, dummy, quoted = line.partition("=")
        section, dummy, name = where.rpartition(".")
        # an environment variable is listed last, and overrides files
        section = "global" if section == ":env:" else section
        sections.setdefault(section, {})[name] = ast.literal_eval(quoted)
    for section, values in sections.items():
        print(f"[{section}]")
        for name, value in values.items():
            print(f"{name} = " + "\n    ".join(value.split() if name in LISTS else [value]))


LISTS = ("extra-index-url", "find-links", "trusted-host")

if __name__ == "__main__":
    main()
