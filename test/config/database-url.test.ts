import t from 'tap';
import { isDatabaseUrl, readDatabaseUrl } from '../../src/config/database-url.js';

t.test('a URL of a database is read as SQLAlchemy and psql read it', (t) => {
  t.match(readDatabaseUrl('postgresql://ci:a%40b%3Ac@db.example.org:5433/ci'), {
    ...{ host: 'db.example.org', port: 5433, user: 'ci', password: 'a@b:c', database: 'ci', tls: 'verify-full' },
    label: 'postgresql://ci@db.example.org:5433/ci',
  });
  t.match(readDatabaseUrl('postgres:///ci'), {
    ...{ host: '/var/run/postgresql', port: 5432, user: undefined, password: undefined, tls: 'disable' },
    label: 'postgresql:///ci',
  });
  t.match(readDatabaseUrl('postgresql://ci@:5433/ci?host=%2Frun%2Fpg'), {
    host: '/run/pg',
    port: 5433,
    tls: 'disable',
  });
  t.match(readDatabaseUrl('postgresql://[::1]/ci'), { host: '::1', tls: 'disable', label: 'postgresql://[::1]/ci' });
  t.match(readDatabaseUrl('postgresql://127.0.0.1/ci'), { tls: 'disable' });
  t.match(readDatabaseUrl('postgresql://127.example.org/ci'), { tls: 'verify-full' });
  t.match(readDatabaseUrl('postgresql://db/ci?sslmode=require&sslrootcert=/etc/ca.pem'), {
    tls: 'require',
    authority: '/etc/ca.pem',
  });
  t.match(readDatabaseUrl('mysql://ci@db/ci?charset=utf8mb4'), {
    ...{ kind: 'mariadb', port: 3306, tls: 'verify-full', label: 'mariadb://ci@db/ci' },
  });
  t.match(readDatabaseUrl('mariadb:///ci'), {
    host: '/run/mysqld/mysqld.sock',
    tls: 'disable',
    label: 'mariadb:///ci',
  });
  t.match(readDatabaseUrl('mariadb://ci@/ci?unix_socket=/tmp/s&ssl_mode=require'), { host: '/tmp/s', tls: 'require' });
  t.ok(isDatabaseUrl('sqlite:///ci.db') && !isDatabaseUrl('/var/ci.db') && !isDatabaseUrl('ci:ci.db'));
  t.end();
});

t.test('a URL that is wrong is told with what is right, and without its password', (t) => {
  for (const [url, message] of [
    ['postgresql+psycopg2://u:s3cret@db/ci', /names a library of Python: write postgresql:\/\/… without it/],
    ['mysql+pymysql://u:s3cret@db/ci', /write mysql:\/\/… without it/],
    ['sqlite:////var/ci.db', /write the path of the file/],
    ['oracle://u:s3cret@db/ci', /virtbs knows no database "oracle"/],
    ['postgresql://u:s3cret@db', /it names no database/],
    ['postgresql://u:s3cret/1@db/ci', /are written as %40, %2F and %25/],
    ['postgresql://u:s3cret%@db/ci', /are written as/],
    ['postgresql://db/ci?password=s3cret', /unknown "password"/],
    ['postgresql://db/ci?sslmod=require', /did you mean "sslmode"/],
    ['postgresql://db/ci?sslmode=prefer', /sslmode "prefer" is not one of/],
  ] as const) {
    t.throws(() => readDatabaseUrl(url), { code: 'config-invalid', message }, url);
    t.throws(() => readDatabaseUrl(url), { message: /^(?!.*s3cret)/ }, `${url}: the password`);
  }
  t.end();
});
