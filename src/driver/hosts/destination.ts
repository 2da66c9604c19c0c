/** An address as ssh takes it. */
export interface Destination {
  /** A name, an IPv4 or an IPv6 address without brackets. */
  readonly host: string;
  readonly user: string | undefined;
  readonly port: number | undefined;
}

const LAST_PORT = 65_535;

/**
 * Reads `[USER@]HOST[:PORT]`; an IPv6 address that has a port behind it is in brackets. Returns undefined for any other text.
 *
 * A host is a name or an address, and never begins with `-`, which ssh takes for an option.
 */
export function parseDestination(text: string): Destination | undefined {
  const [, user, bracketed, plain, digits] =
    /^(?:([\w.][\w.-]*\$?)@)?(?:\[([\da-f:.]+(?:%[\w.-]+)?)\]|([\w.][\w.-]*|[\da-f]*:[\da-f:.]*:[\da-f:.]*))(?::(\d{1,5}))?$/i.exec(
      text,
    ) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined) return undefined;
  const port = digits === undefined ? undefined : Number(digits);
  return port === 0 || (port ?? 0) > LAST_PORT ? undefined : { host, user, port };
}
