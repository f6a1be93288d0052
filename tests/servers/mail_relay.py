# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A company's own relay: Exim, which takes mail after a login over STARTTLS, signs it with DKIM and forwards it."""

from __future__ import annotations

import base64
import shutil
import socket

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from .accounts import Account
from .certificates import Certificate
from .process import HOST, Process, free_port, program

USERNAME, PASSWORD = "odoo", "relay-password"

_CONFIGURATION = """
primary_hostname = relay.company-name.example
spool_directory = {directory}/spool
log_file_path = {directory}/%slog
pid_file_path = {directory}/exim.pid
local_interfaces = <; [{host}]:{port}
daemon_smtp_ports = {port}
host_lookup =
rfc1413_query_timeout = 0s
keep_environment =
domainlist relay_to_domains = *
tls_advertise_hosts = *
tls_certificate = {certificate}
tls_privatekey = {key}
acl_smtp_rcpt = acl_rcpt
never_users =

begin acl
acl_rcpt:
  accept authenticated = *
  deny message = log in first

begin routers
onward:
  driver = manualroute
  domains = *
  self = send
  route_list = * {next_host}::{next_port} byname
  transport = signed

begin transports
signed:
  driver = smtp
  interface = {source}
  hosts_try_fastopen =
  hosts_try_chunking =
  tls_verify_certificates =
  tls_try_verify_hosts =
{signing}

begin retry
* * F,1m,1s

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_condition = ${{if and{{ {{eq{{$auth2}}{{{username}}}}} {{eq{{$auth3}}{{{password}}}}} }}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${{if and{{ {{eq{{$auth1}}{{{username}}}}} {{eq{{$auth2}}{{{password}}}}} }}}}
  server_set_id = $auth1
"""
_SIGNING = """\
  dkim_domain = {domain}
  dkim_selector = {selector}
  dkim_private_key = {directory}/dkim.pem
  dkim_canon = relaxed
  dkim_hash = sha256
"""


class MailRelay:
    """A context manager. ``source``: the address that the next host sees."""

    def __init__(
        self,
        certificate: Certificate,
        next_hop: tuple[str, int],
        source: str = "127.0.0.25",
        domain: str = "company-name.example",
        selector: str = "mail",
    ) -> None:
        self._exim = program("exim4", "exim4-daemon-heavy")
        self._account = Account("Debian-exim")
        self.host = "localhost"
        self.port = free_port()
        self.source = source
        self.domain, self.selector = domain, selector
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._next_hop = next_hop
        self._certificate = certificate
        self._directory = self._account.directory("relay-")
        self._configuration = self._directory / "exim.conf"
        self._process: Process | None = None
        self.signs = False
        self.sign(True)

    @property
    def public_key(self) -> str:
        """The required p= of the selector's record."""
        encoded = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return base64.b64encode(encoded).decode()

    def sign(self, signs: bool, domain: str = "") -> None:
        """Set whether it signs from now on, and for which domain."""
        self.signs = signs and not domain
        signing = _SIGNING.format(domain=domain or self.domain, selector=self.selector, directory=self._directory)
        self._write(
            "exim.conf",
            _CONFIGURATION.format(
                directory=self._directory,
                host=HOST,
                port=self.port,
                certificate=self._directory / "tls.pem",
                key=self._directory / "tls.key",
                next_host=self._next_hop[0],
                next_port=self._next_hop[1],
                source=self.source,
                username=USERNAME,
                password=PASSWORD,
                signing=signing if signs else "",
            ),
        )
        if self._process is not None:
            self._stop()
            self._start()

    def __enter__(self) -> MailRelay:
        self._write("tls.pem", self._certificate.certificate.read_text())
        self._write("tls.key", self._certificate.key.read_text())
        self._write(
            "dkim.pem",
            self._key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.TraditionalOpenSSL,
                serialization.NoEncryption(),
            ).decode(),
        )
        self._start()
        return self

    def __exit__(self, *dummy: object) -> None:
        self._stop()
        shutil.rmtree(self._directory, ignore_errors=True)

    def _start(self) -> None:
        command = self._account.command([self._exim, "-C", str(self._configuration), "-bdf", "-q1s"])
        self._process = Process(command, self._directory, self._directory / "output.log")
        self._process.await_ready(self._answers)

    def _stop(self) -> None:
        if self._process is not None:
            self._process.stop()
            self._process = None

    def _answers(self) -> bool:
        try:
            with socket.create_connection((HOST, self.port), timeout=2) as connection:
                return connection.recv(3) == b"220"
        except OSError:
            return False

    def _write(self, name: str, text: str) -> None:
        path = self._directory / name
        path.touch(mode=0o600)
        path.write_text(text)
        self._account.give(path)
