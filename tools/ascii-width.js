/** The columns of a text without wide characters; escape sequences count nothing. */
// oxlint-disable-next-line import/no-default-export -- it stands in for a module that has one
export default function asciiWidth(text) {
  // oxlint-disable-next-line no-control-regex -- escape sequences begin with one
  return text.replaceAll(/\u001B\[[0-9;]*m/g, '').length;
}
