# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check whether a request is signed with a secret key (AWS Signature Version 4)."""

from __future__ import annotations

import hashlib
import hmac
import re
import urllib.parse
from email.message import Message

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>\w+)/(?P<date>\d{8})/(?P<region>[\w-]+)/(?P<service>[\w-]+)/aws4_request, *"
    r"SignedHeaders=(?P<signed>[\w;-]+), *Signature=(?P<signature>[0-9a-f]{64})"
)


def is_signed_by(secret_key: str, method: str, path: str, query: str, headers: Message, body: bytes) -> bool:
    match = AUTHORIZATION.fullmatch(headers.get("Authorization", ""))
    if match is None:
        return False
    pairs = sorted(urllib.parse.parse_qsl(query, keep_blank_values=True))
    canonical = [
        method,
        urllib.parse.quote(path, safe="/-_.~"),
        "&".join("=".join(urllib.parse.quote(part, safe="-_.~") for part in pair) for pair in pairs),
        *(f"{name}:{' '.join(headers[name].split())}" for name in match["signed"].split(";")),
        "",
        match["signed"],
        hashlib.sha256(body).hexdigest(),
    ]
    scope = f"{match['date']}/{match['region']}/{match['service']}/aws4_request"
    digest = hashlib.sha256("\n".join(canonical).encode()).hexdigest()
    to_sign = f"AWS4-HMAC-SHA256\n{headers['X-Amz-Date']}\n{scope}\n{digest}"
    secret = f"AWS4{secret_key}".encode()
    for part in (*scope.split("/"), to_sign):
        secret = hmac.new(secret, part.encode(), hashlib.sha256).digest()
    return hmac.compare_digest(secret.hex(), match["signature"])
