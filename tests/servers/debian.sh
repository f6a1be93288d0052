# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Packages of other Debian releases, unpacked into a folder: nothing is installed, and apt's state does not change.
# Before sourcing this, set CACHE (a folder) and the functions say and die, which take a sentence.

# first_working NAME...: the first of these interpreters that runs and has what a server needs
# (a shim on PATH may not be an interpreter, and a self-compiled one may lack ssl)
first_working() {
  local candidate
  for candidate in "$@"; do
    if [ -n "$candidate" ] && "$candidate" -c 'import ssl, venv, ctypes, sqlite3' > /dev/null 2>&1; then
      command -v "$candidate"
      return 0
    fi
  done
  return 1
}

# pythons VERSION: where this Python may be on this machine
# (a version manager keeps the real interpreters apart from its shims)
pythons() {
  printf '%s\n' "${PYENV_ROOT:-$HOME/.pyenv}/versions/$1"*/bin/python"$1" \
    "$HOME/.local/share/uv/python/cpython-$1"*/bin/python"$1" "python$1"
}

# outer_python: a pip of 22.3 or newer, which can install for another interpreter
outer_python() {
  local candidate
  for candidate in "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../.venv/bin/python" \
    python3.11 python3.12 python3 /usr/bin/python3; do
    "$candidate" -m pip --python "$candidate" --version > /dev/null 2>&1 && { echo "$candidate"; return; }
  done
  die "pip 22.3 or newer is missing: install python3-pip and python3-venv"
}

# install_into PYTHON ARGUMENT...: pip install for that interpreter, which needs no pip of its own
install_into() {
  local python=$1
  shift
  "$(outer_python)" -m pip --python "$python" --cache-dir "$CACHE/pip" install -q --disable-pip-version-check \
    --no-compile --prefer-binary "$@"
}

# download_debs SUITE FOLDER PACKAGE...: downloads packages
download_debs() {
  local suite=$1 d=$2 url
  shift 2
  [ -e "$d/.done" ] && return
  rm -rf "$d"; mkdir -p "$d/lists/partial" "$d/cache/archives/partial"
  # the mirror comes from the machine's own apt settings
  # shellcheck disable=SC2016 # apt expands it
  url=$(apt-get indextargets --no-release-info --format '$(SITE)' 'Created-By: Packages' 2>/dev/null | grep -m1 '/debian/\?$') \
    || die "the apt sources of this machine name no Debian mirror"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg check-valid-until=no] $url $suite main" > "$d/s.list"
  local o=(-q -o Dir::Etc::sourcelist="$d/s.list" -o Dir::Etc::sourceparts=- -o Dir::State::Lists="$d/lists"
    -o Dir::Cache="$d/cache" -o Dir::State::status=/dev/null -o Acquire::Languages=none -o APT::Sandbox::User=root -o Acquire::Retries=3)
  apt-get "${o[@]}" update > "$d/log" 2>&1 || { tail "$d/log" >&2; die "apt-get update for Debian $suite failed"; }
  (cd "$d" && apt-get "${o[@]}" download "$@" >> "$d/log" 2>&1) \
    || { tail "$d/log" >&2; die "Debian $suite no longer has one of: $*"; }
  rm -rf "$d/lists" "$d/cache"
  touch "$d/.done"
  say "downloaded $(cd "$d" && echo *.deb)"
}

# unpack_python313: prints the path of Debian trixie's Python 3.13, unpacked below CACHE with all its libraries, down to
# the C library and the loader, because the machine's may be older. It keeps the name by which it is called, so that
# virtual environments made with it are found.
unpack_python313() {
  local d=$CACHE/python3.13 lib deb
  if [ ! -e "$d/.done" ]; then
    [ "$(dpkg --print-architecture 2>/dev/null)" = amd64 ] || die "this is not Debian on 64-bit Intel"
    download_debs trixie "$d/apt" python3.13 python3.13-minimal python3.13-venv python3-pip-whl libpython3.13-minimal \
      libpython3.13-stdlib libssl3t64 libffi8 libexpat1 libsqlite3-0 zlib1g libbz2-1.0 liblzma5 libuuid1 libmpdec4 \
      libncursesw6 libtinfo6 libreadline8t64 libzstd1 libc6
    rm -rf "$d/root"; mkdir -p "$d/root"
    for deb in "$d"/apt/*.deb; do dpkg-deb -x "$deb" "$d/root"; done
    lib=$d/root/usr/lib/x86_64-linux-gnu
    mv "$d/root/usr/bin/python3.13" "$d/root/usr/bin/python3.13.real"
    # shellcheck disable=SC2016 # the launcher expands its own name and arguments
    printf '#!/bin/bash\nexec %s --library-path %s --argv0 "$0" %s "$@"\n' \
      "$lib/ld-linux-x86-64.so.2" "$lib" "$d/root/usr/bin/python3.13.real" > "$d/root/usr/bin/python3.13"
    chmod 755 "$d/root/usr/bin/python3.13"
    # ensurepip looks for its pip where Debian installs it
    sed -i "s|'/usr/share/python-wheels/'|'$d/root/usr/share/python-wheels/'|" "$d"/root/usr/lib/python3.13/_sysconfigdata_*.py
    touch "$d/.done"
    say "Python 3.13 unpacked"
  fi
  first_working "$d/root/usr/bin/python3.13" || die "the Python 3.13 of Debian trixie does not run here"
}
