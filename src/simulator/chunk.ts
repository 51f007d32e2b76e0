/** A chunk of a chunked body; nothing for nothing, since an empty chunk would end it. */
export function chunk(text: string): string {
  return text === '' ? '' : `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

/** The end of a chunked body. Without it the body is truncated, and HTTP says so. */
export const LAST_CHUNK = '0\r\n\r\n';
