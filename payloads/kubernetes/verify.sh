#!/bin/sh
# Runs a deployment with a pod for each worker, and reaches each pod from the first controller. The container "pause" is on each VM.
set -eu

controller=$(awk '$2 == "controller" { print $1; exit }' "$VIRTBS_PEERS")
workers=$(awk '$2 == "worker"' "$VIRTBS_PEERS" | wc -l)

# Runs lines on the first controller as root.
on() {
  { echo 'export KUBECONFIG=/etc/kubernetes/admin.conf' && cat; } | ssh -F "$VIRTBS_SSH_CONFIG" "$controller" sudo sh -eu
}

on <<X
image=\$(kubeadm config images list --kubernetes-version "\$(kubeadm version -o short)" | grep /pause:)
kubectl apply -f - <<Y
apiVersion: apps/v1
kind: Deployment
metadata: { name: verify }
spec:
  replicas: $workers
  selector: { matchLabels: { app: verify } }
  template:
    metadata: { labels: { app: verify } }
    spec:
      topologySpreadConstraints:
        - { maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule, labelSelector: { matchLabels: { app: verify } } }
      containers: [{ name: pause, image: \$image, imagePullPolicy: Never }]
Y
kubectl rollout status deployment/verify --timeout=10m
kubectl get pods --selector=app=verify -o 'jsonpath={range .items[*]}{.status.podIP} {.spec.nodeName}{"\n"}{end}' >/run/verify-pods
[ "\$(wc -l </run/verify-pods)" = $workers ]
while read -r address node; do
  ping -c 1 -W 10 "\$address" >/dev/null
  echo "the pod on \$node answers"
done </run/verify-pods
# Through the server of the API to a pod of the name server.
kubectl get --raw=/api/v1/namespaces/kube-system/services/kube-dns:metrics/proxy/metrics | grep -q coredns_
echo 'the name server answers'
kubectl delete deployment/verify --wait
X
