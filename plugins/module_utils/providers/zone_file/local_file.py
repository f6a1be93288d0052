# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replace a local file atomically, and run the commands that belong to it."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import hashlib
import os
import re
import secrets
import shlex
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from ... import interrupts
from ...errors import InvalidInput, NotWritten, ProviderError, ZoneChanged

_COMMAND_SECONDS = 300
_ASK_SECONDS = 30
_OUTPUT_CHARACTERS = 1000
_UNFINISHED, _SUFFIX = ".tmp", ".new"
_LEFT = re.compile(r"\.(?P<base>.+)\.[^.]{8}(?:\.tmp|\.(?P<old>[0-9a-f]{16})\.(?P<new>[0-9a-f]{16})\.new)")
_HERE, _RENAME_EXCHANGE = -100, 2  # renameat2(2)


@contextlib.contextmanager
def locked(path: str, seconds: float) -> Iterator[int]:
    """Hold the lock of a file, at most until the process ends. Raises ProviderError after ``seconds``.

    The file itself is locked, so nothing is left behind. If it was replaced while waiting, the new one is locked.
    """
    give_up = time.monotonic() + seconds
    while True:
        descriptor = _open(path)
        try:
            while not _lock(descriptor):
                if time.monotonic() > give_up:
                    raise NotWritten(
                        f"{path} has been locked by another run for at least {seconds:g} s; nothing was written. "
                        "Wait until that run ends, then run again."
                    )
                interrupts.pause(0.02)
            if is_same(descriptor, path):
                yield descriptor
                return
        finally:
            os.close(descriptor)


def write_refusal(path: str) -> str:
    """Why we cannot replace a file, as a sentence; empty if we can."""
    directory = os.path.dirname(path)
    if not os.access(path, os.W_OK):
        return (
            f"{path} is not writable for this user, so its records cannot be changed. Run as a user who may write it."
        )
    if not os.access(directory, os.W_OK | os.X_OK):
        return (
            f"{directory} is not writable for this user, so {os.path.basename(path)} in it cannot be replaced in one "
            "step. Run as a user who may write there."
        )
    return ""


def replace(
    path: str, old: bytes, new: bytes, approve: Callable[[str], None], finish: Callable[[], None] = lambda: None
) -> None:
    """Replace a file, keeping its owner, mode and extended attributes (SELinux, ACL).

    ``approve`` gets the path of the new file before the exchange; if it raises, the old file stays. ``finish`` is
    called after the exchange; a run killed before its end leaves the old file beside the new one, for ``clear`` to
    find. The new file is locked until then, which shows that its run was not killed. Raises NotWritten, or ZoneChanged
    if another program has written to the file in the meantime: files are exchanged, and exchanged back if the one
    removed is not ``old``.
    """
    directory, base = os.path.split(path)
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{base}.", suffix=_UNFINISHED, dir=directory)
    except OSError as error:
        raise NotWritten(f"{path} was not written: {error.strerror or error}.") from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(new)
            _copy_attributes(path, file.fileno())
            file.flush()
            os.fsync(file.fileno())
        approve(temporary)
        interrupts.go_on()
        if _read(path) == old:
            finished = _finished(temporary, old, new)
            os.rename(temporary, finished)
            temporary = finished
            with locked(temporary, 0.0):
                if _exchange(temporary, path):
                    if _still(temporary, old, directory):
                        finish()
                        return
                    _exchange(temporary, path)
    except OSError as error:
        raise NotWritten(f"{path} was not written: {error.strerror or error}.") from None
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
    raise ZoneChanged(f"{path} was changed by another program while this run was about to write it.")


def _still(path: str, old: bytes, directory: str) -> bool:
    """Whether the removed file is unchanged, now and a moment later: a program with it open may go on writing."""
    if _read(path) != old:
        return False
    _sync_directory(directory)
    return _read(path) == old


def _exchange(one: str, other: str) -> bool:
    """Let two files change places, the first of which is named by ``_finished``; False if one is no longer there."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:
        number = errno.ENOSYS
    else:
        done = renameat2(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _RENAME_EXCHANGE)
        number = ctypes.get_errno() if done else 0
    if number in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP):
        return _exchange_in_steps(one, other)
    if number == errno.ENOENT:
        return False
    if number:
        raise OSError(number, os.strerror(number))
    return True


def _exchange_in_steps(one: str, other: str) -> bool:
    """The same where the system has no step for it. Between any two, what is there is what ``clear`` understands."""
    directory, name = os.path.split(one)
    random = name.split(".")[-4]
    kept = os.path.join(directory, name.replace(f".{random}.", f".{secrets.token_hex(4)}."))
    try:
        os.link(other, kept)
    except FileNotFoundError:
        return False
    except OSError:  # a file system without links
        unfinished = f"{kept.rsplit('.', 3)[0]}{_UNFINISHED}"
        with open(unfinished, "wb") as file:
            file.write(_read(other))
            _copy_attributes(other, file.fileno())
        os.rename(unfinished, kept)
    try:
        os.replace(one, other)
    except OSError:
        os.unlink(kept)
        raise
    os.replace(kept, one)
    return True


def _finished(temporary: str, old: bytes, new: bytes) -> str:
    """The name of a file about to be exchanged; it encodes its content before and after that."""
    return f"{temporary[: -len(_UNFINISHED)]}.{_digest(old)}.{_digest(new)}{_SUFFIX}"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def leftovers(directory: str) -> dict[str, list[str]]:
    """The files that killed runs left behind, by the name of the file that they belong to."""
    found: dict[str, list[str]] = {}
    with contextlib.suppress(OSError):
        for name in os.listdir(directory):
            match = _LEFT.fullmatch(name)
            if match:
                found.setdefault(match["base"], []).append(os.path.join(directory, name))
    return found


def clear(path: str, left: Sequence[str], finish: Callable[[], str]) -> str:
    """Remove what killed runs left behind, while the file is locked. Returns why it cannot be used, as a sentence.

    ``finish`` is called once where some had put their new file in place and not come to their own ``finish``; the
    sentence that it gives leaves this to the next run.

    A leftover with neither the old nor the new content was written by another program at the moment of the exchange. It
    is restored if nothing was written since, and the killed run's changes are planned again.
    """
    unread = []
    for one in left:
        match = _LEFT.fullmatch(os.path.basename(one))
        try:
            held = _digest(_read(one))
            if match and match["new"] and held not in (match["old"], match["new"]):
                if _digest(_read(path)) != match["new"]:
                    return (
                        f"{one} was left by a run that was killed, and holds what another program wrote to {path} in "
                        f"that moment. {path} has changed since, so copy what is missing there from {one}, then remove "
                        f"{one}. Nothing was written."
                    )
                _exchange(one, path)
            elif match and match["new"] and held == match["old"] != match["new"]:
                unread.append(one)
                continue
            os.unlink(one)
        except FileNotFoundError:
            continue  # its run was not killed, and has ended
        except OSError as error:
            return _not_removed(one, error)
    fault = finish() if unread else ""
    for one in () if fault else unread:
        try:
            os.unlink(one)
        except FileNotFoundError:
            continue
        except OSError as error:
            return _not_removed(one, error)
    return fault


def _not_removed(path: str, error: OSError) -> str:
    return f"{path} was left by a run that was killed, and cannot be removed: {error.strerror or error}."


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def command(text: str, option: str, values: Mapping[str, str]) -> list[str]:
    """A user's command as arguments, with ``{zone}`` and ``{file}`` filled in. Raises InvalidInput."""
    try:
        arguments = shlex.split(text)
    except ValueError as error:
        raise InvalidInput(f"{option}: {text!r} is not a command: {error}.") from None
    if not arguments:
        raise InvalidInput(f"{option} is empty: give a command, or leave it out.")
    for name, value in values.items():
        arguments = [argument.replace("{" + name + "}", value) for argument in arguments]
    return arguments


def output(arguments: list[str], directory: str) -> str:
    """The output of a read-only command, run without a shell; empty if it fails."""
    try:
        done = subprocess.run(
            arguments, cwd=directory, stdin=subprocess.DEVNULL, capture_output=True, timeout=_ASK_SECONDS, check=False
        )
    except (subprocess.TimeoutExpired, OSError):
        return ""
    return "" if done.returncode else done.stdout.decode("utf-8", "replace")


def run(arguments: list[str], directory: str) -> str:
    """Run a command without a shell. Returns why it failed, or an empty text."""
    try:
        done = subprocess.run(
            arguments,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_COMMAND_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"{arguments[0]} did not end within {_COMMAND_SECONDS} s"
    except OSError as error:
        return f"{arguments[0]} cannot be run: {error.strerror or error}"
    if done.returncode == 0:
        return ""
    said = b"\n".join(part.strip() for part in (done.stderr, done.stdout) if part.strip())
    output = said.decode("utf-8", "replace")[-_OUTPUT_CHARACTERS:].strip()
    return f"{arguments[0]} ended with {done.returncode}" + (f": {output}" if output else "")


def _open(path: str) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CLOEXEC)  # a lock over NFS requires a file open for writing
    except OSError as error:
        raise ProviderError(f"{path} cannot be written: {error.strerror or error}.") from None


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES, errno.EINTR):
            return False
        raise ProviderError(f"the zone file cannot be locked: {error.strerror or error}.") from None
    return True


def is_same(descriptor: int, path: str) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def _copy_attributes(path: str, descriptor: int) -> None:
    old, new = os.stat(path), os.fstat(descriptor)
    if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
        try:
            os.fchown(descriptor, old.st_uid if old.st_uid != new.st_uid else -1, old.st_gid)
        except PermissionError:
            raise NotWritten(
                f"{path} was not written: its owner ({old.st_uid}:{old.st_gid}) could not be kept by this user, and "
                "without it the name server might not be able to read the file. Run as its owner or as root."
            ) from None
    os.fchmod(descriptor, old.st_mode & 0o7777)
    for name in _attributes(path):
        value = os.getxattr(path, name)
        try:
            os.setxattr(descriptor, name, value)
        except OSError:
            if name not in os.listxattr(descriptor) or os.getxattr(descriptor, name) != value:
                raise


def _attributes(path: str) -> list[str]:
    try:
        return os.listxattr(path)
    except OSError as error:
        if error.errno in (errno.ENOTSUP, errno.ENOSYS):
            return []
        raise


def _sync_directory(directory: str) -> None:
    """Make the replacement survive a power failure, if the file system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
