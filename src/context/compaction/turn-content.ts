import { hash } from 'node:crypto';
import type { Part, Source, Turn } from '../../dialects/conversation/request.ts';

/** What a picture usually costs, and a file or sound by its base64; the same figures as for admission's estimates. */
const IMAGE_TOKENS = 1500;
const FETCHED_TOKENS = 5000;
const FILE_BYTES_A_TOKEN = 10;
const AUDIO_BYTES_A_TOKEN = 16;
/** The frame of a message, and of each part. */
const TURN_TOKENS = 4;
const PART_TOKENS = 3;

/**
 * Names what a turn says. Clients move Anthropic's cache marks along from request to request, and write a text as a string or as a part: both
 * are left out, so that a turn keeps its name for as long as it says the same.
 */
export function turnKey({ role, name, parts }: Turn): string {
  let content = `${role}\u0000${name ?? ''}`;
  for (const part of parts) content += `\u0001${identity(part)}`;
  return hash('sha256', content, 'base64url').slice(0, 32);
}

/** The text of a turn that is to be counted. */
export function turnText({ parts }: Pick<Turn, 'parts'>): string {
  return parts.map(partText).join('\n');
}

/** Tokens of a turn beside its text: pictures, files, sound, and the frame. */
export function tokensBesideText({ parts }: Pick<Turn, 'parts'>): number {
  let tokens = TURN_TOKENS;
  for (const part of parts) tokens += PART_TOKENS + mediaTokens(part);
  return tokens;
}

function partText(part: Part): string {
  switch (part.kind) {
    case 'text':
    case 'refusal':
    case 'reasoning':
      return part.text;
    case 'tool-call':
      return `${part.name} ${part.id} ${part.arguments}`;
    case 'tool-result':
      return `${part.callId} ${part.content.map(partText).join('\n')}`;
    case 'file':
      return part.source.by === 'text' ? part.source.text : (part.name ?? '');
    case 'opaque':
      return JSON.stringify(part.value) ?? '';
    default:
      return '';
  }
}

function mediaTokens(part: Part): number {
  switch (part.kind) {
    case 'image':
      return IMAGE_TOKENS;
    case 'file':
      if (part.source.by === 'text') return 0;
      return part.source.by === 'base64' ? Math.ceil(part.source.data.length / FILE_BYTES_A_TOKEN) : FETCHED_TOKENS;
    case 'audio':
      return Math.ceil(part.data.length / AUDIO_BYTES_A_TOKEN);
    case 'tool-result':
      return part.content.reduce((sum, inner) => sum + PART_TOKENS + mediaTokens(inner), 0);
    default:
      return 0;
  }
}

/** All that makes a part another one. */
function identity(part: Part): string {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return `${part.kind}\u0002${part.text}`;
    case 'reasoning':
      return `reasoning\u0002${part.text}\u0002${part.signature ?? ''}\u0002${part.encrypted ?? ''}`;
    case 'tool-call':
      return `call\u0002${part.type}\u0002${part.id}\u0002${part.name}\u0002${part.arguments}`;
    case 'tool-result':
      return `result\u0002${part.callId}\u0002${part.isError}\u0002${part.content.map(identity).join('\u0003')}`;
    case 'image':
      return `image\u0002${part.detail ?? ''}\u0002${place(part.source)}`;
    case 'file':
      return `file\u0002${part.name ?? ''}\u0002${part.source.by === 'text' ? part.source.text : place(part.source)}`;
    case 'audio':
      return `audio\u0002${part.format}\u0002${part.data}`;
    case 'opaque':
      return `opaque\u0002${part.type}\u0002${JSON.stringify(part.value)}`;
  }
}

function place(source: Source): string {
  switch (source.by) {
    case 'url':
      return source.url;
    case 'base64':
      return source.data;
    case 'id':
      return source.id;
  }
}
