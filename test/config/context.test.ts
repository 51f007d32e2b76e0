import assert from 'node:assert/strict';
import { it } from 'node:test';
import { buildContext, contextSchema } from '../../src/config/context-schema.ts';

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
  assert.deepEqual(build(tenant), { maxInputTokens: 100_000, keepTurns: 6, summarizer: 'small' });
  assert.deepEqual(build(tenant, { keepTurns: 2, maxInputTokens: 32_000 }), {
    maxInputTokens: 32_000,
    keepTurns: 2,
    summarizer: 'small',
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
  });
});
