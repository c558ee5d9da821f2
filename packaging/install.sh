#!/bin/sh
# Installs, upgrades or removes the snap store of this package. It needs a POSIX shell, coreutils, findutils, grep,
# sed and tar, and no network. docs/install.md of the project explains what a check by this file can and cannot prove.
set -eu
umask 022
export LC_ALL=C

NAME=snap-store-proxy
ALIAS=snap-proxy
MARK="# Written by install.sh of $NAME"

usage() {
  cat <<USAGE
Usage: install.sh [options]
       install.sh --uninstall [--purge] [options]

Options:
  --prefix DIR       install the program to DIR, and its commands to DIR/bin
                     (default: /opt/$NAME for root, otherwise ~/.local/lib/$NAME)
  --data DIR         keep the data of the store in DIR (default: /var/lib/$NAME for root,
                     otherwise ~/.local/share/$NAME)
  --no-service       create no systemd unit
  --package PATH     install from this offline-snap-store.tar.gz, or from the folder that it was
                     unpacked to (default: the folder of this install.sh)
  --expect-sha256 HEX
                     install from the archive (--package FILE, or the .tar.gz next to this folder), but only
                     if its SHA-256 is HEX, the number that register --offline printed
  --allow-unsigned   upgrade to a package that no trusted bundle key has signed
  --allow-downgrade  replace a newer version with an older one
  --uninstall        remove the program and keep the data
  --purge            with --uninstall: also remove the data, even after an earlier --uninstall; it asks for
                     confirmation at a terminal
USAGE
}

say() { printf '%s\n' "$*"; }
fail() {
  printf 'error: cannot %s\n' "$*" >&2
  exit 1
}

# Prints one value of a file with lines such as "version=0.1.0".
field() { sed -n "s/^$2=//p" "$1"; }

# ---- arguments ----

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
prefix='' data='' service=yes downgrade=no action=install purge=no package='' expected='' unsigned=no

directory() {
  case $2 in
    /*) ;;
    '') fail "use $1: it needs a directory" ;;
    *) fail "use $1 $2: give a path that starts with /" ;;
  esac
  case $2 in *[!-A-Za-z0-9/._+@]*) fail "use $1 $2: give a path of letters, digits and /._+@-" ;; esac
  # Without trailing slashes. The root of the file system is refused.
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
    --package)
      [ $# -gt 1 ] && [ -e "$2" ] || fail "use --package ${2:-}: give an install package that exists"
      package=$2
      shift
      ;;
    --expect-sha256)
      [ $# -gt 1 ] && printf '%s\n' "$2" | grep -Eqx '[0-9a-fA-F]{64}' ||
        fail "use --expect-sha256: give the 64 digits of a SHA-256"
      expected=$(printf '%s' "$2" | tr A-F a-f)
      shift
      ;;
    --allow-unsigned) unsigned=yes ;;
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
if [ -n "$expected" ] && [ -z "$package" ]; then package=$here.tar.gz; fi
[ -z "$expected" ] || [ -f "$package" ] ||
  fail "use --expect-sha256: $package does not exist; name the archive with --package"
[ -n "$package" ] || package=$here

# ---- paths ----

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

# Runs a command as the account that owns the store's data.
as_store() { if [ "$root" = yes ]; then chroot --userspec="$NAME:$NAME" --groups= / "$@"; else "$@"; fi; }
owner_of() { stat -L -c %u -- "$1"; }

# Whether install.sh may write or remove a command or unit: it does not exist, or install.sh has written it.
is_ours() { if [ -e "$1" ] || [ -L "$1" ]; then grep -qsF "$MARK in $prefix" "$1"; fi; }

known_data=''
[ ! -f "$prefix/data-directory" ] || known_data=$(cat "$prefix/data-directory")
[ -n "$data" ] || data=${known_data:-$standard_data}
[ -z "$known_data" ] || [ "$data" = "$known_data" ] ||
  fail "use --data $data: this store keeps its data in $known_data"
directory --prefix "$prefix"
directory --data "$data"

# ---- uninstalling ----

uninstall() {
  # --purge also removes data that an earlier --uninstall has kept.
  [ -d "$prefix/releases" ] || { [ "$purge" = yes ] && [ -d "$data" ]; } ||
    fail "uninstall: nothing is installed in $prefix"
  if [ "$purge" = yes ] && [ -d "$data" ]; then
    [ -d "$data/package" ] || fail "remove the data: this program did not create $data; nothing is removed"
    if [ -t 0 ]; then
      printf 'This permanently removes the store in %s with all its snaps and keys. Type yes: ' "$data" >&2
      read -r answer || answer=''
      [ "$answer" = yes ] || fail "remove the data: the answer was not yes; nothing is removed"
    fi
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
  if [ -d "$prefix/releases" ]; then
    rm -rf "$prefix/current" "$prefix/releases" "$prefix/data-directory"
    rmdir "$prefix/bin" 2>/dev/null || true
    rmdir "$prefix" 2>/dev/null || true
    say "Removed the program from $prefix"
  fi
  if [ "$purge" = yes ]; then
    database=no
    ! grep -qs '^proxy\.db\.connection:' "$data/config.yaml" || database=yes
    rm -rf "$data"
    say "Removed the data in $data"
    [ "$database" = no ] || say "The database of proxy.db.connection was not removed: drop it on its server"
  else
    say "The data is still in $data"
  fi
}

if [ "$action" = uninstall ]; then
  uninstall
  exit 0
fi

# ---- the package: it is copied to a place where no other account writes, and checked there before any of it runs ----

stage=$prefix/releases/.new.$$
leave() {
  rm -rf "$stage"
  rmdir "$prefix/releases" "$prefix" 2>/dev/null || true
}
trap leave EXIT
trap 'exit 1' HUP INT TERM

damaged() { fail "install: $1; nothing from the package was run; copy it again and compare its SHA-256"; }

# The name of a member. It has no spaces, and no part of it starts with a dot or a hyphen.
MEMBER='[A-Za-z0-9_@][A-Za-z0-9._+@-]*(/[A-Za-z0-9_@][A-Za-z0-9._+@-]*)*'
first_line() { sed -n '1{s/[^ -~]/?/g;p;}'; }

# The package may contain only regular files with plain names, and exactly those that SHA256SUMS lists.
check_names() (
  cd "$1" || exit 1
  [ -f VERSION ] && [ -f SHA256SUMS ] || fail "install: $2 is not an install package, or was not unpacked completely"
  odd=$(find . ! -type f ! -type d | first_line)
  [ -z "$odd" ] || damaged "$odd is neither a file nor a folder"
  odd=$(find . -name '*[!A-Za-z0-9._+@-]*' | first_line)
  [ -z "$odd" ] || damaged "$odd has a name that is not allowed in a package"
  odd=$(find . -type d -empty | first_line)
  [ -z "$odd" ] || damaged "$odd is an empty folder"
  ! grep -Evxq "[0-9a-f]{64}  $MEMBER" SHA256SUMS || damaged "SHA256SUMS has a line that is not a digest and a name"
  listed=$(sed 's/^.\{66\}//' SHA256SUMS | sort)
  odd=$(printf '%s\n' "$listed" | uniq -d | first_line)
  [ -z "$odd" ] || damaged "SHA256SUMS lists $odd twice"
  there=$(find . -type f ! -path ./SHA256SUMS ! -path ./SHA256SUMS.sig | sed 's/^..//' | sort)
  odd=$(printf '%s\n%s\n' "$listed" "$there" | sort | uniq -u | first_line)
  [ -z "$odd" ] || {
    if [ -e "$odd" ]; then damaged "$odd is not listed in SHA256SUMS: somebody added it"; fi
    damaged "$odd is missing"
  }
)

check_digests() (
  cd "$1"
  odd=$(sha256sum -c --quiet SHA256SUMS 2>/dev/null | first_line) || true
  [ -z "$odd" ] || damaged "${odd%: FAILED*} is missing or damaged (SHA256SUMS)"
  sha256sum -c --strict SHA256SUMS >/dev/null 2>&1 || damaged "a file is missing or damaged (SHA256SUMS)"
)

copy_archive() {
  (umask 077 && cp "$package" "$stage/archive") || fail "install: cannot copy $package to $prefix"
  if [ -n "$expected" ]; then
    got=$(sha256sum <"$stage/archive")
    [ "${got%% *}" = "$expected" ] ||
      damaged "$package has the SHA-256 ${got%% *}, not $expected: it is not the file that register --offline wrote"
  fi
  odd=$(tar tvzf "$stage/archive" | grep -v '^[-d]' | first_line) || true
  [ -z "$odd" ] || damaged "the archive contains something other than files and folders: $odd"
  tar xzf "$stage/archive" --no-same-owner -C "$stage" 2>/dev/null || damaged "the archive is damaged"
  rm "$stage/archive"
  set -- "$stage"/*
  [ $# = 1 ] && [ -d "$1" ] || damaged "the archive does not contain exactly one folder"
  mv "$1" "$stage/package"
}

stage_package() {
  if [ -d "$package" ]; then check_names "$package" "$package"; fi
  mkdir -p "$prefix/releases" || fail "install: cannot create $prefix"
  # Left by an interrupted installation.
  rm -rf "$prefix"/releases/.new.*
  mkdir -m 700 "$stage"
  if [ -d "$package" ]; then
    cp -R -P "$package" "$stage/package" || fail "install: cannot copy the package to $prefix"
  else
    copy_archive
  fi
  check_names "$stage/package" "$package"
  check_digests "$stage/package"
  # SHA256SUMS lists names and contents, but no modes.
  chmod -R u=rwX,go=rX,a-s "$stage/package"
}

stage_package
here=$stage/package

# ---- checks ----

format=$(field "$here/VERSION" package-format)
[ "$format" = 2 ] ||
  fail "install: the package has format ${format:-1}, but this install.sh supports only format 2; use the install.sh of the package"
architecture=$(field "$here/VERSION" architecture)
case $(uname -m) in
  x86_64) machine=amd64 ;;
  aarch64) machine=arm64 ;;
  *) machine=$(uname -m) ;;
esac
[ "$architecture" = "$machine" ] ||
  fail "install: the package is for $architecture, but this machine is $machine"

id_of() { printf '%s-%s' "$(field "$1" version)" "$(field "$1" built)"; }
release=$(id_of "$here/VERSION")
printf '%s\n' "$release" | grep -Eqx '[A-Za-z0-9][A-Za-z0-9.+-]*' || damaged "VERSION contains no version"
installed=''
[ ! -f "$prefix/current/VERSION" ] || installed=$(id_of "$prefix/current/VERSION")

newest=$(printf '%s\n%s\n' "$installed" "$release" | sort -V | tail -n 1)
if [ -n "$installed" ] && [ "$newest" != "$release" ] && [ "$downgrade" = no ]; then
  fail "install $release: the newer $installed is installed in $prefix; use --allow-downgrade to replace it"
fi
for command in $NAME $ALIAS; do
  is_ours "$bin/$command" || fail "install: $bin/$command exists and does not belong to this store"
done

# The service, the embedded database and commands of root run as a separate account.
check_account() {
  [ "$root" = yes ] || return 0
  [ ${#data} -le 80 ] || fail "use --data $data: give a path of at most 80 characters"
  id "$NAME" >/dev/null 2>&1 || command -v useradd >/dev/null 2>&1 ||
    fail "install: useradd is missing; create the system account and group $NAME, and try again"
  above=$(dirname "$data")
  while [ ! -d "$above" ]; do above=$(dirname "$above"); done
  chroot --userspec=65534:65534 --groups= / sh -c 'cd "$1"' sh "$above" 2>/dev/null ||
    fail "use --data $data: the account $NAME cannot access $above"
  [ -d "$data" ] || return 0
  uid=$(id -u "$NAME" 2>/dev/null || echo 0)
  for path in "$data" "$data/postgres"; do
    [ -e "$path" ] || continue
    case $(owner_of "$path") in 0 | "$uid") continue ;; esac
    [ "$path" != "$data" ] || fail "use --data $data: it must belong to root or to the account $NAME"
    if [ -f "$path/postmaster.pid" ] && kill -0 "$(sed -n '1s/[^0-9]//gp' "$path/postmaster.pid")" 2>/dev/null; then
      fail "install: the database in $path runs as an account other than $NAME; stop the store first"
    fi
  done
}
check_account

# The installed program, not the one in the package, checks whether a trusted key has signed the package.
check_signature() {
  [ -n "$installed" ] && [ "$release" != "$installed" ] || return 0
  if [ "$unsigned" = yes ]; then
    say "The signature of the package was not checked (--allow-unsigned)"
  elif [ -z "$(field "$prefix/current/VERSION" package-format)" ]; then
    say "The installed $installed cannot check signatures of packages; $release can"
  else
    why=$(SNAP_STORE_PROXY_DATA=$data "$bin/$NAME" check-package "$here" 2>&1 >/dev/null) ||
      fail "upgrade: the installed program says: $(printf '%s' "${why#error: }" | tail -n 1); use --allow-unsigned to upgrade without a signature"
  fi
}
check_signature

# ---- the program: it is prepared next to the old one, and then replaces it in one step ----

put_release() {
  new=$stage/release
  mv "$here/program" "$new"
  cp "$here/VERSION" "$here/SHA256SUMS" "$here/install.sh" "$new/"
  while read -r target link; do
    printf '%s %s\n' "$target" "$link" | grep -Eqx "[A-Za-z0-9_@][A-Za-z0-9._+@-]* $MEMBER" ||
      damaged "LINKS has a line that is not two names"
    ln -s "$target" "$new/$link"
  done <"$here/LINKS"
  why=$(LD_LIBRARY_PATH=$new/node/lib "$new/node/bin/node" "$new/dist/snap-store-proxy.js" --help 2>&1 >/dev/null) ||
    fail "install: the program of this package does not run on this machine ($(printf '%s' "$why" | head -n 1))"
  rm -rf "$prefix/releases/$release"
  mv "$new" "$prefix/releases/$release"
}

# Prints a template of the program with the paths of this installation.
render() {
  home=yes
  case $data/ in /home/* | /root/* | /run/user/*) home=no ;; esac
  case $prefix/ in /home/* | /root/* | /run/user/*) home=no ;; esac
  sed -e "s|@MARK@|$MARK in $prefix|" -e "s|@PREFIX@|$prefix|g" -e "s|@DATA@|$data|g" -e "s|@BIN@|$bin|g" \
    -e "s|@HOME@|$home|" -e "s|@WANTED_BY@|$([ "$root" = yes ] && echo multi-user.target || echo default.target)|" \
    -e "s|@SYSTEMCTL@|$(command -v systemctl || true)$([ "$root" = yes ] || printf ' --user')|" \
    "$prefix/releases/$release/dist/packaging/$1"
}

switch_to() {
  printf '%s\n' "$data" >"$prefix/.data-directory.$$"
  mv "$prefix/.data-directory.$$" "$prefix/data-directory"
  ln -s "releases/$1" "$prefix/.current.$$"
  sync
  mv -T "$prefix/.current.$$" "$prefix/current"
}

put_command() {
  mkdir -p "$bin" || fail "install: cannot create $bin"
  render command >"$bin/.$1.$$"
  chmod 755 "$bin/.$1.$$"
  mv -T "$bin/.$1.$$" "$bin/$1"
}

# The previous release is kept, because a running server may still read from it.
drop_old_releases() {
  for old in "$prefix"/releases/*; do
    case ${old##*/} in "$release" | "$installed") ;; *) rm -rf "$old" ;; esac
  done
}

# ---- the data: it belongs to the account; enable-airgap-mode imports the registration of the package from it ----

make_account() {
  if [ "$root" = no ] || id "$NAME" >/dev/null 2>&1; then return; fi
  useradd --system --user-group --no-create-home --home-dir "$data" --shell /usr/sbin/nologin "$NAME" ||
    fail "install: cannot create the system account $NAME"
}

# Older versions ran as root. The folder itself changes its owner last, so a folder that root owns is not finished.
put_data() {
  if [ ! -d "$data" ]; then
    mkdir -p "$data" || fail "install: cannot create $data"
  elif [ "$root" = yes ] && [ "$(owner_of "$data")" = 0 ]; then
    if has_systemd; then ctl stop $NAME.service >/dev/null 2>&1 || true; fi
    # -H: the data directory may be a link to a larger disk.
    find -H "$data" -mindepth 1 -maxdepth 1 -exec chown -hR "$NAME:$NAME" {} +
    say "The data now belongs to the account $NAME"
  fi
  if [ "$root" = yes ] && [ "$(owner_of "$data")" = 0 ]; then chown "$NAME:$NAME" "$data"; fi
  as_store chmod 700 "$data"
}

put_registration() {
  if [ -d "$data/package" ]; then
    before=$(sha256sum <"$data/package/registration_bundle.b64" 2>/dev/null || true)
    if [ "$before" != "$(sha256sum <"$here/registration_bundle.b64")" ]; then
      say "The existing registration is kept; $NAME register --from imports another one"
    fi
    return
  fi
  # Root reads and the account writes, so that root follows no links in a folder of the account.
  tar -cf - -C "$here" proxy.assert registration_bundle.b64 settings.yaml | as_store sh -c '
    umask 077 && rm -rf "$1/.package" && mkdir "$1/.package" && tar -xf - --no-same-owner -C "$1/.package" &&
    chmod 600 "$1"/.package/* && sync && mv -T "$1/.package" "$1/package"' sh "$data" ||
    fail "install: cannot write to $data"
}

# ---- the service ----

put_units() {
  is_ours "$unit" || {
    say "$unit exists and does not belong to this store: it was not changed"
    return
  }
  mkdir -p "$units"
  render "$NAME$([ "$root" = yes ] || printf .user).service" >"$unit"
  # The server reads the settings of this machine only when it starts.
  for name in $NAME-restart.path $NAME-restart.service; do render $name >"$units/$name"; done
  ctl daemon-reload
  ctl enable $NAME.service $NAME-restart.path
  ctl start $NAME-restart.path
  ctl restart $NAME.service
}

# ---- installation ----

if [ "$installed" = "$release" ]; then
  say "$NAME $release is already installed in $prefix"
else
  put_release
  switch_to "$release"
  if [ -z "$installed" ]; then
    say "Installed $NAME $release in $prefix"
  elif [ "$newest" = "$release" ]; then
    say "Upgraded $NAME from $installed to $release"
  else
    say "Downgraded $NAME from $installed to $release"
  fi
fi
make_account
put_data
put_registration
for command in $NAME $ALIAS; do put_command "$command"; done
drop_old_releases
say "Data: $data"
if has_systemd; then
  put_units
  say "Service: systemctl$([ "$root" = yes ] || printf ' --user') status $NAME"
else
  say "To serve devices: $bin/$NAME serve"
fi
case ":$PATH:" in *":$bin:"*) ;; *) say "$bin is not on the PATH: add it, or use the full path of the command" ;; esac
if [ -z "$installed" ]; then say "Next: $NAME enable-airgap-mode"; fi
