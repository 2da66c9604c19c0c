import type { TestStatistics } from '../results/test-statistics.js';
import { html, type Html } from './html.js';
import { durationOf, layout, timeOf } from './layout.js';
import type { TestPageData, TestsPageData } from './page-data.js';
import { PAGE_NAMES } from './page-names.js';
import { passBar, plotHistory } from './plots.js';
import { breakable } from './run-page.js';
import { testBadge } from './badge.js';

/** The page of all tests: which fail, which are flaky, which are slow. */
export function testsPage({ failing, flaky, slow }: TestsPageData, now: string): string {
  const body = html`<h1>Tests</h1>
    <nav class="jump" aria-label="On this page">
      <a href="#flaky">Flaky</a> <a href="#failing">Failing</a> <a href="#slow">Slow</a>
    </nav>
    ${section('flaky', 'Flaky', flaky, 'They passed and failed with the same revision, or turned back and forth.', 'No test is flaky.')}
    ${section('failing', 'Failing', failing, 'Those that failed most often.', 'No test has failed.')}
    ${section('slow', 'Slow', slow, 'Those that take longest when they pass.', 'There are no results yet.')}`;
  return layout({ title: 'Tests', up: '..', body, live: true, now, here: 'tests' });
}

function section(id: string, title: string, list: readonly TestStatistics[], what: string, none: string): Html {
  return html`<section aria-labelledby="${id}">
    <h2 id="${id}">${title} <span class="count">${list.length}</span></h2>
    ${
      list.length === 0
        ? html`<p class="empty">${none}</p>`
        : html`<p class="faint">${what}</p>
            ${statisticsTable(list, true)}`
    }
  </section>`;
}

function statisticsTable(list: readonly TestStatistics[], named: boolean): Html {
  return html`<div class="wide">
    <table class="cards">
      <thead>
        <tr>
          ${named && html`<th scope="col">Test</th>`}
          <th scope="col">Job</th>
          <th scope="col">Passed</th>
          <th scope="col" class="number">Turns</th>
          <th scope="col" class="number">Mean</th>
          <th scope="col" class="number">Longest</th>
          <th scope="col">Last failure</th>
        </tr>
      </thead>
      <tbody>
        ${list.map(
          (each) =>
            html`<tr>
              ${named && html`<th scope="row" class="grow"><a href="${PAGE_NAMES.test(each.test).replace('tests/', '')}">${breakable(each.test)}</a></th>`}
              <td data-label="Job">${each.job ?? '–'} <span class="faint">${each.branch ?? ''}</span></td>
              <td data-label="Passed" class="rate">
                <span>${passBar(each.passRate)} ${rate(each)}</span>
                <span class="faint">${each.passed} of ${each.runs}</span>
              </td>
              <td data-label="Turns" class="number">
                ${each.flips}${each.unsteady > 0 && html` <span class="faint">(${each.unsteady} on one revision)</span>`}
              </td>
              <td data-label="Mean" class="number">
                ${each.meanSeconds === null ? '–' : durationOf(each.meanSeconds)}
              </td>
              <td data-label="Longest" class="number">
                ${each.longestSeconds === null ? '–' : durationOf(each.longestSeconds)}
              </td>
              <td data-label="Last failure" class="faint">
                ${each.lastFailure === null ? '–' : timeOf(each.lastFailure)}
              </td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** Never "100 %" where one failed. */
function rate({ passRate }: TestStatistics): string {
  const percent = passRate * 100;
  return `${passRate < 1 && percent > 99.9 ? '> 99.9' : Number(percent.toFixed(percent < 99 ? 0 : 1))} %`;
}

/** The page of one test. */
export function testPage({ test, statistics, history }: TestPageData, now: string): string {
  const body = html`<p class="faint"><a href="index.html">Tests</a></p>
    <h1 class="long">${breakable(test)}</h1>
    <section aria-labelledby="rates">
      <h2 id="rates">Pass rate</h2>
      ${statistics.length === 0 ? html`<p class="empty">It was only skipped.</p>` : statisticsTable(statistics, false)}
    </section>
    <section aria-labelledby="times">
      <h2 id="times">Time</h2>
      <div class="plots">${plotHistory(history)}</div>
    </section>
    <section aria-labelledby="history">
      <h2 id="history">Last results</h2>
      <div class="wide">
        <table class="cards">
          <thead>
            <tr>
              <th scope="col">Run</th>
              <th scope="col">Result</th>
              <th scope="col">Change</th>
              <th scope="col">Job</th>
              <th scope="col" class="number">Time</th>
              <th scope="col">When</th>
            </tr>
          </thead>
          <tbody>
            ${history.map(
              ({ run, status, change, patchSet, job, branch, seconds, at, reason }) =>
                html`<tr>
                  <th scope="row">
                    ${run === null ? 'imported' : html`<a href="../${PAGE_NAMES.run(run)}">#${run}</a>`}
                  </th>
                  <td>${testBadge(status)}</td>
                  <td class="grow">
                    ${change !== null && `${change}${patchSet === null ? '' : `,${patchSet}`} `}<span class="faint"
                      >${branch ?? ''}</span
                    >${reason !== null && html`<div class="faint clip">${reason}</div>`}
                  </td>
                  <td data-label="Job">${job ?? '–'}</td>
                  <td data-label="Time" class="number">${seconds === null ? '–' : durationOf(seconds)}</td>
                  <td data-label="When" class="faint">${timeOf(at)}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </section>`;
  return layout({ title: test, up: '..', body, live: false, now, here: 'tests' });
}
