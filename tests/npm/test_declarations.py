# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What our simulators answer, held against the types that the vendors' own clients declare: no member more or less."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver
from ansible_collections.postmaster.mail.tests.servers.npm import npm_modules
from ansible_collections.postmaster.mail.tests.simulators.services.mailgun import MailgunSimulator
from ansible_collections.postmaster.mail.tests.simulators.services.postmark import PostmarkSimulator
from ansible_collections.postmaster.mail.tests.simulators.services.service_api import PublicDns

COMPILER = "typescript@5.9.3"
SENDING = "mg.company.test"
MAILGUN, POSTMARK = "mailgun.js/Types/Types/Domains", "postmark/dist/client/models"
Faults = Callable[..., list[str]]
# a word of an enumeration counts as its text
PLAIN = (
    "type Plain<T> = T extends string ? `${T}` : T extends (infer U)[] ? Plain<U>[]"
    " : T extends object ? {[K in keyof T]: Plain<T[K]>} : T;"
)


@pytest.fixture
def faults(clients: Path, tmp_path: Path) -> Faults:
    """What the compiler says of these answers, each with the file and the name of its type."""

    def compiled(*answers: tuple[str, str, Any], exact: bool = True) -> list[str]:
        lines = [PLAIN]
        for number, (file, name, answer) in enumerate(answers):
            outer, dummy, member = name.partition(".")
            kind = f'One{number}["{member}"]' if member else f"One{number}"
            lines.append(f'import type {{{outer} as One{number}}} from "{clients}/{file}";')
            lines.append(f"const raw{number} = {json.dumps(answer)};")
            told = json.dumps(answer) if exact else f"raw{number}"
            lines.append(f"export const answer{number}: Plain<{kind}> = {told};")
        (tmp_path / "answers.ts").write_text("\n".join(lines), "utf-8")
        compiler = npm_modules("compiler", COMPILER) / ".bin" / "tsc"
        command = [str(compiler), "--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "answers.ts"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path)
        return done.stdout.splitlines()

    return compiled


def test_postmark(faults: Faults, nameserver: Nameserver) -> None:
    with PostmarkSimulator(PublicDns(nameserver.address)) as service:
        service.add_server("Odoo")
        service.add_domain("company.test", return_path="pm-bounces.company.test")
        session = requests.Session()
        session.headers["X-Postmark-Account-Token"] = service.add_token()
        listed = session.get(f"{service.endpoint}/domains?count=10&offset=0").json()
        one = session.get(f"{service.endpoint}/domains/{listed['Domains'][0]['ID']}").json()
        servers = session.get(f"{service.endpoint}/servers?count=10&offset=0").json()
        types = f"{POSTMARK}/index.js"
        assert faults((types, "Domains", listed), (types, "DomainDetails", one), (types, "Servers", servers)) == []
        del one["DKIMUpdateStatus"]
        assert "'DKIMUpdateStatus' is missing" in "".join(faults((types, "DomainDetails", one)))


def test_mailgun(faults: Faults, nameserver: Nameserver) -> None:
    with MailgunSimulator(PublicDns(nameserver.address), "eu") as service:
        service.add_domain(SENDING)
        session = requests.Session()
        session.auth = ("api", service.add_key())
        base = f"{service.endpoint}/v4/domains"
        listed, one = session.get(base).json(), session.get(f"{base}/{SENDING}").json()
        logins = session.get(f"{service.endpoint}/v3/domains/{SENDING}/credentials").json()
        domains, credentials = f"{MAILGUN}/Domains.js", f"{MAILGUN}/DomainCredentials.js"
        for domain in (listed["items"][0], one["domain"]):
            domain["smtp_password"] = ""  # it is declared, and Mailgun tells it when a domain is made, if at all
        for record in one["receiving_dns_records"]:
            record["name"] = SENDING  # it is declared, and some answers are without it
        # is_active is not declared, and mailgun-go reads it
        told = faults(
            (domains, "DomainListResponseData.body", listed),
            (domains, "DomainResponseData.body", one),
            (credentials, "DomainCredentialsResponseData.body", logins),
            exact=False,
        )
        assert told == []
        one["domain"]["state"] = None
        told = faults((domains, "DomainResponseData.body", one), exact=False)
        assert "'null' is not assignable to type 'string'" in "".join(told)
