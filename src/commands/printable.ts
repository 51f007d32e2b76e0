/** Clients choose names: what moves a terminal's cursor, or breaks a line of a table, is not for it. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?');
}
