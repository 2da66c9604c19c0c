#!/bin/sh
# Joins the cluster: a controller as one more controller, a worker as a worker. The first controller is in it already.
set -eu
# shellcheck source=common.sh
. /usr/local/lib/kubernetes.sh

ca=$VIRTBS_TAKES/cluster
if [ -e "$joined" ] && [ "$(cat "$joined")" = "$(cat "$ca")" ]; then
  echo 'this VM is in the cluster'
  exit
fi
clear_node
write_join /run/kubeadm-join.yaml "$ca"
kubeadm join --config /run/kubeadm-join.yaml
rm /run/kubeadm-join.yaml /run/kubeadm-join.yaml.cluster
cp "$ca" "$joined"
