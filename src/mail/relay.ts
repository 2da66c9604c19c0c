/** A server that takes mail for anywhere. */
export interface Relay {
  readonly host: string;
  readonly port: number;
  /** True if it speaks TLS from the first byte on. */
  readonly secure: boolean;
  readonly login?: { readonly user: string; readonly password: string };
}

const PORTS: Readonly<Record<string, number>> = { 'smtp:': 25, 'smtps:': 465 };

/** `smtp://HOST:PORT`, or `smtps:`, with `USER:PASSWORD@` where the relay asks for them; undefined for anything else. */
export function parseRelay(text: string): Relay | undefined {
  if (/\s/.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  const port = url.port === '' ? PORTS[url.protocol] : Number(url.port);
  const isWhole = `${url.pathname}${url.search}${url.hash}`.replace(/^\/$/, '') === '';
  const login = [url.username, url.password].map(decode);
  const [user, password] = login;
  if (!(url.protocol in PORTS) || !port || url.hostname === '' || !isWhole) return undefined;
  if (user === undefined || password === undefined || (user === '') !== (password === '')) return undefined;
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port,
    secure: url.protocol === 'smtps:',
    ...(user !== '' && { login: { user, password } }),
  };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
