#!/bin/bash
# Keeps a snapd daemon up, as systemd would: it leaves by itself after it has
# installed the snaps snapd or core, to be started again. Ends on SIGTERM.
#
# Run in a mount namespace of its own, so that every snap it mounted is gone
# with it, however it ends.
trap 'kill "$daemon" 2>/dev/null; wait "$daemon"; exit 0' TERM
while :; do
  snapd &
  daemon=$!
  wait "$daemon"
  sleep 0.2
done
