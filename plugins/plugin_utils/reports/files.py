# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report files of a run.

A run in batches (``serial``) adds to its own files.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible import constants

from ..output_files import place_of, problem, replace
from ..sender import Refused
from .code_quality import code_quality
from .content import FORMAT, VERSION, Content, whole
from .html_page import page
from .junit import junit
from .markdown import BYTES, LEAST_BYTES, markdown
from .prometheus import prometheus
from .sarif import sarif


def as_json(content: Content) -> str:
    return f"{json.dumps(content, indent=2, ensure_ascii=False, default=str)}\n"


FORMATS: Mapping[str, Callable[[Content], str]] = {
    "json": as_json,
    "junit": junit,
    "codequality": code_quality,
    "sarif": sarif,
    "prometheus": prometheus,
    "markdown": markdown,
    "html": page,
}
Asked = Sequence[Mapping[str, Any]]


def refuse_unwritable(asked: Asked, plans: Iterable[str] = ()) -> None:
    """Raises Refused for the first file that could not be written at the end. ``plans``: the paths of plan files."""
    kept = {place_of(path) for path in plans}
    paths: dict[Path, str] = {}
    for one in asked:
        most = one.get("max_bytes")
        if most is not None and most < LEAST_BYTES:
            raise Refused(
                f"custom_domain_reports: max_bytes of {one['path']} is {most}, and the head of a report alone may have "
                f"{LEAST_BYTES}. Nothing was done."
            )
        path = place_of(str(one["path"]))
        if path in paths:
            raise Refused(
                f"custom_domain_reports: two reports would be written to {one['path']}. Give each its own file."
            )
        if path in kept:
            raise Refused(
                f"custom_domain_plan and custom_domain_reports both name {one['path']}. Give each a file of its own. "
                "Nothing was done."
            )
        paths[path] = str(one["path"])
        reason = problem(path)
        if reason:
            raise Refused(f"The report {one['path']} cannot be written: {reason}. Nothing was done.")


def write_reports(asked: Asked, hosts: Mapping[str, Mapping[str, Any]], kind: str) -> list[str]:
    """Write each requested report; returns failures, one sentence each."""
    if not asked:
        return []
    content = whole(_with_earlier(hosts, kind, asked), kind, _now())
    problems = []
    paths = {str(one.get("format") or "json"): str(one["path"]) for one in asked}
    complete = paths.get("html") or paths.get("json") or ""
    for one in asked:
        name = str(one.get("format") or "json")
        text = (
            markdown(content, one.get("max_bytes") or BYTES, complete) if name == "markdown" else FORMATS[name](content)
        )
        try:
            replace(place_of(str(one["path"])), text)
        except OSError as error:
            problems.append(f"The report {one['path']} cannot be written: {error.strerror}.")
    return problems


def read_findings(path: str) -> dict[str, list[dict[str, Any]]] | None:
    """The findings of each host in an earlier report; None if the file does not exist yet. Raises Refused.

    They are kept for the whole run, because its first batch may replace the file before the last one reads it.
    """
    kept = Path(constants.DEFAULT_LOCAL_TMP, f"custom_domain_baseline_{_digest(path)}")
    found = Path(os.path.expanduser(path))
    if not kept.exists():
        try:
            kept.write_bytes(found.read_bytes())
        except FileNotFoundError:
            kept.write_bytes(b"null")  # remembered for later batches, when this run has written the file
        except OSError as error:
            raise Refused(
                f"custom_domain_baseline: {path} cannot be read: {error.strerror}. Nothing was done."
            ) from None
    try:
        content = json.loads(kept.read_text("utf-8"))
        if content is None:
            return None
        version = str(content["format_version"]).partition(".")[0]
        if content["format"] != FORMAT or version != VERSION.partition(".")[0]:
            raise ValueError
        return {
            name: [
                {key: str(one[key]) for key in ("fingerprint", "code", "domain", "subject", "severity", "found")}
                for one in host["findings"]
                if not one["accepted"]
            ]
            for name, host in content["hosts"].items()
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Refused(
            f"custom_domain_baseline: {path} is not a report of this collection in the format json, version {VERSION}. "
            "Nothing was done."
        ) from None


def _now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _with_earlier(hosts: Mapping[str, Mapping[str, Any]], kind: str, asked: Asked) -> dict[str, Mapping[str, Any]]:
    """With the hosts of earlier batches, stored where Ansible keeps files that are removed at the end of the run."""
    places = str(sorted(place_of(str(one["path"])) for one in asked))
    kept = Path(constants.DEFAULT_LOCAL_TMP, f"custom_domain_report_{kind}_{_digest(places)}")
    known: dict[str, Mapping[str, Any]] = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    known.update(hosts)
    kept.write_text(json.dumps(known, default=str), "utf-8")
    return known
