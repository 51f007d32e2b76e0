import type { Answer, ToolCall } from './answer.ts';
import type { StreamScript } from './dialect.ts';
import type { Tokens } from './words.ts';

/** A part of an answer in dialects that give it piece by piece, each begun and ended by events of its own. */
export type Block =
  | { readonly kind: 'thoughts' | 'text' | 'refusal'; readonly tokens: Tokens }
  | { readonly kind: 'call'; readonly call: ToolCall };

export function blocksOf(answer: Answer): Block[] {
  const thoughts: Block[] = answer.thoughts === undefined ? [] : [{ kind: 'thoughts', tokens: answer.thoughts }];
  if (answer.kind === 'tools') return [...thoughts, ...answer.calls.map((call) => ({ kind: 'call', call }) as const)];
  const { kind, texts } = answer;
  return [...thoughts, ...texts.map((tokens) => ({ kind, tokens }))];
}

/** How a dialect tells a block: each function gives whole events. */
export interface BlockVoice {
  begin(block: Block, index: number): string;
  /** @param text a word, or a part of a call's arguments */
  piece(block: Block, index: number, text: string): string;
  end(block: Block, index: number): string;
}

type BlockScript = Pick<StreamScript, 'opening' | 'tokens' | 'token' | 'ending'>;

/**
 * The blocks as a stream. The first text is begun with the opening, as a model does that has not said a word yet; a call is begun by
 * its name, which is a token. A block ends when the next begins, so that a stream which breaks there leaves it open.
 */
export function blockScript(blocks: readonly Block[], voice: BlockVoice): BlockScript {
  const [first] = blocks;
  const begunAtOnce = first !== undefined && first.kind !== 'call';
  const starts: number[] = [];
  let tokens = 0;
  for (const block of blocks) {
    starts.push(tokens);
    tokens += lengthOf(block);
  }
  let current = begunAtOnce ? 0 : -1;
  const goTo = (index: number): string => {
    let events = '';
    while (current < index) {
      const before = blocks[current];
      if (before !== undefined) events += voice.end(before, current);
      current++;
      const block = blocks[current];
      if (block !== undefined) events += voice.begin(block, current);
    }
    return events;
  };
  return {
    opening: () => (begunAtOnce ? voice.begin(first, 0) : ''),
    tokens,
    token(at) {
      let index = Math.max(0, current);
      while (index + 1 < blocks.length && at >= (starts[index + 1] ?? 0)) index++;
      const block = blocks[index];
      if (block === undefined) return '';
      const begun = current === index ? '' : goTo(index);
      const place = at - (starts[index] ?? 0);
      if (block.kind !== 'call') return begun + voice.piece(block, index, block.tokens.token(place));
      return place === 0 ? begun : begun + voice.piece(block, index, block.call.parts[place - 1] ?? '');
    },
    ending: () => goTo(blocks.length),
  };
}

function lengthOf(block: Block): number {
  return block.kind === 'call' ? 1 + block.call.parts.length : block.tokens.length;
}
