/**
 * The only script of the pages: it fetches the page that is shown again and puts its content in the place of the old, where that has
 * changed. What is open stays open, what has the focus keeps it. Everything works without it.
 */
export const REFRESH_SCRIPT = `'use strict';
(() => {
  const every = 5000;
  let last = '';
  async function look() {
    // A file on a disk cannot be fetched: whoever looks at it loads it again.
    if (document.body.dataset.live !== 'yes' || location.protocol === 'file:') return;
    if (!document.hidden) {
      try {
        const answer = await fetch(location.pathname, { cache: 'no-cache' });
        if (answer.ok) show(await answer.text());
      } catch {
        // The server is away for a moment.
      }
    }
    setTimeout(look, every);
  }
  function show(text) {
    if (text === last) return;
    const isFirst = last === '';
    last = text;
    const fresh = new DOMParser().parseFromString(text, 'text/html');
    const main = document.querySelector('main');
    const next = fresh.querySelector('main');
    if (!main || !next || (isFirst && next.innerHTML === main.innerHTML)) return;
    const open = [...main.querySelectorAll('details')].map((each, index) => [each.id || String(index), each.open]);
    const focus = document.activeElement;
    const held = focus && main.contains(focus) ? [focus.tagName, focus.getAttribute('href'), focus.parentElement && focus.parentElement.id] : null;
    const selected = String(getSelection());
    if (selected !== '' && main.contains(getSelection().anchorNode)) {
      last = '';
      return;
    }
    main.replaceChildren(...document.adoptNode(next).childNodes);
    const byKey = new Map(open);
    main.querySelectorAll('details').forEach((each, index) => {
      each.open = byKey.get(each.id || String(index)) ?? each.open;
    });
    if (held) {
      const again = [...main.querySelectorAll(held[0])].find(
        (each) => each.getAttribute('href') === held[1] && (each.parentElement && each.parentElement.id) === held[2],
      );
      if (again) again.focus({ preventScroll: true });
    }
    const stamp = document.querySelector('.stamp');
    const newStamp = fresh.querySelector('.stamp');
    if (stamp && newStamp) stamp.replaceWith(document.adoptNode(newStamp));
    document.title = fresh.title;
    document.body.dataset.live = fresh.body.dataset.live;
  }
  setTimeout(look, every);
})();
`;
