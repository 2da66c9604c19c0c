import type { CiSettings } from '../../config/ci-settings.js';
import type { ChangeFinder, FoundChange } from '../depends/change-finder.js';
import { changeRef } from './make-change-event.js';
import { openConnection } from './open-connection.js';
import type { ChangeState } from './read-change-info.js';

const CHANGE_ID = /^I[0-9a-f]{40}$/i;

/** Paths of a change: `/c/PROJECT/+/NUMBER`, `/c/NUMBER` and `/NUMBER`, each also with a patch set and a file behind. */
const PATHS = [/\/c\/.+?\/\+\/(\d+)(?:\/|$)/, /\/c\/(\d+)(?:\/|$)/, /^(?:\/[^/]+)*?\/(\d+)(?:\/|$)/];

/**
 * Makes a finder for the changes of the Gerrit of the configuration, which is asked only where a message depends on something; undefined
 * where none is configured.
 */
export function gerritFinder(
  { gerrit }: Pick<CiSettings, 'gerrit'>,
  environment: Readonly<Record<string, string | undefined>>,
): ChangeFinder | undefined {
  if (gerrit?.host === undefined || gerrit.user === undefined) return undefined;
  const { host, user, url: pages } = gerrit;
  return {
    async find(reference, url, signal) {
      const names = [host, hostOf(pages), hostOf(url)];
      const word = CHANGE_ID.test(reference) ? `I${reference.slice(1).toLowerCase()}` : changeNumber(reference, names);
      if (word === undefined) return null;
      await using opened = await openConnection({ ...gerrit, host, user }, { environment });
      const states = await opened.connection.search(`change:${word}`, signal);
      return states.flatMap((state) => foundChange(state, pages) ?? []);
    },
  };
}

/** Returns the number of the change that a URL of this Gerrit names; undefined for any other text. */
export function changeNumber(reference: string, hosts: readonly (string | undefined)[]): string | undefined {
  if (!URL.canParse(reference)) return undefined;
  const { protocol, hostname, pathname, hash } = new URL(reference);
  if ((protocol !== 'https:' && protocol !== 'http:') || !hosts.includes(hostname)) return undefined;
  // Pages of old servers: /#/c/4711/
  const path = hash.startsWith('#/') ? hash.slice(1) : pathname;
  return PATHS.map((pattern) => pattern.exec(path)?.[1]).find((number) => number !== undefined);
}

function hostOf(url: string | undefined): string | undefined {
  return url !== undefined && URL.canParse(url) ? new URL(url).hostname : undefined;
}

function foundChange(state: ChangeState, pages: string | undefined): FoundChange | undefined {
  const { project, branch, number, status, patchSet, url } = state;
  if (!patchSet) return undefined;
  const page = pages === undefined ? undefined : `${pages.replace(/\/+$/, '')}/c/${project}/+/${number}`;
  const { revision, ref = changeRef(number, patchSet.number) } = patchSet;
  return {
    ...{ project, branch, number, status, url: url ?? page },
    patchSet: { number: patchSet.number, revision, ref },
  };
}
