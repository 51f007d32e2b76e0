import assert from 'node:assert/strict';
import { it } from 'node:test';
import { buildContext, contextSchema } from '../../src/config/context-schema.ts';
import { configOf, problemsOf } from './problems-of.ts';

function build(...levels: readonly unknown[]) {
  const problems: string[] = [];
  let built: ReturnType<typeof buildContext>;
  for (const level of levels) {
    const parsed = contextSchema.safeParse(level);
    if (!parsed.success) return parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    built = buildContext(built, parsed.data, (path, message) => problems.push(`${path.join('.')}: ${message}`));
  }
  return problems.length > 0 ? problems : built;
}

it('an agent’s context settings go before its tenant’s', () => {
  const tenant = { maxInputTokens: '100k', summarizer: 'small' };
  assert.deepEqual(build(tenant), { maxInputTokens: 100_000, keepTurns: 6, summarizer: 'small', wait: 30_000 });
  assert.deepEqual(build(tenant, { keepTurns: 2, maxInputTokens: 32_000, wait: '5s' }), {
    maxInputTokens: 32_000,
    keepTurns: 2,
    summarizer: 'small',
    wait: 5000,
  });
  assert.equal(build(tenant, { enabled: false }), undefined);
});

it('what is missing or makes no sense is said', () => {
  assert.deepEqual(build({ keepTurns: 3 }), [
    ': needs maxInputTokens: from where on a conversation is too long',
    ': needs summarizer: the model that writes the summaries',
  ]);
  for (const value of ['100', '1.9k', 1999, 'many', '1G', true])
    assert.deepEqual(build({ maxInputTokens: value }), [
      'maxInputTokens: expected tokens, such as "100k", from 2000 on',
    ]);
  assert.deepEqual(build({ maxInputTokens: '0.1M', summarizer: 'a' }), {
    maxInputTokens: 100_000,
    keepTurns: 6,
    summarizer: 'a',
    wait: 30_000,
  });
});

const FILE = (tenant: string) => `providers: {openai: {apiKey: k}, anthropic: {apiKey: k}}
models: {smart: {targets: [openai/gpt-4o]}, small: {targets: [openai/gpt-4o-mini]}}
tenants:
  acme:
    keys: [bw_acme_key_0123456789abcdef]
${tenant}`;

it('a tenant has it for all its agents, an agent may have its own or none', () => {
  const config = configOf(
    FILE(`    context: {maxInputTokens: 100k, summarizer: small}
    agents:
      coder: {context: {maxInputTokens: 32k, summarizer: anthropic/claude-haiku-4-5}}
      clerk: {context: {enabled: false}}
      guest: {}
`),
  );
  const acme = config.tenants.get('acme');
  const wholeTenant = { maxInputTokens: 100_000, keepTurns: 6, summarizer: 'small', wait: 30_000 };
  assert.deepEqual(acme?.policy.context, wholeTenant);
  assert.deepEqual(acme?.agents.get('guest')?.policy.context, wholeTenant);
  assert.deepEqual(acme?.agents.get('coder')?.policy.context, {
    ...wholeTenant,
    maxInputTokens: 32_000,
    summarizer: 'anthropic/claude-haiku-4-5',
  });
  assert.equal(acme?.agents.get('clerk')?.policy.context, undefined);
});

it('a summarizer that nobody knows is refused where it is written', () => {
  const problems = (context: string) => problemsOf(FILE(`    agents: {coder: {context: ${context}}}\n`));
  assert.deepEqual(problems('{maxInputTokens: 50k, summarizer: smal}'), [
    '6:65 tenants.acme.agents.coder.context.summarizer: "smal": no such model. Did you mean "small"?',
  ]);
  assert.deepEqual(problems('{maxInputTokens: 50k, summarizer: opnai/gpt-4o-mini}'), [
    '6:65 tenants.acme.agents.coder.context.summarizer: "opnai/gpt-4o-mini": no such provider is configured. Did you mean "openai"?',
  ]);
  assert.deepEqual(problems('{summarizer: small}'), [
    '6:31 tenants.acme.agents.coder.context: needs maxInputTokens: from where on a conversation is too long',
  ]);
});
