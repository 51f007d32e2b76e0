import { isRecord, type JsonRecord } from '../../failures/json-record.ts';
import type { Answer } from '../conversation/answer.ts';
import { given } from '../conversation/given.ts';
import type { Part, ReasoningPart } from '../conversation/request.ts';
import { sealReasoning } from '../conversation/sealed-reasoning.ts';
import { itemsOf, textOf } from '../json-fields.ts';
import { argumentsOf } from './arguments.ts';
import { readStop, stopDetails, writeStopReason } from './finish.ts';
import { readRedacted, readThinking } from './read-blocks.ts';
import { readMessagesUsage, writeMessagesUsage } from './usage.ts';
import { toolUse } from './write-blocks.ts';

const HELD = new Set(['id', 'type', 'role', 'model', 'content', 'stop_reason', 'stop_sequence', 'usage']);

/** Reads a whole message. */
export function readMessagesAnswer(json: JsonRecord): Answer {
  const parts = itemsOf(json.content).flatMap((block) => (isRecord(block) ? readBlock(block) : []));
  const explanation = isRecord(json.stop_details) ? textOf(json.stop_details.explanation) : undefined;
  if (explanation !== undefined && json.stop_reason === 'refusal') parts.push({ kind: 'refusal', text: explanation });
  return {
    source: 'messages',
    id: textOf(json.id) ?? '',
    model: textOf(json.model) ?? '',
    created: undefined,
    choices: [{ parts, finish: readStop(json.stop_reason, json.stop_sequence) }],
    usage: readMessagesUsage(json.usage),
    extras: Object.fromEntries(Object.entries(json).filter(([key]) => !HELD.has(key))),
  };
}

function readBlock(block: JsonRecord): Part {
  switch (block.type) {
    case 'text': {
      const citations = itemsOf(block.citations);
      return given({
        kind: 'text' as const,
        text: textOf(block.text) ?? '',
        citations: citations.length > 0 ? citations : undefined,
      });
    }
    case 'thinking':
      return readThinking(textOf(block.thinking) ?? '', textOf(block.signature));
    case 'redacted_thinking':
      return readRedacted(textOf(block.data) ?? '');
    case 'tool_use':
      return {
        kind: 'tool-call',
        id: textOf(block.id) ?? '',
        name: textOf(block.name) ?? '',
        arguments: argumentsOf(block.input),
        type: 'function',
      };
    default:
      return { kind: 'opaque', dialect: 'messages', type: textOf(block.type) ?? '', value: block };
  }
}

/** Writes a whole message, from the first choice: no Messages client can have asked for more. */
export function writeMessagesAnswer(answer: Answer): JsonRecord {
  const choice = answer.choices[0];
  const parts = choice?.parts ?? [];
  const finish = choice?.finish ?? { reason: 'stop' };
  const refusal = parts.find((part) => part.kind === 'refusal')?.text;
  const calls = parts.some((part) => part.kind === 'tool-call');
  return {
    id: answer.id,
    type: 'message',
    role: 'assistant',
    model: answer.model,
    content: parts.map(writeBlock).filter((block) => block !== undefined),
    ...writeStopReason(finish, calls),
    stop_details: stopDetails(finish, refusal),
    container: null,
    diagnostics: null,
    usage: writeMessagesUsage(answer.usage),
  };
}

function writeBlock(part: Part): JsonRecord | undefined {
  switch (part.kind) {
    case 'text':
      // Other dialects' citations are of another shape: kept beside, under OpenAI's name.
      return given({ type: 'text', text: part.text, citations: null, annotations: part.citations });
    case 'refusal':
      return { type: 'text', text: part.text, citations: null };
    case 'reasoning':
      return writeThought(part);
    case 'tool-call':
      return { ...toolUse(part).block, caller: { type: 'direct' } };
    case 'opaque':
      return part.dialect === 'messages' ? (part.value as JsonRecord) : undefined;
    default:
      return undefined;
  }
}

/** Claude's own thought with its signature; another model's under a seal, which comes back to us and goes to no provider. */
function writeThought({ text, origin, signature, encrypted }: ReasoningPart): JsonRecord {
  if (origin === 'messages' && encrypted !== undefined) return { type: 'redacted_thinking', data: encrypted };
  const proof = origin === 'messages' ? signature : undefined;
  return {
    type: 'thinking',
    thinking: text,
    signature: proof ?? sealReasoning(text, given({ origin, signature, encrypted })),
  };
}
