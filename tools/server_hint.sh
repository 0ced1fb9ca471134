#!/bin/bash
# server_hint.sh PID HOST:PORT
# Waits until something listens on the port and PID still lives, then says what to type next. It looks at
# the kernel's table and connects to nothing, so the server's log stays clean.
set -euo pipefail
pid=$1
port=$(printf '%04X' "${2##*:}")

for _ in $(seq 50); do
  sleep 0.2
  kill -0 "$pid" 2> /dev/null || exit 0
  # State 0A is LISTEN (proc_net_tcp).
  if grep -qE ":$port [0-9A-F]+:0000 0A " /proc/net/tcp /proc/net/tcp6 2> /dev/null; then
    cat <<HINT

The server is up. In a second terminal:
  make client
  build/tools/client/hawser-client echo --target $2 --payload hello
Ctrl-C ends the server.
HINT
    exit 0
  fi
done
