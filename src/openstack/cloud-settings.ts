import type { ServiceType } from './cloud.js';

/** Settings for signing in to a cloud and for requests to it, from clouds.yaml or the environment. */
export interface CloudSettings {
  /** The name of the cloud in messages. */
  readonly name: string;
  /** The source of the settings: a file, or the environment. */
  readonly source: string;
  readonly authUrl: string;
  readonly credentials: Credentials;
  /** Null for an application credential, which brings its own, and for the default project of a user. */
  readonly project: Named | null;
  readonly region: string | null;
  /** The interface whose endpoints are used: `public`, `internal` or `admin`. */
  readonly interface: string;
  readonly tls: TlsSettings;
  /** Milliseconds for one request; null where not told. */
  readonly timeout: number | null;
  readonly services: Readonly<Record<ServiceType, ServiceSettings>>;
}

/** A user or project, known by a name in a domain, or by an id. */
export interface Named {
  readonly id: string | null;
  readonly name: string | null;
  readonly domain: Domain | null;
}

/** By id or by name. */
export type Domain = { readonly id: string } | { readonly name: string };

export type Credentials =
  | { readonly kind: 'password'; readonly user: Named; readonly password: string }
  | { readonly kind: 'token'; readonly token: string }
  | {
      readonly kind: 'application-credential';
      readonly id: string | null;
      readonly name: string | null;
      /** Needed where it is known by name. */
      readonly user: Named | null;
      readonly secret: string;
    };

export interface TlsSettings {
  readonly verify: boolean;
  /** PEM, or absolute paths of files that have it: authorities that are trusted, and our own certificate with its key. */
  readonly cacert: string | null;
  readonly cert: string | null;
  readonly key: string | null;
  /** The names of the three in messages: `clouds.demo.cacert`, `OS_CACERT`. */
  readonly labels: Readonly<Record<'cacert' | 'cert' | 'key', string>>;
}

/** Settings for one service; null where the cloud is asked. */
export interface ServiceSettings {
  readonly endpoint: string | null;
  readonly interface: string | null;
  readonly region: string | null;
  /** The type that it has in the catalog. */
  readonly catalogType: string | null;
  /** A microversion, or `latest`. */
  readonly microversion: string | null;
}
