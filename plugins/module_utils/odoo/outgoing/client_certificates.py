# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check a client certificate and its private key before Odoo gets them: Odoo only notices when it connects."""

from __future__ import annotations

import base64
import binascii
import os
import re
from typing import Any

from ...errors import InvalidInput


def encoded(pem: str, option: str, label: str, server: str) -> str:
    """A PEM text as Odoo stores it. Raises InvalidInput if it has no such block."""
    block = re.search(rf"-----BEGIN [A-Z ]*{label}-----([\s\S]+?)-----END [A-Z ]*{label}-----", pem)
    if block is None:
        raise InvalidInput(f"{option} of {server} is not a PEM text with a {label.lower()}.")
    if "ENCRYPTED" in block.group(0):
        raise InvalidInput(
            f"{option} of {server} is protected by a passphrase, for which Odoo cannot ask: give it without one."
        )
    return base64.b64encode(pem.encode()).decode("ascii")


def decoded(value: Any) -> bytes:
    """A binary field as bytes, however its base64 is wrapped."""
    if not isinstance(value, str):
        return b""
    try:
        return base64.b64decode(value)
    except (binascii.Error, ValueError):
        return value.encode()


def check_pair(certificate: Any, private_key: Any, server: str) -> None:
    """Raises InvalidInput unless both, as Odoo stores them, can be read and belong together."""
    # imported here because it takes longer than the rest of this file
    import ssl
    import tempfile

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # whether a key is too short is up to the mail server
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    # the ssl module only reads files; this one exists briefly and only for this user
    handle, path = tempfile.mkstemp(prefix="odoo-client-", suffix=".pem")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(decoded(private_key).strip() + b"\n" + decoded(certificate).strip() + b"\n")
        context.load_cert_chain(path, password=lambda: b"")
    except ssl.SSLError as error:
        reason = str(error.reason or "").replace("_", " ").lower()
        if "mismatch" in reason:
            raise InvalidInput(
                f"The client certificate and the private key of {server} do not belong together: give the key that the "
                "certificate was issued for."
            ) from None
        raise InvalidInput(
            f"The client certificate or the private key of {server} cannot be read ({reason or 'damaged'}): "
            "give both as they were issued, in PEM form."
        ) from None
    except OSError:
        raise InvalidInput(
            f"The client certificate and the private key of {server} cannot be checked, because this run cannot write "
            "a temporary file."
        ) from None
    finally:
        os.unlink(path)
