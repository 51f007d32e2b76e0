import { isRecord } from '../failures/json-record.ts';
import { codecs } from './codecs.ts';
import type { Part } from './conversation/request.ts';
import { chatDialect, type Endpoint } from './endpoint.ts';

/** Of English and code; other languages have fewer. */
const BYTES_A_TOKEN = 4;

/** The tokens a whole answer probably has, by the text in it: for one whose provider counted nothing. */
export function outputEstimate(wire: Endpoint, json: unknown): number {
  if (!isRecord(json)) return 0;
  const dialect = chatDialect(wire);
  const texts =
    dialect === undefined ? completionTexts(json) : codecs[dialect].readAnswer(json).choices.flatMap(textsOfChoice);
  return Math.ceil(texts.reduce((bytes, text) => bytes + Buffer.byteLength(text), 0) / BYTES_A_TOKEN);
}

function textsOfChoice({ parts }: { readonly parts: readonly Part[] }): string[] {
  return parts.flatMap((part) => {
    switch (part.kind) {
      case 'text':
      case 'reasoning':
      case 'refusal':
        return [part.text];
      case 'tool-call':
        return [part.name, part.arguments];
      default:
        return [];
    }
  });
}

/** Of a text completion; vectors have none. */
function completionTexts({ choices }: Readonly<Record<string, unknown>>): string[] {
  if (!Array.isArray(choices)) return [];
  return choices.flatMap((choice) => (isRecord(choice) && typeof choice.text === 'string' ? [choice.text] : []));
}
