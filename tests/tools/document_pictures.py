# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take the pictures of the documentation again, from the reports of a run: `make pictures`."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from ansible_collections.postmaster.mail.tests.servers.browser import Browser
from ansible_collections.postmaster.mail.tests.support.photographer import photograph
from ansible_collections.postmaster.mail.tests.support.pictures import (
    DIGESTS,
    EXAMPLE,
    FOLDER,
    PICTURES,
    digest,
    reports_of_a_run,
)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, Browser() as browser:
        (Path(folder) / "run").mkdir()
        reports = reports_of_a_run(Path(folder) / "run")
        EXAMPLE.mkdir(exist_ok=True)
        FOLDER.mkdir(exist_ok=True)
        for name, content in reports.items():
            text = json.dumps(content, indent=1, ensure_ascii=False)
            (EXAMPLE / f"{name}.json").write_text(f"{text}\n", "utf-8")
        made = {}
        for name, picture in PICTURES.items():
            shown = picture.page(reports)
            made[name] = digest(shown)
            photograph(browser, shown, picture, FOLDER / name)
            print(f"{name}: {(FOLDER / name).stat().st_size} bytes")
        DIGESTS.write_text(f"{json.dumps(made, indent=1)}\n", "utf-8")


if __name__ == "__main__":
    main()
