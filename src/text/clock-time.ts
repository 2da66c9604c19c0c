/** Returns the hour and minute of a time in the zone of this machine: `01:35`. @param time ISO 8601 */
export function clockTime(time: string): string {
  return new Date(time).toTimeString().slice(0, 5);
}
