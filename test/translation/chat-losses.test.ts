import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chatCodec } from '../../src/dialects/chat/codec.ts';
import { messagesCodec } from '../../src/dialects/messages/codec.ts';
import { MESSAGES_MODEL } from './conversations.ts';
import { options, translate } from './translate.ts';

const HI = [{ role: 'user', content: 'Hi' }];

const user = (part: object) => ({ messages: [{ role: 'user', content: [{ type: 'text', text: 'x' }, part] }] });
const LOSSES: readonly (readonly [string, object, readonly string[]])[] = [
  [
    'audio',
    user({ type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } }),
    ['essential messages[0].content[1]'],
  ],
  ['a file by id', user({ type: 'file', file: { file_id: 'file-1' } }), ['essential messages[0].content[1]']],
  [
    'a bitmap',
    user({ type: 'image_url', image_url: { url: 'data:image/bmp;base64,AA' } }),
    ['essential messages[0].content[1]'],
  ],
  ['an unknown part', user({ type: 'hologram' }), ['essential messages[0].content[1]']],
  [
    'image detail',
    user({ type: 'image_url', image_url: { url: 'https://x/y', detail: 'low' } }),
    ['harmless messages[0].content[1].image_url.detail'],
  ],
  [
    'an unknown member of a part',
    user({ type: 'text', text: 'y', blink: true }),
    ['harmless messages[0].content[1].blink'],
  ],
  ['a name', { messages: [{ role: 'user', name: 'Ann', content: 'Hi' }] }, ['harmless messages[0].name']],
  ['several choices', { messages: HI, n: 2 }, ['essential n']],
  ['log-probabilities', { messages: HI, logprobs: true, top_logprobs: 2 }, ['essential logprobs']],
  ['token biases', { messages: HI, logit_bias: { 50256: -100 } }, ['essential logit_bias']],
  ['a blank stop sequence', { messages: HI, stop: '\n' }, ['essential stop']],
  [
    'speech',
    { messages: HI, modalities: ['text', 'audio'], audio: { voice: 'x', format: 'mp3' } },
    ['essential modalities', 'essential audio'],
  ],
  ['web search', { messages: HI, web_search_options: {} }, ['essential web_search_options']],
  ['a guided answer', { messages: HI, guided_regex: 'a+' }, ['essential guided_regex']],
  ['a free-text tool', { messages: HI, tools: [{ type: 'custom', custom: { name: 'c' } }] }, ['essential tools[0]']],
  ['a seed', { messages: HI, seed: 1 }, ['harmless seed']],
  ['penalties', { messages: HI, frequency_penalty: 1, presence_penalty: 0 }, ['harmless frequency_penalty']],
  [
    'metadata and storage',
    { messages: HI, metadata: { a: 'b' }, store: true },
    ['harmless metadata', 'harmless store'],
  ],
  [
    'what happens anyway',
    {
      messages: HI,
      store: false,
      service_tier: 'auto',
      modalities: ['text'],
      n: 1,
      logit_bias: {},
      response_format: { type: 'text' },
    },
    [],
  ],
  [
    'nulls',
    { messages: HI, stop: null, tools: null, n: null, temperature: null, reasoning_effort: null, user: null },
    [],
  ],
  ['nothing to say at all', { messages: [] }, ['essential messages']],
];

describe('what a chat request says that Messages cannot', () => {
  for (const [name, request, expected] of LOSSES) {
    it(`tells of ${name}`, () => {
      const { untold } = translate(chatCodec, { model: 'm', ...request }, messagesCodec, options(MESSAGES_MODEL));
      assert.deepEqual(
        untold.map(({ weight, field }) => `${weight} ${field}`),
        expected,
      );
      assert.ok(untold.every(({ why }) => why.length > 0));
    });
  }
});
