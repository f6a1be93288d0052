# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real mailbox: Dovecot, with IMAP over STARTTLS and TLS, and delivery over LMTP."""

from __future__ import annotations

import grp
import shutil
import socket

from .accounts import Account
from .certificates import Certificate
from .process import HOST, Process, free_port, program

USERNAME, PASSWORD = "probe@mailbox.example", "mailbox-password"

_CONFIGURATION = """
base_dir = {directory}/run
state_dir = {directory}/state
log_path = {directory}/dovecot.log
protocols = imap lmtp
listen = {host}
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = {uid}
first_valid_gid = {gid}
mail_location = maildir:{directory}/mail/%u
ssl = yes
ssl_cert = <{directory}/tls.pem
ssl_key = <{directory}/tls.key
ssl_dh =
auth_mechanisms = plain login
disable_plaintext_auth = no
auth_failure_delay = 0
stats_writer_socket_path =
recipient_delimiter = +
mailbox_list_index = no
namespace inbox {{
  inbox = yes
  mailbox Junk {{
    auto = create
    special_use = \\Junk
  }}
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={directory}/mail/%u allow_all_users=yes
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap_port}
  }}
  inet_listener imaps {{
    port = {imaps_port}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp_port}
  }}
}}
"""


class Dovecot:
    """A context manager."""

    def __init__(self, certificate: Certificate) -> None:
        self._dovecot = program("dovecot", "dovecot-imapd and dovecot-lmtpd")
        self._account = Account("dovecot")
        self.host = "localhost"
        self.imap_port, self.imaps_port, self.lmtp_port = free_port(), free_port(), free_port()
        self._certificate = certificate
        self._directory = self._account.directory("dovecot-")
        self._process: Process | None = None

    def __enter__(self) -> Dovecot:
        self._write("tls.pem", self._certificate.certificate.read_text())
        self._write("tls.key", self._certificate.key.read_text())
        self._write(
            "dovecot.conf",
            _CONFIGURATION.format(
                directory=self._directory,
                host=HOST,
                user=self._account.name,
                group=grp.getgrgid(self._account.gid).gr_name,
                uid=self._account.uid,
                gid=self._account.gid,
                password=PASSWORD,
                imap_port=self.imap_port,
                imaps_port=self.imaps_port,
                lmtp_port=self.lmtp_port,
            ),
        )
        command = [self._dovecot, "-F", "-c", str(self._directory / "dovecot.conf")]
        self._process = Process(self._account.command(command), self._directory, self._directory / "output.log")
        self._process.await_ready(self._answers)
        return self

    def __exit__(self, *dummy: object) -> None:
        if self._process is not None:
            self._process.stop()
        shutil.rmtree(self._directory, ignore_errors=True)

    def logins(self) -> int:
        """How many logins by IMAP have succeeded so far."""
        return (self._directory / "dovecot.log").read_text().count("imap-login: Info: Login: ")

    def _answers(self) -> bool:
        try:
            with socket.create_connection((HOST, self.lmtp_port), timeout=2) as connection:
                return connection.recv(3) == b"220"
        except OSError:
            return False

    def _write(self, name: str, text: str) -> None:
        path = self._directory / name
        path.touch(mode=0o600)
        path.write_text(text)
        self._account.give(path)
