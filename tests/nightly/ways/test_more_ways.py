# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways of running that take too long, or are too rare, for each ``make test``."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.postmaster.mail.tests.servers.process import free_port, wait_until
from ansible_collections.postmaster.mail.tests.support.rollouts import ROLE, TELL_RESULT, ZONE, World, failed_only
from ansible_collections.postmaster.mail.tests.support.rounds import PATIENCE

INCLUDE: dict[str, Any] = {"ansible.builtin.include_role": {"name": ROLE}}
IMPORT: dict[str, Any] = {"ansible.builtin.import_role": {"name": ROLE}}
NAMES = ALPHA, BETA, GAMMA, DELTA, EPSILON = tuple(
    f"{name}.example" for name in ("alpha", "beta", "gamma", "delta", "epsilon")
)
SECRET = "correct-horse-battery-staple"


def program(name: str) -> str:
    """One of the Ansible that is tested."""
    return str(Path(sys.executable).parent / name)


def all_hosts(world: World, **variables: Any) -> None:
    for name in NAMES:
        world.host(name, **variables)


def blind(world: World) -> dict[str, Any]:
    """An account whose changes no name server shows."""
    elsewhere = world.folder / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    for name in NAMES:
        (elsewhere / f"{name}.zone").write_text(ZONE)
    return {"provider": "zone_file", "directory": str(elsewhere)}


def site(**keywords: Any) -> list[dict[str, Any]]:
    return [{"hosts": "all", "tasks": [IMPORT, TELL_RESULT], **keywords}]


class TestErrors:
    """How a failure of one host ends is Ansible's own business; what the role did for the others stays."""

    @pytest.mark.parametrize(
        ("keywords", "goes_on"),
        [({"ignore_errors": True}, True), ({"any_errors_fatal": True}, False), ({"max_fail_percentage": 10}, False)],
        ids=["ignore_errors", "any_errors_fatal", "max_fail_percentage"],
    )
    def test_the_others_are_done(self, world: World, keywords: dict[str, Any], goes_on: bool) -> None:
        all_hosts(world)
        world.host(ALPHA, senders=[{"service": "sendgrid"}])
        done = world.site(site(**keywords))
        assert world.published() == world.alias_domains() == sorted(NAMES[1:])
        assert (BETA in done.results) == goes_on, done.output
        if "ignore_errors" in keywords:
            assert (done.code, done.recap[ALPHA]["ignored"]) == (0, 1)
        else:
            assert (done.code, failed_only(done.recap)) == (2, [ALPHA])


class TestBatches:
    @pytest.mark.parametrize("serial", [1, 2, "30%", [1, 2]], ids=str)
    def test_each_batch_is_done_once(self, world: World, serial: Any) -> None:
        all_hosts(world)
        world.host(GAMMA, senders=[{"service": "sendgrid"}])
        alone = serial in (1, "30%")  # a batch of which every host has failed ends a play
        done = world.site(site(serial=serial))
        assert failed_only(done.recap) == [GAMMA], done.output
        expected = [ALPHA, BETA] if alone else [ALPHA, BETA, DELTA, EPSILON]
        assert world.published() == world.alias_domains() == expected
        names = [one["name"] for one in world.odoo.database.shown()["mail.alias.domain"]]
        assert len(names) == len(set(names))
        again = world.site(site(serial=2))
        assert again.recap[ALPHA]["changed"] == again.recap[BETA]["changed"] == 0

    def test_a_report_has_the_hosts_of_all_batches(self, world: World) -> None:
        all_hosts(world)
        world.common["custom_domain_reports"] = [{"format": "json", "path": "report.json"}]
        verify = {"ansible.builtin.import_role": {"name": ROLE, "tasks_from": "verify"}}
        done = world.site([{"hosts": "all", "serial": 2, "ignore_errors": True, "tasks": [verify]}])
        report = json.loads((world.folder / "report.json").read_text())
        assert sorted(report["hosts"]) == sorted(NAMES), done.output

    def test_two_slices_at_once(self, world: World) -> None:
        all_hosts(world)
        world.write(site())
        command = [program("ansible-playbook"), "site.yml", "-i", "companies.yml", "--limit"]
        slices = [
            subprocess.Popen([*command, limit], cwd=world.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            for limit in (f"{ALPHA},{BETA}", f"{GAMMA},{DELTA},{EPSILON}")
        ]
        said = [one.communicate(timeout=PATIENCE)[0].decode() for one in slices]
        assert [one.returncode for one in slices] == [0, 0], said
        assert world.published() == world.alias_domains() == sorted(NAMES)
        assert {counts["changed"] for counts in world.site(site()).recap.values()} == {0}


class TestElsewhere:
    def remote(self, world: World) -> Path:
        """A host that is reached by the connection plugin ssh, whose program runs the command in a home of its own."""
        home = world.folder / "home"
        (home / "zones").mkdir(parents=True)
        home.chmod(0o777)
        connect = world.folder / "ssh"
        connect.write_text(
            f'#!/bin/sh\nfor last; do :; done\ncd {home}\nHOME={home} REMOTE=there exec /bin/sh -c "$last"\n'
        )
        connect.chmod(0o755)
        world.hosts["ns1"] = {
            "ansible_connection": "ssh",
            "ansible_host": "ns1.invalid",
            "ansible_ssh_executable": str(connect),
            "ansible_ssh_transfer_method": "piped",
            "ansible_python_interpreter": sys.executable,
            "ansible_remote_tmp": f"{home}/tmp",
        }
        return home

    def test_zones_elsewhere_are_written_and_put_back_there(self, world: World) -> None:
        home = self.remote(world)
        dns = {"provider": "zone_file", "directory": f"{home}/zones", "backup": True}
        dns["backup_directory"] = f"{home}/backups"
        world.nameserver.folders.append(home / "zones")
        for name in (ALPHA, BETA):
            (home / "zones" / f"{name}.zone").write_text(ZONE)
            world.host(name, zone="", run_on="ns1", dns=dns)
        world.host(GAMMA)
        hosts = f"{ALPHA},{BETA},{GAMMA}"
        done = world.site([{"hosts": hosts, "tasks": [IMPORT, TELL_RESULT]}])
        assert done.code == 0, done.output
        assert world.alias_domains() == [ALPHA, BETA, GAMMA]
        assert world.published() == [GAMMA]
        assert "odoo._domainkey" in (home / "zones" / f"{ALPHA}.zone").read_text()
        (backup,) = done.results[ALPHA]["dns"]["backup_files"]
        assert Path(backup).is_relative_to(home)
        again = world.site([{"hosts": hosts, "tasks": [IMPORT]}])
        assert {counts["changed"] for counts in again.recap.values()} == {0}, again.output
        restored = world.play(
            "postmaster.mail.restore", "--limit", ALPHA, "-e", f"custom_domain_backup_file={backup}", "-e", "x=y"
        )
        assert restored.code == 0, restored.output
        assert "odoo._domainkey" not in (home / "zones" / f"{ALPHA}.zone").read_text()

    def test_it_becomes_another_user_there(self, world: World) -> None:
        """What the task says of becoming counts; the program that becomes one notes that it was asked."""
        home = self.remote(world)
        su = world.folder / "su"
        su.write_text(f'#!/bin/sh\necho "$1" >> {home}/became\nfor last; do :; done\nexec /bin/sh -c "$last"\n')
        su.chmod(0o755)
        (home / "zones" / f"{ALPHA}.zone").write_text(ZONE)
        world.nameserver.folders.append(home / "zones")
        world.host(ALPHA, zone="", run_on="ns1", dns={"provider": "zone_file", "directory": f"{home}/zones"})
        become = {"become": True, "become_user": "root", "become_method": "su", "become_exe": str(su)}
        done = world.site([{"hosts": ALPHA, "tasks": [IMPORT], **become}])
        assert done.code == 0, done.output
        assert "odoo._domainkey" in (home / "zones" / f"{ALPHA}.zone").read_text()
        assert set((home / "became").read_text().split()) == {"root"}

    def test_one_that_cannot_be_reached_concerns_only_its_domains(self, world: World) -> None:
        world.hosts["down"] = {"ansible_connection": "ssh", "ansible_host": "down.unreachable.invalid"}
        world.host(ALPHA)
        world.host(BETA, run_on="down")
        world.host(GAMMA)
        done = world.site([{"hosts": f"{ALPHA},{BETA},{GAMMA}", "tasks": [IMPORT]}])
        assert failed_only(done.recap) == [BETA], done.output
        assert world.published() == world.alias_domains() == [ALPHA, GAMMA]
        assert f"fatal: [{ALPHA}" not in done.output


class TestEnvironment:
    def test_environment_of_the_play_counts(self, world: World) -> None:
        """A variable that the reload command reads, and the password of Odoo."""
        reload = world.folder / "reload"
        reload.write_text('#!/bin/sh\necho "$MARK" >> "$0.log"\n')
        reload.chmod(0o755)
        world.common["custom_domain_dns"]["reload"] = f"{reload}"
        options = {key: value for key, value in world.odoo.options.items() if key != "password"}
        world.common["custom_domain_odoo"] = options
        world.host(ALPHA)
        environment = {"MARK": "from the play", "ODOO_PASSWORD": world.odoo.options["password"]}
        done = world.site(site(environment=environment))
        assert done.code == 0, done.output
        assert world.alias_domains() == [ALPHA]
        assert "from the play" in (world.folder / "reload.log").read_text()

    def test_a_dead_proxy_fails_odoo(self, world: World) -> None:
        world.host(ALPHA)
        proxy = {"http_proxy": f"http://127.0.0.1:{free_port()}", "no_proxy": ""}
        done = world.site(site(environment=proxy))
        assert failed_only(done.recap) == [ALPHA], done.output
        assert "proxy" in done.output
        assert world.alias_domains() == []

    def test_a_library_that_is_missing_is_told_before_anything_is_written(self, world: World) -> None:
        without = world.folder / "without"
        without.mkdir()
        (without / "sitecustomize.py").write_text(
            "import importlib.machinery as machinery\n"
            "found = machinery.PathFinder.find_spec\n"
            "def find_spec(cls, name, path=None, target=None):\n"
            "    return None if name == 'dns' else found(name, path, target)\n"
            "machinery.PathFinder.find_spec = classmethod(find_spec)\n"
        )
        all_hosts(world)
        world.hosts["localhost"] = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        done = world.site([{"hosts": "all:!localhost", "tasks": [IMPORT]}], PYTHONPATH=str(without))
        assert failed_only(done.recap) == sorted(NAMES), done.output
        assert "dnspython" in done.output and "Traceback" not in done.output
        assert world.published() == world.alias_domains() == []

    @pytest.mark.parametrize(
        ("settings", "keywords"),
        [
            ({"ANSIBLE_FORKS": "1"}, {"order": "reverse_sorted"}),
            ({"ANSIBLE_FORKS": "50", "ANSIBLE_PIPELINING": "True"}, {"throttle": 1}),
            ({"ANSIBLE_INJECT_FACT_VARS": "False"}, {"order": "shuffle"}),
            ({"ANSIBLE_STRATEGY": "debug"}, {}),
        ],
        ids=["forks_1", "forks_50", "inject_facts_off", "debug"],
    )
    def test_settings_make_no_difference(
        self, world: World, settings: dict[str, str], keywords: dict[str, Any]
    ) -> None:
        all_hosts(world)
        done = world.site(site(**keywords), **settings)
        assert done.code == 0, done.output
        assert world.published() == world.alias_domains() == sorted(NAMES)

    def test_defaults_of_the_groups_of_modules_do_no_harm(self, world: World) -> None:
        all_hosts(world)
        defaults = {
            "group/postmaster.mail.dns": {"dns": {"provider": "zone_file", "directory": "./elsewhere"}},
            "group/postmaster.mail.odoo": {"odoo": {"url": "http://127.0.0.1:9", "database": "none", "api_key": "x"}},
        }
        done = world.site(site(module_defaults=defaults))
        assert done.code == 0, done.output
        assert world.published() == world.alias_domains() == sorted(NAMES)
        verify = {"ansible.builtin.import_role": {"name": ROLE, "tasks_from": "verify"}}
        looked = world.site([{"hosts": "all", "module_defaults": defaults, "tasks": [verify]}])
        assert looked.code == 0, looked.output
        options = {"domains": [{"domain": ALPHA}], "nameservers": [world.nameserver.address]}
        info = {"postmaster.mail.domain_info": options}
        interpreter = {"ansible_python_interpreter": sys.executable, "ansible_connection": "local"}
        shown = world.site([{"hosts": ALPHA, "vars": interpreter, "module_defaults": defaults, "tasks": [info]}])
        assert shown.code == 0, shown.output


class TestEndings:
    """A run that is cut short ends in seconds, and writes nothing later."""

    def prepare(self, world: World) -> None:
        all_hosts(world, dns=blind(world))
        world.common["custom_domain_wait"] = {"timeout": 120, "interval": 1}

    def untouched(self, world: World) -> None:
        writes = world.odoo.database.writes
        time.sleep(3)
        assert (world.odoo.database.writes, world.alias_domains()) == (writes, [])
        assert not processes_in(world.folder)

    @pytest.mark.parametrize("by", ["keyword", "setting"])
    def test_the_time_limit_of_a_task(self, world: World, by: str) -> None:
        self.prepare(world)
        began = time.monotonic()
        settings = {"ANSIBLE_TASK_TIMEOUT": "6"} if by == "setting" else {}
        task = {**IMPORT, "timeout": 6} if by == "keyword" else IMPORT
        done = world.site([{"hosts": "all", "tasks": [task]}], **settings)
        assert (done.code, time.monotonic() - began < 60) == (2, True), done.output
        assert failed_only(done.recap) == sorted(NAMES), done.output
        self.untouched(world)

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
    def test_a_signal_while_waiting(self, world: World, number: signal.Signals) -> None:
        self.prepare(world)
        world.write(site())
        command = [program("ansible-playbook"), "site.yml", "-i", "companies.yml"]
        log = world.folder / "log"
        with log.open("wb") as output:
            run = subprocess.Popen(
                command, cwd=world.folder, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )
        assert wait_until(lambda: "Waiting until" in log.read_text(), 60), log.read_text()
        time.sleep(1)
        began = time.monotonic()
        if number == signal.SIGINT:
            os.killpg(run.pid, number)  # as a terminal sends it
        else:
            run.send_signal(number)
        run.wait(60)
        assert time.monotonic() - began < 15
        assert run.returncode != 0
        self.untouched(world)


def processes_in(folder: Path) -> list[str]:
    """The commands that run in this folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").resolve() == folder.resolve():
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


class TestResults:
    def test_handlers_run_for_hosts_that_changed(self, world: World) -> None:
        world.host(ALPHA)
        world.host(BETA)
        assert world.rollout("--limit", ALPHA).code == 0
        handler = {"name": "Tell", "ansible.builtin.debug": {"msg": "HANDLED {{ inventory_hostname }}"}}
        plays = [{"hosts": "all", "tasks": [{**IMPORT, "notify": "Tell"}], "handlers": [handler]}]
        for arguments in (["--check"], []):
            done = world.site(plays, *arguments)
            assert done.code == 0, done.output
            assert re.findall(r"HANDLED (\S+)\"", done.output) == [BETA]

    def test_a_retry_file_names_those_that_failed(self, world: World) -> None:
        all_hosts(world)
        world.host(GAMMA, companies=["Nobody"])
        done = world.site(
            site(), ANSIBLE_RETRY_FILES_ENABLED="True", ANSIBLE_RETRY_FILES_SAVE_PATH=str(world.folder / "retry")
        )
        assert done.code == 2
        (retry,) = (world.folder / "retry").iterdir()
        assert retry.read_text().split() == [GAMMA]

    def test_no_log_hides_diffs_and_findings_and_changes_nothing_else(self, world: World) -> None:
        """Ansible itself still shows warnings, and from 2.19 on the message of a failed task."""
        world.host(ALPHA)
        world.host(BETA, companies=["Nobody"])
        verify = {"ansible.builtin.import_role": {"name": ROLE, "tasks_from": "verify"}}
        done = world.site(
            [{"hosts": "all", "no_log": True, "tasks": [{"block": [IMPORT], "rescue": [verify]}]}], "--diff"
        )
        assert done.recap[BETA]["rescued"] == 1, done.output
        assert world.alias_domains() == [ALPHA]
        assert not [word for word in ("_domainkey", "alias domain", "spf_missing", "Cure:") if word in done.output], (
            done.output
        )

    def test_lazy_variables_are_evaluated_once_for_each_host(self, world: World) -> None:
        world.host(ALPHA)
        world.host(BETA)
        (world.folder / "secret").write_text(str(world.odoo.options["password"]))
        count = f"echo x >> {world.folder}/count; cat {world.folder}/secret"
        world.common["custom_domain_odoo"] = {
            **world.odoo.options,
            "password": f"{{{{ lookup('ansible.builtin.pipe', '{count}') }}}}",
            "username": "{{ lookup('ansible.builtin.env', 'ODOO_USER_OF_TEST') }}",
        }
        world.common["custom_domain_dmarc"] = {"policy": "{{ hostvars['alpha.example'].policy_of_all }}"}
        world.common["policy_of_all"] = "{{ 'none' if groups['custom_domains'] | length == 2 else 'reject' }}"
        (world.folder / "vault_password").write_text("open sesame\n")
        (world.folder / "vaulted.yml").write_text(yaml.safe_dump({"custom_domain_ttl": 1234}))
        subprocess.run(
            [program("ansible-vault"), "encrypt", "vaulted.yml", "--vault-password-file", "vault_password"],
            cwd=world.folder,
            check=True,
            capture_output=True,
        )
        done = world.play(
            "postmaster.mail.rollout",
            *("--vault-password-file", "vault_password", "-e", "@vaulted.yml"),
            ODOO_USER_OF_TEST="admin",
        )
        assert done.code == 0, done.output
        assert world.alias_domains() == [ALPHA, BETA]
        assert "1234 IN TXT" in world.zone(ALPHA) and "p=none" in world.zone(BETA)
        assert (world.folder / "count").read_text().split() == ["x", "x"]

    def test_each_odoo_and_each_account_fails_alone(self, world: World) -> None:
        all_hosts(world)
        options = world.odoo.options
        world.host(BETA, odoo={**options, "password": "wrong"})
        world.host(GAMMA, odoo={**options, "url": f"http://127.0.0.1:{free_port()}"})
        down = f"http://127.0.0.1:{free_port()}"
        world.host(DELTA, dns={"provider": "powerdns", "endpoint": down, "api_key": "key", "server_id": "localhost"})
        done = world.site(site())
        assert failed_only(done.recap) == [BETA, DELTA, GAMMA], done.output
        # a database that cannot be logged in to is known before anything is published
        assert world.alias_domains() == world.published() == [ALPHA, EPSILON]

    @pytest.mark.parametrize(
        "callback", ["ansible.builtin.default", "ansible.builtin.minimal", "ansible.builtin.oneline"]
    )
    def test_no_secret_is_anywhere(self, world: World, callback: str) -> None:
        """Nor in a file that is made of what was registered."""
        relay: dict[str, Any] = {"name": "relay", "host": "smtp.alpha.example", "username": "odoo", "password": SECRET}
        relay["spf"] = {"ip4": ["192.0.2.25"]}
        world.host(ALPHA, senders=[relay])
        world.host(BETA, senders=[{**relay, "service": "nobody"}])
        world.host(GAMMA, odoo={**world.odoo.options, "password": f"{SECRET}-of-odoo"})
        world.host(DELTA, dns={"provider": "powerdns", "endpoint": "http://127.0.0.1:9", "api_key": f"{SECRET}-of-dns"})
        keep = {
            "name": "Keep what was registered",
            "ansible.builtin.copy": {
                "content": "{{ custom_domain_result | default({}) | to_json }}",
                "dest": "{{ inventory_dir }}/{{ inventory_hostname }}.json",
            },
            "diff": False,
        }
        tasks = [{"block": [INCLUDE], "rescue": [keep], "always": [keep]}]
        interpreter = {"ansible_python_interpreter": sys.executable, "ansible_connection": "local"}
        settings = {
            "ANSIBLE_STDOUT_CALLBACK": callback,
            "ANSIBLE_LOG_PATH": str(world.folder / "log"),
            "ANSIBLE_CACHE_PLUGIN": "jsonfile",
            "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(world.folder / "facts"),
            "ANSIBLE_CALLBACKS_ENABLED": "ansible.builtin.tree,ansible.builtin.junit",
            "ANSIBLE_CALLBACK_TREE_DIR": str(world.folder / "tree"),
            "JUNIT_OUTPUT_DIR": str(world.folder / "junit"),
        }
        done = world.site([{"hosts": "all", "vars": interpreter, "tasks": tasks}], "-vvv", "--diff", **settings)
        assert SECRET not in done.output
        known = {world.folder / "companies.yml"}
        files = [path for path in world.folder.rglob("*") if path.is_file() and path not in known]
        assert (world.folder / f"{ALPHA}.json") in files
        assert not [path for path in files if SECRET in path.read_text(errors="replace")]
        assert SECRET in json.dumps(world.odoo.database.tables, default=str)


class TestEvents:
    CALLBACK = """
import json
from ansible.plugins.callback import CallbackBase
class CallbackModule(CallbackBase):
    CALLBACK_VERSION, CALLBACK_TYPE, CALLBACK_NAME = 2.0, "aggregate", "measure"
    def _measure(self, result, **dummy):
        told = result.result if hasattr(result, "result") else result._result
        host = result.host if hasattr(result, "host") else result._host
        task = result.task if hasattr(result, "task") else result._task
        with open("events", "a") as file:
            file.write(f"{len(json.dumps(told, default=str))} {host.get_name()} {task.get_name()}\\\\n")
    v2_runner_on_ok = v2_runner_on_failed = v2_runner_item_on_ok = v2_runner_item_on_failed = _measure
"""

    def measured(self, world: World) -> dict[str, Any]:
        plugins = world.folder / "callbacks"
        plugins.mkdir()
        (plugins / "measure.py").write_text(self.CALLBACK.replace("\\\\n", "\\n"))
        return {"ANSIBLE_CALLBACK_PLUGINS": str(plugins), "ANSIBLE_CALLBACKS_ENABLED": "measure"}

    def test_no_event_of_two_hundred_hosts_is_large(self, world: World) -> None:
        del world.common["custom_domain_odoo"]
        for number in range(200):
            world.host(f"domain{number}.example")
        done = world.site(site(), **self.measured(world))
        assert done.code == 0, done.output
        sizes = [(int(line.split()[0]), line) for line in (world.folder / "events").read_text().splitlines()]
        assert len(sizes) > 400
        assert max(sizes)[0] < 100_000, max(sizes)

    def test_a_wait_says_where_it_is_and_findings_have_a_host(self, world: World) -> None:
        all_hosts(world, dns=blind(world))
        world.common["custom_domain_wait"] = {"timeout": 40, "interval": 1}
        done = world.site(site())
        assert failed_only(done.recap) == sorted(NAMES)
        assert re.search(r"^After \d+ s, still waiting for 5 of the domains", done.output, re.MULTILINE), done.output
        kept = world.site([{"hosts": "all", "ignore_errors": True, "tasks": [IMPORT, TELL_RESULT]}], "--tags", "all")
        for name in NAMES:
            told = kept.results[name]
            assert [one["code"] for one in told["findings"]][:1] == ["not_as_expected"]
            assert {one["domain"] for one in told["findings"]} == {name}
            assert told["dns"]["missing"]


def test_output_for_programs_parses(world: World) -> None:
    """A callback that prints JSON is spoiled by any other line."""
    plugins = world.folder / "callbacks"
    plugins.mkdir()
    (plugins / "json.py").write_text(
        "import json\n"
        "from ansible.plugins.callback import CallbackBase\n"
        "class CallbackModule(CallbackBase):\n"
        "    CALLBACK_VERSION, CALLBACK_TYPE, CALLBACK_NAME = 2.0, 'stdout', 'json'\n"
        "    def v2_playbook_on_stats(self, stats):\n"
        "        self._display.display(json.dumps(sorted(stats.processed)))\n"
    )
    world.host(ALPHA)
    world.host(BETA, dns={"provider": "manual"})
    command = [program("ansible-playbook"), "-i", "companies.yml"]
    world.rollout("--list-hosts")  # writes the inventory
    for playbook in ("postmaster.mail.rollout", "postmaster.mail.verify"):
        environment = {**os.environ, "ANSIBLE_CALLBACK_PLUGINS": str(plugins), "ANSIBLE_STDOUT_CALLBACK": "json"}
        done = subprocess.run(
            [*command, playbook], cwd=world.folder, env=environment, capture_output=True, text=True, check=False
        )
        assert json.loads(done.stdout) == [ALPHA, BETA], done.stderr
