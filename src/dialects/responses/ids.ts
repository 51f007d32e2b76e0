import { randomUUID } from 'node:crypto';

/** Marks the ids made here, so that an item of a translated answer is known when a client sends it back. */
const OWN = 'bw_';
/** OpenAI takes no id longer than 64 characters. */
const MAX_STEM = 36;

/** The part of a source's id that is its own: without `chatcmpl-`, `msg_`, and without what an id may not hold. */
export function stemOf(sourceId: string): string {
  const bare = sourceId.replace(/^(?:chatcmpl-|msg_|resp_)/, '').replace(/[^A-Za-z0-9_-]/g, '');
  return bare === '' ? randomUUID().replaceAll('-', '') : bare.slice(-MAX_STEM);
}

/** A Responses answer keeps its id; any other gets one that tells whose it is. */
export function responseIdOf(sourceId: string, stem: string): string {
  return sourceId.startsWith('resp_') ? sourceId : `resp_${OWN}${stem}`;
}

export type ItemKind = 'msg' | 'fc' | 'ctc' | 'rs';

export function itemId(kind: ItemKind, stem: string, index: number): string {
  return `${kind}_${OWN}${stem}_${index}`;
}
