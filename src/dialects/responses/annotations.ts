import { isRecord, type JsonRecord } from '../../failures/json-record.ts';

/** The kinds of annotation Responses has. */
const KNOWN: ReadonlySet<unknown> = new Set(['file_citation', 'url_citation', 'container_file_citation', 'file_path']);

/** Citations of any source: those Responses has a form for, and the others as they were. */
export interface Annotated {
  readonly annotations: JsonRecord[];
  readonly others: unknown[];
}

export function annotationsOf(citations: readonly unknown[] | undefined, textLength: number): Annotated {
  const annotations: JsonRecord[] = [];
  const others: unknown[] = [];
  for (const citation of citations ?? []) {
    const annotation = annotationOf(citation, textLength);
    if (annotation === undefined) others.push(citation);
    else annotations.push(annotation);
  }
  return { annotations, others };
}

/** @param textLength length of the cited text, characters: where a source does not say what its citation spans, it is all of it */
export function annotationOf(citation: unknown, textLength: number): JsonRecord | undefined {
  if (!isRecord(citation)) return undefined;
  // Chat wraps it: {type: 'url_citation', url_citation: {url, title, start_index, end_index}}.
  if (citation.type === 'url_citation' && isRecord(citation.url_citation)) {
    return urlCitation(citation.url_citation, textLength);
  }
  if (KNOWN.has(citation.type)) return citation;
  // Anthropic's web search.
  if (citation.type === 'web_search_result_location') return urlCitation(citation, textLength);
  return undefined;
}

function urlCitation(citation: JsonRecord, textLength: number): JsonRecord | undefined {
  const { url, title, start_index, end_index } = citation;
  if (typeof url !== 'string') return undefined;
  return {
    type: 'url_citation',
    url,
    title: typeof title === 'string' ? title : '',
    start_index: typeof start_index === 'number' ? start_index : 0,
    end_index: typeof end_index === 'number' ? end_index : textLength,
  };
}
