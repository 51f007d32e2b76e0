import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SchemaCache } from '../../src/failures/schema-cache.ts';
import { type AnswerCheck, validateAnswer } from '../../src/failures/validate-answer.ts';

const PERSON = {
  type: 'object',
  properties: { name: { type: 'string' }, age: { type: 'integer', minimum: 0 } },
  required: ['name', 'age'],
  additionalProperties: false,
};
const wantsJson = (schema: unknown) => ({
  response_format: { type: 'json_schema', json_schema: { name: 'person', schema } },
});
const answer = (message: object, finish = 'stop') => ({
  choices: [{ message: { role: 'assistant', ...message }, finish_reason: finish }],
});
const tool = (name: string, parameters?: unknown) => ({ type: 'function', function: { name, parameters } });
const calls = (name: string, args: string) =>
  answer(
    { content: null, tool_calls: [{ id: 'c', type: 'function', function: { name, arguments: args } }] },
    'tool_calls',
  );

/** The code of what is found, and what was skipped. */
function run(check: AnswerCheck, request: object, given: unknown): { code: string | undefined; skipped: string[] } {
  const skipped: string[] = [];
  const failure = validateAnswer([check], request, given, (which, reason) => skipped.push(`${which}: ${reason}`));
  if (failure !== undefined) assert.equal(failure.class, 'invalid_answer');
  return { code: failure?.code, skipped };
}

describe('json-schema', () => {
  const rows: readonly (readonly [string, object, unknown, string | undefined])[] = [
    ['a match', wantsJson(PERSON), answer({ content: '{"name":"Ada","age":36}' }), undefined],
    ['a missing member', wantsJson(PERSON), answer({ content: '{"name":"Ada"}' }), 'schema_mismatch'],
    ['a wrong kind', wantsJson(PERSON), answer({ content: '{"name":"Ada","age":"36"}' }), 'schema_mismatch'],
    ['one member too many', wantsJson(PERSON), answer({ content: '{"name":"Ada","age":36,"x":1}' }), 'schema_mismatch'],
    ['no JSON', wantsJson(PERSON), answer({ content: 'Here you are: {"name":"Ada","age":36}' }), 'not_json'],
    ['JSON in a fence', wantsJson(PERSON), answer({ content: '```json\n{"name":"Ada","age":36}\n```' }), 'not_json'],
    [
      'the second choice',
      wantsJson(PERSON),
      { choices: [...answer({ content: '{"name":"Ada","age":36}' }).choices, ...answer({ content: '{}' }).choices] },
      'schema_mismatch',
    ],
    ['cut for length is an answer', wantsJson(PERSON), answer({ content: '{"name":"A' }, 'length'), undefined],
    ['a refusal', wantsJson(PERSON), answer({ content: null, refusal: 'No.' }), undefined],
    ['a tool call instead', wantsJson(PERSON), calls('look', '{}'), undefined],
    ['no schema asked for', {}, answer({ content: 'Hello' }), undefined],
    ['text asked for', { response_format: { type: 'text' } }, answer({ content: 'Hello' }), undefined],
    ['json_object kept', { response_format: { type: 'json_object' } }, answer({ content: '{"a":1}' }), undefined],
    ['json_object broken', { response_format: { type: 'json_object' } }, answer({ content: '[1]' }), 'not_json'],
    [
      'draft 7 by its $schema',
      wantsJson({
        $schema: 'http://json-schema.org/draft-07/schema#',
        type: 'array',
        items: [{ type: 'string' }],
        additionalItems: false,
      }),
      answer({ content: '["a",1]' }),
      'schema_mismatch',
    ],
    [
      '2020-12 by its $schema',
      wantsJson({
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        type: 'array',
        prefixItems: [{ type: 'string' }],
        items: false,
      }),
      answer({ content: '["a",1]' }),
      'schema_mismatch',
    ],
    [
      'a $schema nobody knows',
      wantsJson({ $schema: 'https://example.com/dialect', type: 'string' }),
      answer({ content: '1' }),
      'schema_mismatch',
    ],
    [
      'a local reference',
      wantsJson({ $defs: { n: { type: 'integer' } }, $ref: '#/$defs/n' }),
      answer({ content: '"x"' }),
      'schema_mismatch',
    ],
    ['formats are annotations', wantsJson({ type: 'string', format: 'email' }), answer({ content: '"x"' }), undefined],
  ];
  for (const [what, request, given, expected] of rows) {
    test(`${what}: ${expected ?? 'passes'}`, () => {
      assert.deepEqual(run('json-schema', request, given), { code: expected, skipped: [] });
    });
  }

  test('says where it does not match', () => {
    const failure = validateAnswer(['json-schema'], wantsJson(PERSON), answer({ content: '{"name":"Ada","age":-1}' }));
    assert.match(failure?.message ?? '', /\/age must be >= 0/);
  });
});

describe('a schema that cannot be used is skipped, reported, and the answer passes', () => {
  const deep = (levels: number): unknown => (levels === 0 ? {} : { properties: { a: deep(levels - 1) } });
  const rows: readonly (readonly [string, unknown, RegExp])[] = [
    ['no schema at all', undefined, /not an object/],
    ['an unknown type', { type: 'strin' }, /cannot be compiled/],
    ['a bound that is a text', { type: 'number', minimum: '0) || process.exit(' }, /cannot be compiled/],
    ['another document', { $ref: 'https://example.com/person.json' }, /another document/],
    ['a file', { properties: { a: { $ref: 'file:///etc/passwd' } } }, /another document/],
    ['a reference to nothing', { $ref: '#/$defs/none' }, /cannot be compiled/],
    ['asynchronous', { $async: true }, /asynchronous/],
    ['an unparsable pattern', { type: 'string', pattern: '(' }, /cannot be compiled/],
    [
      'too many nodes',
      { properties: Object.fromEntries(Array.from({ length: 1_001 }, (_, i) => [`p${i}`, {}])) },
      /more than 1000 nodes/,
    ],
    ['too deep', deep(40), /nested deeper/],
    ['too large', { description: 'x'.repeat(70_000) }, /larger than/],
    [
      'draft 4',
      { $schema: 'http://json-schema.org/draft-04/schema#', type: 'number', minimum: 0, exclusiveMinimum: true },
      /cannot be compiled/,
    ],
  ];
  for (const [what, schema, reason] of rows) {
    test(what, () => {
      const { code, skipped } = run('json-schema', wantsJson(schema), answer({ content: '{"a":1}' }));
      assert.equal(code, undefined);
      assert.equal(skipped.length, 1);
      assert.match(skipped[0] ?? '', reason);
    });
  }

  test('a pattern that would run for years is ended, and not tried again', () => {
    const request = wantsJson({ type: 'string', pattern: '^(a+)+$' });
    const given = answer({ content: JSON.stringify(`${'a'.repeat(60)}!`) });
    const before = process.threadCpuUsage();
    for (let round = 0; round < 20; round++) {
      const { code, skipped } = run('json-schema', request, given);
      assert.equal(code, undefined);
      assert.match(skipped[0] ?? '', /takes too long/);
    }
    // Each try of its own would be 40 ms of computing.
    assert.ok(process.threadCpuUsage(before).user < 400_000);
  });

  test('a schema that calls itself for ever is ended', () => {
    const { code, skipped } = run(
      'json-schema',
      wantsJson({ $defs: { a: { allOf: [{ $ref: '#/$defs/a' }] } }, $ref: '#/$defs/a' }),
      answer({ content: '1' }),
    );
    assert.equal(code, undefined);
    assert.equal(skipped.length, 1);
  });
});

describe('the schema cache', () => {
  test('keeps no more than its capacity', () => {
    const cache = new SchemaCache(3);
    for (let i = 0; i < 10; i++) assert.equal(cache.check({ const: i }, i).kind, 'valid');
    assert.equal(cache.size, 3);
  });

  test('knows a schema again by its content, whatever its id', () => {
    const cache = new SchemaCache(8);
    assert.equal(cache.check({ $id: 'person', type: 'string' }, 'x').kind, 'valid');
    assert.equal(cache.check({ $id: 'person', type: 'string' }, 1).kind, 'invalid');
    assert.equal(cache.check({ $id: 'person', type: 'number' }, 1).kind, 'valid');
    assert.equal(cache.size, 2);
  });

  test('refuses a capacity of nothing', () => {
    assert.throws(() => new SchemaCache(0), /capacity must be a positive integer, got 0/);
  });
});

describe('tool-arguments', () => {
  const tools = {
    tools: [tool('look', { type: 'object', properties: { at: { type: 'string' } }, required: ['at'] }), tool('rest')],
  };
  const rows: readonly (readonly [string, object, unknown, string | undefined])[] = [
    ['arguments that match', tools, calls('look', '{"at":"sky"}'), undefined],
    ['arguments that do not', tools, calls('look', '{"at":7}'), 'invalid_tool_arguments'],
    ['arguments that are not JSON', tools, calls('look', '{"at":"sk'), 'invalid_tool_arguments'],
    ['arguments that are a list', tools, calls('look', '[]'), 'invalid_tool_arguments'],
    ['a tool nobody declared', tools, calls('jump', '{}'), 'undeclared_tool'],
    ['no tools declared at all', {}, calls('look', '{}'), 'undeclared_tool'],
    ['a call without a name', tools, answer({ tool_calls: [{ type: 'function' }] }), 'undeclared_tool'],
    ['no arguments where none are asked for', tools, calls('rest', ''), undefined],
    ['no arguments where some are', tools, calls('look', ''), 'invalid_tool_arguments'],
    ['any arguments without parameters', tools, calls('rest', '{"x":1}'), undefined],
    ['no calls', tools, answer({ content: 'Hello' }), undefined],
    [
      'cut for length is an answer',
      tools,
      answer({ tool_calls: [{ function: { name: 'look', arguments: '{"a' } }] }, 'length'),
      undefined,
    ],
    [
      'functions of the old kind',
      { functions: [{ name: 'look', parameters: PERSON }] },
      answer({ function_call: { name: 'look', arguments: '{}' } }),
      'invalid_tool_arguments',
    ],
    [
      'a custom tool takes text',
      { tools: [{ type: 'custom', custom: { name: 'sh' } }] },
      answer({ tool_calls: [{ type: 'custom', custom: { name: 'sh', input: 'ls' } }] }),
      undefined,
    ],
    ['a tool called like a member of Object', tools, calls('constructor', '{}'), 'undeclared_tool'],
  ];
  for (const [what, request, given, expected] of rows) {
    test(`${what}: ${expected ?? 'passes'}`, () => {
      assert.deepEqual(run('tool-arguments', request, given), { code: expected, skipped: [] });
    });
  }
});

describe('repetition', () => {
  const rows: readonly (readonly [string, string, string | undefined])[] = [
    ['one sentence for ever', `It begins well. ${'And then it says it again. '.repeat(40)}`, 'repetition_loop'],
    ['cut in the middle of its unit', 'The same thing over and over. '.repeat(40).slice(0, -11), 'repetition_loop'],
    ['ended by a newline', `${'The same again. '.repeat(60)}\n`, 'repetition_loop'],
    ['blanks for ever', `{"a": 1,${' '.repeat(2_000)}`, 'repetition_loop'],
    ['one character', `x${'!'.repeat(1_000)}`, 'repetition_loop'],
    [
      'a long paragraph many times',
      `${'lorem ipsum dolor sit amet consectetur '.repeat(3)}$`.repeat(9),
      'repetition_loop',
    ],
    ['ordinary text', Array.from({ length: 400 }, (_, i) => `Sentence ${i} says ${i * 7}.`).join(' '), undefined],
    ['a rule of dashes', `Title\n${'-'.repeat(120)}`, undefined],
    ['the same line a few times', 'ha ha ha\n'.repeat(5), undefined],
    ['a loop that it came out of', `${'again '.repeat(200)}but at last it ends with something else.`, undefined],
    ['nothing', '', undefined],
  ];
  for (const [what, content, expected] of rows) {
    test(`${what}: ${expected ?? 'passes'}`, () => {
      assert.equal(run('repetition', {}, answer({ content })).code, expected);
    });
  }

  test('counts for an answer cut for length too: that is how loops end', () => {
    assert.equal(run('repetition', {}, answer({ content: 'again '.repeat(200) }, 'length')).code, 'repetition_loop');
  });

  test('a megabyte is looked at in no time', () => {
    const nasty = `${'ab'.repeat(300_000)}c${'ab'.repeat(200_000)}`;
    const before = process.cpuUsage();
    for (let i = 0; i < 20; i++) run('repetition', {}, answer({ content: nasty }));
    assert.ok(process.cpuUsage(before).user < 500_000);
  });
});

test('an answer or a request that is nothing of the kind passes', () => {
  for (const odd of [undefined, null, 7, 'x', [], {}, { choices: 1 }, { choices: [null, { message: 3 }] }]) {
    assert.equal(validateAnswer(['json-schema', 'tool-arguments', 'repetition'], odd, odd), undefined);
    assert.equal(validateAnswer(['json-schema', 'tool-arguments', 'repetition'], {}, odd), undefined);
  }
});
