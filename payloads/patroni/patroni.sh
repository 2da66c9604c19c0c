#!/bin/sh
# Starts Patroni on this VM; the first to come makes the database, the others copy it. Waits until PostgreSQL here is in use.
# shellcheck disable=SC2154 # secrets, as the task says
set -eu

hosts=''
while read -r _ role address; do
  [ "$role" != etcd ] || hosts="$hosts, '$address:2379'"
done <"$VIRTBS_PEERS"
bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)

install -d -o postgres -g postgres /etc/patroni /run/postgresql
umask 077
cat >/etc/patroni/config.yml <<EOF
scope: virtbs
name: $VIRTBS_HOSTNAME
restapi: { listen: '0.0.0.0:8008', connect_address: '$VIRTBS_ADDRESS:8008' }
etcd3: { hosts: [${hosts#, }] }
bootstrap:
  dcs:
    ttl: 30
    loop_wait: 5
    retry_timeout: 10
    # What was committed is on another VM, too.
    synchronous_mode: true
    postgresql: { use_pg_rewind: true, parameters: { max_connections: 50, shared_buffers: 32MB } }
  initdb: [{ encoding: UTF8 }, { locale: C.UTF-8 }, data-checksums]
postgresql:
  listen: 0.0.0.0:5432
  connect_address: $VIRTBS_ADDRESS:5432
  data_dir: /var/lib/postgresql/patroni
  bin_dir: $bin
  parameters: { unix_socket_directories: /run/postgresql }
  pg_hba:
    - local all all peer
    - host all all 127.0.0.1/32 scram-sha-256
    - host all all 0.0.0.0/0 scram-sha-256
    - host replication replicator 0.0.0.0/0 scram-sha-256
  authentication:
    superuser: { username: postgres, password: '$superuser_password' }
    replication: { username: replicator, password: '$replication_password' }
EOF
chown postgres: /etc/patroni/config.yml
umask 022
cat >/usr/local/sbin/start-patroni <<'EOF'
#!/bin/sh
install -d -o postgres -g postgres /run/postgresql
exec /sbin/start-stop-daemon --start --oknodo --background --make-pidfile --pidfile /run/patroni.pid --chuid postgres --chdir / \
  --output /var/log/patroni.log --startas /usr/bin/patroni -- /etc/patroni/config.yml
EOF
chmod 755 /usr/local/sbin/start-patroni
touch /var/log/patroni.log
chown postgres: /var/log/patroni.log
/usr/local/sbin/start-patroni

until busybox wget -q -O /dev/null http://127.0.0.1:8008/health 2>/dev/null; do
  kill -0 "$(cat /run/patroni.pid)" || { tail -n 20 /var/log/patroni.log && exit 1; }
  sleep 1
done
tail -n 3 /var/log/patroni.log
