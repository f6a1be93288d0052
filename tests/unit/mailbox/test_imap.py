# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a mailbox at servers of many kinds, and the error if it cannot be read."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.mailbox import imap
from ansible_collections.postmaster.mail.plugins.module_utils.mailbox.imap import Mailbox, MailboxError
from ansible_collections.postmaster.mail.tests.servers.dripper import Dripper
from ansible_collections.postmaster.mail.tests.servers.process import free_port
from ansible_collections.postmaster.mail.tests.simulators.imap import ImapServer

TOKEN = "pm0123456789abcdef"
MESSAGE = f"Subject: Test {TOKEN}\r\n\r\nText\r\n".encode()
OTHER = b"Subject: Something else\r\n\r\nText\r\n"


@pytest.fixture
def server() -> Iterator[ImapServer]:
    with ImapServer(OTHER, MESSAGE) as running:
        yield running


def mailbox(server: ImapServer, **options: Any) -> Mailbox:
    username, password = (text.decode() for text in server.account)
    return Mailbox(
        {
            "host": server.host,
            "port": server.port,
            "encryption": "none",
            "username": username,
            "password": password,
            **options,
        }
    )


def told(server: ImapServer, **options: Any) -> str:
    with pytest.raises(MailboxError) as caught, mailbox(server, **options) as opened:
        opened.await_subject(TOKEN, 0)
    return str(caught.value)


def test_a_message_is_found_by_a_word_in_its_subject(server: ImapServer) -> None:
    with mailbox(server) as opened:
        arrived = opened.await_subject(TOKEN, 0)
    assert arrived is not None
    assert (arrived.folder, arrived.junk, arrived.octets) == ("INBOX", False, MESSAGE)


def test_a_message_that_arrives_later_is_waited_for(server: ImapServer) -> None:
    server.delivers_after = 1
    with mailbox(server) as opened:
        assert opened.await_subject(TOKEN, 10) is not None


def test_without_a_matching_message_there_is_no_result(server: ImapServer) -> None:
    with mailbox(server) as opened:
        assert opened.await_subject("pmother", 0) is None


def test_a_message_that_came_twice_is_returned_once_and_deleted_twice(server: ImapServer) -> None:
    server.messages[b"INBOX"].append(MESSAGE)
    with mailbox(server) as opened:
        arrived = opened.await_subject(TOKEN, 0)
        assert arrived is not None and arrived.octets == MESSAGE
        opened.delete(arrived, TOKEN)
    assert server.messages[b"INBOX"] == [OTHER, b"", b""]


def test_a_message_of_5_megabytes_is_fetched_whole() -> None:
    large = MESSAGE + b"x" * 5_000_000
    with ImapServer(large) as server, mailbox(server) as opened:
        arrived = opened.await_subject(TOKEN, 0)
    assert arrived is not None and arrived.octets == large


@pytest.mark.parametrize(
    ("wire", "listed", "name"),
    [
        (b"Junk", b'(\\HasNoChildren \\Junk) "/" Junk', "Junk"),
        (b"Junk E-mail", b'(\\Junk) "/" "Junk E-mail"', "Junk E-mail"),
        (b"&BCEEPwQwBDw-", b'(\\Junk) "/" "&BCEEPwQwBDw-"', "Спам"),
        (b"[Gmail]/Spam", b'(\\HasNoChildren \\Junk) "/" "[Gmail]/Spam"', "[Gmail]/Spam"),
        (b'a "b"', b'(\\Junk) "/" {5}\r\na "b"', 'a "b"'),
        (b"INBOX.Junk", b'(\\HasNoChildren) "." INBOX.Junk', "INBOX.Junk"),
        (b"Spam", b"() NIL Spam", "Spam"),
        (b"a\\b", b'(\\Junk) "\\\\" "a\\\\b"', "a\\b"),
    ],
)
def test_the_junk_folder_is_searched_whatever_its_name(wire: bytes, listed: bytes, name: str) -> None:
    with ImapServer(MESSAGE, folder=wire) as server:
        server.listed.append(listed)
        with mailbox(server) as opened:
            arrived = opened.await_subject(TOKEN, 0)
            assert arrived is not None
            opened.delete(arrived, TOKEN)
        assert (arrived.folder, arrived.junk) == (name, True)
        assert server.messages[wire] == [b""]


def test_a_junk_folder_that_cannot_be_read_is_skipped(server: ImapServer) -> None:
    server.listed.append(b'(\\Junk) "/" Hidden')
    with mailbox(server) as opened:
        assert opened.await_subject("pmother", 0) is None


def test_a_folder_is_given_by_its_readable_name() -> None:
    with ImapServer(MESSAGE, folder=b"Entw&APw-rfe &- Tests") as server:
        with mailbox(server, folder="Entwürfe & Tests") as opened:
            arrived = opened.await_subject(TOKEN, 0)
        assert arrived is not None and arrived.folder == "Entwürfe & Tests"
        assert "has no folder 'Entwürfe'" in told(server, folder="Entwürfe")


@pytest.mark.parametrize("capabilities", [b"IMAP4rev1 AUTH=PLAIN", b"IMAP4rev1", b"IMAP4rev1 AUTH=CRAM-MD5"])
@pytest.mark.parametrize("password", ["secret", "schlüssel-ключ", 'a "b" \\ {3}', "with blanks "])
@pytest.mark.parametrize("username", ["probe@mailbox.example", 'COMPANY\\Mary "M" Smith'])
def test_login_works_with_any_username_and_password(capabilities: bytes, password: str, username: str) -> None:
    with ImapServer(MESSAGE, username=username, password=password) as server:
        server.capabilities = capabilities
        with mailbox(server) as opened:
            assert opened.await_subject(TOKEN, 0) is not None


@pytest.mark.parametrize("capabilities", [b"IMAP4rev1 AUTH=PLAIN", b"IMAP4rev1"])
def test_a_refused_login_is_reported_without_the_password(server: ImapServer, capabilities: bytes) -> None:
    server.capabilities = capabilities
    sentence = told(server, password="wröng")
    assert sentence.endswith("cannot be logged in to: the server says 'not you with ***'.")


def test_a_lost_connection_is_opened_again(server: ImapServer) -> None:
    server.drops = 1
    with mailbox(server) as opened:
        assert opened.await_subject(TOKEN, 10) is not None
    assert server.connections == 2


def test_a_connection_that_is_lost_every_time_is_reported(server: ImapServer) -> None:
    server.drops = 100
    assert "cannot be read: the connection was lost" in told(server)


def test_a_refused_search_is_reported_in_the_words_of_the_server(server: ImapServer) -> None:
    server.refuses_search = True
    assert told(server).endswith("cannot be read: the server says '1 of the indexes is broken'.")


@pytest.mark.parametrize(
    "greeting", [b"220 mx.mailbox.example ESMTP", b"HTTP/1.1 400 Bad Request", b"\xff\xfe\x00", b"* PREAUTH \xff", b""]
)
def test_a_server_that_does_not_speak_imap_is_reported(server: ImapServer, greeting: bytes) -> None:
    server.greeting = greeting
    server.capabilities = b"\xff"
    assert "cannot be reached: no IMAP server answers there" in told(server)


def test_a_refused_connection_is_reported_in_the_words_of_the_server(server: ImapServer) -> None:
    server.greeting = b"* BYE too many connections"
    assert "too many connections" in told(server)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"port": 70000}, "mailbox.port is 70000: a port is a number from 1 to 65535."),
        ({"port": 0}, "mailbox.port is 0: a port is a number from 1 to 65535."),
        ({"host": "a..b"}, "no IMAP server answers there"),
        ({"host": "x" * 80 + ".example"}, "no IMAP server answers there"),
        ({"encryption": "tls"}, "because TLS failed"),
        (
            {"encryption": "tls", "ca_path": "/nowhere/ca.pem"},
            "mailbox.ca_path is /nowhere/ca.pem, which cannot be used",
        ),
    ],
)
def test_an_invalid_option_is_named(server: ImapServer, options: dict[str, Any], sentence: str) -> None:
    assert sentence in told(server, **options)


def test_a_ca_file_without_certificates_is_reported(server: ImapServer, tmp_path: Path) -> None:
    empty = tmp_path / "ca.pem"
    empty.write_text("nothing\n")
    assert told(server, encryption="tls", ca_path=str(empty)).endswith("used: it holds no certificate.")


def test_a_closed_port_is_reported(server: ImapServer) -> None:
    assert "Connection refused" in told(server, port=free_port())


@pytest.mark.parametrize("farewell", [b"* BYE {%d}" % 10**30, b"\xff", b"+ ", b"* BYE \xff"])
def test_the_answer_to_the_logout_does_not_matter(server: ImapServer, farewell: bytes) -> None:
    server.farewell = farewell
    with mailbox(server) as opened:
        assert opened.await_subject(TOKEN, 0) is not None


def test_a_closed_mailbox_cannot_be_used(server: ImapServer) -> None:
    with contextlib.ExitStack() as stack:
        opened = stack.enter_context(mailbox(server))
        arrived = opened.await_subject(TOKEN, 0)
    assert arrived is not None
    with pytest.raises(MailboxError, match="is not open"):
        opened.delete(arrived, TOKEN)


GREETING = b"* OK ready\r\n"


@pytest.mark.parametrize(
    ("begins", "goes_on", "pause", "reason"),
    [
        (b"* OK [", b"A", 0.05, "timed out"),
        (GREETING, b"* ", 0.05, "timed out"),
        (GREETING, b"* OK " + b"A" * 20000 + b"\r\n", 0.0, "sends in one answer more than 1 MB"),
        (GREETING + b"* 1 FETCH (BODY[] {9999999999}\r\n", b"A" * 1000, 0.0, "allow more with mailbox.max_answer_size"),
    ],
)
def test_an_endless_answer_is_given_up(
    monkeypatch: pytest.MonkeyPatch, begins: bytes, goes_on: bytes, pause: float, reason: str
) -> None:
    monkeypatch.setattr(imap, "_ANSWER_SECONDS", 0.5 if pause else 60.0)
    started = time.monotonic()
    with Dripper(begins, goes_on, pause) as dripper, pytest.raises(MailboxError, match=reason):
        options = {"host": "127.0.0.1", "port": dripper.port, "encryption": "none", "max_answer_size": 1}
        with Mailbox({**options, "username": "probe", "password": "secret"}):
            pass
    assert time.monotonic() - started < 30  # the server would go on for ever
