import type { AnswerEvent, BlockHead } from '../conversation/answer.ts';
import type { Part } from '../conversation/request.ts';

/** The events of a whole part, as if it had been streamed in one piece; none for what an answer cannot hold. */
export function partEvents(part: Part, block: number): readonly AnswerEvent[] {
  const events: AnswerEvent[] = [];
  const head = headOf(part);
  if (head === undefined) return events;
  events.push({ kind: 'block-start', block, part: head });
  switch (part.kind) {
    case 'text':
      if (part.text !== '') events.push({ kind: 'text', block, text: part.text });
      for (const citation of part.citations ?? []) events.push({ kind: 'citation', block, citation });
      break;
    case 'refusal':
      events.push({ kind: 'refusal', block, text: part.text });
      break;
    case 'reasoning':
      if (part.text !== '') events.push({ kind: 'reasoning', block, text: part.text });
      if (part.signature !== undefined) events.push({ kind: 'signature', block, signature: part.signature });
      if (part.encrypted !== undefined) events.push({ kind: 'encrypted', block, encrypted: part.encrypted });
      break;
    case 'tool-call':
      if (part.arguments !== '') events.push({ kind: 'arguments', block, text: part.arguments });
      break;
    default:
      break;
  }
  events.push({ kind: 'block-end', block });
  return events;
}

function headOf(part: Part): BlockHead | undefined {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return { kind: part.kind };
    case 'reasoning':
      return { kind: 'reasoning', origin: part.origin, ...(part.id === undefined ? {} : { id: part.id }) };
    case 'tool-call': {
      const { id, name, type, itemId } = part;
      return { kind: 'tool-call', id, name, type, ...(itemId === undefined ? {} : { itemId }) };
    }
    case 'opaque':
      return part;
    default:
      return undefined;
  }
}
