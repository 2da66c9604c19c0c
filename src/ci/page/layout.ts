import { html, type Html } from './html.js';
import { PAGE_NAMES } from './page-names.js';

export interface LayoutOptions {
  readonly title: string;
  /** How the page gets to the folder of all pages: `.` or `..`. */
  readonly up: string;
  readonly body: Html;
  /** Whether what it shows can still change. */
  readonly live: boolean;
  /** ISO 8601. */
  readonly now: string;
  readonly here?: 'runs' | 'tests';
}

/** What a browser may do with our pages: show what is beside them. Nothing in a page can load or run anything else. */
export const POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** Returns a whole page. */
export function layout({ title, up, body, live, now, here }: LayoutOptions): string {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <meta name="robots" content="noindex" />
        <title>${title} · virtbs CI</title>
        <link rel="icon" href="${up}/${PAGE_NAMES.icon}" type="image/svg+xml" />
        <link rel="stylesheet" href="${up}/${PAGE_NAMES.style}" />
        <script src="${up}/${PAGE_NAMES.script}" defer></script>
      </head>
      <body data-live="${live ? 'yes' : 'no'}">
        <a class="skip" href="#main">Skip to content</a>
        <header>
          <nav aria-label="Pages">
            <a class="brand" href="${up}/${PAGE_NAMES.index}">virtbs <span>CI</span></a>
            <a href="${up}/${PAGE_NAMES.index}" aria-current="${here === 'runs' ? 'page' : 'false'}">Runs</a>
            <a href="${up}/${PAGE_NAMES.tests}" aria-current="${here === 'tests' ? 'page' : 'false'}">Tests</a>
          </nav>
          <p class="stamp">
            ${live && html`<span class="dot" aria-hidden="true"></span>`}<span class="word">as of </span>${timeOf(now)}
          </p>
        </header>
        <main id="main" tabindex="-1">${body}</main>
        <footer>Written by virtbs. Times are UTC.</footer>
      </body>
    </html> `;
  return page.toString();
}

/** A time as people read it, to the minute: `2026-01-31 09:15`. */
export function timeOf(time: string): Html {
  return html`<time datetime="${time}">${time.slice(0, 16).replace('T', ' ')}</time>`;
}

/** Seconds as people read them: `42 s`, `3 min 20 s`, `1 h 5 min`. */
export function durationOf(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${Math.round(seconds * 10) / 10} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min${whole % 60 === 0 ? '' : ` ${whole % 60} s`}`;
  return `${Math.floor(minutes / 60)} h${minutes % 60 === 0 ? '' : ` ${minutes % 60} min`}`;
}

/** Seconds between two times. */
export function secondsBetween(from: string, to: string): number {
  return Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000);
}
