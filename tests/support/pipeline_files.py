# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files in docs/pipelines as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[2] / "docs" / "pipelines"
GITHUB = sorted((FOLDER / "github").glob("*.yml"))
GITLAB = FOLDER / "gitlab" / "gitlab-ci.yml"
AWX = FOLDER / "awx"


class _Loader(yaml.SafeLoader):
    """Accepts Ansible's tag for text that is not a template."""


_Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))  # type: ignore[arg-type]


def load(path: Path) -> Any:
    return yaml.load(path.read_text("utf-8"), _Loader)


def steps(workflow: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The steps of a GitHub workflow, each with its job's name."""
    for name, job in workflow["jobs"].items():
        for step in job["steps"]:
            yield name, step


def scripts() -> Iterator[tuple[str, str]]:
    """All scripts in the GitHub and GitLab pipelines, each with its location."""
    for path in GITHUB:
        for number, (job, step) in enumerate(steps(load(path))):
            if "run" in step:
                yield f"{path.stem}-{job}-{number}", step["run"]
    content = load(GITLAB)
    yield "gitlab-before_script", "\n".join(content["default"]["before_script"])
    for name, job in content.items():
        if isinstance(job, dict) and "script" in job:
            yield f"gitlab-{name}", "\n".join(job["script"])
