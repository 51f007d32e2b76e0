/** A value of a table: numbers are written as they are, what is missing as nothing. */
export type CsvValue = string | number | boolean | null | undefined;

/** Spreadsheets take a text that begins so for a formula, and run it; clients choose the names of models, sessions and users. */
const FORMULA = /^[=+\-@\t\r\n\u{ff0b}\u{ff0d}\u{ff1d}\u{ff20}]/u;
const QUOTED = /[",\r\n;\t]|^\s|\s$/;

/** One line of RFC 4180, with its end. A text that could be a formula gets an apostrophe before it. */
export function csvLine(values: readonly CsvValue[]): string {
  return `${values.map(csvField).join(',')}\r\n`;
}

function csvField(value: CsvValue): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'string') return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return QUOTED.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
