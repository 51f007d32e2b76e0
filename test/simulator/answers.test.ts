import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { jsonFromSchema } from '../../src/simulator/json-from-schema.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { continueAfter, FixedText, joinTokens, SeededText } from '../../src/simulator/words.ts';
import { ask, chatBytes, HELLO, startFor } from './raw-client.ts';

async function answer(t: TestContext, simulator: Simulator, model: string, fields: Record<string, unknown> = {}) {
  const { status, body } = await ask(t, simulator, chatBytes(model, fields));
  const parsed = JSON.parse(body.toString());
  return { status, content: parsed.choices?.[0].message.content as string, usage: parsed.usage, error: parsed.error };
}

describe('the text of an answer', () => {
  it('is decided by the prompt alone, whatever the simulator, its seed and the model', async (t) => {
    const one = await answer(t, await startFor(t, { seed: 1 }), 'gpt-4o');
    const two = await answer(t, await startFor(t, { seed: 2 }), 'sim-slow-first-token-1ms');
    const third = await answer(t, await startFor(t), 'gpt-4o', {
      messages: [{ role: 'user', content: 'Something else' }],
    });
    assert.equal(one.content, two.content);
    assert.notEqual(one.content, third.content);
    assert.notEqual(one.content, (await answer(t, await startFor(t), 'sim-other-text')).content);
  });

  it('is the beginning of a longer one', async (t) => {
    const simulator = await startFor(t);
    const short = await answer(t, simulator, 'sim-ok');
    const long = await answer(t, simulator, 'sim-long-100');
    assert.ok(long.content.startsWith(short.content));
    assert.equal(long.content.split(' ').length, 100);
    assert.equal(long.usage.completion_tokens, 100);
  });

  it('goes on behind what the request ends with, even within a word', async (t) => {
    const simulator = await startFor(t);
    const { content } = await answer(t, simulator, 'gpt-4o');
    for (const length of [1, 10, 57, content.length - 1]) {
      const begun = [...HELLO, { role: 'assistant', content: content.slice(0, length) }];
      assert.equal((await answer(t, simulator, 'claude', { messages: begun })).content, content.slice(length));
    }
  });

  it('says a little more behind a beginning as long as the answer', async (t) => {
    const simulator = await startFor(t);
    const long = (await answer(t, simulator, 'sim-long-200')).content;
    const begun = (await answer(t, simulator, 'sim-long-50')).content;
    const more = await answer(t, simulator, 'sim-ok', { messages: [...HELLO, { role: 'assistant', content: begun }] });
    assert.equal(more.usage.completion_tokens, 8);
    assert.ok(long.startsWith(begun + more.content));
  });

  it('starts anew behind words that are not its own', async (t) => {
    const simulator = await startFor(t);
    const begun = [...HELLO, { role: 'assistant', content: 'Quite another beginning' }];
    const { content } = await answer(t, simulator, 'gpt-4o', { messages: begun });
    assert.equal(content, (await answer(t, simulator, 'gpt-4o')).content);
  });

  it('sim-no-prefill refuses to go on', async (t) => {
    const simulator = await startFor(t);
    const refused = await answer(t, simulator, 'sim-no-prefill', {
      messages: [...HELLO, { role: 'assistant', content: 'So' }],
    });
    assert.equal(refused.status, 400);
    assert.match(refused.error.message, /does not support assistant message prefill/);
    assert.equal((await answer(t, simulator, 'sim-no-prefill')).status, 200);
  });

  it('sim-echo is the last user message, text parts too', async (t) => {
    const simulator = await startFor(t);
    const content = [
      { type: 'text', text: 'One  two\n' },
      { type: 'text', text: 'three ' },
    ];
    assert.equal(
      (await answer(t, simulator, 'sim-echo', { messages: [{ role: 'user', content }] })).content,
      'One  two\nthree ',
    );
  });

  it('is JSON where any object is asked for', async (t) => {
    const { content } = await answer(t, await startFor(t), 'm', { response_format: { type: 'json_object' } });
    assert.equal(typeof JSON.parse(content), 'object');
  });
});

describe('continuing a text', () => {
  const text = new SeededText(7, 40);
  const whole = joinTokens(text);

  it('gives the rest behind every prefix', () => {
    for (let length = 0; length <= whole.length; length++) {
      const rest = continueAfter(text, whole.slice(0, length));
      assert.ok(rest);
      assert.equal(joinTokens(rest), whole.slice(length));
    }
  });

  it('knows what is no prefix', () => {
    assert.equal(continueAfter(text, `${whole} and more`), undefined);
    assert.equal(continueAfter(text, `x${whole.slice(1)}`), undefined);
    assert.equal(continueAfter(new FixedText('a b'), 'a c'), undefined);
  });
});

describe('JSON from a schema', () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const node = {
    type: 'object',
    properties: { value: { type: 'number' }, next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } },
    required: ['value', 'next'],
    additionalProperties: false,
  };
  const schemas: Readonly<Record<string, object>> = {
    bounds: { type: 'integer', minimum: 3, maximum: 5 },
    exclusive: { type: 'integer', exclusiveMinimum: 3, exclusiveMaximum: 6 },
    multiples: { type: 'integer', minimum: 7, maximum: 22, multipleOf: 5 },
    negative: { type: 'number', maximum: -4 },
    lengths: { type: 'string', minLength: 20, maxLength: 22 },
    constant: { const: { deep: [1] } },
    choice: { enum: ['a', 2, null] },
    nullable: { type: ['string', 'null'] },
    list: { type: 'array', items: { type: 'boolean' }, minItems: 4, maxItems: 5 },
    tuple: {
      type: 'array',
      prefixItems: [{ type: 'string' }, { type: 'null' }],
      items: { type: 'integer' },
      minItems: 3,
    },
    empty: { type: 'array', maxItems: 0 },
    anything: {},
    all: {
      allOf: [{ type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }, { $ref: '#/$defs/b' }],
      $defs: { b: { type: 'object', properties: { b: { const: 1 } }, required: ['b'] } },
    },
    recursive: { $ref: '#/$defs/node', $defs: { node } },
    'recursive list': {
      type: 'object',
      properties: { children: { type: 'array', items: { $ref: '#' } } },
      required: ['children'],
    },
    inherited: { properties: { x: { items: { type: 'integer' } } }, required: ['x'] },
  };
  for (const [name, schema] of Object.entries(schemas)) {
    it(`fits: ${name}`, () => {
      const validate = ajv.compile(schema);
      for (let seed = 0; seed < 50; seed++) {
        const value = jsonFromSchema(schema, seed);
        assert.ok(validate(value), `${JSON.stringify(value)}: ${ajv.errorsText(validate.errors)}`);
      }
    });
  }

  it('ends on a schema that no finite value fits', () => {
    const endless = { type: 'object', properties: { self: { $ref: '#' } }, required: ['self'] };
    assert.ok(JSON.stringify(jsonFromSchema(endless, 1)).length < 1000);
    assert.equal(jsonFromSchema({ $ref: '#' }, 1) !== undefined, true);
  });
});
