# shellcheck shell=sh disable=SC2034,SC2154
# What scripts of several tasks use. All that is secret follows from one secret of the slice, so nothing has to be carried from VM to VM.

api=127.0.0.1:7443 # on each VM haproxy passes it on to a controller that answers: see node.sh
socket=unix:///run/containerd/containerd.sock
joined=/etc/kubernetes/joined # the certificate of the cluster that this VM belongs to
export KUBECONFIG=/etc/kubernetes/admin.conf

derive() { printf '%s %s' "$kubernetes_secret" "$1" | sha256sum | cut -c "$2"; }

# What lets a VM join. kubeadm says how these must look.
token() { echo "$(derive token 1-6).$(derive token 7-22)"; }
certificate_key() { derive certificates 1-64; }

# Emulated VMs on a busy machine are slow.
timeouts() {
  cat <<X
timeouts:
  controlPlaneComponentHealthCheck: 15m0s
  kubeletHealthCheck: 10m0s
  kubernetesAPICall: 5m0s
  etcdAPICall: 10m0s
  tlsBootstrap: 10m0s
  discovery: 10m0s
X
}

registration() {
  cat <<X
nodeRegistration:
  name: $VIRTBS_HOSTNAME
  criSocket: $socket
  imagePullPolicy: Never
  kubeletExtraArgs: [{ name: node-ip, value: $VIRTBS_ADDRESS }]
X
}

# Writes the file that "kubeadm init" and its phases take. Nothing of it is in arguments, which everyone on the VM could read.
write_init() {
  umask 077
  cat >"$1" <<X
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
bootstrapTokens: [{ token: $(token), ttl: 24h0m0s }]
certificateKey: $(certificate_key)
localAPIEndpoint: { advertiseAddress: $VIRTBS_ADDRESS, bindPort: 6443 }
$(registration)
$(timeouts)
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: $(kubeadm version -o short)
controlPlaneEndpoint: $api
networking: { podSubnet: 10.244.0.0/16, serviceSubnet: 10.96.0.0/16 }
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
cgroupDriver: systemd
X
}

# Writes the file that "kubeadm join" takes: write_join FILE CERTIFICATE.
write_join() {
  umask 077
  cat >"$1.cluster" <<X
apiVersion: v1
kind: Config
clusters:
  - { name: kubernetes, cluster: { server: "https://$api", certificate-authority-data: "$(base64 <"$2" | tr -d '\n')" } }
contexts: [{ name: kubernetes, context: { cluster: kubernetes, user: '' } }]
current-context: kubernetes
X
  cat >"$1" <<X
apiVersion: kubeadm.k8s.io/v1beta4
kind: JoinConfiguration
discovery:
  file: { kubeConfigPath: $1.cluster }
  tlsBootstrapToken: $(token)
$(registration)
$(timeouts)
X
  [ "$VIRTBS_ROLE" = controller ] || return 0
  cat >>"$1" <<X
controlPlane:
  certificateKey: $(certificate_key)
  localAPIEndpoint: { advertiseAddress: $VIRTBS_ADDRESS, bindPort: 6443 }
X
}

# Removes what an attempt that was broken off, or a cluster that is gone, has left on this VM.
clear_node() {
  if [ -e /etc/kubernetes/kubelet.conf ] || [ -d /etc/kubernetes/manifests ]; then
    kubeadm reset --force --cri-socket "$socket"
  fi
  rm -f "$joined"
}

# Makes the token (it ends after a day) and the certificates for further controllers (after two hours) anew, on the first controller.
renew() {
  until kubectl get --raw=/readyz >/dev/null; do sleep 2; done
  write_init /run/kubeadm-init.yaml
  kubeadm init phase bootstrap-token --config /run/kubeadm-init.yaml
  kubeadm init phase upload-certs --config /run/kubeadm-init.yaml --upload-certs
  rm /run/kubeadm-init.yaml
}
