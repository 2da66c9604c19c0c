import t from 'tap';
import { translateOutput } from '../../src/plan/translate-output.js';
import { diffLines } from '../../src/text/diff-lines.js';
import { planOf } from './plan-of.js';

t.test('what one slice says of itself is said in the words of another one', async (t) => {
  const [one, other] = [await planOf(1, 'controller:1', 'worker:2'), await planOf(2, 'controller:1', 'worker:2')];
  const says = ({ slice, vms, networks }: typeof one): string =>
    [
      `slice bs${slice}, not bs10`,
      ...vms.flatMap(({ domain, uuid, accessAddress, interfaces }) => [
        `${domain} ${uuid} has ${accessAddress ?? ''}:5432, http://${accessAddress ?? ''}/`,
        ...interfaces.map(({ mac, ipv4, ipv6 }) => `${mac} (${ipv4}) [${ipv6}]`),
      ]),
      ...networks.map(({ bridge, ipv4 }) => `${bridge}: ${ipv4.cidr} by ${ipv4.host ?? ''}.`),
    ].join('\n');
  t.not(says(one), says(other));
  t.equal(translateOutput(says(other), other, one), says(one));
  const [vm] = other.vms;
  const longer = `1${vm?.accessAddress ?? ''} ${vm?.accessAddress ?? ''}7 x${vm?.domain ?? ''}`;
  t.equal(translateOutput(longer, other, one), longer, 'an address within a longer one is none');
});

t.test('two texts differ in lines of the first and of the second', async (t) => {
  t.strictSame(diffLines('a\nb\nc\n', 'a\nb\nc\n'), []);
  t.strictSame(diffLines('a\nb\nc\nd', 'a\nx\nc\ny\nd'), ['- b', '+ x', '+ y']);
  t.strictSame(diffLines('a', ''), ['- a', '+ ']);
  const many = Array.from({ length: 600 }, (_, index) => `line ${index}`);
  t.equal(diffLines(many.join('\n'), many.toReversed().join('\n')).length, 1200, 'no time is spent on long ones');
});
