# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A place to follow the README: a zone, a name server and a stand-in for Odoo, which keep running.

    sandbox.py start [FOLDER]
    sandbox.py stop [FOLDER]

The servers run in a process of their own, which exits when its file ``.running`` is deleted.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import yaml

from ansible_collections.postmaster.mail.demo.nameserver import FileNameserver
from ansible_collections.postmaster.mail.tests.simulators.odoo.server import StandIn

HERE = Path(__file__).resolve().parent
COMPANY = "Company Name SA"
ZONE = """$TTL 3600
@ IN SOA ns1 hostmaster 1 7200 3600 1209600 3600
@ IN NS ns1
ns1 IN A 192.0.2.53
@ IN TXT "v=spf1 include:_spf.google.com ~all"
@ IN TXT "google-site-verification=rXOxyZounnZasA8Z7oaD3c14"
"""
PATIENCE = 60  # seconds until the servers answer


def start(folder: Path) -> int:
    """Prepare the folder, but keep an inventory in it, and start the servers."""
    stop(folder)
    for part in ("zones", "group_vars", ".postmaster"):
        shutil.rmtree(folder / part, ignore_errors=True)
    (folder / "zones").mkdir(parents=True)
    (folder / "zones" / "company-name.com.zone").write_text(ZONE)
    environment = folder / ".venv"
    if not environment.is_symlink():
        environment.symlink_to(Path(sys.prefix))
    with open(folder / "sandbox.log", "w", encoding="utf-8") as log:
        command = [sys.executable, __file__, "serve", str(folder)]
        server = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd=HERE.parent
        )
    began = time.monotonic()
    while not (folder / ".running").exists():
        if server.poll() is not None or time.monotonic() - began > PATIENCE:
            print(f"The sandbox did not start. {folder / 'sandbox.log'} says why.", file=sys.stderr)
            return 1
        time.sleep(0.1)
    print(
        f"The sandbox is in {folder}: the zone of company-name.com, a name server that serves it, and a\n"
        f"stand-in for Odoo with the company {COMPANY}. Follow the README there.\n"
        "'make sandbox-stop' stops it."
    )
    return 0


def serve(folder: Path) -> int:
    """Run until somebody stops it. The settings are in group_vars, which take precedence over the inventory."""
    running = folder / ".running"
    with FileNameserver([folder / "zones", HERE / "internet"]) as nameserver, StandIn((COMPANY,)) as odoo:
        settings = {"custom_domain_odoo": odoo.options, "custom_domain_nameservers": [nameserver.address]}
        (folder / "group_vars").mkdir()
        (folder / "group_vars" / "custom_domains.yml").write_text(yaml.safe_dump(settings))
        running.write_text(str(os.getpid()))
        while running.exists() and running.read_text() == str(os.getpid()):
            time.sleep(0.2)
    return 0


def stop(folder: Path) -> int:
    (folder / ".running").unlink(missing_ok=True)
    return 0


def main(action: str, folder: str = "") -> int:
    place = Path(folder or HERE.parent / "sandbox").resolve()
    return {"start": start, "serve": serve, "stop": stop}[action](place)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
