# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP server under all simulators."""

from __future__ import annotations

from http.server import ThreadingHTTPServer


class HttpServer(ThreadingHTTPServer):
    """A thread for each connection; all threads of a client may connect at one moment."""

    daemon_threads = True
    request_queue_size = 128  # whose connection does not fit in tries again after a second
