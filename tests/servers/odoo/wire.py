# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in ``odoo shell``: report what the real Odoo 19 sends for given senders, repeatedly.

``FOLDER`` is replaced by a folder: each ``N.ask`` in it is a JSON list of senders, answered by ``N.json``. The file
``end`` ends it. Nothing is saved, and no connection is made.
"""

from __future__ import annotations

import json
import smtplib
import time
from pathlib import Path
from typing import Any

env: Any = globals()["env"]
wire: list[dict[str, str]] = []


class Wire:
    """An SMTP connection to nowhere."""

    def __init__(self, host: str, port: int = 0, **dummy: Any) -> None:
        self.host = host

    def __getattr__(self, name: str) -> Any:
        return lambda *dummy, **dummies: None

    def send_message(self, message: Any, sender: str, recipients: list[str]) -> None:
        wire.append({"host": self.host, "envelope": sender, "from": str(message["From"])})


smtplib.SMTP = smtplib.SMTP_SSL = Wire  # type: ignore[assignment,misc]


def sent(asked: dict[str, Any]) -> dict[str, str] | None:
    company = env["res.company"].browse(asked["company"])
    domain = env["res.partner"].with_company(company).browse(1)._mail_get_alias_domains(default_company=company)[1]
    values = {"email_from": asked["from"], "email_to": "someone@elsewhere.example", "subject": "-", "body_html": "-"}
    values.update(record_alias_domain_id=domain.id, mail_server_id=asked["server"] or False)
    wire.clear()
    env["mail.mail"].with_company(company).create(values).send()
    return wire[0] if wire else None


folder, number = Path("FOLDER"), 0
while not (folder / "end").exists():
    asked = folder / f"{number}.ask"
    if not asked.exists():
        time.sleep(0.02)
        continue
    env.cr.rollback()
    env.registry.clear_all_caches()
    env.invalidate_all()
    answers = []
    for one in json.loads(asked.read_text()):
        with env.cr.savepoint():
            answers.append(sent(one))
    env.cr.rollback()
    (folder / "answer").write_text(json.dumps(answers))
    (folder / "answer").rename(folder / f"{number}.json")
    number += 1
