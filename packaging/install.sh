#!/bin/sh
# Installs, upgrades or removes the snap store of this package. It needs a POSIX shell, coreutils, grep and sed;
# no network. docs/install.md of the project says more.
set -eu
umask 022

NAME=snap-store-proxy
ALIAS=snap-proxy
MARK="# Written by install.sh of $NAME"

usage() {
  cat <<USAGE
Usage: install.sh [options]
       install.sh --uninstall [--purge] [options]

Options:
  --prefix DIR       where the program goes (default: /opt/$NAME for root, ~/.local/lib/$NAME else);
                     with it, the commands go to DIR/bin
  --data DIR         where the store keeps its data (default: /var/lib/$NAME for root,
                     ~/.local/share/$NAME else)
  --no-service       do not make a systemd unit
  --allow-downgrade  put an older version over a newer one
  --uninstall        remove the program; the data stays
  --purge            with --uninstall: remove the data as well
USAGE
}

say() { printf '%s\n' "$*"; }
fail() {
  printf 'error: cannot %s\n' "$*" >&2
  exit 1
}

# One word of a file of lines like "version=0.1.0".
field() { sed -n "s/^$2=//p" "$1"; }

# ---- what is wanted ----

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
prefix='' data='' service=yes downgrade=no action=install purge=no

directory() {
  case $2 in
    /*) ;;
    '') fail "use $1: it needs a directory" ;;
    *) fail "use $1 $2: give a path that starts with /" ;;
  esac
  case $2 in *[!-A-Za-z0-9/._+@]*) fail "use $1 $2: give a path of letters, digits and /._+@-" ;; esac
  # Without the slashes at its end; the root of the file system is nobody's to give.
  path=$2
  while [ "${path%/}" != "$path" ]; do path=${path%/}; done
  [ -n "$path" ] || fail "use $1 $2: it is the root of the file system"
}

while [ $# -gt 0 ]; do
  case $1 in
    --prefix | --data)
      [ $# -gt 1 ] || fail "use $1: it needs a directory"
      directory "$1" "$2"
      if [ "$1" = --prefix ]; then prefix=$path; else data=$path; fi
      shift
      ;;
    --no-service) service=no ;;
    --allow-downgrade) downgrade=yes ;;
    --uninstall) action=uninstall ;;
    --purge) purge=yes ;;
    -h | --help)
      usage
      exit 0
      ;;
    *)
      usage >&2
      fail "understand $1"
      ;;
  esac
  shift
done
[ "$purge" = no ] || [ "$action" = uninstall ] || fail "use --purge without --uninstall"

# ---- where things are ----

if [ "$(id -u)" = 0 ]; then
  root=yes bin=/usr/local/bin units=/etc/systemd/system
  standard_prefix=/opt/$NAME standard_data=/var/lib/$NAME
else
  [ -n "${HOME:-}" ] || fail "install: HOME is not set"
  root=no bin=$HOME/.local/bin units=${XDG_CONFIG_HOME:-$HOME/.config}/systemd/user
  standard_prefix=$HOME/.local/lib/$NAME standard_data=${XDG_DATA_HOME:-$HOME/.local/share}/$NAME
fi
if [ -n "$prefix" ]; then bin=$prefix/bin; else prefix=$standard_prefix; fi
unit=$units/$NAME.service

has_systemd() {
  [ "$service" = yes ] && command -v systemctl >/dev/null 2>&1 || return 1
  if [ "$root" = yes ]; then [ -d /run/systemd/system ]; else [ -S "${XDG_RUNTIME_DIR:-/nowhere}/systemd/private" ]; fi
}
ctl() { if [ "$root" = yes ]; then systemctl "$@"; else systemctl --user "$@"; fi; }

# Whether a command or unit is ours to write or remove.
is_ours() { if [ -e "$1" ] || [ -L "$1" ]; then grep -qsF "$MARK in $prefix" "$1"; fi; }

known_data=''
[ ! -f "$prefix/data-directory" ] || known_data=$(cat "$prefix/data-directory")
[ -n "$data" ] || data=${known_data:-$standard_data}
[ -z "$known_data" ] || [ "$data" = "$known_data" ] ||
  fail "use --data $data: this store keeps its data in $known_data"
directory --prefix "$prefix"
directory --data "$data"

# ---- removing ----

uninstall() {
  [ -d "$prefix/releases" ] || fail "uninstall: nothing is installed in $prefix"
  if [ "$purge" = yes ] && [ -d "$data" ]; then
    [ -d "$data/package" ] || fail "remove the data: $data was not made by this program; nothing is removed"
  fi
  if [ -e "$unit" ] && is_ours "$unit"; then
    if has_systemd; then ctl disable --now $NAME.service $NAME-restart.path >/dev/null 2>&1 || true; fi
    rm -f "$unit" "$units/$NAME-restart.path" "$units/$NAME-restart.service"
    if has_systemd; then ctl daemon-reload; fi
  fi
  if [ "$purge" = yes ] && [ -f "$data/postgres/postmaster.pid" ] &&
    kill -0 "$(head -n 1 "$data/postgres/postmaster.pid")" 2>/dev/null; then
    fail "remove the data: its database is running; stop the store first"
  fi
  for command in $NAME $ALIAS; do
    if is_ours "$bin/$command"; then rm -f "$bin/$command"; fi
  done
  rm -rf "$prefix/current" "$prefix/releases" "$prefix/data-directory"
  rmdir "$prefix/bin" 2>/dev/null || true
  rmdir "$prefix" 2>/dev/null || true
  say "Removed the program from $prefix"
  if [ "$purge" = yes ]; then
    rm -rf "$data"
    say "Removed the data in $data"
  else
    say "The data stays in $data"
  fi
}

if [ "$action" = uninstall ]; then
  uninstall
  exit 0
fi

# ---- checking ----

[ -f "$here/VERSION" ] ||
  fail "install: $here is not an unpacked install package"
(cd "$here" && sha256sum -c SHA256SUMS >/dev/null 2>&1) ||
  fail "install: a file of the package is missing or damaged (SHA256SUMS); copy and unpack it again"

architecture=$(field "$here/VERSION" architecture)
case $(uname -m) in
  x86_64) machine=amd64 ;;
  aarch64) machine=arm64 ;;
  *) machine=$(uname -m) ;;
esac
[ "$architecture" = "$machine" ] ||
  fail "install: the package is for $architecture, and this machine is $machine"

id_of() { printf '%s-%s' "$(field "$1" version)" "$(field "$1" built)"; }
release=$(id_of "$here/VERSION")
installed=''
[ ! -f "$prefix/current/VERSION" ] || installed=$(id_of "$prefix/current/VERSION")

newest=$(printf '%s\n%s\n' "$installed" "$release" | sort -V | tail -n 1)
if [ -n "$installed" ] && [ "$newest" != "$release" ] && [ "$downgrade" = no ]; then
  fail "install $release: the newer $installed is installed in $prefix; give --allow-downgrade to go back"
fi
for command in $NAME $ALIAS; do
  is_ours "$bin/$command" || fail "install: $bin/$command is there already, and not of this store"
done

# ---- the program: made beside the old one, then put in its place at once ----

new=$prefix/releases/.new.$$
trap 'rm -rf "$new"' EXIT
trap 'exit 1' HUP INT TERM

put_release() {
  mkdir -p "$prefix/releases" || fail "install: cannot make $prefix"
  # What an interrupted installation left.
  rm -rf "$prefix"/releases/.new.*
  cp -R "$here/program" "$new" || fail "install: cannot copy the program to $prefix"
  cp "$here/VERSION" "$here/install.sh" "$new/"
  while read -r target link; do ln -s "$target" "$new/$link"; done <"$here/LINKS"
  why=$(LD_LIBRARY_PATH=$new/node/lib "$new/node/bin/node" "$new/dist/snap-store-proxy.js" --help 2>&1 >/dev/null) ||
    fail "install: the program of this package does not run on this machine ($(printf '%s' "$why" | head -n 1))"
  rm -rf "$prefix/releases/$release"
  mv "$new" "$prefix/releases/$release"
}

switch_to() {
  printf '%s\n' "$data" >"$prefix/.data-directory.$$"
  mv "$prefix/.data-directory.$$" "$prefix/data-directory"
  ln -s "releases/$1" "$prefix/.current.$$"
  sync
  mv -T "$prefix/.current.$$" "$prefix/current"
}

put_command() {
  mkdir -p "$bin" || fail "install: cannot make $bin"
  cat >"$bin/.$1.$$" <<COMMAND
#!/bin/sh
$MARK in $prefix
export SNAP_STORE_PROXY_DATA="\${SNAP_STORE_PROXY_DATA:-$data}"
if [ -d $prefix/current/node/lib ]; then export LD_LIBRARY_PATH=$prefix/current/node/lib; fi
exec $prefix/current/node/bin/node $prefix/current/dist/snap-store-proxy.js "\$@"
COMMAND
  chmod 755 "$bin/.$1.$$"
  mv -T "$bin/.$1.$$" "$bin/$1"
}

# The release before this one stays: a server that still runs may read from it.
drop_old_releases() {
  for old in "$prefix"/releases/*; do
    case ${old##*/} in "$release" | "$installed") ;; *) rm -rf "$old" ;; esac
  done
}

# ---- the data: what came with the package, until enable-airgap-mode takes it in ----

# The embedded database does not run as root.
make_account() {
  if [ "$root" = no ] || id "$NAME" >/dev/null 2>&1; then return; fi
  if command -v useradd >/dev/null 2>&1; then
    useradd --system --no-create-home --home-dir "$data" --shell /usr/sbin/nologin "$NAME"
  else
    say "There is no useradd here: the embedded database will run as postgres or nobody"
  fi
}

put_registration() {
  if [ -d "$data/package" ]; then
    before=$(sha256sum <"$data/package/registration_bundle.b64" 2>/dev/null || true)
    if [ "$before" != "$(sha256sum <"$here/registration_bundle.b64")" ]; then
      say "The registration that was installed first is kept; $NAME register --from takes another one"
    fi
    return
  fi
  # Others may pass through the data directory to what is theirs in it, and list nothing.
  if [ ! -d "$data" ]; then
    mkdir -p "$data" || fail "install: cannot make $data"
    chmod 711 "$data"
  fi
  fresh=$data/.package.$$
  mkdir -m 700 "$fresh"
  for file in proxy.assert registration_bundle.b64 settings.yaml; do
    cp "$here/$file" "$fresh/$file"
    chmod 600 "$fresh/$file"
  done
  sync
  mv -T "$fresh" "$data/package"
}

# ---- the service ----

put_units() {
  is_ours "$unit" || {
    say "$unit is there already, and not of this store: it is left as it is"
    return
  }
  mkdir -p "$units"
  if [ "$root" = yes ]; then wanted_by=multi-user.target; else wanted_by=default.target; fi
  cat >"$unit" <<UNIT
$MARK in $prefix
[Unit]
Description=Snap store for devices without internet
After=network.target postgresql.service

[Service]
ExecStart=$bin/$NAME serve
Restart=on-failure
RestartSec=2
# The embedded database is shared with commands: the last that needs it stops it.
KillMode=process
LimitNOFILE=65536
NoNewPrivileges=yes
ProtectSystem=full
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictSUIDSGID=yes

[Install]
WantedBy=$wanted_by
UNIT
  # Settings of this machine are read when the server starts.
  cat >"$units/$NAME-restart.path" <<UNIT
$MARK in $prefix
[Unit]
Description=Settings of the snap store

[Path]
PathChanged=$data/config.yaml

[Install]
WantedBy=$wanted_by
UNIT
  cat >"$units/$NAME-restart.service" <<UNIT
$MARK in $prefix
[Unit]
Description=Restart the snap store with its new settings

[Service]
Type=oneshot
ExecStart=$(command -v systemctl)$([ "$root" = yes ] || printf ' --user') try-restart $NAME.service
UNIT
  ctl daemon-reload
  ctl enable $NAME.service $NAME-restart.path
  ctl start $NAME-restart.path
  ctl restart $NAME.service
}

# ---- doing it ----

if [ "$installed" = "$release" ]; then
  say "$NAME $release is installed already in $prefix"
else
  put_release
  switch_to "$release"
  if [ -z "$installed" ]; then
    say "Installed $NAME $release in $prefix"
  elif [ "$newest" = "$release" ]; then
    say "Upgraded $NAME from $installed to $release"
  else
    say "Went back with $NAME from $installed to $release"
  fi
fi
put_registration
make_account
for command in $NAME $ALIAS; do put_command "$command"; done
drop_old_releases
say "Data: $data"
if has_systemd; then
  put_units
  say "Service: systemctl$([ "$root" = yes ] || printf ' --user') status $NAME"
else
  say "To serve devices: $bin/$NAME serve"
fi
case ":$PATH:" in *":$bin:"*) ;; *) say "$bin is not on the PATH: give the whole name of the command, or add it" ;; esac
if [ -z "$installed" ]; then say "Next: $NAME enable-airgap-mode"; fi
