# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fill in what follows from the service that a sender names. Pure: no I/O, no Ansible."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.names import domain_name, record_name, to_text
from ansible_collections.postmaster.mail.plugins.module_utils.records import dkim
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.contract import Desired
from ansible_collections.postmaster.mail.plugins.module_utils.services.model import (
    MAILBOX,
    OWN,
    SendingService,
    SmtpLogin,
)
from ansible_collections.postmaster.mail.plugins.module_utils.services.named import region_of, sending_service

from .accounts import login_of
from .values import texts

# A sender with one of these options is a server in Odoo; others only need DNS.
_OF_A_SERVER = ("host", "id", "authentication", "username", "password", "client_certificate", "account")
_BY_TOKEN = ("gmail", "outlook")
_NO = ("false", "no")


def filled(domain: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """A sender completed from its service; its own options take precedence. Raises InvalidInput."""
    return _ServiceSender(domain, given).options()


def _is_cname(record: Mapping[str, Any], target: str) -> bool:
    value = str(record.get("value") or "").rstrip(".").lower()
    return str(record.get("type") or "").upper() == "CNAME" and value == target


class _ServiceSender:
    def __init__(self, domain: str, given: Mapping[str, Any]) -> None:
        self._given = given
        self._service: SendingService = sending_service(str(given["service"]))
        self._region = region_of(self._service, str(given.get("region") or ""))
        self._domain = domain
        self._account: Mapping[str, Any] | None = given.get("account")
        self._sending = self._sending_domain()

    def options(self) -> dict[str, Any]:
        found = {**self._dns(), **{name: value for name, value in self._given.items() if name != "records"}}
        found.update(self._return_path())
        if self._is_below:
            found["signing_domain"] = self._sending
        if self._account is not None:
            self._check_filter()
            found["registration"] = self._registration()  # which provides the records
        else:
            found["records"] = [*(self._given.get("records") or ()), *self._records(found)]
            if self._is_below:
                found.pop("dkim", None)
        if any(self._given.get(option) for option in _OF_A_SERVER) and self._service.kind != OWN:
            found.update(self._server())
        if self._account is None:
            self._refuse_what_only_the_console_shows(found)
        return found

    def _check_filter(self) -> None:
        """Refuse From domains that the service would reject, because this sender does not register them."""
        top = to_text(domain_name(self._domain))
        if self._given.get("from_filter") == []:
            raise InvalidInput(
                f"from_filter is empty, which sends any From through {self._service.title}, but the sender registers "
                f"only {self._sending} there: leave it out."
            )
        domains = [part.rpartition("@")[2].lower().rstrip(".") for part in texts(self._given.get("from_filter"))]
        foreign = [domain for domain in domains if not f".{domain}".endswith(f".{top}")]
        if foreign:
            raise InvalidInput(
                f"from_filter names {', '.join(foreign)}, but the sender registers {self._sending} at "
                f"{self._service.title}, which refuses a From of other domains: make each a host of its own."
            )

    def _registration(self) -> Desired:
        """What is wanted at the service; None means not stated."""
        path = str(self._given.get("return_path") or "").strip()
        stated: str | bool | None = self._below(path, self._sending) if path else None
        return Desired(
            domain=to_text(domain_name(self._domain)),
            sending_domain=self._sending,
            return_path=False if path.lower() in _NO else stated,
            tracking=self._given.get("tracking"),
            receiving=self._given.get("receiving"),
            key_length=self._given.get("key_length"),
            configuration_set=self._given.get("configuration_set"),
            feedback=self._given.get("feedback"),
            dkim_selector=self._given.get("dkim_selector"),
            accept_terms=bool(self._given.get("accept_terms")),
        )

    # -- DNS

    def _sending_domain(self) -> str:
        stated = self._given.get("sending_domain")
        sending = self._below(str(stated), self._domain) if stated else to_text(domain_name(self._domain))
        if sending != to_text(domain_name(self._domain)) and not self._service.sending_label:
            raise InvalidInput(
                f"{self._service.title} sends only as addresses of the domain that is registered there, so mail of "
                f"{self._domain} cannot leave through {sending}: leave out sending_domain, or make {sending} a host of "
                "its own."
            )
        return sending

    @staticmethod
    def _below(text: str, domain: str) -> str:
        """``bounce``, ``bounce.company-name.com`` and the latter with a final dot are the same name."""
        top = to_text(domain_name(domain))
        name = to_text(record_name(text))
        return name if f".{name}".endswith(f".{top}") or "." in text.strip(".") else f"{name}.{top}"

    def _dns(self) -> dict[str, Any]:
        keys, path = self._service.dkim, self._service.return_path
        found: dict[str, Any] = {}
        if self._service.spf_include and not self._is_below:
            found["spf"] = {"include": [self._service.spf_include]}
        include = path.spf_include or ("" if self._given.get("spf") else self._service.spf_include)
        if include:
            found["path_spf"] = {"include": [include]}
        if keys.targets:
            found["dkim"] = [
                {"selector": selector, "cname": target} for selector, target in zip(keys.selectors, keys.targets)
            ]
        return found

    @property
    def _is_below(self) -> bool:
        return self._sending != to_text(domain_name(self._domain))

    def _return_path(self) -> dict[str, Any]:
        path, stated = self._service.return_path, str(self._given.get("return_path") or "").strip()
        if stated.lower() in _NO:
            stated = path.of_service
        elif stated or self._shown_path():
            stated = self._below(stated.rpartition("@")[2] or self._shown_path(), self._sending)
        elif path.is_default:
            stated = f"{path.label}.{self._sending}"
        elif not path.of_service and self._is_below:
            stated = self._sending
        return {"return_path": stated or path.of_service}

    def _shown_path(self) -> str:
        """The return path according to the records that the user copied from the service's console."""
        target = self._service.return_path.cnames.get(self._region, "")
        shown = [str(one.get("name") or "") for one in self._given.get("records") or () if _is_cname(one, target)]
        return self._below(shown[0], self._sending) if len(shown) == 1 and target else ""

    def _records(self, found: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The records of a sending domain and a return path below the domain."""
        records: list[dict[str, Any]] = []
        path = str(found["return_path"])
        if self._is_below:
            include = self._service.spf_include
            records += [{"name": self._sending, "type": "TXT", "value": f"v=spf1 include:{include} ~all"}]
            records += [self._key(stated) for stated in self._given.get("dkim") or ()]
        if f".{path}".endswith(f".{self._sending}") and path not in (self._sending, self._shown_path()):
            records += self._service.return_path.records(path, self._region)
        return records

    def _key(self, stated: Mapping[str, Any]) -> dict[str, Any]:
        """A key of a sending domain below the host's domain, which has its own keys."""
        name = dkim.owner_name(str(stated["selector"]), self._sending)
        if stated.get("cname"):
            return {"name": name, "type": "CNAME", "value": stated["cname"]}
        published = dkim.key_record(
            str(stated.get("public_key") or ""), stated.get("key_type"), stated.get("flags"), stated.get("notes")
        )
        return {"name": name, "type": "TXT", "value": published.value.decode()}

    def _refuse_what_only_the_console_shows(self, found: Mapping[str, Any]) -> None:
        service, states = self._service, bool(self._given.get("dkim") or self._given.get("records"))
        # a mailbox can be aligned by SPF alone; a relay sends nothing before it has verified its records
        if states or not service.console_records or (service.kind == MAILBOX and found.get("spf")):
            return
        raise InvalidInput(
            f"{service.title} needs records that only its console shows: {service.console_records}. Copy them from "
            f"{service.console} into dkim and records of the sender."
        )

    # -- the server in Odoo

    def _server(self) -> dict[str, Any]:
        if self._given.get("authentication") in ("cli", *_BY_TOKEN):
            return self._mailbox() if self._service.kind == MAILBOX else {}
        found = {**self._login(), **self._port()}
        found["host"] = self._host()
        return {**found, **(self._mailbox() if self._service.kind == MAILBOX else {})}

    def _host(self) -> str:
        host = str(self._given.get("host") or self._service.hosts[self._region])
        if not host:
            raise InvalidInput(
                f"the SMTP server of {self._service.title} in the region {self._region} is unknown to this release: "
                "give it as the sender's host."
            )
        return host

    def _port(self) -> dict[str, Any]:
        port, encryption = self._given.get("port"), self._given.get("encryption")
        if self._given.get("host") and (port or encryption):
            return {}  # a proxy or relay in front of the service may differ
        ports = self._service.ports
        if port is None:
            known = [one for one in ports if encryption in (None, one.encryption)]
            if not known:
                kinds = " or ".join(dict.fromkeys(one.encryption for one in ports))
                raise InvalidInput(f"{self._service.title} has no port with encryption: {encryption}: it has {kinds}.")
            return {"port": known[0].number, "encryption": known[0].encryption}
        right = self._service.encryption_of(int(port)) or (encryption or ("tls" if int(port) == 465 else "starttls"))
        if encryption not in (None, right):
            raise InvalidInput(
                f"{self._service.title} speaks {right} at its port {port}, but the sender says encryption: "
                f"{encryption}: leave out encryption, or give another port ({self._ports()})."
            )
        return {"port": int(port), "encryption": right}

    def _ports(self) -> str:
        return ", ".join(f"{one.number} {one.encryption}" for one in self._service.ports)

    def _login(self) -> dict[str, Any]:
        login, username, password = self._service.login, self._given.get("username"), self._given.get("password")
        if login is None:
            return {}
        found: dict[str, str] = {}
        if login.username and username is None:
            found["username"] = login.username
        if self._account is not None and password is None:
            found.update(login_of(self._service.name, self._account, self._region))
            self._refuse_foreign_user(login, username, found)
            found.update({"username": str(username)} if username else {})
            if not (username or found.get("password") or login.is_readable):
                raise InvalidInput(
                    f"{self._service.title} needs a login: give username ({login.username_is}) and "
                    f"password ({login.password_is})."
                )
        if login.is_one_token and (username or password):
            found = {"username": str(username or password), "password": str(password or username)}
        for option, value in (("username", username), ("password", password)):
            why = self._service.slip_of(option, str(value or ""))
            if why:
                raise InvalidInput(f"the {option} for {self._service.title} cannot be right: {why}")
        return found

    def _refuse_foreign_user(self, login: SmtpLogin, username: Any, of_account: Mapping[str, str]) -> None:
        """Refuse another user name: the account's password belongs to one user name only."""
        own = of_account.get("username") or login.username
        if username and of_account.get("password") and str(username) != own:
            raise InvalidInput(
                f"username is {username}, and the password that the account gives is not that of this user name, which "
                f"is {login.username_is}: leave out username, or give the password of {username}, too."
            )

    def _mailbox(self) -> dict[str, Any]:
        """A mailbox sends as the address that logs in, and as aliases that its owner has set up."""
        address, parts = str(self._given.get("username") or ""), self._given.get("from_filter")
        if parts is None and "@" not in address and not self._given.get("id"):
            raise InvalidInput(
                f"{self._service.title} sends only as the mailbox that logs in: give its address as username of the "
                "sender."
            )
        whole = [part for part in texts(parts) if "@" not in part]
        if whole or parts == []:
            raise InvalidInput(
                f"{self._service.title} sends only as the mailbox that logs in, and from_filter of its sender is "
                f"{', '.join(whole) or 'empty, which means all'}: leave it out, or name the address."
            )
        return {"from_filter": texts(parts) or [address]} if parts or "@" in address else {}
