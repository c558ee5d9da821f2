#!/bin/bash
# Keeps a snapd daemon up, as systemd would: it leaves by itself after it has
# installed the snaps snapd or core, to be started again. Starts it anew on SIGHUP; ends on SIGTERM.
#
# SNAPD_PID_FILE gets the process id of the daemon that runs now. Run in a mount namespace of its own, so that every snap it mounted is gone
# with it, however it ends.
trap 'kill "$daemon" 2>/dev/null; wait "$daemon"; exit 0' TERM
trap 'kill "$daemon"' HUP
while :; do
  snapd &
  daemon=$!
  echo "$daemon" > "$SNAPD_PID_FILE"
  # A signal ends one wait before the daemon has ended.
  while kill -0 "$daemon" 2>/dev/null; do wait "$daemon"; done
  sleep 0.2
done
