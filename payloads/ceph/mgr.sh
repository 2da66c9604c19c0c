#!/bin/sh
# Starts the manager of this VM: one is active, the others stand by.
set -eu

chown -R ceph:ceph /var/lib/ceph/mgr
cat >/usr/local/sbin/start-mgr <<EOF
#!/bin/sh
install -d -o ceph -g ceph -m 770 /run/ceph
exec /sbin/start-stop-daemon --start --oknodo --pidfile /run/ceph/mgr.pid --exec /usr/bin/ceph-mgr -- \\
  --id $VIRTBS_HOSTNAME --pid-file /run/ceph/mgr.pid --setuser ceph --setgroup ceph
EOF
chmod 755 /usr/local/sbin/start-mgr
/usr/local/sbin/start-mgr
