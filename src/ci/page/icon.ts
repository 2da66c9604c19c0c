/** The sign of the pages in the tabs of a browser: slices, one above the other. It has its own colours, as tabs are of any. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
  <rect width="32" height="32" rx="7" fill="#0b57c2"/>
  <g fill="#ffffff"><rect x="6" y="7" width="20" height="4" rx="2"/><rect x="6" y="14" width="14" height="4" rx="2"/><rect x="6" y="21" width="18" height="4" rx="2"/></g>
</svg>
`;
