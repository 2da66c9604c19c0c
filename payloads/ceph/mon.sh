#!/bin/sh
# Starts the monitor of this VM, and waits until the monitors have a quorum.
set -eu

store=/var/lib/ceph/mon/ceph-$VIRTBS_HOSTNAME
# What was broken off while it was made has no "done".
if [ ! -e "$store/done" ]; then
  rm -rf "$store"
  ceph-mon --mkfs --id "$VIRTBS_HOSTNAME" --monmap /etc/ceph/monmap --keyring /etc/ceph/mon.keyring
  touch "$store/done"
  chown -R ceph:ceph "$store"
fi
cat >/usr/local/sbin/start-mon <<EOF
#!/bin/sh
install -d -o ceph -g ceph -m 770 /run/ceph
exec /sbin/start-stop-daemon --start --oknodo --pidfile /run/ceph/mon.pid --exec /usr/bin/ceph-mon -- \\
  --id $VIRTBS_HOSTNAME --pid-file /run/ceph/mon.pid --setuser ceph --setgroup ceph
EOF
chmod 755 /usr/local/sbin/start-mon
/usr/local/sbin/start-mon
# Only a quorum lets a client in. A call of "ceph" takes many seconds on an emulated VM.
python3 -c 'import rados; rados.Rados(conffile="/etc/ceph/ceph.conf", name="client.admin").connect()'
