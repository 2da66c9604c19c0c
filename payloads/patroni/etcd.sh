#!/bin/sh
# Makes this VM a member of the etcd cluster of all VMs with the role "etcd", and waits until the cluster answers.
set -eu

members='' endpoints='' others=''
while read -r name role address; do
  [ "$role" = etcd ] || continue
  members=$members,$name=http://$address:2380
  endpoints=$endpoints,http://$address:2379
  [ "$name" = "$VIRTBS_HOSTNAME" ] || others=$others,http://$address:2379
done <"$VIRTBS_PEERS"
members=${members#,} endpoints=${endpoints#,} others=${others#,}

export ETCDCTL_API=3
state=new
# A VM that was replaced comes back empty, into a cluster that remembers it.
if [ -n "$others" ] && [ ! -d /var/lib/etcd/member ] && list=$(etcdctl --endpoints "$others" member list 2>/dev/null); then
  state=existing
  id=$(echo "$list" | awk -F ', ' -v url="http://$VIRTBS_ADDRESS:2380" '$4 == url { print $1 }')
  [ -z "$id" ] || etcdctl --endpoints "$others" member remove "$id"
  etcdctl --endpoints "$others" member add "$VIRTBS_HOSTNAME" --peer-urls "http://$VIRTBS_ADDRESS:2380"
fi

cat >/usr/local/sbin/start-etcd <<EOF
#!/bin/sh
# The limits of time suit VMs that are emulated on a busy machine.
exec /sbin/start-stop-daemon --start --oknodo --background --make-pidfile --pidfile /run/etcd.pid --chuid etcd \\
  --output /var/log/etcd.log --startas /usr/bin/etcd -- --name "$VIRTBS_HOSTNAME" --data-dir /var/lib/etcd \\
  --listen-peer-urls http://$VIRTBS_ADDRESS:2380 --initial-advertise-peer-urls http://$VIRTBS_ADDRESS:2380 \\
  --listen-client-urls http://127.0.0.1:2379,http://$VIRTBS_ADDRESS:2379 --advertise-client-urls http://$VIRTBS_ADDRESS:2379 \\
  --initial-cluster "$members" --initial-cluster-state $state --initial-cluster-token "virtbs-$VIRTBS_SLICE" \\
  --heartbeat-interval 500 --election-timeout 5000 --logger zap
EOF
chmod 755 /usr/local/sbin/start-etcd
touch /var/log/etcd.log
chown etcd: /var/log/etcd.log
chmod 700 /var/lib/etcd
/usr/local/sbin/start-etcd

until etcdctl --endpoints "http://$VIRTBS_ADDRESS:2379" endpoint health >/dev/null 2>&1; do
  kill -0 "$(cat /run/etcd.pid)" || { tail -n 20 /var/log/etcd.log && exit 1; }
  sleep 1
done
etcdctl --endpoints "$endpoints" member list
