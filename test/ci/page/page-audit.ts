/** What a browser finds on a page as it is shown. Each list is empty where all is well. */
export interface PageAudit {
  /** Text whose contrast is below that of WCAG 2.2, 1.4.3 (AA), and shapes below 1.4.11. */
  readonly contrast: readonly string[];
  /** Text that is too small to be read. */
  readonly small: readonly string[];
  /** What stands out of the page at its width, or has to be moved sideways. */
  readonly wide: readonly string[];
  /** What no page of ours has: other scripts, handlers, frames, images, forms, addresses that are none. */
  readonly foreign: readonly string[];
  /** Links and controls without a name, links that only colour tells from text, images without a text, levels of headings that are left out. */
  readonly unnamed: readonly string[];
  /** Texts and shapes that were looked at. */
  readonly looked: number;
}

/** Where a change may lead: to its review. */
const REVIEW = 'https://review.example.org';

/**
 * An expression for the page itself: it opens what is closed and returns a `PageAudit`. Sources: WCAG 2.2, 1.4.3 and 1.4.11, and its
 * definitions of contrast and of relative luminance.
 */
export const PAGE_AUDIT = `(() => {
  const parse = (color) => {
    const found = /^rgba?\\(([^)]*)\\)$/.exec(color);
    if (!found) return null;
    const [red, green, blue, alpha = 1] = found[1].split(/[\\s,/]+/).map(Number);
    return { red, green, blue, alpha };
  };
  const over = (top, below) => {
    const mix = (part) => top[part] * top.alpha + below[part] * (1 - top.alpha);
    return { red: mix('red'), green: mix('green'), blue: mix('blue'), alpha: 1 };
  };
  const luminance = ({ red, green, blue }) => {
    const [r, g, b] = [red, green, blue].map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  const ancestors = (element) => {
    const found = [];
    for (let each = element; each; each = each.parentElement) found.push(each);
    return found;
  };
  const groundOf = (element) =>
    ancestors(element).reverse().reduce((below, each) => {
      const color = parse(getComputedStyle(each).backgroundColor);
      return color && color.alpha > 0 ? over(color, below) : below;
    }, { red: 255, green: 255, blue: 255, alpha: 1 });
  const opacityOf = (element) => ancestors(element).reduce((all, each) => all * Number(getComputedStyle(each).opacity), 1);
  const isSeen = (element) => {
    if (!element.checkVisibility({ visibilityProperty: true })) return false;
    const { width, height } = element.getBoundingClientRect();
    return width > 1 && height > 1;
  };
  const describe = (element) => {
    const name = element.getAttribute('class');
    return element.tagName.toLowerCase() + (name ? '.' + name.trim().replaceAll(/\\s+/g, '.') : '');
  };
  const result = { contrast: [], small: [], wide: [], foreign: [], unnamed: [], looked: 0 };
  const check = (element, what, color, ground, least) => {
    result.looked += 1;
    const shown = parse(color);
    if (!shown) return void result.contrast.push(what + ': ' + color + ' is no colour');
    const ratio = contrast(over({ ...shown, alpha: shown.alpha * opacityOf(element) }, ground), ground);
    if (ratio < least) result.contrast.push(what + ': ' + ratio.toFixed(2) + ' is less than ' + least + ' (' + color + ')');
  };
  const checkText = (element, style, what, color) => {
    const svg = element.ownerSVGElement;
    const scale = svg ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1;
    const size = parseFloat(style.fontSize) * scale;
    if (size < 10) result.small.push(what + ' is ' + size.toFixed(1) + ' px high');
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    check(element, what, color, groundOf(element), isLarge ? 3 : 4.5);
  };

  for (const each of document.querySelectorAll('details')) each.open = true;
  for (const element of document.body.querySelectorAll('*')) {
    if (!isSeen(element)) continue;
    const style = getComputedStyle(element);
    const isText = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '');
    if (isText && !['title', 'script', 'progress'].includes(element.localName)) {
      checkText(element, style, describe(element), element.namespaceURI.endsWith('svg') ? style.fill : style.color);
    }
    for (const place of ['::before', '::after']) {
      const pseudo = getComputedStyle(element, place);
      if (pseudo.content === 'none' || pseudo.content === 'normal') continue;
      if (pseudo.content === '""') check(element, describe(element) + place, pseudo.backgroundColor, groundOf(element), 3);
      else checkText(element, pseudo, describe(element) + place, pseudo.color);
    }
    if (['rect', 'circle', 'path', 'polyline'].includes(element.localName) && !element.matches('.track')) {
      const track = element.parentElement.querySelector('.track');
      const ground = track ? parse(getComputedStyle(track).fill) : groundOf(element);
      check(element, describe(element), style.fill === 'none' ? style.stroke : style.fill, ground, 3);
    }
    const isScroller = ['auto', 'scroll'].includes(style.overflowX) && element.scrollWidth > element.clientWidth;
    if (isScroller && !element.matches('pre[tabindex="0"]')) {
      result.wide.push(describe(element) + ' is ' + element.scrollWidth + ' wide in ' + element.clientWidth);
    }
    const { right, left } = element.getBoundingClientRect();
    const isInScroller = ancestors(element).some((each) => each.matches('pre[tabindex="0"]'));
    if (!isInScroller && right > innerWidth + 0.5) result.wide.push(describe(element) + ' ends at ' + Math.round(right));
    if (!isInScroller && left < -0.5 && !element.matches('.skip')) result.wide.push(describe(element) + ' begins at ' + Math.round(left));
  }
  const { scrollWidth } = document.documentElement;
  if (scrollWidth > innerWidth) result.wide.push('the page is ' + scrollWidth + ' wide in ' + innerWidth);

  const allowed = 'a,abbr,b,body,circle,code,dd,details,div,dl,dt,figcaption,figure,footer,g,h1,h2,h3,head,header,html,li,line,link,main,meta,nav,ol,p,path,polyline,pre,progress,rect,script,section,small,span,strong,summary,svg,table,tbody,td,text,th,thead,time,title,tr,ul,wbr'.split(',');
  for (const element of document.querySelectorAll('*')) {
    if (!allowed.includes(element.localName)) result.foreign.push(describe(element));
    for (const { name, value } of element.attributes) {
      if (/^on|^style$|^srcdoc$/i.test(name)) result.foreign.push(describe(element) + ' has ' + name);
      if (!['href', 'src'].includes(name)) continue;
      const url = new URL(value, location.href);
      if (url.origin !== location.origin && url.origin !== '${REVIEW}') result.foreign.push(describe(element) + ' leads to ' + value);
    }
    if (element.localName === 'meta' && /refresh/i.test(element.httpEquiv)) result.foreign.push('meta refresh');
  }
  const scripts = [...document.scripts].map(({ src, text }) => new URL(src, location.href).pathname + text);
  if (scripts.join() !== '/refresh.js') result.foreign.push('scripts ' + scripts.join());
  if (document.styleSheets.length !== 1) result.foreign.push(document.styleSheets.length + ' style sheets');
  if (window.hurt !== undefined) result.foreign.push('a script of a text has run');

  for (const element of document.querySelectorAll('a[href], summary, [tabindex="0"], progress')) {
    const name = element.getAttribute('aria-label') || element.textContent.trim() || element.querySelector('title')?.textContent;
    if (!name) result.unnamed.push(describe(element));
  }
  // 1.4.1: colour alone does not tell a link from the words around it.
  for (const element of document.querySelectorAll('.change a')) {
    if (getComputedStyle(element).textDecorationLine !== 'underline') result.unnamed.push(describe(element) + ' is told by colour alone');
  }
  for (const element of document.querySelectorAll('svg')) {
    if (element.getAttribute('aria-hidden') !== 'true' && !element.getAttribute('aria-label')) result.unnamed.push(describe(element));
  }
  let level = 0;
  for (const heading of document.querySelectorAll('h1, h2, h3, h4')) {
    const next = Number(heading.localName[1]);
    if (next > level + 1) result.unnamed.push(describe(heading) + ' comes after h' + level);
    level = next;
  }
  if (document.querySelectorAll('h1').length !== 1) result.unnamed.push('there is not one h1');
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  if (new Set(ids).size !== ids.length) result.unnamed.push('two elements have one id');
  return { ...result, contrast: [...new Set(result.contrast)], small: [...new Set(result.small)], wide: [...new Set(result.wide)], foreign: [...new Set(result.foreign)] };
})()`;

/** What has the focus. */
export interface FocusLook {
  readonly what: string;
  /** Whether it had the focus before. */
  readonly again: boolean;
  /** What is wrong with the way in which the focus is seen; empty where nothing is. */
  readonly wrong: string;
  /** Where it is on the screen, with its outline. */
  readonly clip: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
}

/** An expression that returns a `FocusLook`, or null where the page itself has the focus. */
export const FOCUS_LOOK = `(() => {
  const element = document.activeElement;
  if (!element || element === document.body || element === document.documentElement) return null;
  window.seen ??= new Set();
  const again = window.seen.has(element);
  window.seen.add(element);
  const style = getComputedStyle(element);
  const { x, y, width, height } = element.getBoundingClientRect();
  const wrong = [];
  if (!element.matches(':focus-visible')) wrong.push('it is no focus that is shown');
  const child = element.namespaceURI.endsWith('svg') ? getComputedStyle(element.querySelector('circle, path')) : null;
  const hasOutline = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
  if (!hasOutline && !(child && child.stroke !== 'none')) wrong.push('it has no outline');
  if (y + height < 0 || y > innerHeight || x + width < 0 || x > innerWidth) wrong.push('it is not on the screen');
  const name = element.getAttribute('class');
  const parent = element.parentElement;
  const space = 8;
  const left = Math.max(0, x - space);
  const top = Math.max(0, y - space);
  return {
    what: parent.localName + '.' + (parent.getAttribute('class') ?? '') + ' > ' + element.localName + (name ? '.' + name : ''),
    again,
    wrong: wrong.join(', '),
    clip: {
      x: left,
      y: top,
      width: Math.max(1, Math.min(innerWidth - left, x + width + space - left)),
      height: Math.max(1, Math.min(innerHeight - top, y + height + space - top)),
    },
  };
})()`;

/** An expression that returns how many things can have the focus by Tab. */
export const TAB_STOPS = `[...document.querySelectorAll('a[href], summary, [tabindex="0"]')].filter(
  (element) => element.getAttribute('tabindex') !== '-1' && element.checkVisibility({ visibilityProperty: true }),
).length`;
