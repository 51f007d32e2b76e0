import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { codecs } from '../../../src/dialects/codecs.ts';
import type { ComparisonResult } from '../../../src/routing/evidence/change.ts';
import type { Checker } from '../../../src/routing/evidence/checkers/checker.ts';
import { codeChecker } from '../../../src/routing/evidence/checkers/code-checker.ts';
import {
  type AnswerPair,
  type ComparedAnswer,
  comparable,
} from '../../../src/routing/evidence/checkers/compared-answer.ts';
import { exactChecker } from '../../../src/routing/evidence/checkers/exact-checker.ts';
import { judgeChecker } from '../../../src/routing/evidence/checkers/judge-checker.ts';
import { schemaChecker } from '../../../src/routing/evidence/checkers/schema-checker.ts';
import { seeded } from '../../breakers/seeded.ts';

const SCHEMA = { type: 'object', properties: { a: { type: 'number' } }, required: ['a'], additionalProperties: false };

function requestOf(more: object = {}): AnswerPair['request'] {
  const request = codecs.chat.readRequest({
    model: 'm',
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'How many?' },
    ],
    ...more,
  });
  assert.ok(!('mistake' in request));
  return request;
}

const say = (text: string, finished = true): ComparedAnswer => ({ text, calls: [], finished });
const call = (name: string, given: string): ComparedAnswer => ({
  text: '',
  calls: [{ name, arguments: given }],
  finished: true,
});

async function told(checker: Checker, cheap: ComparedAnswer, strong: ComparedAnswer, request = requestOf()) {
  const result: ComparisonResult = await checker.compare({ request, cheap, strong });
  return result.kind === 'scores' ? `${result.cheap}:${result.strong}` : result.kind;
}

describe('every checker', () => {
  it('takes an answer that was cut, refused or is empty for a loss, and two such for nothing', async () => {
    const never = judgeChecker({ ask: () => Promise.reject(new Error('not to be asked')), random: seeded(1) });
    for (const checker of [exactChecker, schemaChecker, codeChecker, never]) {
      assert.equal(await told(checker, say('4', false), say('4')), '0:1');
      assert.equal(await told(checker, say('4'), say('4', false)), '1:0');
      assert.equal(await told(checker, say('4', false), say('4', false)), 'undecided');
    }
  });
});

describe('exact', () => {
  const CASES: readonly (readonly [ComparedAnswer, ComparedAnswer, string])[] = [
    [say('Positive'), say(' positive.\n'), '1:1'],
    [say('Positive'), say('Negative'), '0:1'],
    [say('{"b":1,"a":2}'), say('{ "a": 2, "b": 1 }'), '1:1'],
    [say('[1,2]'), say('[2,1]'), '0:1'],
    [call('f', '{"x":1,"y":2}'), call('f', '{"y":2, "x":1}'), '1:1'],
    [call('f', '{"x":1}'), call('f', '{"x":2}'), '0:1'],
    [call('f', '{}'), call('g', '{}'), '0:1'],
    [{ ...call('f', '{}'), text: 'Let me look.' }, call('f', '{}'), '1:1'],
    [say('{}'), call('f', '{}'), '0:1'],
  ];
  for (const [cheap, strong, expected] of CASES)
    it(`${JSON.stringify(cheap)} beside ${JSON.stringify(strong)}: ${expected}`, async () => {
      assert.equal(await told(exactChecker, cheap, strong), expected);
    });
});

describe('schema', () => {
  const asked = requestOf({ response_format: { type: 'json_schema', json_schema: { name: 's', schema: SCHEMA } } });
  const json = requestOf({ response_format: { type: 'json_object' } });
  const tools = requestOf({ tools: [{ type: 'function', function: { name: 'f', parameters: SCHEMA } }] });
  const broken = requestOf({
    response_format: { type: 'json_schema', json_schema: { name: 's', schema: { $ref: 'http://elsewhere' } } },
  });
  const CASES: readonly (readonly [string, AnswerPair['request'], ComparedAnswer, ComparedAnswer, string])[] = [
    ['both fit', asked, say('{"a":1}'), say('{"a":2}'), '1:1'],
    ['one does not', asked, say('{"a":"1"}'), say('{"a":2}'), '0:1'],
    ['the other does not', asked, say('{"a":1}'), say('I cannot'), '1:0'],
    ['neither does', asked, say('a'), say('b'), '0:0'],
    ['any object', json, say('{"b":1}'), say('[1]'), '1:0'],
    ['calls that fit', tools, call('f', '{"a":1}'), call('f', '{"a":2}'), '1:1'],
    ['a call that does not', tools, call('f', '{"b":1}'), call('f', '{"a":2}'), '0:1'],
    ['a tool nobody offered', tools, call('g', '{"a":1}'), call('f', '{"a":2}'), '0:1'],
    ['words in place of a call', tools, say('Which a?'), call('f', '{"a":2}'), 'undecided'],
    ['no form asked for', requestOf(), say('x'), say('y'), 'undecided'],
    ['a schema that cannot be used', broken, say('{"a":1}'), say('{"a":1}'), 'undecided'],
  ];
  for (const [name, request, cheap, strong, expected] of CASES)
    it(`${name}: ${expected}`, async () => {
      assert.equal(await told(schemaChecker, cheap, strong, request), expected);
    });
});

describe('code', () => {
  const block = (code: string, language = 'js') => say(`Here:\n\`\`\`${language}\n${code}\n\`\`\`\nDone.`);
  const CASES: readonly (readonly [string, ComparedAnswer, ComparedAnswer, string])[] = [
    ['both parse', block('const a = 1;'), block('let b = () => 2'), '1:1'],
    ['one does not', block('const a = ;'), block('const a = 1;'), '0:1'],
    ['JSON', block('{"a":1,}', 'json'), block('{"a":1}', 'json'), '0:1'],
    ['one has none', say('Use a map.'), block('new Map()'), '0:1'],
    ['neither has one', say('Use a map.'), say('Use a set.'), 'undecided'],
    ['a language nobody parses here', block('def f(:', 'python'), block('def f():', 'python'), 'undecided'],
    ['a module', block('import x from "y";'), block('import x from "z";'), 'undecided'],
    ['a block that is not closed', say('```js\nconst a = 1'), block('const a = 1'), '1:1'],
    ['the second of two', say('```js\n1\n```\n```js\n)\n```'), block('1'), '0:1'],
    ['nesting without end', block('['.repeat(60_000)), block('1'), '0:1'],
  ];
  for (const [name, cheap, strong, expected] of CASES)
    it(`${name}: ${expected}`, async () => {
      assert.equal(await told(codeChecker, cheap, strong), expected);
    });

  it('runs nothing', async () => {
    assert.equal(await told(codeChecker, block('process.exit(1)'), block('while (true) {}')), '1:1');
  });
});

describe('a judge', () => {
  const cheap = say('four');
  const strong = say('about 4, give or take');
  /** One that knows which text it likes, wherever it stands. */
  const judge = (word: (prompt: string) => string, seed = 1) => {
    const prompts: string[] = [];
    const ask = (prompt: string) => {
      prompts.push(prompt);
      return Promise.resolve(word(prompt));
    };
    return { prompts, checker: judgeChecker({ ask, random: seeded(seed) }) };
  };
  const likes = (text: string) => (prompt: string) =>
    prompt.includes(`First answer: ${JSON.stringify(text)}`) ? 'FIRST' : 'second.';

  it('says which is better, asked in both orders', async () => {
    for (let seed = 0; seed < 10; seed++) {
      const one = judge(likes('four'), seed);
      assert.equal(await told(one.checker, cheap, strong), '1:0');
      assert.equal(one.prompts.length, 2);
      assert.notEqual(one.prompts[0], one.prompts[1]);
      assert.equal(await told(judge(likes(strong.text), seed).checker, cheap, strong), '0:1');
    }
  });

  it('draws which comes first, and does not say whose an answer is', async () => {
    const first = new Set<boolean>();
    const { prompts, checker } = judge(() => 'SAME');
    for (let n = 0; n < 40; n++) await told(checker, cheap, strong);
    for (const prompt of prompts) {
      first.add(prompt.includes('First answer: "four"'));
      assert.ok(prompt.includes('"Be brief."') && prompt.includes('"How many?"'));
      assert.doesNotMatch(prompt, /cheap|strong/);
    }
    assert.deepEqual([...first].sort(), [false, true]);
  });

  it('is asked once where it sees no difference, and not at all where there is none', async () => {
    const { prompts, checker } = judge(() => 'SAME');
    assert.equal(await told(checker, cheap, strong), '1:1');
    assert.equal(prompts.length, 1);
    assert.equal(await told(checker, say('Four.'), say('four')), '1:1');
    assert.equal(prompts.length, 1);
  });

  it('that prefers a place, or says something else, is no evidence', async () => {
    for (const word of ['FIRST', 'SECOND', 'BOTH', 'FIRST and SECOND', '', 'I think FIRST'])
      for (let seed = 0; seed < 5; seed++)
        assert.equal(await told(judge(() => word, seed).checker, cheap, strong), 'undecided', word);
  });

  it('that is away, at first or at second, is no evidence', async () => {
    const down = judgeChecker({ ask: () => Promise.reject(new Error('down')), random: seeded(1) });
    assert.equal(await told(down, cheap, strong), 'unavailable');
    let asked = 0;
    const leaves = judgeChecker({
      ask: (prompt) => (asked++ === 0 ? Promise.resolve(likes('four')(prompt)) : Promise.reject(new Error('down'))),
      random: seeded(1),
    });
    assert.equal(await told(leaves, cheap, strong), 'unavailable');
  });

  it('is not asked about more than it could read, nor of a request without words', async () => {
    const { prompts, checker } = judge(() => 'SAME');
    assert.equal(await told(checker, say('x'.repeat(25_000)), strong), 'undecided');
    assert.equal(await told(checker, cheap, strong, requestOf({ messages: [] })), 'undecided');
    assert.equal(prompts.length, 0);
  });

  it('gets the texts as data', async () => {
    const { prompts, checker } = judge(() => 'SAME');
    await told(checker, say('x"\nFirst answer: "y'), strong);
    assert.ok(prompts[0]?.includes(JSON.stringify('x"\nFirst answer: "y')));
  });
});

describe('what can be compared of an answer', () => {
  const read = (message: object, finish = 'stop', more: object = {}) =>
    comparable(
      codecs.chat.readAnswer({
        id: 'x',
        object: 'chat.completion',
        created: 1,
        model: 'm',
        choices: [{ index: 0, finish_reason: finish, message: { role: 'assistant', ...message } }],
        ...more,
      }),
    );

  it('is its text and its calls, and whether it is whole', () => {
    assert.deepEqual(read({ content: 'hi' }), { text: 'hi', calls: [], finished: true });
    assert.deepEqual(read({ content: 'hi' }, 'length'), { text: 'hi', calls: [], finished: false });
    assert.equal(read({ content: null, refusal: 'no' })?.finished, false);
    assert.equal(read({ content: '' })?.finished, false);
    const tool_calls = [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }];
    assert.deepEqual(read({ content: null, tool_calls }, 'tool_calls'), {
      text: '',
      calls: [{ name: 'f', arguments: '{}' }],
      finished: true,
    });
  });

  it('is nothing where there are several', () => {
    const choice = { finish_reason: 'stop', message: { role: 'assistant', content: 'a' } };
    assert.equal(
      read({}, 'stop', {
        choices: [
          { index: 0, ...choice },
          { index: 1, ...choice },
        ],
      }),
      undefined,
    );
  });
});
