import { renderSize } from '../../text/render-size.js';
import { describeDependency, type RunDependency } from '../depends/run-dependency.js';
import type { RunTest } from '../results/test-statistics.js';
import { badge, testBadge } from './badge.js';
import { html, type Html } from './html.js';
import { durationOf, layout, secondsBetween, timeOf } from './layout.js';
import type { PageLog, PageRun, PageStep, RunPageData } from './page-data.js';
import { PAGE_NAMES } from './page-names.js';
import { changeOf, runTable, testCounts } from './run-table.js';

/** Tests that are listed beside those that failed. */
const MOST_TESTS = 5000;
/** Failed tests whose output the page has. */
const MOST_FAILED = 200;

/** The page of one run. */
export function runPage(data: RunPageData, now: string): string {
  const { run, steps, tests, logs, others } = data;
  const failed = tests.filter(({ status }) => status === 'fail' || status === 'uxsuccess');
  const body = html`<h1>Run #${run.id} <span class="faint">${run.job}</span></h1>
    ${facts(run, now)} ${keptBox(run)} ${failed.length > 0 && failedTests(failed)}
    ${steps.length > 0 && stepList(run, steps, now)} ${logList(run, logs)}
    ${tests.length > failed.length && otherTests(tests.slice(failed.length))}
    ${
      others.length > 0 &&
      html`<section aria-labelledby="others">
        <h2 id="others">Other runs of this</h2>
        ${runTable(others, '..')}
      </section>`
    }`;
  const what = run.change ? `${run.change.number}` : run.branch;
  const title = `#${run.id} ${run.job} ${what}: ${run.outcome ?? run.state}`;
  return layout({ title, up: '..', body, live: run.state !== 'ended', now, here: 'runs' });
}

function facts(run: PageRun, now: string): Html {
  const { summary, queuedAt, startedAt, endedAt, attempts, slice, depends, tests } = run;
  return html`<div class="head ${run.outcome ?? run.state}">
      <p class="line">${badge(run)} ${tests && testCounts(tests)}</p>
      <p>${changeOf(run)}</p>
      ${summary !== '' && html`<p class="summary">${summary}</p>`}
    </div>
    <dl class="facts">
      <div>
        <dt>Queued</dt>
        <dd>${timeOf(queuedAt)}</dd>
      </div>
      ${
        startedAt !== null &&
        html`<div>
          <dt>Waited</dt>
          <dd>${durationOf(secondsBetween(queuedAt, startedAt))}</dd>
        </div>`
      }
      ${
        startedAt !== null &&
        html`<div>
          <dt>${endedAt === null ? 'Runs for' : 'Took'}</dt>
          <dd>${durationOf(secondsBetween(startedAt, endedAt ?? now))}</dd>
        </div>`
      }
      ${
        attempts > 1 &&
        html`<div>
          <dt>Attempts</dt>
          <dd>${attempts}</dd>
        </div>`
      }
      ${
        slice !== null &&
        html`<div>
          <dt>Slice</dt>
          <dd>${slice}</dd>
        </div>`
      }
      ${
        depends.length > 0 &&
        html`<div>
          <dt>Depends on</dt>
          ${depends.map((each) => html`<dd>${dependency(each)}</dd>`)}
        </div>`
      }
      ${
        run.revision !== null &&
        html`<div>
          <dt>Revision</dt>
          <dd><code>${run.revision.slice(0, 12)}</code></dd>
        </div>`
      }
    </dl>`;
}

function dependency(each: RunDependency): Html {
  const name = describeDependency(each);
  return each.url === null ? html`${name}` : html`<a href="${each.url}" rel="noreferrer noopener">${name}</a>`;
}

function keptBox({ kept, slice }: PageRun): Html | null {
  if (!kept) return null;
  return html`<section class="kept" aria-labelledby="kept">
    <h2 id="kept">Look into the cluster</h2>
    <p>
      ${slice === null ? 'The slice' : `Slice ${slice}`} is
      kept${kept.until !== null && html` until ${timeOf(kept.until)}`}. On the machine of the CI:
    </p>
    <pre class="command" tabindex="0">${kept.ssh}</pre>
  </section>`;
}

function failedTests(failed: readonly RunTest[]): Html {
  const more = failed.length - MOST_FAILED;
  return html`<section aria-labelledby="failed">
    <h2 id="failed">Failed tests <span class="count">${failed.length}</span></h2>
    ${failed.slice(0, MOST_FAILED).map((test, index) => {
      const texts = Object.entries(test.details);
      return html`<details class="test" id="f${index + 1}">
        <summary>
          <span class="name">${breakable(test.test)}</span
          >${test.status === 'uxsuccess' && testBadge(test.status)}${test.seconds !== null && html` <span class="faint">${durationOf(test.seconds)}</span>`}${test.reason !== null && html`<span class="reason">${test.reason}</span>`}
        </summary>
        <div class="inside">
          <p><a href="../${PAGE_NAMES.test(test.test)}">History of this test</a></p>
          ${
            texts.length === 0
              ? html`<p class="faint">It left no output.</p>`
              : texts.map(
                  ([label, text]) =>
                    html`<h3>${label}</h3>
                      <pre class="output" tabindex="0">${text}</pre>`,
                )
          }
        </div>
      </details>`;
    })}${more > 0 && html`<p class="faint">and ${more} more, without their output</p>`}
  </section>`;
}

function stepList(run: PageRun, steps: readonly PageStep[], now: string): Html {
  const begin = steps[0]?.startedAt ?? run.queuedAt;
  const end = run.endedAt ?? now;
  const whole = Math.max(1, secondsBetween(begin, end));
  const share = (from: string, to: string): number =>
    Math.min(100, Math.round((1000 * secondsBetween(from, to)) / whole) / 10);
  return html`<section aria-labelledby="steps">
    <h2 id="steps">Steps</h2>
    <div class="wide">
      <table class="steps">
        <thead>
          <tr>
            <th scope="col">Step</th>
            <th scope="col" class="number">Time</th>
            <th scope="col"><span class="hidden">When</span></th>
          </tr>
        </thead>
        <tbody>
          ${steps.map(({ name, startedAt, endedAt, failed, kind }) => {
            const state = failed ? 'failed' : endedAt === null ? 'running' : kind;
            const start = share(begin, startedAt);
            const width = Math.max(0.6, Math.min(100 - start, share(startedAt, endedAt ?? end)));
            return html`<tr>
              <th scope="row">${name}${failed && html` ${testBadge('fail')}`}</th>
              <td class="number">${durationOf(secondsBetween(startedAt, endedAt ?? end))}</td>
              <td class="when">
                <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                  <rect class="track" width="100" height="8" />
                  <rect class="${state}" x="${start}" width="${width}" height="8" />
                </svg>
              </td>
            </tr>`;
          })}
        </tbody>
      </table>
    </div>
  </section>`;
}

function logList(run: PageRun, logs: readonly PageLog[]): Html {
  if (logs.length === 0) {
    return html`<section aria-labelledby="logs">
      <h2 id="logs">Logs</h2>
      <p class="empty">${run.state === 'ended' ? 'This run left no logs.' : 'There are no logs yet.'}</p>
    </section>`;
  }
  return html`<section aria-labelledby="logs">
    <h2 id="logs">Logs <span class="count">${logs.length}</span></h2>
    <ul class="logs">
      ${logs.map(
        ({ path, bytes, view }) =>
          html`<li>
            <a href="${view === null ? encodePath(path) : `../${view}`}">${breakable(path)}</a>
            <span class="faint">${renderSize(bytes)}</span
            >${view !== null && html` <a class="raw" href="${encodePath(path)}">raw<span class="hidden"> ${path}</span></a>`}
          </li>`,
      )}
    </ul>
  </section>`;
}

function otherTests(tests: readonly RunTest[]): Html {
  const more = tests.length - MOST_TESTS;
  return html`<section aria-labelledby="passed">
    <h2 id="passed">Other tests <span class="count">${tests.length}</span></h2>
    <details class="all">
      <summary>Show all</summary>
      <div class="wide">
        <table class="tests">
          <thead>
            <tr>
              <th scope="col">Test</th>
              <th scope="col">Result</th>
              <th scope="col" class="number">Time</th>
            </tr>
          </thead>
          <tbody>
            ${tests.slice(0, MOST_TESTS).map(
              ({ test, status, seconds, reason }) =>
                html`<tr>
                  <th scope="row">
                    <a href="../${PAGE_NAMES.test(test)}">${breakable(test)}</a
                    >${reason !== null && html`<div class="faint">${reason}</div>`}
                  </th>
                  <td>${testBadge(status)}</td>
                  <td class="number">${seconds === null ? '–' : durationOf(seconds)}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
      ${more > 0 && html`<p class="faint">and ${more} more</p>`}
    </details>
  </section>`;
}

/** A long name that may be broken after its dots, slashes and underlines. */
export function breakable(name: string): Html {
  return html`${name.split(/(?<=[./_:>])/).map((part, index) => (index === 0 ? part : html`<wbr />${part}`))}`;
}

/** A relative path as an address: no part of it can be taken for anything else. */
export function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
