/** What Claude models take differs by version, and a refused member is a 400. Source: Anthropic's migration guides. */
export interface ModelHabits {
  /** `budget`: `thinking.budget_tokens`, gone since 4.7; `adaptive` with `output_config.effort`, since 4.6. */
  readonly thinking: 'none' | 'budget' | 'adaptive';
  /** `output_config.effort` may be `xhigh`, since 4.7. */
  readonly xhigh: boolean;
  /** `temperature`, `top_p` and `top_k`: all, only one of the first two (since 4.1), or none (since 4.7). */
  readonly sampling: 'all' | 'one' | 'none';
  /** Messages with the role `system` after a user turn, since 4.8. */
  readonly systemTurns: boolean;
}

/** A model of another maker behind Anthropic's dialect: what such servers have in common. */
const STRANGER: ModelHabits = { thinking: 'budget', xhigh: false, sampling: 'all', systemTurns: false };

/** `claude-3-5-sonnet-20241022`, `claude-opus-4-20250514`, `claude-sonnet-4-6`, `anthropic/claude-4.7-opus`: major and minor. */
const VERSION = /claude-(?:[a-z]+-)?(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)/i;

/** A Claude's version as one number: 4.6 is 406. Undefined: no Claude, or none whose name tells. */
export function claudeVersion(model: string): number | undefined {
  const found = VERSION.exec(model);
  return found === null ? undefined : Number(found[1]) * 100 + Number(found[2] ?? 0);
}

/** The habits of a model, by its upstream name. */
export function habitsOf(model: string): ModelHabits {
  const version = claudeVersion(model);
  if (version === undefined) return STRANGER;
  return {
    thinking: version < 307 ? 'none' : version < 406 ? 'budget' : 'adaptive',
    xhigh: version >= 407,
    sampling: version < 401 ? 'all' : version < 407 ? 'one' : 'none',
    systemTurns: version >= 408,
  };
}
