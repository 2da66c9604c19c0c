import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { packageDirectory } from '../../src/package-directory.js';
import { noLab, runVirtbs } from './run-virtbs.js';
import { ssh } from './standing-slice.js';

/** Lays small VMs, on which a stand-in answers in place of Kubernetes, over the payload. */
const STAND_IN = join(await packageDirectory(), 'test', 'payloads', 'kubernetes', 'stand-in.yaml');
const TOPOLOGY = ['controller:2', 'worker:2'];
const VMS = ['controller-02', 'controller-03', 'worker-20', 'worker-21'];

interface Unit {
  readonly task: string;
  readonly vm: string | null;
  readonly outcome: string;
}

interface Cycled {
  readonly checkpoint: string | null;
  readonly tasks: readonly Unit[];
}

/** Returns each program of Kubernetes that a VM was asked for, with its arguments. */
async function calls(directory: string, vm: string): Promise<readonly string[]> {
  const { stdout } = await ssh(directory, vm, 'sudo cat /var/lib/stand-in/calls');
  return stdout.split('\n');
}

/** Returns what a VM was asked for in the wrong order or with wrong arguments. */
async function mistakes(directory: string, vm: string): Promise<string> {
  return (await ssh(directory, vm, 'sudo cat /var/lib/stand-in/wrong 2>/dev/null')).stdout;
}

/** What the scripts derive from the secret of the slice, as kubeadm gets it. */
async function secrets(): Promise<readonly string[]> {
  const text = await readFile('/srv/virtbs/keys/bs1/secrets.json', 'utf8');
  const secret = (JSON.parse(text) as { readonly kubernetes_secret: string }).kubernetes_secret;
  const digest = (what: string): string => createHash('sha256').update(`${secret} ${what}`).digest('hex');
  return [secret, digest('token').slice(6, 22), digest('certificates')];
}

t.test(
  'the tasks of Kubernetes call its programs in order, let VMs join at once, renew what ends, and let a new VM join',
  { skip: noLab },
  async (t) => {
    const directory = t.testdir();
    const options = ['--payload', 'kubernetes', '-c', STAND_IN];
    const cycle = async (): Promise<Cycled> => {
      const words = [...TOPOLOGY, '--timeout=900', '--checkpoint=yes', '--json', '--do'];
      const { code, stdout, stderr } = await runVirtbs(directory, ...options, 'cycle', ...words);
      t.equal(code, 0, stderr);
      return JSON.parse(stdout) as Cycled;
    };
    try {
      const deployed = await cycle();
      t.equal(deployed.tasks.filter(({ outcome }) => outcome === 'ran').length, 16, JSON.stringify(deployed.tasks));
      const said = (await runVirtbs(directory, 'log', '--task', 'verify')).stdout;
      t.match(said, /the pod on worker-20 answers\nthe pod on worker-21 answers\nthe name server answers/);
      const first = await calls(directory, 'controller-02');
      const steps = ['systemctl restart haproxy', 'kubeadm init ', 'kubectl get nodes ', 'systemctl restart pod-routes', 'kubectl wait ', 'kubectl apply ']; // prettier-ignore
      const places = steps.map((step) => first.findIndex((call) => call.startsWith(step)));
      t.ok(places.every((place, index) => place > (places[index - 1] ?? -1)), first.join('\n')); // prettier-ignore
      for (const vm of VMS.slice(1)) {
        t.ok((await calls(directory, vm)).includes('kubeadm join --config /run/kubeadm-join.yaml'), vm);
      }

      const restored = await cycle();
      t.equal(restored.checkpoint, 'restored');
      t.ok(restored.tasks.every(({ outcome }) => outcome === 'skipped'), JSON.stringify(restored.tasks)); // prettier-ignore
      const since = (await calls(directory, 'controller-02')).slice(first.length - 1);
      t.ok(since.some((call) => call.startsWith('kubeadm init phase bootstrap-token ')), since.join('\n')); // prettier-ignore
      t.ok(since.some((call) => call.startsWith('kubeadm init phase upload-certs ')), since.join('\n')); // prettier-ignore

      t.equal((await runVirtbs(directory, ...options, 'replace', 'worker-21')).code, 0);
      const { code, stdout, stderr } = await runVirtbs(directory, ...options, 'do', '--json');
      t.equal(code, 0, stderr);
      const { units } = JSON.parse(stdout) as { readonly units: readonly Unit[] };
      const again = units.filter(({ outcome }) => outcome === 'ran');
      t.ok(again.some(({ task, vm }) => task === 'join' && vm === 'worker-21'), stdout); // prettier-ignore
      t.notOk(again.some(({ task, vm }) => task === 'join' && vm !== 'worker-21'), stdout); // prettier-ignore

      const hidden = await secrets();
      for (const vm of VMS) {
        t.equal((await mistakes(directory, vm)).replaceAll(/^.*exists and is ready.*$/gm, '').trim(), '', vm);
        const all = (await calls(directory, vm)).join('\n');
        t.notOk(hidden.some((secret) => all.includes(secret)), `${vm}: no secret in arguments`); // prettier-ignore
        t.notOk((await ssh(directory, vm, 'sudo ls /run')).stdout.includes('kubeadm'), `${vm}: no file with secrets is left`); // prettier-ignore
      }
    } finally {
      t.equal((await runVirtbs(directory, 'wipe')).code, 0);
      t.equal((await runVirtbs(directory, 'checkpoint', 'rm', '--all')).code, 0);
    }
  },
);
