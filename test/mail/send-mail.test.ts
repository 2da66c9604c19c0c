import { fileURLToPath } from 'node:url';
import t from 'tap';
import { sendMail } from '../../src/mail/send-mail.js';
import { runProgram } from '../../src/process/run-program.js';
import { startReceiver } from './smtp-receiver.js';

const MAIL = {
  from: 'me@here.example.org',
  to: ['one@example.org', 'two@example.org'],
  subject: 'slice 9: 1 of 4 VMs failed',
  text: 'slice 9: 1 of 4 VMs failed\n  plain-60 (booting): no progress\n.\n',
};
const LOGIN = { user: 'me', password: 'pass word/1' };
/** Long before a slow machine is done; milliseconds. */
const LIMIT = 60_000;
const { signal } = new AbortController();

t.test('a relay is given the mail for all at once, its text as it is', async (t) => {
  const { port, lines } = await startReceiver(t);
  await sendMail(MAIL, { host: '127.0.0.1', port, secure: false }, signal);
  const commands = [
    'MAIL FROM:<me@here.example.org>',
    'RCPT TO:<one@example.org>',
    'RCPT TO:<two@example.org>',
    'DATA',
  ];
  t.strictSame(lines.slice(1, 5), commands);
  for (const line of ['Subject: slice 9: 1 of 4 VMs failed', 'Auto-Submitted: auto-generated'])
    t.ok(lines.includes(line));
  const text = lines.slice(lines.indexOf('') + 1, lines.indexOf('.'));
  t.strictSame(text, ['slice 9: 1 of 4 VMs failed', '  plain-60 (booting): no progress', '..']);
});

t.test('who has a password signs in, and no error shows it', async (t) => {
  const token = Buffer.from(`\0${LOGIN.user}\0${LOGIN.password}`).toString('base64');
  const good = await startReceiver(t);
  await sendMail(MAIL, { host: '127.0.0.1', port: good.port, secure: false, login: LOGIN }, signal);
  t.equal(good.lines[1], `AUTH PLAIN ${token}`);
  const { port } = await startReceiver(t, { answers: { AUTH: `535 "${LOGIN.password}" (${token}) is wrong` } });
  const failing = sendMail(MAIL, { host: '127.0.0.1', port, secure: false, login: LOGIN }, signal);
  await t.rejects(failing, {
    code: 'mail-failed',
    message: /^mail through 127\.0\.0\.1:\d+: .*535 "\*\*\*" \(\*\*\*\)/,
  });
});

t.test('a password is not told to a relay elsewhere without TLS', async (t) => {
  const { port, lines } = await startReceiver(t);
  // The unspecified address is this machine, and not known as it.
  const failing = sendMail(MAIL, { host: '0.0.0.0', port, secure: false, login: LOGIN }, signal);
  await t.rejects(failing, { code: 'mail-failed', message: /STARTTLS/ });
  t.notOk(lines.some((line) => line.startsWith('AUTH')));
  await sendMail(MAIL, { host: '0.0.0.0', port, secure: false }, signal);
});

t.test('that a relay is not there, does not take the mail, or not for all, is an error that says so', async (t) => {
  const failure = async (answers: Readonly<Record<string, string>>): Promise<unknown> => {
    const { port } = await startReceiver(t, { answers });
    return await sendMail(MAIL, { host: '127.0.0.1', port, secure: false }, signal).catch((error: unknown) => error);
  };
  t.match(await failure({ greeting: '554 go away' }), { code: 'mail-failed', message: /554 go away/ });
  t.match(await failure({ MAIL: '550 not you' }), { code: 'mail-failed', message: /550 not you/ });
  t.match(await failure({ RCPT: '550 no such user' }), { code: 'mail-failed', message: /550 no such user/ });
  t.match(await failure({ 'RCPT TO:<two@example.org>': '550 no such user' }), {
    code: 'mail-failed',
    message: /not taken for two@example\.org$/,
  });
  t.match(await failure({ '.': '552 too long' }), { code: 'mail-failed', message: /552 too long/ });
  const refused = sendMail(MAIL, { host: '127.0.0.1', port: 1, secure: false }, signal);
  await t.rejects(refused, { code: 'mail-failed', message: /127\.0\.0\.1:1: .*ECONNREFUSED/ });
});

t.test('a relay that says nothing, or does not end, keeps no process', async (t) => {
  const module = fileURLToPath(new URL('../../src/mail/send-mail.js', import.meta.url));
  const send = (port: number, milliseconds: number): Promise<unknown> => {
    const relay = JSON.stringify({ host: '127.0.0.1', port, secure: false });
    const call = `sendMail(${JSON.stringify(MAIL)}, ${relay}, AbortSignal.timeout(${milliseconds}))`;
    const script = `const { sendMail } = await import(${JSON.stringify(module)}); await ${call}.catch(({ code }) => console.log(code));`;
    return runProgram(process.execPath, ['--input-type=module', '--eval', script], {
      signal: AbortSignal.timeout(LIMIT),
    });
  };
  const silent = await startReceiver(t, { answers: { greeting: '' } });
  t.match(await send(silent.port, 500), { stdout: 'cancelled' });
  const lingering = await startReceiver(t, { lingers: true });
  t.match(await send(lingering.port, LIMIT), { stdout: '' });
  t.ok(lingering.lines.includes('.'));
});
