#!/bin/sh
# Makes the cluster on the first controller, and gives its certificate to the others.
set -eu
# shellcheck source=common.sh
. /usr/local/lib/kubernetes.sh

# Prints another controller that has the cluster already. Anonymous users may ask whether a server lives.
other() {
  while read -r host role address; do
    if [ "$role" = controller ] && [ "$host" != "$VIRTBS_HOSTNAME" ] && kubectl --kubeconfig=/dev/null --server="https://$address:6443" \
      --insecure-skip-tls-verify=true --request-timeout=5s get --raw=/livez >/dev/null 2>&1; then
      echo "$host"
      return
    fi
  done <"$VIRTBS_PEERS"
}

if [ -e "$joined" ]; then
  renew
else
  other=$(other)
  [ -z "$other" ] || { echo "$other has the cluster, and this VM was replaced: README.md says how to bring the first controller back" && exit 1; }
  clear_node
  write_init /run/kubeadm-init.yaml
  kubeadm init --config /run/kubeadm-init.yaml --upload-certs
  rm /run/kubeadm-init.yaml
  cp /etc/kubernetes/pki/ca.crt "$joined"
fi
{
  echo 'cluster<<END'
  cat "$joined"
  echo END
} >>"$VIRTBS_GIVES"
