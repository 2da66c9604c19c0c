#!/bin/bash
# Runs once, while the image is made: installs Kubernetes VERSION from its own packages, and the images of its containers. VMs of this
# image need no way to the internet.
set -euo pipefail

version=$1
repository=https://pkgs.k8s.io/core:/stable:/v${version%.*}/deb
# "isv:kubernetes OBS Project <isv:kubernetes@build.opensuse.org>"
fingerprint=DE15B14486CD377B9E876E1A234654DA9A296436
keyring=/etc/apt/keyrings/kubernetes.gpg
export DEBIAN_FRONTEND=noninteractive

mkdir -p /etc/apt/keyrings
curl -fsSL "$repository/Release.key" | gpg --batch --yes --dearmor -o "$keyring"
gpg --batch --show-keys --with-colons "$keyring" | grep -q "^fpr:.*:$fingerprint:\$" || {
  echo "$repository/Release.key has another fingerprint than $fingerprint"
  exit 1
}
echo "deb [signed-by=$keyring] $repository/ /" >/etc/apt/sources.list.d/kubernetes.list
apt-get update
apt-get install -y "kubeadm=$version-*" "kubelet=$version-*" "kubectl=$version-*" cri-tools
apt-mark hold kubeadm kubelet kubectl

mapfile -t images < <(kubeadm config images list --kubernetes-version "v$version")
pause=$(printf '%s\n' "${images[@]}" | grep /pause:)
cat >/etc/containerd/config.toml <<X
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$pause"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/opt/cni/bin"
    conf_dir = "/etc/cni/net.d"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = true
X
echo 'runtime-endpoint: unix:///run/containerd/containerd.sock' >/etc/crictl.yaml
systemctl restart containerd
for image in "${images[@]}"; do crictl pull "$image"; done
systemctl enable containerd
systemctl disable --now haproxy kubelet
