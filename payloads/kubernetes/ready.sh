#!/bin/sh
# Waits until each node is ready, and the cluster's name server runs.
set -eu
# shellcheck source=common.sh
. /usr/local/lib/kubernetes.sh

kubectl wait --for=condition=Ready nodes --all --timeout=20m
kubectl --namespace=kube-system rollout status deployment/coredns --timeout=20m
kubectl get nodes -o wide
