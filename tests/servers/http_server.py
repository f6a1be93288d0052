# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP server of all simulators."""

from __future__ import annotations

from http.server import ThreadingHTTPServer


class HttpServer(ThreadingHTTPServer):
    """One thread per connection; all threads of a client may connect at the same moment."""

    daemon_threads = True
    request_queue_size = 128  # a client that does not fit in retries after a second
