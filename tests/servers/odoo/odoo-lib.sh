# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Shared part of odoo14.sh and odoo19.sh: one real Odoo server with its own
# PostgreSQL, on loopback only, for the tests and the demo.
#
# The caller sets: VER MODULES, a function find_python (prints the interpreter that
# this Odoo needs), a function requirements (prints the pinned wheels), and a function
# fetch_source (fills $ROOT/src so that $ROOT/src/odoo is the package).
#
#   odooNN.sh start    from nothing, or from what is already in the work folder, to a
#                      server where admin/admin can log in; does nothing when it runs;
#                      prints its address and database
#   odooNN.sh prepare  downloads and unpacks only, without a server
#   odooNN.sh stop     stops the server and its database, by their recorded ids
#   odooNN.sh status   prints address and database, or 'stopped' (exit 3)
#   odooNN.sh reset    puts the database back to the state after the first start
#   odooNN.sh shell X  runs odoo shell on database X (reads Python from stdin)
#   odooNN.sh psql     runs psql on the database
#   odooNN.sh newdb X  makes one more database X, as it was after the first start;
#                      the running server serves it at once (RPC calls name their database)
#   odooNN.sh dropdb X drops it
#   odooNN.sh clean    stops, and deletes the work and the run folder
#
# Settings (environment):
#   POSTMASTER_CACHE   what is downloaded and unpacked; default: .cache in the repository
#   ODOO_RUN           database, log and process ids; default: a folder in /tmp, because
#                      the path of a unix socket is short and PostgreSQL's user must reach it;
#                      databases of newdb are in memory, where there is room for them
#   ODOO_PORT          http port; default: a free one
#   ODOO_PYTHON        the interpreter
#   ODOO_MODULES, ODOO_AUTO=1 (also Odoo's auto-installed modules; slower)
#   ODOO_MULTI=1       serves all its databases (JSON-2 and web sessions refuse the others otherwise)
#   SSL_CERT_FILE      the certificates that this Odoo trusts when it connects to mail servers

set -euo pipefail

HERE=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
CACHE=${POSTMASTER_CACHE:-$(readlink -f "$HERE/../../..")/.cache}
ROOT=$CACHE/odoo$VER
RUN=${ODOO_RUN:-/tmp/postmaster-$(id -u)-$(printf %s "$CACHE" | cksum | cut -d' ' -f1)/odoo$VER}
MODULES=${ODOO_MODULES:-$MODULES}
DB=odoo$VER
PGBIN=${PGBIN:-$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -1)}
PGDIR=$RUN/pg                        # the cluster and its unix socket
MEMORY=/dev/shm/postmaster-$(id -u)-$(printf %s "$RUN" | cksum | cut -d' ' -f1)
LOG=$RUN/odoo.log
T0=$EPOCHREALTIME

say() { awk -v a="$T0" -v b="$EPOCHREALTIME" -v m="$*" 'BEGIN{printf "[%6.1fs] %s\n", b-a, m}' >&2; }
die() { echo "odoo$VER: $*" >&2; exit 1; }

# shellcheck source-path=SCRIPTDIR source=../debian.sh
. "$HERE/../debian.sh"

# PostgreSQL refuses to run as root: root runs all of its programs as $PGUSER_OS.
PGUSER_OS=${PGUSER_OS:-postgres}
pg() {
  if [ "$(id -u)" = 0 ]; then
    setpriv --reuid="$PGUSER_OS" --regid="$(id -g "$PGUSER_OS")" --clear-groups env HOME=/tmp "$@"
  else
    "$@"
  fi
}
sql() { "$PGBIN/psql" -X -q -h "$PGDIR" -U odoo "$@"; }

alive() { [ -s "$1" ] && kill -0 "$(head -1 "$1")" 2>/dev/null; }

make_venv() {
  [ -e "$ROOT/venv/.done" ] && return
  local python
  python=$(find_python)
  rm -rf "$ROOT/venv"
  requirements > "$ROOT/requirements.txt"
  # without pip: Debian's interpreter has none to install
  "$python" -m venv --without-pip "$ROOT/venv"
  if declare -F finish_venv > /dev/null; then finish_venv "$python"; fi
  install_into "$ROOT/venv/bin/python" -r "$ROOT/requirements.txt" > "$ROOT/pip.log" 2>&1 \
    || { tail -20 "$ROOT/pip.log" >&2; die "pip failed"; }
  touch "$ROOT/venv/.done"
  say "venv ready"
}

get_source() {
  [ -e "$ROOT/src/.done" ] && return
  rm -rf "$ROOT/src"; mkdir -p "$ROOT/src"
  fetch_source
  touch "$ROOT/src/.done"
  say "source ready ($(du -sh "$ROOT/src" | cut -f1))"
}

# fetch_odoo SUITE PACKAGE: its Python tree without translations and country packs
fetch_odoo() {
  download_debs "$1" "$ROOT/apt/odoo" "$2"
  dpkg-deb --fsys-tarfile "$ROOT"/apt/odoo/*.deb | tar x -C "$ROOT/src" --strip-components=5 --no-same-owner \
    --wildcards --exclude='*/i18n' --exclude='*/i18n_extra' --exclude='*/addons/l10n_*' \
    './usr/lib/python3/dist-packages/odoo'
}

# Empties every module that MODULES does not need, so that nothing else gets
# auto-installed and the folder is small. ODOO_AUTO=1 keeps them all.
prune_modules() {
  [ "${ODOO_AUTO:-0}" = 1 ] && return
  "$ROOT/venv/bin/python" - "$ROOT/src" "$MODULES,base,web" <<'PY'
import ast, pathlib, re, shutil, sys
src, want = pathlib.Path(sys.argv[1]), sys.argv[2].split(',')
mods = {m.parent.name: m for d in ('addons', 'odoo/addons') for m in (src / d).glob('*/__manifest__.py')}
keep, todo = set(), want
manifest = {name: ast.literal_eval(m.read_text()) for name, m in mods.items()}
while todo:
    name = todo.pop()
    if name in keep or name not in mods:
        continue
    keep.add(name)
    todo += manifest[name].get('depends', ['base'])
    # some modules import others without depending on them
    for py in mods[name].parent.rglob('*.py'):
        if '/tests/' not in str(py):
            todo += re.findall(r'^\s*(?:from|import) odoo\.addons\.(\w+)', py.read_text(), re.M)
for name, m in mods.items():
    if name not in keep:
        # the name and the category stay: data of base refers to the categories
        shutil.rmtree(m.parent)
        m.parent.mkdir()
        (m.parent / '__init__.py').touch()
        m.write_text(repr({'name': name, 'category': manifest[name].get('category', 'Uncategorized'),
                           'license': 'LGPL-3', 'author': '-', 'installable': False}))
print(len(keep), 'modules:', ' '.join(sorted(keep)))
PY
}

start_pg() {
  if [ ! -e "$PGDIR/data/PG_VERSION" ]; then
    [ -x "$PGBIN/initdb" ] || die "PostgreSQL is missing: install the package postgresql"
    mkdir -p "$PGDIR"
    [ "$(id -u)" = 0 ] && chown "$PGUSER_OS" "$PGDIR"
    pg "$PGBIN/initdb" -D "$PGDIR/data" -A trust -U odoo -E UTF8 --locale=C.UTF-8 --no-sync > "$RUN/initdb.log"
    # a throw-away database: nothing has to survive a crash
    pg tee -a "$PGDIR/data/postgresql.conf" > /dev/null <<CONF
listen_addresses = ''
unix_socket_directories = '$PGDIR'
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
shared_buffers = 128MB
CONF
  fi
  alive "$PGDIR/data/postmaster.pid" && return
  pg "$PGBIN/pg_ctl" -s -D "$PGDIR/data" -l "$PGDIR/log" -w start 9>&-
  make_memory
  say "PostgreSQL up"
}

# A database has more than a thousand files, which are created and dropped much faster in memory, so databases of newdb
# are there. What killed runs left there is deleted.
make_memory() {
  [ "$(df --output=size -m /dev/shm 2>/dev/null | tail -1)" -ge 4096 ] 2>/dev/null || return 0
  sql -At -d postgres -c "select datname from pg_database d join pg_tablespace t on t.oid = d.dattablespace
    where spcname = 'memory'" | while read -r name; do sql -d postgres -c "drop database \"$name\" with (force)"; done
  sql -d postgres -c "drop tablespace if exists memory"
  rm -rf "$MEMORY"
  mkdir -m 700 "$MEMORY"
  [ "$(id -u)" = 0 ] && chown "$PGUSER_OS" "$MEMORY"
  sql -d postgres -c "create tablespace memory location '$MEMORY'"
}

new_db() {
  local where
  where=$(sql -At -d postgres -c "select 'tablespace memory' from pg_tablespace where spcname = 'memory'")
  sql -d postgres -c "create database \"$1\" template ${DB}_template $where"
}

odoo() { # the odoo command line, in the work folder
  (cd "$RUN" && PYTHONPATH=$ROOT/src exec "$ROOT/venv/bin/python" -W ignore -c \
    'import sys, odoo.cli; sys.argv[0] = "odoo"; odoo.cli.main()' "$@")
}

address() { echo "http://127.0.0.1:$(cat "$RUN/port")"; }

choose_port() {
  [ -n "${ODOO_PORT:-}" ] && { echo "$ODOO_PORT" > "$RUN/port"; return; }
  "$ROOT/venv/bin/python" -c '
import socket
with socket.socket() as listener:
    listener.bind(("127.0.0.1", 0))
    print(listener.getsockname()[1])' > "$RUN/port"
}

write_conf() {
  cat > "$RUN/odoo.conf" <<CONF
[options]
db_host = $PGDIR
db_user = odoo
data_dir = $RUN/data
http_interface = 127.0.0.1
http_port = $(cat "$RUN/port")
workers = 0
max_cron_threads = 0
list_db = False
log_handler = :WARNING,odoo.addons.rpc:ERROR
without_demo = ${WITHOUT_DEMO:-all}
${EXTRA_CONF:-}
CONF
  [ -d "$ROOT/src/addons" ] && echo "addons_path = $ROOT/src/addons" >> "$RUN/odoo.conf"
  return 0
}

have_db() { [ "$(sql -At -d postgres -c "select 1 from pg_database where datname='$1'")" = 1 ]; }

make_db() {
  have_db "$DB" && return
  if have_db "${DB}_template"; then reset_db; return; fi
  odoo -c "$RUN/odoo.conf" -d "$DB" -i "$MODULES" --stop-after-init --no-http --log-level=warn > "$RUN/init.log" 2>&1 \
    || { tail -30 "$RUN/init.log" >&2; sql -d postgres -c "drop database if exists $DB" || true; die "database init failed"; }
  say "database ready"
  # kept so that 'reset' is quick
  sql -d postgres -c "create database ${DB}_template template $DB"
  cp -a "$RUN/data" "$RUN/data.template" 2>/dev/null || true
}

reset_db() {
  sql -d postgres -c "drop database if exists $DB with (force)" -c "create database $DB template ${DB}_template"
  rm -rf "$RUN/data"; cp -a "$RUN/data.template" "$RUN/data" 2>/dev/null || true
  say "database reset"
}

login_ok() {
  curl -sf -m 10 -H 'Content-Type: application/json' "$(address)/jsonrpc" -d \
    '{"jsonrpc":"2.0","method":"call","params":{"service":"common","method":"login","args":["'"$DB"'","admin","admin"]}}' \
    | grep -Eq '"result": *[0-9]+'
}

start_odoo() {
  # the certificates are read when the process starts: other ones need a new process
  if alive "$RUN/odoo.pid" && [ -n "${SSL_CERT_FILE:-}" ] && [ "$(cat "$RUN/trust")" != "$SSL_CERT_FILE" ]; then
    stop_odoo
  fi
  alive "$RUN/odoo.pid" && return
  choose_port
  write_conf
  local which_db=(-d "$DB")
  [ "${ODOO_MULTI:-0}" = 1 ] && which_db=(--db-filter=.)
  (cd "$RUN" && PYTHONPATH=$ROOT/src exec setsid "$ROOT/venv/bin/python" -W ignore -c \
    'import sys, odoo.cli; sys.argv[0] = "odoo"; odoo.cli.main()' \
    -c "$RUN/odoo.conf" "${which_db[@]}" < /dev/null >> "$LOG" 2>&1 9>&-) &
  local process=$!; disown $process
  echo "$process" > "$RUN/odoo.pid"
  echo "${SSL_CERT_FILE:-}" > "$RUN/trust"
  local tries=600
  while [ $((tries--)) -gt 0 ]; do
    kill -0 "$process" 2>/dev/null || { tail -20 "$LOG" >&2; die "the server exited"; }
    login_ok 2>/dev/null && { say "admin/admin logged in at $(address), database $DB"; return; }
    sleep 0.2
  done
  die "no login after two minutes"
}

stop_odoo() {
  if alive "$RUN/odoo.pid"; then
    kill "$(cat "$RUN/odoo.pid")"
    local tries=50
    while [ $((tries--)) -gt 0 ] && alive "$RUN/odoo.pid"; do sleep 0.1; done
    alive "$RUN/odoo.pid" && kill -9 "$(cat "$RUN/odoo.pid")"
  fi
  rm -f "$RUN/odoo.pid"
}
stop_pg() { alive "$PGDIR/data/postmaster.pid" && pg "$PGBIN/pg_ctl" -s -D "$PGDIR/data" -m fast -w stop; return 0; }

prepare() {
  # independent steps in parallel
  make_venv & local p1=$!
  get_source & local p2=$!
  wait $p2; wait $p1
  [ -e "$ROOT/src/.pruned" ] || { prune_modules > "$ROOT/modules.txt"; touch "$ROOT/src/.pruned"; }
}

cmd_start() {
  alive "$RUN/odoo.pid" || prepare
  start_pg
  [ -s "$RUN/port" ] || choose_port
  [ -s "$RUN/odoo.conf" ] || write_conf
  make_db
  start_odoo
  echo "$(address) $DB"
}

make_folders() {
  mkdir -p "$ROOT" "$RUN"
  chmod 755 "$RUN" "$(dirname "$RUN")"
  [ -O "$RUN" ] || die "$RUN belongs to someone else"
  # locked: two test runs may start the same server
  exec 9> "$RUN/lock"
  flock -w 600 9 || die "another run holds $RUN/lock"
}

case "${1:-start}" in
  start)   make_folders; cmd_start ;;
  prepare) make_folders; prepare ;;
  stop)    stop_odoo; stop_pg; say stopped ;;
  status)  if alive "$RUN/odoo.pid"; then echo "$(address) $DB"; else echo stopped; exit 3; fi ;;
  reset)   stop_odoo; start_pg; reset_db; start_odoo ;;
  shell)   odoo shell -c "$RUN/odoo.conf" -d "${2:-$DB}" --no-http --log-level=error ;;
  newdb)   new_db "$2" ;;
  dropdb)  sql -d postgres -c "drop database if exists \"$2\" with (force)" ;;
  psql)    shift; sql -d "$DB" "$@" ;;
  clean)   stop_odoo; stop_pg; rm -rf "$ROOT" "$RUN" "$MEMORY" ;;
  *)       die "unknown command $1" ;;
esac
