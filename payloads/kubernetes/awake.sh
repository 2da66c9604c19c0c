#!/bin/sh
# Runs on the first controller after the VMs came back from a checkpoint: waits until each node has told since then that it is alive.
# What the cluster says of them before is from the time before the pause.
set -eu
# shellcheck source=common.sh
. /usr/local/lib/kubernetes.sh

began=$(date -u +%Y-%m-%dT%H:%M:%S)
leases() {
  kubectl --namespace=kube-node-lease get leases -o 'jsonpath={range .items[*]}{.metadata.name} {.spec.renewTime}{"\n"}{end}'
}
# Times of this form are in the order of their letters.
late() {
  cut -d ' ' -f 1 "$VIRTBS_PEERS" | while read -r host; do
    renewed=$(echo "$1" | awk -v host="$host" '$1 == host { print $2 }')
    expr "x$renewed" \> "x$began" >/dev/null || echo "$host"
  done
}
until found=$(leases) && [ -z "$(late "$found")" ]; do sleep 2; done
kubectl wait --for=condition=Ready nodes --all --timeout=10m
