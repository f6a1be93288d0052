# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP server of the simulators, and what their handlers have in common."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class HttpServer(ThreadingHTTPServer):
    """One thread per connection; all threads of a client may connect at the same moment."""

    daemon_threads = True
    request_queue_size = 128  # a client that does not fit in retries after a second


class HttpHandler(BaseHTTPRequestHandler):
    """Answers on connections that stay open, without the wait of 40 ms that a head without its body may cause."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body are sent together

    def log_message(self, *dummy: Any) -> None:
        """Requests are counted, not printed."""
