#!/bin/sh
# Tells which addresses the pods of each node get, once each VM is a node and has some.
set -eu
# shellcheck source=common.sh
. /usr/local/lib/kubernetes.sh

nodes() {
  kubectl get nodes -o 'jsonpath={range .items[*]}{.metadata.name} {.spec.podCIDR} {.status.addresses[?(@.type=="InternalIP")].address}{"\n"}{end}'
}

missing() {
  cut -d ' ' -f 1 "$VIRTBS_PEERS" | while read -r host; do
    echo "$1" | grep -q "^$host [0-9.]*/[0-9]* [0-9.]*\$" || echo "$host"
  done
}

until found=$(nodes) && [ -z "$(missing "$found")" ]; do sleep 2; done
{
  echo 'pods<<END'
  echo "$found" | sort
  echo END
} >>"$VIRTBS_GIVES"
