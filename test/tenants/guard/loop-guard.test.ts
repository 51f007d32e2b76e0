import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { callsOfAnswer } from '../../../src/tenants/guard/calls-of-answer.ts';
import { type Conversation, LoopGuard } from '../../../src/tenants/guard/loop-guard.ts';
import type { GuardedEndpoint } from '../../../src/tenants/guard/read-element.ts';
import type { LoopLimits } from '../../../src/tenants/guard/verdict.ts';
import { read, requestOf, type Step, times } from './conversations.ts';

const ENDPOINTS: readonly GuardedEndpoint[] = ['chat', 'messages', 'responses'];
const FIVE: LoopLimits = { repeats: 5, toolCalls: undefined };
const NAMELESS: Conversation = { tenant: 'acme', agent: undefined, session: undefined, task: undefined };
const IN_SESSION: Conversation = { ...NAMELESS, session: 's1' };

const ask: Step = { user: 'Fix the build.' };
const same: Step = { call: ['read_file', { path: 'src/main.ts', limit: 10 }] };
const other = (index: number): Step => ({ call: ['read_file', { path: `src/${index}.ts`, limit: 10 }] });

function check(endpoint: GuardedEndpoint, steps: readonly Step[], limits = FIVE, conversation = NAMELESS) {
  return new LoopGuard().check(endpoint, requestOf(endpoint, steps), conversation, limits);
}

/** The highest count reported; 0: no loop. */
function found(endpoint: GuardedEndpoint, steps: readonly Step[], limits = FIVE): number {
  const verdict = check(endpoint, steps, limits);
  return verdict.kind === 'ok' ? 0 : (verdict.calls[0]?.count ?? 0);
}

for (const endpoint of ENDPOINTS) {
  describe(`the loop guard on ${endpoint}`, () => {
    const cases: readonly [what: string, steps: readonly Step[], count: number][] = [
      ['nothing but a question', [ask], 0],
      ['four identical calls', [ask, ...times(4, () => same)], 0],
      ['five identical calls', [ask, ...times(5, () => same)], 5],
      ['seven identical calls', [ask, ...times(7, () => same)], 7],
      ['twenty different calls', [ask, ...times(20, other)], 0],
      ['a circle of three calls, five times', [ask, ...times(15, (index) => other(index % 3))], 5],
      ['identical calls among others', [ask, ...times(5, (index) => [other(index), same]).flat()], 5],
      ['a circle that was left', [ask, ...times(6, () => same), other(1)], 0],
      [
        'a circle that was left for another tool',
        [ask, ...times(6, () => same), { call: ['write_file', { path: 'src/main.ts', limit: 10 }] }],
        0,
      ],
      ['a new question in between', [ask, ...times(3, () => same), { user: 'And now?' }, ...times(4, () => same)], 0],
      ['five calls after a new question', [ask, same, { user: 'Again, please.' }, ...times(5, () => same)], 5],
      [
        'a harness that says the same after every call',
        [ask, ...times(6, () => [same, { user: 'Continue.' }]).flat(), same],
        6,
      ],
      ['a harness that has the last word', [ask, ...times(6, () => [same, { user: 'Continue.' }]).flat()], 5],
      ['a new question after a circle', [ask, ...times(6, () => same), { user: 'Stop that.' }], 0],
      ['a turn that ended with words', [ask, ...times(6, () => same), { assistant: 'I cannot.' }, { user: 'Why?' }], 0],
      ['calls without arguments', [ask, ...times(5, () => ({ call: ['list', {}] }) as Step)], 5],
      [
        'calls of different tools with the same arguments',
        [ask, ...times(9, (index) => ({ call: [`tool_${index}`, { a: 'abc' }] }) as Step)],
        0,
      ],
    ];
    for (const [what, steps, count] of cases) {
      it(`${count === 0 ? 'accepts' : 'finds a loop in'} ${what}`, () => assert.equal(found(endpoint, steps), count));
    }

    it('compares arguments whatever the order of keys and the spaces', () => {
      const spellings = [
        '{"path":"a b","limit":1,"x":{"p":[1,2],"q":null}}',
        '{ "x": {"q": null, "p": [1, 2]}, "limit": 1, "path": "a b" }',
      ];
      assert.equal(found(endpoint, [ask, ...times(6, (index) => ({ call: ['t', spellings[index % 2]] }) as Step)]), 6);
    });

    it('keeps numbers apart that a double cannot', () => {
      const calls = times(6, (index) => ({ call: ['t', `{"id":117283945728394572${index}}`] }) as Step);
      assert.equal(found(endpoint, [ask, ...calls]), 0);
    });

    it('counts all calls of a task where that is limited', () => {
      const limits = { repeats: undefined, toolCalls: 15 };
      assert.equal(check(endpoint, [ask, ...times(15, other)], limits).kind, 'ok');
      const verdict = check(endpoint, [ask, ...times(16, other)], limits);
      assert.ok(verdict.kind === 'loop');
      assert.deepEqual([verdict.cause, verdict.total], ['tool-calls', 16]);
      assert.equal(
        check(endpoint, [ask, ...times(10, other), { user: 'More.' }, ...times(10, other)], limits).kind,
        'ok',
      );
    });

    it('says which calls repeat, shortened', () => {
      const verdict = check(endpoint, [
        ask,
        ...times(5, () => ({ call: ['write', { text: `secret\n${'x'.repeat(500)}` }] }) as Step),
      ]);
      assert.ok(verdict.kind === 'loop');
      const [call] = verdict.calls;
      assert.deepEqual([call?.name, call?.count, call?.shownArguments.length], ['write', 5, 120]);
      assert.match(call?.argumentsHash ?? '', /^[0-9a-f]{16}$/);
      assert.match(verdict.message, /it called write\(\{"text":"secret.*…\) 5 times/);
    });

    it('remembers the calls of a session whose client sends only the end of its past', () => {
      const guard = new LoopGuard();
      const verdicts = times(6, (index) => {
        const call: Step = { call: ['poll', { job: 'j-17' }, `id_${index}`] };
        const request = requestOf(endpoint, [ask, call]);
        // The same request again, as SDKs repeat it, counts once.
        guard.check(endpoint, request, IN_SESSION, FIVE);
        return guard.check(endpoint, request, IN_SESSION, FIVE).kind;
      });
      assert.deepEqual(verdicts, ['ok', 'ok', 'ok', 'ok', 'loop', 'loop']);
    });

    it('begins anew over a session where a conversation does', () => {
      const guard = new LoopGuard();
      const verdicts = times(8, (index) => {
        guard.check(endpoint, requestOf(endpoint, [ask]), IN_SESSION, FIVE);
        return guard.check(
          endpoint,
          requestOf(endpoint, [ask, { call: ['ls', { p: 'home' }, `id_${index}`] }]),
          IN_SESSION,
          FIVE,
        ).kind;
      });
      assert.ok(verdicts.every((kind) => kind === 'ok'));
    });

    it('learns from the body of a question that another replica heard', () => {
      const guard = new LoopGuard();
      const turn = (question: string, index: number) =>
        guard.check(
          endpoint,
          requestOf(endpoint, [{ user: question }, { call: ['run', { what: 'tests' }, `id_${index}`] }]),
          IN_SESSION,
          FIVE,
        ).kind;
      assert.deepEqual(
        times(10, (index) => turn(`Question ${Math.floor(index / 2)}`, index)),
        Array(10).fill('ok'),
      );
      const last = times(10, (index) => turn('The last question', 10 + index));
      assert.equal(last.at(-1), 'loop');
    });

    it('keeps sessions of tenants, agents and tasks apart', () => {
      const guard = new LoopGuard();
      const whose = times(4, (index) => ({
        ...IN_SESSION,
        [['tenant', 'agent', 'task', 'session'][index] ?? '']: 'other',
      }));
      for (const conversation of [IN_SESSION, ...whose, IN_SESSION, ...whose]) {
        const id = `id_${Math.random()}`;
        const request = requestOf(endpoint, [ask, { call: ['poll', { job: 'j-17' }, id] }]);
        assert.equal(guard.check(endpoint, request, conversation, { ...FIVE, repeats: 3 }).kind, 'ok');
      }
    });

    it('asks nothing of a request that offers no tools', () => {
      const request = requestOf(endpoint, [ask, ...times(9, () => same)], { tools: [] });
      assert.equal(new LoopGuard().check(endpoint, request, NAMELESS, FIVE).kind, 'ok');
    });

    it('does not parse the body of an agent that gets on', () => {
      const guard = new LoopGuard();
      guard.check(endpoint, requestOf(endpoint, [ask, other(60)]), IN_SESSION, FIVE);
      const request = requestOf(endpoint, [ask, ...times(60, other)]);
      Object.defineProperty(request, 'json', { get: () => assert.fail('parsed') });
      for (const conversation of [IN_SESSION, NAMELESS]) {
        assert.equal(guard.check(endpoint, request, conversation, FIVE).kind, 'ok');
      }
    });
  });
}

describe('the calls of an answer', () => {
  const expected = [{ id: 'c1', name: 'f', arguments: '{"a":1}' }];

  it('are found in every dialect', () => {
    const call = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } };
    assert.deepEqual(
      callsOfAnswer('chat', { choices: [{ message: { role: 'assistant', tool_calls: [call] } }] }),
      expected,
    );
    const item = { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{"a":1}' };
    assert.deepEqual(callsOfAnswer('responses', { output: [{ type: 'reasoning' }, item] }), expected);
    const block = { type: 'tool_use', id: 'c1', name: 'f', input: { a: 1 } };
    const [found] = callsOfAnswer('messages', { content: [{ type: 'text', text: 'x' }, block] });
    assert.deepEqual(found, { id: 'c1', name: 'f', arguments: { a: 1 } });
  });

  it('are none in what is no answer', () => {
    for (const answer of [{}, { choices: 7 }, { choices: [null] }, { output: [null] }, { content: 'x' }]) {
      for (const endpoint of ENDPOINTS) assert.deepEqual(callsOfAnswer(endpoint, answer), []);
    }
  });
});

describe('the loop guard', () => {
  it('counts parallel calls, and the function calls of old', () => {
    const parallel = { id: 'c', type: 'function', function: { name: 'f', arguments: '{"a":"abc"}' } };
    const old = { role: 'assistant', function_call: { name: 'f', arguments: '{"a":"abc"}' } };
    const messages = [
      { role: 'user', content: 'x' },
      { role: 'assistant', tool_calls: [parallel, parallel, parallel] },
      { role: 'tool', tool_call_id: 'c', content: 'y' },
      ...times(2, () => [old, { role: 'function', name: 'f', content: 'y' }]).flat(),
    ];
    const verdict = new LoopGuard().check('chat', read('chat', { model: 'm', messages, tools: [{}] }), NAMELESS, FIVE);
    assert.ok(verdict.kind === 'loop');
    assert.equal(verdict.calls[0]?.count, 5);
  });

  it('counts the calls of custom tools', () => {
    const calls = times(5, (index) => [
      { type: 'custom_tool_call', call_id: `c${index}`, name: 'shell', input: 'ls -la' },
      { type: 'custom_tool_call_output', call_id: `c${index}`, output: '' },
    ]);
    const request = read('responses', {
      model: 'm',
      input: [{ role: 'user', content: 'x' }, ...calls.flat()],
      tools: [{}],
    });
    assert.equal(new LoopGuard().check('responses', request, NAMELESS, FIVE).kind, 'loop');
  });

  it('does not take a reminder beside a result for the word of a user', () => {
    const messages = times(6, (index) => [
      { role: 'assistant', content: [{ type: 'tool_use', id: `t${index}`, name: 'f', input: { a: 'abc' } }] },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: `t${index}`, content: '' },
          { type: 'text', text: `<reminder>turn ${index}</reminder>` },
        ],
      },
    ]);
    const request = read('messages', { model: 'm', max_tokens: 1, messages: messages.flat(), tools: [{}] });
    assert.equal(new LoopGuard().check('messages', request, NAMELESS, FIVE).kind, 'loop');
  });

  it('judges a conversation kept by the provider by the answers it was told of', () => {
    const guard = new LoopGuard();
    const verdicts = times(6, (index) => {
      guard.answered(IN_SESSION, [{ id: `c${index}`, name: 'poll', arguments: '{"job":"abc"}' }]);
      const input = [{ type: 'function_call_output', call_id: `c${index}`, output: 'pending' }];
      const request = read('responses', { model: 'm', previous_response_id: `r${index}`, input, tools: [{}] });
      return guard.check('responses', request, IN_SESSION, FIVE).kind;
    });
    assert.deepEqual(verdicts, ['ok', 'ok', 'ok', 'ok', 'loop', 'loop']);
    const asked = read('responses', { model: 'm', previous_response_id: 'r6', input: 'Stop.', tools: [{}] });
    assert.equal(guard.check('responses', asked, IN_SESSION, FIVE).kind, 'ok');
    guard.answered(IN_SESSION, [{ id: 'c7', name: 'poll', arguments: '{"job":"abc"}' }]);
    const input = [{ type: 'function_call_output', call_id: 'c7', output: 'pending' }];
    const after = read('responses', { model: 'm', previous_response_id: 'r7', input, tools: [{}] });
    assert.equal(guard.check('responses', after, IN_SESSION, FIVE).kind, 'ok');
  });

  it('sees the latest turn of a conversation whose last result is long', () => {
    const long = { role: 'tool', tool_call_id: 'x', content: 'word "quoted" \\ '.repeat(20_000) };
    const { messages } = requestOf('chat', [ask, ...times(6, () => same)]).json;
    const request = read('chat', { model: 'm', messages: [...(messages as unknown[]), long], tools: [{}] });
    assert.equal(new LoopGuard().check('chat', request, NAMELESS, FIVE).kind, 'loop');
  });

  it('bears whatever a client can send', () => {
    const deep = `${'['.repeat(400)}${']'.repeat(400)}`;
    const markers = JSON.stringify({
      role: 'user',
      content: ['"tool_calls"', '"arguments":'].join(' ').repeat(40_000),
    });
    const many = times(10_000, (index) => ({ call: ['f', { index: index % 7 }] }) as Step);
    const bodies = [
      { model: 'm', messages: [], tools: [{}] },
      { model: 'm', messages: [null, 1, 'x', [], {}, { role: 'assistant', tool_calls: 7 }], tools: [{}] },
      {
        model: 'm',
        messages: [{ role: 'assistant', tool_calls: [null, {}, { function: 1 }, { function: { name: 'f' } }] }],
        tools: [{}],
      },
      `{"model":"m","tools":[{}],"messages":[${markers},${markers}]}`,
      `{"model":"m","tools":[{}],"messages":[${deep},{"role":"user","content":${deep}}]}`,
      `{"model":"m","tools":[{}],"messages" : [ {"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f","arguments":${JSON.stringify('['.repeat(100_000))}}}]} , {"role":"tool","content":"\\\\"} ] }`,
    ];
    for (const body of bodies) {
      assert.equal(
        new LoopGuard().check('chat', read('chat', body), IN_SESSION, { repeats: 2, toolCalls: 9 }).kind,
        'ok',
      );
    }
    for (const endpoint of ENDPOINTS) assert.ok(found(endpoint, [ask, ...many]) >= 1_428);
  });

  it('forgets the sessions that were silent longest', async () => {
    const { SessionCalls } = await import('../../../src/tenants/guard/session-calls.ts');
    const sessions = new SessionCalls(2);
    const call = (id: string) => [{ id, name: 'f', arguments: '{}' }];
    sessions.add('a', call('1'));
    sessions.add('b', call('2'));
    sessions.add('c', call('3'));
    assert.deepEqual([sessions.has('a'), sessions.has('b'), sessions.has('c')], [false, true, true]);
    for (let index = 0; index < 1_000; index++)
      sessions.add('c', [{ id: `i${index}`, name: 'f', arguments: `${index}` }]);
    assert.equal(sessions.latest('c').total, 1_001);
  });
});
