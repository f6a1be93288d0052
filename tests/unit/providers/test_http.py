# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP for the providers: what is retried, what the messages say, and what is never disclosed."""

from __future__ import annotations

import gzip
import http.server
import ssl
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput, OutcomeUnknown, ProviderError
from ansible_collections.postmaster.mail.plugins.module_utils.providers import http as our_http
from ansible_collections.postmaster.mail.plugins.module_utils.providers import oauth
from ansible_collections.postmaster.mail.plugins.module_utils.providers.http import HttpApi, HttpError
from ansible_collections.postmaster.mail.plugins.module_utils.providers.oauth import request_token
from ansible_collections.postmaster.mail.plugins.module_utils.providers.rate_limit import RateLimiter
from ansible_collections.postmaster.mail.tests.servers.certificates import CertificateAuthority
from ansible_collections.postmaster.mail.tests.servers.dripper import HTTP_DRIPS, Dripper

SECRET = "a-secret-of-the-account"
HOST = "127.0.0.1"


class Service:
    """A small HTTP server that sends the given answers in turn, and repeats the last one."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.answers: list[tuple[int, dict[str, str], bytes]] = [(200, {}, b"{}")]
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                service.requests.append((self.command, self.path, dict(self.headers), body))
                status, headers, content = service.answers.pop(0) if len(service.answers) > 1 else service.answers[0]
                if status == 0:
                    self.close_connection = True
                    return
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_PATCH = answer  # noqa: N815 - the names that http.server calls

            def log_message(self, *dummy: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer((HOST, 0), Handler)
        self._server.daemon_threads = True
        if context:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        scheme = "https" if context else "http"
        self.url = f"{scheme}://{HOST}:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def service() -> Iterator[Service]:
    running = Service()
    yield running
    running.close()


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(our_http, "BACKOFF", 0.0)


def api(url: str, **options: Any) -> HttpApi:
    return HttpApi(url, title="Vendor", headers={"X-Token": SECRET}, credentials="api_token", **options)


def error_of(act: Callable[[], Any]) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        act()
    assert SECRET not in str(caught.value)
    assert "\n" not in str(caught.value)
    return caught.value


def test_json_with_octets_that_are_not_utf_8_is_sent_back_unchanged(service: Service) -> None:
    service.answers = [(200, {}, b'{"content": "\xff\xc3\xbc"}')]
    there = api(service.url).get("/zone", {"name": "a b"})
    api(service.url).send("PATCH", "/zone", there)
    assert service.requests[0][:2] == ("GET", "/zone?name=a+b")
    assert service.requests[1][3] == b'{"content": "\xff\xc3\xbc"}'


def test_a_read_is_retried_when_the_server_is_busy(service: Service) -> None:
    service.answers = [(503, {}, b""), (0, {}, b""), (200, {}, b'{"zones": 3}')]
    assert api(service.url).get("/") == {"zones": 3}
    assert len(service.requests) == 3


def test_every_attempt_is_counted(service: Service) -> None:
    calls: list[int] = []
    service.answers = [(503, {}, b""), (200, {}, b"{}")]
    api(service.url, count=lambda: calls.append(1)).get("/")
    assert len(calls) == 2


@pytest.mark.parametrize("failure", [(500, {}, b""), (503, {}, b""), (0, {}, b""), (429, {}, b"")])
def test_a_write_that_may_have_been_carried_out_is_not_retried(service: Service, failure: Any) -> None:
    service.answers = [failure, (200, {}, b"{}")]
    error_of(lambda: api(service.url).send("POST", "/", {}))
    assert len(service.requests) == 1


def test_a_write_is_retried_after_the_time_in_retry_after(service: Service) -> None:
    service.answers = [(429, {"Retry-After": "0.01"}, b""), (200, {}, b'{"done": true}')]
    assert api(service.url).send("POST", "/", {}) == {"done": True}


def test_the_time_to_wait_may_be_in_the_body(service: Service) -> None:
    service.answers = [(429, {}, b'{"code": "TOO_MANY_REQUESTS", "retryAfterSec": 1}'), (204, {}, b"")]
    api(service.url).send("PUT", "/zone")
    assert len(service.requests) == 2


def test_a_post_that_only_reads_is_retried(service: Service) -> None:
    service.answers = [(503, {}, b""), (0, {}, b""), (200, {}, b"<answer/>")]
    assert api(service.url).request("POST", "/xml", b"Command=read", reads=True).body == b"<answer/>"


def test_a_pause_that_is_too_long_is_reported_instead_of_waited_for(service: Service) -> None:
    service.answers = [(429, {"Retry-After": "3600"}, b"")]
    assert "accepts no more requests" in str(error_of(lambda: api(service.url).get("/")))
    assert len(service.requests) == 1


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (401, b"Unauthorized", "refuses the credentials (401: Unauthorized). Check api_token."),
        (403, b'{"error": "no right to write"}', "(403: no right to write). Check api_token."),
        (422, b'{"error": "Not in expected format"}', "(422: Not in expected format)"),
        (400, b'{"message": "bad", "errors": ["name", "type"]}', "(400: bad; name; type)"),
        (404, b"<html>not here</html>", "refuses the request (404)"),
        (500, b"", "has an internal error (500)"),
        (400, b"who is a-secret-of-the-account?", "(400: who is \u2026?)"),
    ],
)
def test_a_refusal_is_reported_in_one_line(service: Service, status: int, body: bytes, told: str) -> None:
    service.answers = [(status, {}, body)]
    error = error_of(lambda: api(service.url).send("POST", "/", {}))
    assert isinstance(error, HttpError)
    assert error.status == status
    assert told in str(error)


def test_a_redirect_is_not_followed_so_no_secret_goes_elsewhere(service: Service) -> None:
    other = Service()
    service.answers = [(302, {"Location": f"{other.url}/login"}, b"")]
    assert "redirects the request to http://127.0.0.1" in str(error_of(lambda: api(service.url).get("/")))
    assert other.requests == []
    other.close()


def test_a_page_instead_of_json_names_the_endpoint(service: Service) -> None:
    service.answers = [(200, {}, b"<html>welcome</html>")]
    assert "endpoint" in str(error_of(lambda: api(service.url).get("/")))


def test_a_closed_port_is_reported(free_port: Callable[[], int]) -> None:
    error = error_of(lambda: api(f"http://{HOST}:{free_port()}").get("/"))
    assert "cannot be reached: connection refused" in str(error)


def test_an_unknown_host_is_reported() -> None:
    assert "not known to DNS" in str(error_of(lambda: api("http://vendor.invalid").get("/")))


def test_a_silent_server_is_given_up_after_the_timeout() -> None:
    import socket

    with socket.create_server((HOST, 0)) as silent:
        silent_api = api(f"http://{HOST}:{silent.getsockname()[1]}", timeout=0.2)
        assert "did not answer within 0.2 s" in str(error_of(lambda: silent_api.send("POST", "/", {})))


def test_certificates_are_verified_unless_validate_certs_is_false(ca: CertificateAuthority) -> None:
    certificate, key = ca.issue(HOST)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    service = Service(context)
    assert "not trusted" in str(error_of(lambda: api(service.url).send("POST", "/", {})))
    assert api(service.url, ca_path=str(ca.ca_path)).get("/") == {}
    assert api(service.url, validate_certs=False).get("/") == {}
    service.close()


def test_credentials_from_netrc_do_not_replace_ours(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine {HOST} login anna password other\n", "utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    api(service.url).get("/")
    headers = service.requests[0][2]
    assert headers["X-Token"] == SECRET
    assert "Authorization" not in headers


def test_the_proxy_of_the_environment_is_used(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", service.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    api("http://vendor.example").get("/zones")
    assert service.requests[0][1] == "http://vendor.example/zones"


@pytest.mark.parametrize(
    "url", ["", "vendor.example", "ftp://vendor.example", "https://", "https://anna:pw@vendor.example"]
)
def test_an_invalid_endpoint_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match="endpoint"):
        api(url)


def test_a_credential_that_no_header_can_hold_is_refused() -> None:
    with pytest.raises(InvalidInput, match="api_token has a character"):
        HttpApi("https://vendor.example", title="Vendor", headers={"X-Token": "line\nbreak"}, credentials="api_token")


def test_a_missing_ca_file_is_refused() -> None:
    with pytest.raises(InvalidInput, match="ca_path"):
        api("https://vendor.example", ca_path="/nowhere/ca.pem")


def test_a_ca_file_without_certificates_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_text("no certificate")
    with pytest.raises(InvalidInput, match=f"{path} has no certificates that can be read"):
        HttpApi("https://vendor.example", title="Vendor", ca_path=str(path))


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_the_limiter_allows_a_burst_and_then_its_rate() -> None:
    clock = Clock()
    limiter = RateLimiter(4.0, burst=3, clock=clock, sleep=clock.sleep)
    sent = []
    for dummy in range(6):
        limiter.acquire()
        sent.append(round(clock.now - 100.0, 6))
    assert sent == [0.0, 0.0, 0.0, 0.25, 0.5, 0.75]


def test_a_write_follows_its_read_without_waiting() -> None:
    clock = Clock()
    limiter = RateLimiter(0.25, burst=3, clock=clock, sleep=clock.sleep)
    sent = []
    for dummy in range(4):
        for room in (2, 1):  # a read, and the write that follows it
            limiter.acquire(room)
            sent.append(round(clock.now - 100.0, 6))
    assert sent == [0.0, 0.0, 4.0, 4.0, 12.0, 12.0, 20.0, 20.0]


def test_work_in_progress_goes_before_new_work() -> None:
    clock = Clock()
    turns: list[str] = []

    def while_the_look_waits(seconds: float) -> None:
        clock.sleep(seconds)
        if len(turns) < 3:
            limiter.acquire()
            turns.append("write")

    limiter = RateLimiter(1.0, burst=2, clock=clock, sleep=while_the_look_waits)
    limiter.acquire(2)
    limiter.acquire(2)
    turns.append("look")
    assert turns == ["write", "write", "write", "look"]


def test_asking_for_more_room_than_the_burst_does_not_wait_for_ever() -> None:
    clock = Clock()
    limiter = RateLimiter(1.0, burst=1, clock=clock, sleep=clock.sleep)
    limiter.acquire(2)
    limiter.acquire(2)
    assert clock.now == pytest.approx(101.0)


@given(
    st.floats(0.1, 20.0),
    st.integers(1, 12),
    st.lists(st.tuples(st.integers(1, 4), st.floats(0.0, 5.0)), min_size=1, max_size=30),
)
def test_the_rate_is_kept_and_no_request_waits_too_long(
    rate: float, burst: int, asked: list[tuple[int, float]]
) -> None:
    """``asked``: the room that each request asks for, and the seconds since the one before."""
    clock = Clock()
    limiter = RateLimiter(rate, burst, clock, clock.sleep)
    sent = []
    for room, later in asked:
        clock.sleep(later)
        before = clock.now
        limiter.acquire(room)
        sent.append(clock.now)
        assert clock.now - before <= min(room, burst) / rate + 1e-6
    for first, start in enumerate(sent):
        for last in range(first, len(sent)):
            assert last - first + 1 <= burst + rate * (sent[last] - start) + 1e-6


def test_a_pause_stops_all_requests() -> None:
    clock = Clock()
    limiter = RateLimiter(100.0, burst=10, clock=clock, sleep=clock.sleep)
    limiter.pause(7.0)
    limiter.acquire()
    assert clock.now == pytest.approx(107.0)


def test_each_attempt_gets_a_new_signature(service: Service) -> None:
    signed: list[tuple[str, str, bytes | None]] = []

    def sign(method: str, url: str, data: bytes | None) -> dict[str, str]:
        signed.append((method, url, data))
        return {"X-Signature": f"signature-{len(signed)}"}

    service.answers = [(503, {}, b""), (200, {}, b"{}")]
    api(service.url, sign=sign).get("/zone", {"name": "a"})
    assert signed == [("GET", f"{service.url}/zone?name=a", None)] * 2
    assert [request[2]["X-Signature"] for request in service.requests] == ["signature-1", "signature-2"]


def test_a_signature_is_hidden_like_a_secret(service: Service) -> None:
    service.answers = [(400, {}, b'{"message": "bad token-of-today"}')]
    error = error_of(lambda: api(service.url, sign=lambda *dummy: {"Authorization": "Bearer token-of-today"}).get("/"))
    assert "token-of-today" not in str(error)


@pytest.mark.parametrize(
    "body",
    [
        b'{"error": "no such zone"}',
        b'{"message": "no such zone"}',
        b'{"error": {"code": 404, "message": "no such zone"}}',
        b'{"errors": [{"code": 1003, "message": "no such zone"}]}',
        b'{"error": "invalid_client", "error_description": "no such zone"}',
        b"no such zone",
    ],
)
def test_the_message_of_the_server_is_found_in_any_format(service: Service, body: bytes) -> None:
    service.answers = [(404, {}, body)]
    error = str(error_of(lambda: api(service.url).get("/")))
    assert error.replace(" [1003]", "").endswith("(404: no such zone).")


@pytest.mark.parametrize("reads", [True, False])
@pytest.mark.parametrize("compressed", [True, False])
def test_an_answer_that_is_too_large_is_given_up(service: Service, compressed: bool, reads: bool) -> None:
    blanks = b" " * (2**20 + 1)
    body, headers = (gzip.compress(blanks), {"Content-Encoding": "gzip"}) if compressed else (blanks, {})
    service.answers = [(200, headers, body)] * 2
    account = HttpApi.of({"max_answer_size": 1}, service.url, title="Vendor")
    error = error_of(lambda: account.get("/") if reads else account.send("POST", "/", {}))
    assert "answers with more than 1 MB, so it is not used" in str(error)
    assert "allow more with dns.max_answer_size." in str(error)
    assert isinstance(error, OutcomeUnknown) != reads
    service.answers = [(200, headers, body)]
    assert HttpApi.of({"max_answer_size": 2}, service.url, title="Vendor").get("/") is None


@pytest.mark.parametrize("megabytes", [0, -1])
def test_a_max_answer_size_below_1_is_refused(megabytes: int) -> None:
    with pytest.raises(InvalidInput, match=rf"^account\.max_answer_size is {megabytes}: give 1 or more MB\.$"):
        HttpApi.of({"max_answer_size": megabytes}, "https://api.example", option="account", title="Vendor")


@pytest.mark.parametrize("drip", HTTP_DRIPS)
def test_the_timeout_limits_the_whole_of_a_slow_answer(drip: str) -> None:
    started = time.monotonic()
    with Dripper(*HTTP_DRIPS[drip]) as dripper:
        error = error_of(lambda: api(dripper.url, timeout=0.3).send("POST", "/", {}))
    assert isinstance(error, OutcomeUnknown) and "did not answer within 0.3 s" in str(error)
    assert time.monotonic() - started < 30  # the server would go on for hours


@pytest.mark.parametrize("status", [200, 400])
def test_json_that_is_nested_too_deeply_is_an_error(service: Service, status: int) -> None:
    service.answers = [(status, {}, b"[" * 100000 + b"]" * 100000)]
    assert "Vendor at" in str(error_of(lambda: api(service.url).get("/")))


@pytest.mark.parametrize("field", ["client_secret", "refresh_token", "assertion"])
@pytest.mark.parametrize("status", [400, 500])
def test_a_secret_that_the_server_repeats_is_hidden(
    service: Service, monkeypatch: pytest.MonkeyPatch, status: int, field: str
) -> None:
    secret = "se/cr et+of~ours"
    monkeypatch.setattr(oauth, "BACKOFF", 0.0)
    service.answers = [(status, {}, f"bad {field}={secret} or {urllib.parse.quote_plus(secret)}".encode())]
    with pytest.raises(ProviderError) as caught:
        request_token(HttpApi(service.url, title="The service"), {field: secret}, "the credentials")
    assert f"bad {field}=… or …" in str(caught.value)
