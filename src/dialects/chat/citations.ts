import { isRecord, type JsonRecord } from '../../failures/json-record.ts';
import type { Part } from '../conversation/request.ts';
import { textOf } from '../json-fields.ts';

/**
 * What an answer cites: as OpenAI's `annotations` where a web page is cited, and all of it untranslated under `citations`, an extra
 * field, each with the range of the content it stands by.
 */
export function citationFields(parts: readonly Part[]): { annotations?: JsonRecord[]; citations?: JsonRecord[] } {
  const annotations: JsonRecord[] = [];
  const citations: JsonRecord[] = [];
  let start = 0;
  for (const part of parts) {
    if (part.kind !== 'text') continue;
    const end = start + part.text.length;
    for (const citation of part.citations ?? []) {
      if (!isRecord(citation)) continue;
      citations.push({ start_index: start, end_index: end, citation });
      const url = textOf(citation.url);
      if (url !== undefined) annotations.push(urlCitation(citation, url, start, end));
    }
    start = end;
  }
  if (citations.length === 0) return {};
  return annotations.length === 0 ? { citations } : { annotations, citations };
}

export function urlCitation(citation: JsonRecord, url: string, start: number, end: number): JsonRecord {
  const title = textOf(citation.title) ?? '';
  return { type: 'url_citation', url_citation: { start_index: start, end_index: end, title, url } };
}
