import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { get_encoding } from 'tiktoken';
import { runCommandLine } from '../../src/commands/command-line.ts';
import { type AuditRequest, readAuditFile } from '../../src/commands/read-audit-files.ts';
import type { AuditReport } from '../../src/context/audit/audit-report.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'breakwater-audit-'));
after(() => rmSync(FOLDER, { recursive: true }));
const tokenizer = get_encoding('o200k_base');
after(() => tokenizer.free());

function fileOf(name: string, ...lines: readonly unknown[]): string {
  const path = join(FOLDER, name);
  writeFileSync(path, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'));
  return path;
}

async function audit(...args: string[]): Promise<{ status: number; out: string; error: string }> {
  const result = { status: -1, out: '', error: '' };
  result.status = await runCommandLine(['audit', ...args], {
    env: {},
    out: (text) => {
      result.out += text;
    },
    error: (text) => {
      result.error += text;
    },
  });
  return result;
}

async function read(path: string): Promise<AuditRequest[]> {
  const all: AuditRequest[] = [];
  for await (const request of readAuditFile(path)) all.push(request);
  return all;
}

const PROMPT = 'You plan journeys. Name the train, the hour and the platform.';
const chat = {
  model: 'gpt-4o',
  messages: [
    { role: 'system', content: PROMPT },
    { role: 'user', content: 'To Oslo.' },
  ],
};
const messages = {
  model: 'claude-sonnet-4-6',
  max_tokens: 9,
  system: PROMPT,
  tools: [{ name: 'trains', input_schema: { type: 'object' } }],
  messages: [
    { role: 'user', content: 'To Oslo.' },
    { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'trains', input: {} }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: 'none' }] },
  ],
};
const responses = { model: 'gpt-4o', instructions: PROMPT, input: 'To Oslo.' };
const called = (name: string) => ({
  choices: [{ message: { role: 'assistant', tool_calls: [{ id: 'c', type: 'function', function: { name } }] } }],
});

describe('a file', () => {
  it('of text is one prompt', async () => {
    const [one, ...more] = await read(fileOf('prompt.md', '# Rules', '', 'Be brief.'));
    assert.deepEqual(one?.body, { messages: [{ role: 'system', content: '# Rules\n\nBe brief.' }] });
    assert.deepEqual([one?.agent, more.length], ['prompt.md', 0]);
  });

  it('of JSON is a request of any dialect, or a list of them', async () => {
    assert.deepEqual(
      (await read(fileOf('one.json', messages))).map(({ dialect }) => dialect),
      ['messages'],
    );
    const list = await read(
      fileOf('list.json', JSON.stringify([chat, messages, responses, { no: 'request' }], null, 2)),
    );
    assert.deepEqual(
      list.map(({ dialect }) => dialect),
      ['chat', 'messages', 'responses'],
    );
  });

  it('of lines is a log: requests, or lines that hold one', async () => {
    const path = fileOf(
      'log.jsonl',
      chat,
      { custom_id: '1', method: 'POST', url: '/v1/chat/completions', body: chat },
      { custom_id: '2', params: messages },
      {
        agent: 'planner',
        time: '2026-11-01T00:00:00Z',
        request: JSON.stringify(responses),
        response: { output: [{ type: 'function_call', name: 'trains' }] },
      },
      { request: chat, response: { status_code: 200, body: called('book') }, ts: 1_760_000_000 },
      'no JSON at all',
      { level: 'info' },
    );
    const all = await read(path);
    assert.deepEqual(
      all.map(({ dialect, agent, at, called: names }) => [dialect, agent, at, names]),
      [
        ['chat', 'log.jsonl', undefined, undefined],
        ['chat', 'log.jsonl', undefined, undefined],
        ['messages', 'log.jsonl', undefined, ['trains']],
        ['responses', 'planner', Date.parse('2026-11-01T00:00:00Z'), ['trains']],
        ['chat', 'log.jsonl', 1_760_000_000_000, ['book']],
      ],
    );
    assert.equal((await read(fileOf('log.txt', chat, chat))).length, 2);
  });

  it('that holds nothing, or is not there, is a failure that says so', async () => {
    const missing = await audit(join(FOLDER, 'nowhere.jsonl'));
    assert.deepEqual([missing.status, missing.out], [1, '']);
    assert.match(missing.error, /^breakwater audit: cannot read .*nowhere\.jsonl: ENOENT/);
    const empty = await audit(fileOf('empty.jsonl', '{"level":"info"}'));
    assert.match(empty.error, /holds no request in any dialect known here/);
  });
});

describe('breakwater audit', () => {
  it('counts with the tokenizer and reckons with the prices of the list', async () => {
    const path = fileOf('many.jsonl', ...Array.from({ length: 4 }, () => chat));
    const { status, out, error } = await audit(path, '--requests-per-day', '1000', '--json');
    assert.deepEqual([status, error], [0, '']);
    const report: AuditReport = JSON.parse(out);
    const [prompt, ...more] = report.prompts;
    const tokens = tokenizer.encode_ordinary(PROMPT).length;
    assert.deepEqual([prompt?.tokens, prompt?.requests, more.length], [tokens, 4, 0]);
    // $2.50 a million tokens.
    assert.equal(prompt?.costPerDayUsd.toFixed(9), ((tokens * 2.5 * 1000) / 1e6).toFixed(9));
    assert.equal(prompt?.requestsPerDay, 1000);
  });

  it('finds in a log what costs more than it should', async () => {
    const rules = Array.from(
      { length: 90 },
      (_, index) =>
        `Rule ${String.fromCharCode(97 + (index % 26))}${'xyz'[index % 3]}: mind the ${['gap', 'doors', 'signals', 'points'][index % 4]} at ${['noon', 'night', 'dawn'][index % 3]}.`,
    ).join(' ');
    const tools = ['trains', 'fax'].map((name) => ({ type: 'function', function: { name, parameters: {} } }));
    const line = (agent: string, system: string, index: number) => ({
      agent,
      request: {
        ...chat,
        tools,
        messages: [
          { role: 'system', content: `${system} Now: ${index}.` },
          { role: 'user', content: 'Hi' },
        ],
      },
      response: called('trains'),
    });
    const path = fileOf(
      'costly.jsonl',
      ...Array.from({ length: 25 }, (_, index) => line('day', rules, index)),
      ...Array.from({ length: 25 }, (_, index) => line('night', `${rules} Speak softly.`, index)),
    );
    const { out } = await audit(path);
    for (const expected of [
      /^PROMPT +AGENT +MODEL +TOKENS/,
      / day +gpt-4o .* long,unused-tools,duplicate,varying$/m,
      /long: The system prompt has \d{3,4} tokens/,
      /unused-tools: In 25 answers fax were never called/,
      /duplicate: About \d+% the same as \S+ of (day|night)/,
      /varying: A number, date or id/,
      /50 requests over a day/,
    ])
      assert.match(out, expected);
  });

  it('prices by a configuration, and says where there is no price', async () => {
    const config = fileOf(
      'breakwater.yaml',
      'providers:',
      '  local: {dialect: openai, baseUrl: "http://127.0.0.1:9", prices: {llama: {input: "$1", output: "$2"}}}',
      'models:',
      '  house: {targets: [local/llama]}',
    );
    const priced: AuditReport = JSON.parse(
      (await audit(fileOf('p.txt', PROMPT), '--config', config, '--model', 'house', '--json')).out,
    );
    assert.ok((priced.prompts[0]?.promptCostUsd ?? 0) > 0);
    const unpriced = await audit(fileOf('p.txt', PROMPT));
    assert.match(unpriced.out, /No price known: no model named: say --model\./);
    assert.match(
      (await audit(fileOf('p.txt', PROMPT), '--model', 'nobodys-model')).out,
      /No price known: nobodys-model\./,
    );
  });

  it('called wrongly says what is wrong', async () => {
    for (const [args, message] of [
      [[], 'needs a file: breakwater audit prompt.txt requests.jsonl.'],
      [['x', '--requests-per-day', 'many'], '--requests-per-day "many": expected a whole number from 1.'],
      [['x', '--modle', 'a'], 'unknown option "--modle". Did you mean "--model"?'],
    ] as const) {
      const { status, error } = await audit(...args);
      assert.deepEqual([status, error], [2, `breakwater audit: ${message} See breakwater --help\n`]);
    }
  });
});
