#!/bin/sh
# The network of the pods: a bridge on each VM, and a route to the pods of each other VM. It needs no image and no server.
set -eu

mine=$(awk -v host="$VIRTBS_HOSTNAME" '$1 == host { print $2 }' "$VIRTBS_TAKES/pods")
{
  echo '#!/bin/sh'
  awk -v host="$VIRTBS_HOSTNAME" '$1 != host { print "ip route replace " $2 " via " $3 }' "$VIRTBS_TAKES/pods"
  # Pods see each other's addresses; what is outside sees the VM's.
  rule="POSTROUTING -s $mine ! -d 10.244.0.0/16 -j MASQUERADE"
  echo "iptables -w -t nat -C $rule 2>/dev/null || iptables -w -t nat -A $rule"
} >/usr/local/sbin/pod-routes
chmod 755 /usr/local/sbin/pod-routes
cat >/etc/systemd/system/pod-routes.service <<X
[Unit]
Description=Routes to the pods of other nodes
After=network-online.target
Wants=network-online.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/sbin/pod-routes
[Install]
WantedBy=multi-user.target
X
systemctl daemon-reload
systemctl enable pod-routes
systemctl restart pod-routes
mkdir -p /etc/cni/net.d
cat >/etc/cni/net.d/.new <<X
{
  "cniVersion": "1.0.0",
  "name": "pods",
  "plugins": [
    {
      "type": "bridge",
      "bridge": "cni0",
      "isGateway": true,
      "hairpinMode": true,
      "ipam": { "type": "host-local", "ranges": [[{ "subnet": "$mine" }]], "routes": [{ "dst": "0.0.0.0/0" }] }
    },
    { "type": "portmap", "capabilities": { "portMappings": true } }
  ]
}
X
mv /etc/cni/net.d/.new /etc/cni/net.d/10-pods.conflist
