# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The default server of new mailings: one per database, and independent of FROM filters. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import Conflict, InvalidInput, PostmasterError
from ..database.planned_change import Line, PlannedChange, named, show
from ..database.snapshot import MAILING_DEFAULT, MAILING_SERVER, OdooSnapshot
from ..parameters.plan import FLAG_ON, MAILING_SERVER_SHOWN, ParameterChange, PlannedParameters, plan_parameters

_NONE = ("", "false", "no", "none")
_LABEL = "server for mass mailing"


@dataclass
class PlannedMailingServer(PlannedParameters):
    server: PlannedChange | None = None  # from the same run; its id is only known after it is written

    def resolve(self) -> None:
        """Insert the id of that server after it was written, or fail with it."""
        one = self.parameters.get(MAILING_SERVER)
        if self.server is None or one is None or self.failure is not None:
            return
        if self.server.failure is not None:
            self.fail(f"{self.server.name} does not become the server for mass mailing: {self.server.failure}")
        elif self.server.record_id is not None:
            self.parameters[MAILING_SERVER] = ParameterChange(str(self.server.record_id), one.before, one.after)


@dataclass
class _Claim:
    """A server that should become the default, or none (an empty name)."""

    change: PlannedMailingServer
    default: bool
    name: str = ""
    record_id: int | None = None
    server: PlannedChange | None = None

    @property
    def key(self) -> Any:
        return self.record_id if self.record_id is not None else self.name


def plan_mailing_server(
    snapshot: OdooSnapshot,
    all_desired: Sequence[Mapping[str, Any]],
    changes: Sequence[PlannedMailingServer],
    servers: Sequence[tuple[Mapping[str, Any], PlannedChange]],
) -> None:
    """Decide which server becomes the default. ``servers``: entries and changes of this run.

    An entry claims it with ``mass_mailing_server``: a name, an id, or ``false`` for none; ``mass_mailing_default``
    settles a conflict.
    """
    claims = []
    for desired, change in zip(all_desired, changes):
        if desired.get("mass_mailing_server") is not None and change.failure is None:
            try:
                claims.append(_claim(snapshot, desired, change, servers))
            except PostmasterError as error:
                change.fail(str(error))
    if not claims:
        _report_dangling(snapshot, changes)
        return
    winners = _winners(claims)
    for claim in claims:
        if winners is None:
            claim.change.fail(_conflict(claims))
        elif claim in winners:
            _take(snapshot, claim, any(winner.default for winner in winners))
        else:
            claim.change.warnings.append(_consequence(winners[0], claim))


def _claim(
    snapshot: OdooSnapshot,
    desired: Mapping[str, Any],
    change: PlannedMailingServer,
    servers: Sequence[tuple[Mapping[str, Any], PlannedChange]],
) -> _Claim:
    text = str(desired["mass_mailing_server"]).strip()
    # odoo_mail_settings has no such option, because it has no other owners
    default = bool(desired.get("mass_mailing_default", True))
    if text.lower() in _NONE:
        return _Claim(change, default)
    if not snapshot.mass_mailing_installed:
        raise InvalidInput(
            f"This Odoo has no mass mailing, so {text} cannot be its server: install its module mass_mailing, or leave "
            "out mass_mailing_server."
        )
    for server_desired, server in servers:
        if server.name.strip() == text:
            if server.failure is not None:
                raise Conflict(f"{text} does not become the server for mass mailing: {server.failure}")
            if server_desired["state"] != "present":
                raise Conflict(f"{text} is {server_desired['state']}, so it cannot become the server for mass mailing.")
            return _Claim(change, default, text, server.record_id, server)
    found = [server for server in snapshot.servers if server["name"].strip() == text]
    if not found and text.isdecimal():
        found = [server for server in snapshot.servers if server["id"] == int(text)]
    if not found:
        raise InvalidInput(f"Odoo has no outgoing mail server {text!r} that mass mailing could use: check its name.")
    active = [server for server in found if server["active"]]
    if len(active) > 1:
        ids = ", ".join(str(server["id"]) for server in active)
        raise Conflict(f"Odoo has several outgoing mail servers {text!r}, with the ids {ids}: give the id of one.")
    if not active:
        raise Conflict(
            f"The outgoing mail server {text!r} is archived, so mass mailing cannot use it: activate it first."
        )
    return _Claim(change, default, active[0]["name"], active[0]["id"])


def _winners(claims: Sequence[_Claim]) -> list[_Claim] | None:
    """The claims for the server that wins; None if undecided."""
    strongest = [claim for claim in claims if claim.default] or list(claims)
    if len({claim.key for claim in strongest}) > 1:
        return None
    return [claim for claim in claims if claim.key == strongest[0].key]


def _conflict(claims: Sequence[_Claim]) -> str:
    marked = [claim for claim in claims if claim.default]
    rivals = marked if len(marked) > 1 else list(claims)
    listed = " and ".join(f"{claim.change.name} ({claim.name or 'none'})" for claim in rivals)
    cure = "leave default: true to one of them" if len(marked) > 1 else "mark one with default: true"
    return (
        f"{listed} claim to be the server for mass mailing, but an Odoo database has only one, which all mailings use "
        f"whatever their sender is: {cure}; the others stay reachable by their FROM filter."
    )


def _consequence(winner: _Claim, loser: _Claim) -> str:
    through = f"start with {winner.name}, whatever their sender is" if winner.name else "have no server of their own"
    return (
        f"New mailings {through}, because {winner.change.name} is the default for mass mailing. Those of "
        f"{loser.change.name} must choose {loser.name} themselves, or no server, so that the FROM filter decides."
    )


def _take(snapshot: OdooSnapshot, claim: _Claim, default: bool) -> None:
    """Plan the same change for each winner; settle() gives it to the first that does not fail."""
    current = snapshot.parameter(MAILING_SERVER) or ""
    by_id = {str(server["id"]): server for server in snapshot.servers}
    rival = by_id.get(current)
    wanted = "" if not claim.name else str(claim.record_id or "")
    if rival is not None and rival["active"] and current != wanted and not default:
        claim.change.fail(
            f"New mailings of this database start with {rival['name']} (id {current}), and {claim.name or 'none'} is "
            "to replace it: set default: true if it should, or remove the claim."
        )
        return
    plan_parameters(snapshot, claim.change, {MAILING_SERVER_SHOWN: FLAG_ON if claim.name else ""})
    claim.change.server = claim.server
    claim.change.stated[MAILING_SERVER] = str(claim.key)
    if current != wanted or (claim.name and not wanted):
        before = f"{rival['name']}{'' if rival['active'] else ' (archived)'}" if rival else show(current)
        if current and not rival:
            before = f"{current}, which no longer exists"
        claim.change.parameters[MAILING_SERVER] = ParameterChange(
            wanted or claim.name, Line(_LABEL, before), Line(_LABEL, show(claim.name))
        )


def uses_after(snapshot: OdooSnapshot, changes: Sequence[PlannedChange]) -> dict[int, list[str]]:
    """What uses each server after the changes, including the default for mass mailing.

    Empty if no plan needs it, and it was not read.
    """
    moves = any(isinstance(change, PlannedParameters) and MAILING_SERVER in change.parameters for change in changes)
    if not OdooSnapshot.used_servers.is_read(snapshot):
        return {}
    default = snapshot.default_mailing_server
    return {
        server: [use for use in uses if not (moves and server == default and use == MAILING_DEFAULT)]
        for server, uses in snapshot.used_servers.items()
    }


def _report_dangling(snapshot: OdooSnapshot, changes: Sequence[PlannedMailingServer]) -> None:
    current = snapshot.parameter(MAILING_SERVER) or ""
    if (
        not current
        or not changes
        or any(str(server["id"]) == current and server["active"] for server in snapshot.servers)
    ):
        return
    archived = named([server["name"] for server in snapshot.servers if str(server["id"]) == current])
    what = f"{archived}, which is archived" if archived else f"the number {current}, which no longer exists"
    changes[0].warnings.append(
        f"The server for mass mailing is {what}, so new mailings have none: name another as mass_mailing_server, "
        "or false for none."
    )
