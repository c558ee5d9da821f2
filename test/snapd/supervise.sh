#!/bin/bash
# Keeps a snapd daemon running, as systemd does: the daemon exits after it has installed the snaps snapd or core, and
# expects to be started again. SIGHUP restarts it. SIGTERM ends both.
#
# The process id of the current daemon is written to SNAPD_PID_FILE. Run it in a separate mount namespace, so that
# every snap that it has mounted is unmounted when it ends.
trap 'kill "$daemon" 2>/dev/null; wait "$daemon"; exit 0' TERM
trap 'kill "$daemon"' HUP
while :; do
  snapd &
  daemon=$!
  echo "$daemon" > "$SNAPD_PID_FILE"
  # A signal interrupts wait while the daemon is still running.
  while kill -0 "$daemon" 2>/dev/null; do wait "$daemon"; done
  sleep 0.2
done
