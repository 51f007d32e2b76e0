import type { Source } from './request.ts';

/** Reads a URL that may carry its content in itself. No regular expression: the content may be megabytes. */
export function sourceOfUrl(url: string): Source {
  if (url.startsWith('data:')) {
    const comma = url.indexOf(',');
    const head = comma < 0 ? '' : url.slice('data:'.length, comma);
    if (head.endsWith(';base64')) {
      const mediaType = head.split(';', 1)[0] ?? '';
      return { by: 'base64', data: url.slice(comma + 1), mediaType };
    }
  }
  return { by: 'url', url };
}

export function dataUrl(mediaType: string, data: string): string {
  return `data:${mediaType};base64,${data}`;
}
