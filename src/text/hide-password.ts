// Everything up to the last @ before the path: a password may hold an @ itself, and a user name may be a token. A mail relay has no
// path, and that of a database has no @: who forgets to write the "/" of a password as %2F has it hidden nevertheless.
const USER_INFO =
  /(\b(?:smtps?|(?:postgres(?:ql)?|mysql|mariadb)(?:\+\w+)?):\/\/).*@|(\b[a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/gi;

/** A URL, or a text with one in it, as it may be shown and stored: without user name and password. All else comes back as it is. */
export function hidePassword(text: string): string {
  return text.replaceAll(USER_INFO, '$1$2***@');
}
