# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The proxy that the environment sets for a server, for messages. Pure: no I/O."""

from __future__ import annotations

import re
import urllib.parse
import urllib.request

_CHECK = "Check https_proxy, http_proxy, all_proxy and no_proxy in the environment."


def proxy_of(url: str) -> str:
    """The proxy for a URL, without its user and password; empty if there is none."""
    try:
        parts = urllib.parse.urlsplit(url)
        found = urllib.request.getproxies()
        proxy = found.get(parts.scheme) or found.get("all") or ""
        if not proxy or urllib.request.proxy_bypass(parts.hostname or ""):
            return ""
    except ValueError:
        return ""
    return re.sub(r"(^|//)[^/]*@", r"\1", proxy)


def has_unusual_proxy(url: str) -> bool:
    """Whether the proxy for a URL has a spelling that not every library here understands."""
    proxy = proxy_of(url)
    try:
        parts = urllib.parse.urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        usual = parts.scheme in ("http", "https") and re.fullmatch(r"[^\s]+", parts.netloc) and parts.port != 0
    except ValueError:
        usual = False
    return bool(proxy) and not usual


def refused_by_proxy(where: str, url: str) -> str:
    """The sentence for a proxy that does not answer or refuses the connection."""
    return f"{where} cannot be reached, because the proxy {proxy_of(url)} refuses the connection. {_CHECK}"


def unusable_proxy(where: str, url: str) -> str:
    """The sentence for a proxy of an unsupported kind or spelling."""
    proxy = proxy_of(url)
    more = ", and SOCKS needs a Python package that is not installed" if proxy.startswith("socks") else ""
    return (
        f"{where} cannot be reached, because the proxy {proxy} cannot be used: write it like "
        f"http://proxy.example.net:3128{more}. {_CHECK}"
    )
