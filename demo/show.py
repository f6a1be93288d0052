# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Three companies get their email domains: the plan, the rollout, and a second run that has nothing to do."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.postmaster.mail.demo.nameserver import FileNameserver
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.client import Odoo
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver
from ansible_collections.postmaster.mail.tests.servers.odoo_lab import OdooLab
from ansible_collections.postmaster.mail.tests.servers.process import NotInstalled, ServerFailed
from ansible_collections.postmaster.mail.tests.simulators.odoo.server import StandIn
from ansible_collections.postmaster.mail.tests.simulators.services.mailgun import MailgunSimulator
from ansible_collections.postmaster.mail.tests.simulators.services.service_api import PublicDns

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
WORK = ROOT / ".cache" / "demo"
PLAYBOOK = "ansible-playbook"
BIN = Path(sys.executable).parent
COMPANIES = ("Azure Interior", "Deco Addict", "Gemini Furniture")
MAILGUN_KEY = "mailgun-key-of-the-demo"
SHOWN_MODELS = ("res.company", "mail.alias.domain", "ir.mail_server")
BOLD, GREEN, RED, PLAIN = ("\033[1m", "\033[32m", "\033[31m", "\033[0m") if sys.stdout.isatty() else ("",) * 4


class DemoFailed(Exception):
    """Something is not as it should be; the text says what."""


def say(text: str) -> None:
    """Print a paragraph; lines that begin with a blank stay as they are."""
    for line in textwrap.dedent(text).strip("\n").split("\n"):
        print(line if line.startswith(" ") else textwrap.fill(line, 100))
    print(flush=True)


def title(text: str) -> None:
    print(f"\n{BOLD}== {text}{PLAIN}\n", flush=True)


def play(*arguments: str) -> dict[str, dict[str, int]]:
    """Run the rollout as a user does, in the folder of the demo; returns the recap of each host."""
    command = [PLAYBOOK, "postmaster.mail.rollout", "-i", "companies.yml", *arguments]
    print(f"{BOLD}$ {shlex.join(command)}{PLAIN}", flush=True)
    log = WORK / "ansible.log"
    log.write_text("")
    code = subprocess.run([str(BIN / PLAYBOOK), *command[1:]], cwd=WORK, check=False).returncode
    recap = {
        host: {key: int(number) for key, number in re.findall(r"(\w+)=(\d+)", counts)}
        for host, counts in re.findall(r"\| (\S+) +: (ok=.*)", log.read_text("utf-8"))
    }
    if code != 0:
        raise DemoFailed(f"ansible-playbook exited with {code}.")
    return recap


@contextmanager
def stand_in() -> Iterator[tuple[dict[str, Any], str]]:
    with StandIn(COMPANIES) as odoo:
        yield odoo.options, f"a stand-in at {odoo.url} ('make demo ODOO=19' uses a real one)"


@contextmanager
def real_odoo(version: int) -> Iterator[tuple[dict[str, Any], str]]:
    print(f"Starting Odoo {version} from Debian's package, which takes half a minute the first time …", flush=True)
    lab = OdooLab(version)
    lab.start()
    try:
        database = lab.database()
        for name in COMPANIES:
            database.company(name)
        yield database.options, f"a real Odoo {version} at {lab.url}, database {database.name}"
        database.drop()
    finally:
        lab.stop()


def prepare() -> None:
    """Make a fresh folder to work in, in place of the last demo's."""
    shutil.rmtree(WORK, ignore_errors=True)
    (WORK / "group_vars").mkdir(parents=True)
    shutil.copytree(HERE / "zones", WORK / "zones")
    for name in ("companies.yml", "ansible.cfg"):
        shutil.copy(HERE / name, WORK / name)


def settings(nameserver: Nameserver, odoo: dict[str, Any], mailgun: MailgunSimulator) -> None:
    """Write what the inventory takes from its group_vars; real passwords belong in ansible-vault."""
    content = {
        "demo_nameserver": nameserver.address,
        "demo_odoo": odoo,
        "demo_relay_password": "relay-password-of-the-demo",
        "demo_mailgun": mailgun.endpoint,
        "demo_mailgun_key": MAILGUN_KEY,
        "demo_mailgun_password": "mailgun-password-of-the-demo",
    }
    (WORK / "group_vars" / "custom_domains.yml").write_text(yaml.safe_dump(content))


def keep_what_odoo_holds(odoo: dict[str, Any]) -> None:
    """Write it to a file to look at, without passwords."""
    client = Odoo.connect(odoo)
    fields = {
        "res.company": ["name", "alias_domain_id"],
        "mail.alias.domain": ["name", "bounce_alias", "catchall_alias", "default_from"],
        "ir.mail_server": ["name", "smtp_host", "smtp_port", "smtp_encryption", "smtp_user", "from_filter", "sequence"],
    }
    held = {model: client.search_read(model, [], fields[model]) for model in SHOWN_MODELS}
    (WORK / "odoo.json").write_text(json.dumps(held, indent=2) + "\n")


def check(is_so: bool, otherwise: str) -> None:
    if not is_so:
        raise DemoFailed(otherwise)


def story(nameserver: Nameserver, odoo: dict[str, Any], what_odoo: str) -> None:
    say(
        f"""
        Three companies in one Odoo want to send mail from domains of their own:

          Azure Interior     azure-interior.example     sends through Google, and from now on through Odoo too
          Deco Addict        deco-addict.example        has a relay for its mail and Mailgun for newsletters
          Gemini Furniture   gemini-furniture.example   has a new domain without records

        They are the three hosts of an inventory, demo/companies.yml.

          Their DNS   zone files in {(WORK / "zones").relative_to(ROOT)}, served by {nameserver.address}
          Their Odoo  {what_odoo}
          Mailgun     a stand-in, which checks its records in that DNS
        """
    )
    zones = {path: path.read_bytes() for path in (WORK / "zones").iterdir()}
    title("1. The plan. Nothing changes yet.")
    plan = play("--check", "--diff")
    check(all(counts["changed"] for counts in plan.values()), "The plan should have changed something in every domain.")
    check(zones == {path: path.read_bytes() for path in zones}, "The plan should not have changed a zone file.")

    title("2. The rollout. A domain is set up in Odoo once the name server shows its records.")
    done = play()
    check(
        [counts["changed"] for counts in done.values()] == [counts["changed"] for counts in plan.values()],
        "The rollout should have changed what the plan said.",
    )

    title("3. The rollout again. Nothing is left to do.")
    again = play()
    check(not any(counts["changed"] for counts in again.values()), "The second run should have changed nothing.")
    keep_what_odoo_holds(odoo)


def farewell(seconds: float) -> None:
    folder = WORK.relative_to(ROOT)
    backup = next((WORK / "backups").glob("azure-interior.example.*")).relative_to(WORK)
    print(f"\n{GREEN}Three domains are ready, and the second run changed nothing ({seconds:.0f} seconds).{PLAIN}\n")
    say(
        f"""
        Where to look next:

          diff -u demo/zones {folder}/zones       what changed in the zone files; other lines are as they were
          less {folder}/odoo.json                 the alias domains and outgoing mail servers in Odoo
          less demo/companies.yml                    the inventory that asked for all this

        To undo the changes in a zone:

          cd {folder}
          ../../.venv/bin/ansible-playbook postmaster.mail.restore -i companies.yml --diff \\
              --limit azure-interior.example -e custom_domain_backup_file={backup}

        The README takes you from here to your first real domain.
        """
    )


def main() -> int:
    version = os.environ.get("ODOO", "")
    if version not in ("", "19"):
        print(f"ODOO={version} is not supported. Set ODOO=19, or leave it out to use a stand-in.", file=sys.stderr)
        return 2
    started = time.monotonic()
    prepare()
    try:
        with (
            FileNameserver([WORK / "zones", HERE / "internet"]) as nameserver,
            MailgunSimulator() as mailgun,
            real_odoo(19) if version else stand_in() as (odoo, what_odoo),
        ):
            mailgun.dns = PublicDns(nameserver.address)
            mailgun.keys.add(MAILGUN_KEY)
            settings(nameserver, odoo, mailgun)
            story(nameserver, odoo, what_odoo)
    except (DemoFailed, NotInstalled, ServerFailed) as error:
        print(f"\n{RED}The demo failed: {error}{PLAIN}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    farewell(time.monotonic() - started)
    return 0


if __name__ == "__main__":
    sys.exit(main())
