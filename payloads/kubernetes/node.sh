#!/bin/sh
# Lets each VM reach the API: haproxy on its loopback passes connections on to the controllers that answer.
set -eu
# shellcheck source=common.sh
. /usr/local/lib/kubernetes.sh

{
  cat <<X
global
  maxconn 2000
defaults
  mode tcp
  timeout connect 10s
  timeout client 1h
  timeout server 1h
frontend api
  bind $api
  default_backend controllers
backend controllers
  option httpchk GET /livez
  http-check expect status 200
X
  # The check looks whether a controller answers. Who it is, clients see by its certificate.
  awk '$2 == "controller" { print "  server " $1 " " $3 ":6443 check check-ssl verify none inter 5s" }' "$VIRTBS_PEERS"
} >/etc/haproxy/haproxy.cfg
haproxy -c -q -f /etc/haproxy/haproxy.cfg
systemctl enable haproxy
systemctl restart haproxy
until crictl --runtime-endpoint "$socket" version >/dev/null; do sleep 2; done
systemctl enable kubelet
