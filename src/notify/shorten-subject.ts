/** Characters of a subject that are read in a list of mails. */
const LONGEST = 100;

/** Returns the part of a subject that a list of mails shows. */
export function shortenSubject(subject: string): string {
  return subject.length > LONGEST ? `${subject.slice(0, LONGEST - 1)}…` : subject;
}
