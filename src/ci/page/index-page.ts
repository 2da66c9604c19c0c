import { badge } from './badge.js';
import { html, type Html } from './html.js';
import { durationOf, layout, secondsBetween, timeOf } from './layout.js';
import type { IndexPageData, PageRun } from './page-data.js';
import { PAGE_NAMES } from './page-names.js';
import { plotDays, plotTimes } from './plots.js';
import { changeOf, runTable } from './run-table.js';

/** Runs of the queue that are listed. */
const MOST_QUEUED = 50;

/** The page that one comes to: what runs, what waits, what was, and how it develops. */
export function indexPage(data: IndexPageData, now: string): string {
  const { queued, running, ended, days, times } = data;
  const body = html`<h1 class="hidden">Runs</h1>
    ${summary(data, now)}
    <section aria-labelledby="running">
      <h2 id="running">Running <span class="count">${running.length}</span></h2>
      ${
        running.length === 0
          ? empty('Nothing runs at the moment.')
          : html`<ul class="now">
              ${running.map((run) => runningCard(run, now))}
            </ul>`
      }
    </section>
    <section aria-labelledby="queue">
      <h2 id="queue">Queue <span class="count">${queued.length}</span></h2>
      ${queued.length === 0 ? empty('Nothing waits.') : queueList(queued, now)}
    </section>
    <section aria-labelledby="ended">
      <h2 id="ended">Last runs</h2>
      ${ended.length === 0 ? empty('There are no runs yet. The first one appears here as soon as an event fits a job.') : runTable(ended, '.')}
    </section>
    ${
      ended.length > 0 &&
      html`<section aria-labelledby="develop">
        <h2 id="develop">How it develops</h2>
        <div class="plots">
          <div>
            <h3>Runs per day</h3>
            ${plotDays(days)}
          </div>
          ${times.map(
            (each) =>
              html`<div>
                <h3>Time of ${each.job}</h3>
                ${plotTimes(each)}
              </div>`,
          )}
        </div>
      </section>`
    }`;
  return layout({ title: title(data), up: '.', body, live: true, now, here: 'runs' });
}

function title({ running, queued }: IndexPageData): string {
  return running.length + queued.length === 0 ? 'Runs' : `${running.length} running, ${queued.length} queued`;
}

function summary({ queued, running, ended, days }: IndexPageData, now: string): Html {
  const week = days.slice(-7);
  const passed = week.reduce((sum, day) => sum + day.passed, 0);
  const failed = week.reduce((sum, day) => sum + day.failed, 0);
  const oldest = queued[0];
  const last = ended[0];
  return html`<dl class="tiles">
    <div>
      <dt>Running</dt>
      <dd>${running.length}</dd>
    </div>
    <div>
      <dt>Queued</dt>
      <dd>
        ${queued.length}${oldest && html`<small>oldest ${durationOf(secondsBetween(oldest.queuedAt, now))}</small>`}
      </dd>
    </div>
    <div>
      <dt>Passed, 7 days</dt>
      <dd>
        ${passed + failed === 0 ? '–' : `${Math.round((100 * passed) / (passed + failed))} %`}${passed + failed > 0 && html`<small>${passed} of ${passed + failed}</small>`}
      </dd>
    </div>
    <div>
      <dt>Last run</dt>
      <dd>
        ${last ? html`<a href="${PAGE_NAMES.run(last.id)}">${badge(last)}</a>` : '–'}${last?.endedAt && html`<small>${timeOf(last.endedAt)}</small>`}
      </dd>
    </div>
  </dl>`;
}

function runningCard(run: IndexPageData['running'][number], now: string): Html {
  const { id, job, slice, startedAt, attempts, lastLine, usualSeconds } = run;
  const seconds = startedAt === null ? 0 : secondsBetween(startedAt, now);
  return html`<li class="card">
    <div class="line">
      <a class="id" href="${PAGE_NAMES.run(id)}">#${id}</a> ${badge(run)}
      <span>${job}</span
      >${slice !== null && html` <span class="faint">slice ${slice}</span>`}${attempts > 1 && html` <span class="faint">attempt ${attempts}</span>`}
    </div>
    <div>${changeOf(run)}</div>
    ${
      usualSeconds !== null && usualSeconds > 0
        ? html`<div class="progress">
            <progress
              max="${Math.round(usualSeconds)}"
              value="${Math.min(Math.round(seconds), Math.round(usualSeconds))}"
              aria-label="time of run ${id}, of what it usually takes"
            >
              ${Math.round((100 * seconds) / usualSeconds)} %
            </progress>
            <span class="faint">${durationOf(seconds)} of usually ${durationOf(usualSeconds)}</span>
          </div>`
        : html`<div class="faint">${durationOf(seconds)}</div>`
    }
    ${lastLine !== null && html`<pre class="last">${lastLine}</pre>`}
  </li>`;
}

function queueList(queued: readonly PageRun[], now: string): Html {
  const more = queued.length - MOST_QUEUED;
  return html`<ol class="queue">
      ${queued.slice(0, MOST_QUEUED).map(
        (run) =>
          html`<li>
            <a class="id" href="${PAGE_NAMES.run(run.id)}">#${run.id}</a> <span>${run.job}</span>
            <span class="grow">${changeOf(run)}</span>
            <span class="faint">waits ${durationOf(secondsBetween(run.queuedAt, now))}</span>
          </li>`,
      )}
    </ol>
    ${more > 0 && html`<p class="faint">and ${more} more</p>`}`;
}

function empty(words: string): Html {
  return html`<p class="empty">${words}</p>`;
}
