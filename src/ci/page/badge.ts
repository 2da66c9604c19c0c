import { html, type Html } from './html.js';
import type { PageRun } from './page-data.js';

const SIGNS: Readonly<Record<string, string>> = {
  passed: '✓',
  failed: '✗',
  broken: '!',
  timeout: '!',
  skipped: '–',
  superseded: '–',
  stopped: '–',
  running: '▸',
  queued: '…',
};

/** The word for how a run is, with a sign, so that colour says nothing alone. */
export function badge({ state, outcome }: Pick<PageRun, 'state' | 'outcome'>): Html {
  const word = outcome ?? state;
  return badgeOf(word);
}

/** The same for a test. */
export function testBadge(status: string): Html {
  const words: Readonly<Record<string, string>> = {
    success: 'passed',
    xfail: 'passed',
    fail: 'failed',
    uxsuccess: 'failed',
    skip: 'skipped',
  };
  return badgeOf(words[status] ?? status, { xfail: 'failed as expected', uxsuccess: 'passed unexpectedly' }[status]);
}

function badgeOf(word: string, label = word): Html {
  return html`<span class="badge ${word}"><span aria-hidden="true">${SIGNS[word] ?? '·'}</span> ${label}</span>`;
}
