import type { AnswerChoice, AnswerEvent, BlockHead, Finish } from './answer.ts';
import type { Part } from './request.ts';

interface Block {
  readonly head: BlockHead;
  text: string;
}

/**
 * Puts the events of a streamed answer of one choice together, as far as what it says: text, refusals, reasoning and calls in their order.
 * Signatures, citations and counts are left out. An end that never came is a plain `stop`.
 */
export function assembleAnswer(events: Iterable<AnswerEvent>): AnswerChoice {
  const blocks = new Map<number, Block>();
  let finish: Finish = { reason: 'stop' };
  for (const event of events) {
    switch (event.kind) {
      case 'block-start':
        blocks.set(event.block, { head: event.part, text: '' });
        break;
      case 'text':
      case 'reasoning':
      case 'refusal':
      case 'arguments': {
        const block = blocks.get(event.block);
        if (block !== undefined) block.text += event.text;
        break;
      }
      case 'finish':
        finish = event.finish;
        break;
      default:
        break;
    }
  }
  return { parts: [...blocks.values()].map(partOf), finish };
}

function partOf({ head, text }: Block): Part {
  switch (head.kind) {
    case 'text':
      return { kind: 'text', text };
    case 'refusal':
      return { kind: 'refusal', text };
    case 'reasoning':
      return { kind: 'reasoning', text, origin: head.origin ?? 'chat' };
    case 'tool-call':
      return { kind: 'tool-call', id: head.id, name: head.name, arguments: text, type: head.type };
    case 'opaque':
      return head;
  }
}
