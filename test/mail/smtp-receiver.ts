import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Test } from 'tap';

export interface SmtpReceiver {
  readonly port: number;
  /** Each line that it was sent: commands, and the lines of mails. */
  readonly lines: string[];
  /** Connections that are open. */
  readonly sockets: ReadonlySet<Socket>;
}

export interface SmtpReceiverOptions {
  /** What it says instead, by the command or its first word; an empty text is nothing at all. `greeting` stands for what it says first. */
  readonly answers?: Readonly<Record<string, string>>;
  /** Whether it leaves it to others to end connections. */
  readonly lingers?: boolean;
}

/** What a server that takes every mail says. Source: RFC 5321, 4.2 */
const ANSWERS: Readonly<Record<string, string>> = {
  greeting: '220 receiver ESMTP',
  EHLO: '250-receiver\r\n250 AUTH PLAIN',
  AUTH: '235 welcome',
  MAIL: '250 sender',
  RCPT: '250 recipient',
  DATA: '354 go on',
  '.': '250 taken',
  QUIT: '221 bye',
};

/** A mail relay on 127.0.0.1 that keeps what it is sent, until the test ends. */
export async function startReceiver(
  t: Test,
  { answers = {}, lingers = false }: SmtpReceiverOptions = {},
): Promise<SmtpReceiver> {
  const lines: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: lingers }, (socket) => {
    sockets.add(socket.on('close', () => sockets.delete(socket)).on('error', () => undefined));
    const say = (command: string, line = command): void => {
      const answer = answers[line] ?? answers[command] ?? ANSWERS[command] ?? '500 unknown';
      if (answer !== '') socket.write(`${answer}\r\n`);
    };
    let isMail = false;
    createInterface({ input: socket }).on('line', (line) => {
      lines.push(line);
      const command = isMail ? line : (line.split(' ', 1)[0] ?? '').toUpperCase();
      if (!isMail || line === '.') say(command, line);
      isMail = isMail ? line !== '.' : command === 'DATA';
    });
    say('greeting');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, lines, sockets };
}
