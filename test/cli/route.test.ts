import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { runCommandLine } from '../../src/commands/command-line.ts';
import { randomFrom } from '../../src/routing/score/seeded.ts';
import { run } from './cli-rig.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'breakwater-route-'));
after(() => rmSync(FOLDER, { recursive: true }));

function fileOf(name: string, content: unknown): string {
  const path = join(FOLDER, name);
  const text = Array.isArray(content) ? content.map((line) => JSON.stringify(line)).join('\n') : content;
  writeFileSync(path, typeof text === 'string' ? text : JSON.stringify(text));
  return path;
}

const CONFIG = fileOf(
  'breakwater.yaml',
  `providers: {a: {baseUrl: "http://127.0.0.1:1/v1", apiKey: k}}
models: {cheap: {targets: [a/small, a/other]}, smart: {targets: [a/big]}}
routing: {policies: {p: {tiers: {small: cheap, large: smart}, tasks: {classification: small}, evidence: {budget: $1/day}}}}
tenants: {acme: {keys: [0123456789abcdefghij], models: [auto, smart], agents: {one: {models: [auto]}}}}
`,
);
const PLAIN = fileOf('plain.yaml', readFileSync(CONFIG, 'utf8').replace(', evidence: {budget: $1/day}', ''));
const REQUEST = { model: 'auto', messages: [{ role: 'user', content: 'Classify this ticket.' }] };
const ASK = fileOf('request.json', REQUEST);

describe('route explain', () => {
  it('says where a request goes, and each reason', async () => {
    const { status, out } = await run(['route', 'explain', ASK, '--config', PLAIN]);
    assert.equal(status, 0);
    assert.match(
      out,
      /^auto -> cheap {2}\(a\/small, then a\/other\)\n {2}policy p, tier small, task classification, complexity 0\.\d+\n/,
    );
    assert.match(out, /route key plain\n {2}1\. task classification, for "classify": tier small\n/);
  });

  it('says as JSON what the proxy’s own endpoint says', async () => {
    const { out } = await run(['route', 'explain', ASK, '--config', CONFIG, '--json', '--route', 'tickets']);
    const { asked, routed, model, key, evidence, reasons } = JSON.parse(out);
    assert.deepEqual([asked, routed, model, key], ['auto', true, 'smart', 'tickets']);
    assert.deepEqual(evidence, { cheap: 'cheap', strong: 'smart', state: 'observe', n: 0, loss: 0, upper: 1 });
    assert.ok(reasons.length >= 2);
  });

  it('reads standard input, and any dialect', async () => {
    for (const body of [
      { model: 'auto', max_tokens: 9, system: 'x', messages: [{ role: 'user', content: 'classify' }] },
      { model: 'auto', input: 'classify' },
      { model: 'auto', prompt: 'classify' },
    ]) {
      let out = '';
      const input = (async function* () {
        yield JSON.stringify(body);
      })();
      const terminal = {
        env: {},
        input,
        out: (text: string) => {
          out += text;
        },
        error: assert.fail,
      };
      assert.equal(await runCommandLine(['route', 'explain', '-', '--config', PLAIN], terminal), 0);
      assert.match(out, /^auto -> cheap/, JSON.stringify(body));
    }
  });

  it('says that a named model is what the request gets', async () => {
    const named = fileOf('named.json', { ...REQUEST, model: 'smart' });
    assert.match(
      (await run(['route', 'explain', named, '--config', PLAIN])).out,
      /^smart -> smart .*\n {2}1\. the request names its model/,
    );
  });

  it('keeps to what a tenant is allowed', async () => {
    const allowed = await run(['route', 'explain', ASK, '--config', PLAIN, '--tenant', 'acme']);
    assert.match(allowed.out, /^auto -> smart/);
    const agent = await run(['route', 'explain', ASK, '--config', PLAIN, '--tenant', 'acme', '--agent', 'one']);
    assert.deepEqual(
      [agent.status, agent.error],
      [1, 'breakwater route: auto, or each of its models, is not allowed for this tenant.\n'],
    );
    const nobody = await run(['route', 'explain', ASK, '--config', PLAIN, '--tenant', 'acne']);
    assert.match(nobody.error, /there is no tenant "acne"\. Did you mean "acme"\?/);
  });

  it('refuses what it cannot read', async () => {
    const broken = fileOf('broken.json', '{"model": ');
    assert.equal((await run(['route', 'explain', broken, '--config', PLAIN])).status, 1);
    assert.equal((await run(['route', 'explain', join(FOLDER, 'none'), '--config', PLAIN])).status, 1);
    const unknown = fileOf('unknown.json', { ...REQUEST, model: 'gpt-x', messages: [] });
    assert.equal((await run(['route', 'explain', unknown, '--config', PLAIN])).status, 0);
    for (const args of [
      [],
      [ASK],
      [ASK, '--config', PLAIN, '--endpoint', 'chta'],
      [ASK, '--config', PLAIN, '--route', 'a;b'],
    ])
      assert.equal((await run(['route', 'explain', ...args])).status, 2, args.join(' '));
  });
});

/** Questions on which both are as good, and proofs on which only the strong model is. */
function rows(count: number, seed: number): object[] {
  const random = randomFrom(seed);
  return Array.from({ length: count }, (_, index) => {
    const easy = index % 2 === 0;
    const prompt = easy
      ? `What is the capital of country ${Math.floor(random() * 90)}?`
      : `Prove step by step that $x^${Math.floor(random() * 9)} + y$ is continuous, then derive it.`;
    const strong = random() < 0.9 ? 1 : 0;
    return { prompt, key: easy ? 'questions' : 'proofs', cheap: easy ? strong : random() < 0.3 ? 1 : 0, strong };
  });
}

describe('route calibrate and eval', () => {
  const log = fileOf('log.jsonl', rows(600, 1));
  const other = fileOf('other.jsonl', rows(400, 2));
  const policy = join(FOLDER, 'policy.json');

  it('make a policy out of a log, and say what it is worth', async () => {
    const made = await run(['route', 'calibrate', log, '--out', policy]);
    assert.equal(made.status, 0, made.error);
    assert.match(made.out, /600 rows: the cheap model scores 0\.\d+, the strong one 0\.\d+/);
    assert.match(made.out, /The score orders these prompts better than chance\./);
    assert.match(made.out, /questions +300 +0\.0pt +\d\.\dpt +yes\n/);
    assert.match(made.out, /proofs +300 +\d+\.\dpt +\d+\.\dpt +no\n/);
    assert.equal(JSON.parse(readFileSync(policy, 'utf8')).rows, 600);

    const piped = await run(['route', 'calibrate', log]);
    assert.equal(piped.out, readFileSync(policy, 'utf8'));
    assert.match(piped.error, /600 rows/);
  });

  it('judge it on other rows', async () => {
    const result = await run(['route', 'eval', other, '--policy', policy]);
    assert.equal(result.status, 0, result.error);
    assert.match(result.out, /APGR \(chance 0\.500\) +0\.[6-9]\d+ {2}\(95%: 0\.\d+ to \d\.\d+\)/);
    assert.match(result.out, /CPT50, share of strong calls +\d+\.\d%/);
    assert.match(result.out, /score at 50% cost, cheap at 0\.2 +0\.\d+/);
    assert.match(result.out, /gives 50\.0% of the rows to the cheap model by their key, which loses 0\.0pt/);
    assert.doesNotMatch(result.out, /calibrated on: what it does/);
    const json = JSON.parse((await run(['route', 'eval', other, '--policy', policy, '--json'])).out);
    assert.equal(json.rows, 400);
    assert.deepEqual(json.admitted.keys, [{ key: 'questions', rows: 200, loss: 0 }]);
    assert.ok(json.qualityAtHalf > json.cheap);
  });

  it('say so where nothing was held out', async () => {
    const { out } = await run(['route', 'eval', log, '--policy', policy]);
    assert.match(out, /These look like the rows that the policy was calibrated on/);
  });

  it('take whole requests, which have the route key that the proxy gives them', async () => {
    const requests = rows(200, 3).map((row) => {
      const { prompt, cheap, strong } = row as { prompt: string; cheap: number; strong: number };
      return {
        request: {
          messages: [
            { role: 'system', content: 'You answer.' },
            { role: 'user', content: prompt },
          ],
        },
        cheap,
        strong,
      };
    });
    const { out } = await run([
      'route',
      'calibrate',
      fileOf('requests.jsonl', requests),
      '--out',
      policy.replace('policy', 'second'),
    ]);
    assert.match(out, /sys-[\w-]{16} +200 /);
  });

  it('name the line that is wrong', async () => {
    const cases: readonly (readonly [unknown, RegExp])[] = [
      [{ prompt: 'x', cheap: 1 }, /bad\.jsonl:2: needs "cheap" and "strong"/],
      [{ prompt: 'x', cheap: 2, strong: 1 }, /bad\.jsonl:2: needs "cheap" and "strong"/],
      [{ cheap: 0, strong: 1 }, /bad\.jsonl:2: needs a "prompt", or the "request"/],
      [{ prompt: 'x', key: 3, cheap: 0, strong: 1 }, /bad\.jsonl:2: "key" must be text/],
      [{ prompt: 'x', tokens: 0, cheap: 0, strong: 1 }, /bad\.jsonl:2: "tokens" must be/],
      [{ request: {}, cheap: 0, strong: 1 }, /bad\.jsonl:2: the "request" has no text/],
      ['text', /bad\.jsonl:2: expected a JSON object/],
    ];
    for (const [line, expected] of cases) {
      const bad = fileOf('bad.jsonl', [{ prompt: 'fine', cheap: 0, strong: 1 }, line]);
      const { status, error } = await run(['route', 'calibrate', bad]);
      assert.equal(status, 1);
      assert.match(error, expected);
    }
    const few = fileOf('few.jsonl', rows(5, 1));
    assert.match((await run(['route', 'calibrate', few])).error, /few\.jsonl: 5 paired rows are too few/);
    assert.match((await run(['route', 'eval', few, '--policy', CONFIG])).error, /not a calibrated policy/);
    assert.equal((await run(['route', 'eval', join(FOLDER, 'none'), '--policy', policy])).status, 1);
    for (const args of [
      ['calibrate'],
      ['eval', log],
      ['calibrate', log, '--delta', '5'],
      ['eval', log, '--policy', policy, '--cheap-price', '3'],
      ['evl'],
      [],
    ])
      assert.equal((await run(['route', ...args])).status, 2, args.join(' '));
  });
});
