# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real message from Odoo 19 by a relay that signs to a mailbox, with the records that our modules wrote in BIND."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ansible_collections.postmaster.mail.plugins.module_utils.mailbox.imap import Mailbox
from ansible_collections.postmaster.mail.plugins.modules import odoo_test_message
from ansible_collections.postmaster.mail.tests.servers import dovecot, mail_relay
from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_module
from ansible_collections.postmaster.mail.tests.servers.bind import Bind
from ansible_collections.postmaster.mail.tests.servers.certificates import CertificateAuthority
from ansible_collections.postmaster.mail.tests.servers.dovecot import Dovecot
from ansible_collections.postmaster.mail.tests.servers.mail_relay import MailRelay
from ansible_collections.postmaster.mail.tests.servers.odoo_lab import OdooDatabase, OdooLab
from ansible_collections.postmaster.mail.tests.servers.process import NotInstalled
from ansible_collections.postmaster.mail.tests.servers.receiver import AUTHSERV_ID, Receiver
from ansible_collections.postmaster.mail.tests.support.absent import absent
from ansible_collections.postmaster.mail.tests.support.playbook import play

DOMAIN = "company-name.example"
SALES = f"sales@{DOMAIN}"
OTHER_KEY = base64.b64encode(
    rsa.generate_private_key(public_exponent=65537, key_size=2048)
    .public_key()
    .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
).decode()


class Proof:
    """The whole way of a message; each test sends its own."""

    def __init__(self, odoo: OdooDatabase, bind: Bind, relay: MailRelay, receiver: Receiver, mailbox: Dovecot) -> None:
        self.odoo, self.bind, self.relay, self.receiver = odoo, bind, relay, receiver
        self.mailbox = {
            "host": mailbox.host,
            "port": mailbox.imaps_port,
            "username": dovecot.USERNAME,
            "password": dovecot.PASSWORD,
        }
        self.company = odoo.records("res.company", "name")[0]["name"]
        self.dns = {
            "provider": "rfc2136",
            "server": bind.host,
            "port": bind.port,
            "key_name": bind.key_name,
            "key_secret": bind.key_secret,
        }
        self.starttls = {**self.mailbox, "port": mailbox.imap_port, "encryption": "starttls"}

    def publish(self, **desired: Any) -> None:
        """Let the records of the domain be these."""
        result = run_module(
            "domain_records",
            {
                "domains": [{"domain": DOMAIN, **desired}],
                "dns": self.dns,
                "nameservers": [f"{self.bind.host}:{self.bind.port}"],
            },
        )
        assert not result["domains"][DOMAIN]["failed"], result["domains"][DOMAIN]["msg"]

    def publish_all(self) -> None:
        self.publish(
            spf={"ip4": [self.relay.source], "all": "fail", "exact": True},
            dkim=[{"selector": self.relay.selector, "public_key": self.relay.public_key}],
            dmarc={"policy": "reject"},
            mx={"exchanges": [{"host": "mx.mailbox.example", "preference": 10}]},  # answers and bounces need one
        )

    def run(self, check: bool = False, **options: Any) -> dict[str, Any]:
        return run_module(
            "odoo_test_message",
            {
                "from_address": SALES,
                "to": dovecot.USERNAME,
                "mailbox": self.mailbox,
                "timeout": 20,
                "nameservers": [f"{self.bind.host}:{self.bind.port}"],
                "trusted_authserv_id": AUTHSERV_ID,
                "odoo": self.odoo.options,
                **options,
            },
            check=check,
        )


@pytest.fixture(scope="module")
def whole_way(
    odoo19_lab: OdooLab, ca: CertificateAuthority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proof]:
    certificate = ca.issue("localhost", "127.0.0.1")
    with contextlib.ExitStack() as stack:
        stack.enter_context(pytest.MonkeyPatch.context()).setenv("SSL_CERT_FILE", str(ca.ca_path))
        try:
            bind = stack.enter_context(Bind(tmp_path_factory.mktemp("proof")))
            bind.add_zone(DOMAIN)
            mailbox = stack.enter_context(Dovecot(certificate))
            receiver = stack.enter_context(Receiver(mailbox.lmtp_port, (bind.host, bind.port), certificate))
            relay = stack.enter_context(MailRelay(certificate, (receiver.host, receiver.port)))
        except NotInstalled as error:
            absent(str(error))
        odoo = odoo19_lab.database()
        stack.callback(odoo.drop)
        yield Proof(odoo, bind, relay, receiver, mailbox)


@pytest.fixture
def proof(whole_way: Proof) -> Iterator[Proof]:
    """With everything as it should be."""
    result = run_module(
        "odoo_mail",
        {
            "alias_domains": [{"name": DOMAIN, "companies": [whole_way.company]}],
            "outgoing_mail_servers": [
                {
                    "name": "Own relay",
                    "host": whole_way.relay.host,
                    "port": whole_way.relay.port,
                    "encryption": "starttls",
                    "username": mail_relay.USERNAME,
                    "password": mail_relay.PASSWORD,
                    "from_filter": [DOMAIN],
                }
            ],
            "odoo": whole_way.odoo.options,
        },
    )
    assert not result["failed_items"], result
    whole_way.publish_all()
    yield whole_way
    whole_way.receiver.loses_mail = whole_way.receiver.alters_mail = False
    if not whole_way.relay.signs:
        whole_way.relay.sign(True)


def test_a_message_that_passes_is_told_in_every_part(proof: Proof) -> None:
    result = proof.run()
    assert not result.get("failed"), result["msg"]
    assert result["passed"], result["problems"]
    assert result["changed"] and result["sent"]
    assert (result["author"], result["author_domain"]) == (SALES, DOMAIN)
    assert result["return_path"] == f"bounce@{DOMAIN}"
    assert result["client_ip"] == proof.relay.source
    assert result["tls"], "the relay speaks TLS to the receiver"
    assert (result["spf"]["result"], result["spf"]["domain"]) == ("pass", DOMAIN)
    assert [(one["result"], one["domain"], one["selector"]) for one in result["dkim"]] == [("pass", DOMAIN, "mail")]
    assert (result["dmarc"]["result"], result["dmarc"]["policy"]) == ("pass", "reject")
    assert result["dmarc"]["spf_aligned"] and result["dmarc"]["dkim_aligned"] == [DOMAIN]
    assert 0 <= result["delay"] < 20
    (said,) = result["authentication_results"]
    assert {one["method"]: one["result"] for one in said["results"]} == {"spf": "pass", "dkim": "pass"}


def test_a_sending_server_that_spf_does_not_name_is_told(proof: Proof) -> None:
    proof.publish(spf={"ip4": ["192.0.2.1"], "all": "fail", "exact": True})
    result = proof.run()
    assert not result["passed"]
    assert result["spf"]["result"] == "fail"
    assert any(proof.relay.source in problem and "SPF" in problem for problem in result["problems"])
    assert result["dmarc"]["result"] == "pass", "the signature aligns"
    assert said(result)["spf"] == "fail", "the library of others agrees"


def test_a_message_without_a_signature_is_told(proof: Proof) -> None:
    proof.relay.sign(False)
    result = proof.run()
    assert not result["passed"]
    assert result["dkim"] == []
    assert any("no DKIM signature" in problem for problem in result["problems"])
    assert result["dmarc"]["result"] == "pass", "SPF aligns"
    assert said(result)["dkim"] == "none"


def test_neither_spf_nor_a_signature_fails_dmarc(proof: Proof) -> None:
    proof.relay.sign(False)
    proof.publish(spf={"ip4": ["192.0.2.1"], "all": "fail", "exact": True})
    result = proof.run()
    assert (result["dmarc"]["result"], result["dmarc"]["disposition"]) == ("fail", "reject")
    assert any(problem.startswith("DMARC is fail") for problem in result["problems"])


def test_a_signature_with_another_key_than_the_published_one_is_told(proof: Proof) -> None:
    proof.publish(dkim=[{"selector": "mail", "state": "absent"}])
    proof.publish(dkim=[{"selector": "mail", "public_key": OTHER_KEY}])
    result = proof.run()
    proof.publish(dkim=[{"selector": "mail", "state": "absent"}])
    assert [one["result"] for one in result["dkim"]] == ["fail"]
    assert said(result)["dkim"] == "fail"
    assert not result["passed"]


def test_a_selector_that_is_not_there_is_told(proof: Proof) -> None:
    proof.publish(dkim=[{"selector": "mail", "state": "absent"}])
    result = proof.run()
    assert [one["result"] for one in result["dkim"]] == ["permerror"]
    assert any("mail" in problem and "DKIM" in problem for problem in result["problems"])


def test_a_message_altered_on_its_way_is_told(proof: Proof) -> None:
    proof.receiver.alters_mail = True
    result = proof.run()
    assert [one["result"] for one in result["dkim"]] == ["fail"]
    assert said(result)["dkim"] == "fail"


def test_a_signature_of_another_domain_does_not_align(proof: Proof) -> None:
    proof.relay.sign(True, "elsewhere.example")
    result = proof.run()
    assert result["dmarc"]["dkim_aligned"] == []
    assert not result["passed"]


def test_a_sender_that_no_server_takes_is_told_as_rewritten(proof: Proof) -> None:
    result = proof.run(from_address="mary@elsewhere.example")
    assert result["author"] == f"notifications@{DOMAIN}"
    assert any("instead of mary@elsewhere.example" in problem for problem in result["problems"])


def test_a_message_that_does_not_arrive_is_one_sentence(proof: Proof) -> None:
    proof.receiver.loses_mail = True
    result = proof.run(timeout=2)
    assert result["failed"]
    assert "is not in the mailbox probe@mailbox.example at localhost" in result["msg"]
    assert "after 2 seconds" in result["msg"]


def test_a_relay_that_refuses_odoo_is_told_in_its_words(proof: Proof) -> None:
    server = proof.odoo.client.search_read("ir.mail_server", [("name", "=", "Own relay")], ["id"])[0]["id"]
    proof.odoo.client.write("ir.mail_server", [server], {"smtp_pass": "wrong"})
    result = proof.run()
    assert result["failed"]
    assert result["msg"].startswith(f"Odoo could not send the message from {SALES} to probe@mailbox.example: ")
    assert "wrong" not in result["msg"]


def test_check_mode_logs_in_and_sends_nothing(proof: Proof) -> None:
    result = proof.run(check=True)
    assert result["changed"] and not result["sent"]
    assert proof.run(check=True, mailbox={**proof.mailbox, "password": "wrong"})["failed"]


def test_a_message_that_is_not_fetched_is_just_sent(proof: Proof) -> None:
    result = proof.run(fetch=False, mailbox=None)
    assert result["sent"] and "passed" not in result


def test_a_company_that_is_not_there_is_one_sentence(proof: Proof) -> None:
    result = proof.run(company="Nobody SA")
    assert result["failed"] and "Odoo has no company 'Nobody SA'" in result["msg"]


def test_the_message_is_deleted_when_asked(proof: Proof) -> None:
    result = proof.run(mailbox=proof.starttls, delete=True, company=proof.company)
    assert result["passed"], result["problems"]
    with Mailbox({**proof.mailbox, "ca_path": None}) as mailbox:
        token = result["subject"].split()[-1]
        assert mailbox.await_subject(token, 0) is None


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"password": "wrong"}, "cannot be logged in to: the server says"),
        ({"host": "nowhere.invalid"}, "cannot be reached"),
        ({"port": 1}, "Connection refused"),
        ({"folder": "Nothing"}, "has no folder 'Nothing'"),
        ({"ca_path": "/etc/ssl/certs/ca-certificates.crt"}, "certificate is not trusted"),
    ],
)
def test_a_mailbox_that_cannot_be_read_is_one_sentence(proof: Proof, options: dict[str, Any], told: str) -> None:
    result = proof.run(check=True, mailbox={**proof.mailbox, **options})
    if "folder" in options:
        result = proof.run(mailbox={**proof.mailbox, **options})
    assert result["failed"]
    assert told in result["msg"]
    assert dovecot.PASSWORD not in json.dumps(result)


def test_a_sender_with_a_name_is_the_same_sender(proof: Proof) -> None:
    result = proof.run(from_address=f"Sales Team <{SALES}>")
    assert result["passed"], result["problems"]
    assert result["from_header"] == f'"Sales Team" <{SALES}>'


def test_a_time_that_is_none_is_one_sentence(proof: Proof) -> None:
    result = proof.run(timeout=-1)
    assert result["failed"] and result["msg"] == "timeout is -1: give 0 or more seconds."


@pytest.mark.parametrize("option", ["from_address", "to"])
def test_what_is_no_address_is_one_sentence(proof: Proof, option: str) -> None:
    wrong: dict[str, Any] = {option: "sales"}
    result = proof.run(**wrong)
    assert result["failed"]
    assert result["msg"] == f"{option} is 'sales': give one address, such as sales@company-name.com."


def test_the_examples_of_the_documentation_run(proof: Proof, tmp_path: Path) -> None:
    module = "postmaster.mail.odoo_test_message"
    text = odoo_test_message.EXAMPLES.replace("company-name.com", DOMAIN).replace("Company Name SA", proof.company)
    tasks = yaml.safe_load(text)
    for options in [task[module] for task in tasks]:
        options.update(odoo=proof.odoo.options, nameservers=[f"{proof.bind.host}:{proof.bind.port}"])
        if "mailbox" in options:
            options["mailbox"].update(host=proof.mailbox["host"], port=proof.mailbox["port"])
    played = play(tmp_path, tasks, "--extra-vars", json.dumps({"vault_mailbox_password": dovecot.PASSWORD}))
    assert played.code == 0, played.output
    assert played.recap["changed"] == len(tasks)
    assert dovecot.PASSWORD not in played.output


def test_the_playbook_verify_sends_a_message_and_judges_it(proof: Proof, tmp_path: Path) -> None:
    inventory = {
        "custom_domains": {
            "vars": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable},
            "hosts": {
                DOMAIN: {
                    "custom_domain_companies": [proof.company],
                    "custom_domain_dns": proof.dns,
                    "custom_domain_nameservers": [f"{proof.bind.host}:{proof.bind.port}"],
                    "custom_domain_odoo": proof.odoo.options,
                    "custom_domain_senders": [
                        {
                            "name": "Own relay",
                            "host": proof.relay.host,
                            "port": proof.relay.port,
                            "encryption": "starttls",
                            "username": mail_relay.USERNAME,
                            "password": mail_relay.PASSWORD,
                            "spf": {"ip4": [proof.relay.source]},
                            "dkim": [{"selector": "mail", "public_key": proof.relay.public_key}],
                        }
                    ],
                    "custom_domain_dmarc": {"policy": "reject"},
                    "custom_domain_accepted": [
                        {
                            "code": "not_as_expected",
                            "subject": f"outgoing mail server {DOMAIN} - Own relay",
                            "reason": "It has a name of its own.",
                        }
                    ],
                    "custom_domain_test_mailbox": {
                        **proof.mailbox,
                        "to": dovecot.USERNAME,
                        "from_address": SALES,
                        "timeout": 20,
                    },
                }
            },
        }
    }
    (tmp_path / "companies.yml").write_text(yaml.safe_dump(inventory))

    def verified() -> tuple[int, str, dict[str, Any]]:
        report = tmp_path / "report.json"
        played = subprocess.run(
            [
                str(Path(sys.executable).parent / "ansible-playbook"),
                "postmaster.mail.verify", "-i", "companies.yml",
                "-e", json.dumps({"custom_domain_reports": [{"path": str(report)}]}),
            ],
            cwd=tmp_path, env={**os.environ, "ANSIBLE_NOCOLOR": "1"}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return played.returncode, played.stdout + played.stderr, json.loads(report.read_text())

    code, output, report = verified()
    assert code == 0, output
    assert report["hosts"][DOMAIN]["proof"]["passed"], report
    for secret in (dovecot.PASSWORD, mail_relay.PASSWORD):
        assert secret not in output + json.dumps(report)
    proof.relay.sign(False)
    proof.publish(spf={"ip4": ["192.0.2.1"], "all": "fail", "exact": True})
    code, output, report = verified()
    assert code != 0
    assert "no DKIM signature" in output


def said(result: dict[str, Any]) -> dict[str, str]:
    """What the receiver itself found, by method."""
    (results,) = result["authentication_results"]
    return {one["method"]: one["result"] for one in results["results"]}
