#!/bin/sh
# Starts the manager of this VM: one is active, the others stand by. It loads all modules that it finds, enabled or not, each with a Python
# of its own, which takes most of its memory and minutes of an emulated VM. So it finds only those that are always on.
set -eu

modules=/usr/local/lib/ceph-mgr
mkdir -p "$modules"
for module in balancer crash devicehealth orchestrator pg_autoscaler progress rbd_support status telemetry volumes; do
  [ ! -e "/usr/share/ceph/mgr/$module" ] || ln -sfn "/usr/share/ceph/mgr/$module" "$modules/$module"
done
ln -sf /usr/share/ceph/mgr/*.py "$modules"
# Debian 13's bcrypt works in one Python of a process only, and the manager has one for each module. Only its dashboard needs it.
: >"$modules/bcrypt.py"
chown -R ceph:ceph /var/lib/ceph/mgr
cat >/usr/local/sbin/start-mgr <<EOF
#!/bin/sh
install -d -o ceph -g ceph -m 770 /run/ceph
exec /sbin/start-stop-daemon --start --oknodo --pidfile /run/ceph/mgr.pid --exec /usr/bin/ceph-mgr -- \\
  --id $VIRTBS_HOSTNAME --pid-file /run/ceph/mgr.pid --setuser ceph --setgroup ceph
EOF
chmod 755 /usr/local/sbin/start-mgr
/usr/local/sbin/start-mgr
