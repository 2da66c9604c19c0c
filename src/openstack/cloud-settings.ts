import type { ServiceType } from './cloud.js';

/** How a cloud is signed in to and spoken with, as clouds.yaml or the environment tell it. */
export interface CloudSettings {
  /** As messages name the cloud. */
  readonly name: string;
  /** Where that is told: a file, or the environment. */
  readonly source: string;
  readonly authUrl: string;
  readonly credentials: Credentials;
  /** Null for an application credential, which brings its own, and for the default project of a user. */
  readonly project: Named | null;
  readonly region: string | null;
  /** Which of a service's endpoints are used: `public`, `internal` or `admin`. */
  readonly interface: string;
  readonly tls: TlsSettings;
  /** Milliseconds for one request; null where not told. */
  readonly timeout: number | null;
  readonly services: Readonly<Record<ServiceType, ServiceSettings>>;
}

/** What has a name in a domain, or an id anywhere. */
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
  /** Files in PEM: authorities that are trusted, and our own certificate with its key. Absolute. */
  readonly cacert: string | null;
  readonly cert: string | null;
  readonly key: string | null;
}

/** What is told of one service; null where the cloud is asked. */
export interface ServiceSettings {
  readonly endpoint: string | null;
  readonly interface: string | null;
  readonly region: string | null;
  /** The type that it has in the catalog. */
  readonly catalogType: string | null;
  /** A microversion, or `latest`. */
  readonly microversion: string | null;
}
