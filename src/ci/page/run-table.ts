import { badge } from './badge.js';
import { html, type Html } from './html.js';
import { durationOf, secondsBetween, timeOf } from './layout.js';
import type { PageRun } from './page-data.js';
import { PAGE_NAMES } from './page-names.js';

/** Runs as a table; on a phone each is a card. */
export function runTable(runs: readonly PageRun[], up: string): Html {
  return html`<div class="wide">
    <table class="cards">
      <thead>
        <tr>
          <th scope="col">Run</th>
          <th scope="col">Outcome</th>
          <th scope="col">Change</th>
          <th scope="col">Job</th>
          <th scope="col">Tests</th>
          <th scope="col" class="number">Time</th>
          <th scope="col">Ended</th>
        </tr>
      </thead>
      <tbody>
        ${runs.map((run) => row(run, up))}
      </tbody>
    </table>
  </div>`;
}

function row(run: PageRun, up: string): Html {
  const { id, job, tests, startedAt, endedAt, summary } = run;
  const took = startedAt !== null && endedAt !== null ? durationOf(secondsBetween(startedAt, endedAt)) : '–';
  return html`<tr>
    <th scope="row"><a href="${up}/${PAGE_NAMES.run(id)}">#${id}</a></th>
    <td>${badge(run)}</td>
    <td class="grow">${changeOf(run)}${summary !== '' && html`<div class="faint clip">${summary}</div>`}</td>
    <td data-label="Job">${job}</td>
    <td data-label="Tests">${tests ? testCounts(tests) : html`<span class="faint">–</span>`}</td>
    <td data-label="Time" class="number">${took}</td>
    <td data-label="Ended" class="faint">${endedAt === null ? '–' : timeOf(endedAt)}</td>
  </tr>`;
}

/** What a run is for: the change with its subject, or the branch. */
export function changeOf({ project, branch, change, revision }: PageRun): Html {
  if (!change) {
    return html`<strong>${project}</strong>
      <span class="faint">${branch}${revision !== null && ` ${revision.slice(0, 10)}`}</span>`;
  }
  const name = `${change.number}${change.patchSet === null ? '' : `,${change.patchSet}`}`;
  return html`<span class="change"
      >${change.url === null ? name : html`<a href="${change.url}" rel="noreferrer noopener">${name}</a>`}</span
    >
    <strong>${change.subject ?? project}</strong> <span class="faint">${project} ${branch}</span>`;
}

/** `12 passed, 1 failed` */
export function testCounts({ passed, failed, skipped }: NonNullable<PageRun['tests']>): Html {
  return html`<span class="counts"
    >${failed > 0 && html`<b class="failed">${failed} failed</b> `}<span>${passed} passed</span
    >${skipped > 0 && html` <span class="faint">${skipped} skipped</span>`}</span
  >`;
}
