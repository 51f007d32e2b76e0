import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ARTICLE } from '../routing/score/article.ts';
import { parseScorePolicy, type ScorePolicy, ScorePolicyError } from '../routing/score/score-policy.ts';
import type { ConfigDocument } from './document.ts';
import { FrozenMap } from './freeze.ts';
import type { Path } from './path.ts';
import type {
  EvidenceSettings,
  PolicyScore,
  PolicyTier,
  RoutingConfig,
  RoutingPolicy,
  TaskRule,
} from './routing-config.ts';
import { type EvidenceShape, type RoutingPolicyShape, routingPolicySchema } from './routing-schema.ts';
import type { ModelShape } from './schema.ts';
import { didYouMean } from './suggest.ts';

/** What clients ask for where there is one policy and nobody gave it another name. */
export const AUTO = 'auto';

/** No policy at all. */
export const NO_ROUTING: RoutingConfig = Object.freeze({
  policies: new FrozenMap<string, RoutingPolicy>([]),
  models: new FrozenMap<string, RoutingPolicy>([]),
});

/** What names in policies are checked against. */
export interface RoutingContext {
  readonly document: ConfigDocument;
  readonly providerNames: ReadonlySet<string>;
  /** Every configured name, with the policy of the ones that are routed. */
  readonly models: ReadonlyMap<string, string | undefined>;
  /** What each of them is that is not routed: `modelDefinitions`. */
  readonly definitions: Readonly<Record<string, string>>;
}

// Names that look like whole numbers would lose their order: mappings are read as objects.
const NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;
const NAME_EXPECTED = 'a name is up to 64 letters, digits and any of "_.-", a letter first';
const DEFAULT_BUMP = 0.8;
const DEFAULT_STRONG_ABOVE = 0.7;
const DEFAULT_DELTA = 0.05;
const DEFAULT_SHADOW = 0.05;
const DEFAULT_CANARY = 0.1;
const DEFAULT_JUDGE_TIMEOUT = 10_000;

/** Options that a model which is routed may have beside its route. */
const BESIDE_ROUTE = new Set(['route']);

/** All policies, and the names that are routed by them. Reports all that is wrong; the result is then not to be used. */
export function buildRouting(policies: Readonly<Record<string, unknown>>, context: RoutingContext): RoutingConfig {
  const built = new Map<string, RoutingPolicy>();
  for (const [name, value] of Object.entries(policies)) {
    const path: Path = ['routing', 'policies', name];
    if (!NAME.test(name)) context.document.reportKey(path, NAME_EXPECTED, ['routing', 'policies']);
    const parsed = routingPolicySchema.safeParse(value);
    const policy = parsed.success ? buildPolicy(name, parsed.data, path, context) : undefined;
    if (policy !== undefined) built.set(name, policy);
  }
  const routed = new Map<string, RoutingPolicy>();
  for (const [model, route] of context.models) {
    const policy = route === undefined ? undefined : built.get(route);
    if (policy !== undefined) routed.set(model, policy);
    else if (route !== undefined && !Object.hasOwn(policies, route)) reportRoute(model, route, policies, context);
  }
  const [only, ...others] = built.values();
  if (only !== undefined && others.length === 0 && !context.models.has(AUTO)) routed.set(AUTO, only);
  return { policies: new FrozenMap([...built]), models: new FrozenMap([...routed]) };
}

/** Whether the model is one of a policy's choice. Reports what it cannot have then, or what it lacks else. */
export function checkRoute(name: string, given: ModelShape, document: ConfigDocument): boolean {
  const path: Path = ['models', name];
  if (given.route === undefined) {
    if (given.targets === undefined) document.report([...path, 'targets'], 'is missing');
    return false;
  }
  for (const [option, value] of Object.entries(given)) {
    if (value === undefined || BESIDE_ROUTE.has(option)) continue;
    const reason =
      option === 'targets'
        ? 'stands beside route: a model has targets of its own, or a policy that chooses among other models'
        : 'has no effect beside route: write it at the models that the policy chooses among';
    document.reportKey([...path, option], reason);
  }
  return true;
}

function reportRoute(model: string, route: string, policies: object, { document }: RoutingContext): void {
  const path: Path = ['models', model, 'route'];
  const names = Object.keys(policies);
  const known = names.length === 0 ? 'none is written under routing.policies' : `Known: ${names.join(', ')}`;
  document.report(path, `${document.shown(path, route)}: no such policy.${didYouMean(route, names) || ` ${known}`}`);
}

function buildPolicy(
  name: string,
  given: RoutingPolicyShape,
  path: Path,
  context: RoutingContext,
): RoutingPolicy | undefined {
  const { document } = context;
  const tiers = buildTiers(given.tiers, [...path, 'tiers'], context);
  const last = tiers.at(-1);
  if (last === undefined) {
    document.report([...path, 'tiers'], 'is empty: write at least one tier, such as "small: cheap-model"');
    return undefined;
  }
  const names = tiers.map((tier) => tier.name);
  const checkTier = (tier: string, at: Path): void => {
    if (names.includes(tier)) return;
    const hint = didYouMean(tier, names) || ` Tiers: ${names.join(', ')}`;
    document.report(at, `${document.shown(at, tier)}: no such tier.${hint}`);
  };
  const tasks = Object.entries(given.tasks ?? {});
  for (const [task, tier] of tasks) {
    if (!NAME.test(task)) document.reportKey([...path, 'tasks', task], NAME_EXPECTED, [...path, 'tasks']);
    checkTier(tier, [...path, 'tasks', task]);
  }
  if (given.default !== undefined) checkTier(given.default, [...path, 'default']);
  if (given.cascade === true && tiers.length < 2) document.report([...path, 'cascade'], 'needs two tiers');
  return {
    name,
    rules: buildRules(given, path, document),
    tasks: new FrozenMap(tasks),
    tiers,
    default: given.default ?? last.name,
    bumpAt: given.bumpAt ?? DEFAULT_BUMP,
    score: given.score === undefined ? undefined : buildScore(given.score, [...path, 'score'], document),
    evidence:
      given.evidence === undefined
        ? undefined
        : buildEvidence(name, given.evidence, tiers, [...path, 'evidence'], context, checkTier),
    cascade: given.cascade ?? false,
    pin: given.pin ?? true,
  };
}

function buildTiers(given: Readonly<Record<string, string>>, path: Path, context: RoutingContext): PolicyTier[] {
  const { document, models } = context;
  return Object.entries(given).map(([name, model]) => {
    const at = [...path, name];
    if (!NAME.test(name)) document.reportKey(at, NAME_EXPECTED, path);
    if (!models.has(model)) {
      const advice = model.includes('/')
        ? ` A tier names a model of models: write one there with the target ${document.shown(at, model)}`
        : ` Models: ${[...models.keys()].join(', ')}`;
      document.report(at, `${document.shown(at, model)}: no such model.${didYouMean(model, models.keys()) || advice}`);
    } else if (models.get(model) !== undefined) {
      document.report(at, `${document.shown(at, model)}: is routed itself; name a model that has targets`);
    }
    return { name, model };
  });
}

/** Rules as written; the article's without any, as far as the tasks are in the table. */
function buildRules(given: RoutingPolicyShape, path: Path, document: ConfigDocument): readonly TaskRule[] {
  const tasks = Object.keys(given.tasks ?? {});
  if (given.rules === undefined) return ARTICLE.rules.filter(({ task }) => tasks.includes(task));
  for (const [index, { task }] of given.rules.entries()) {
    if (tasks.includes(task)) continue;
    const at = [...path, 'rules', index, 'task'];
    const advice = didYouMean(task, tasks) || ' Write one under tasks';
    document.report(at, `${document.shown(at, task)}: has no tier.${advice}`);
  }
  return given.rules.map(({ task, contains }) => ({ task, contains: contains.map((phrase) => phrase.toLowerCase()) }));
}

function buildScore(
  given: NonNullable<RoutingPolicyShape['score']>,
  path: Path,
  document: ConfigDocument,
): PolicyScore | undefined {
  const file = resolve(dirname(document.file), given.file);
  const policy = readScore(file, (reason) =>
    document.report([...path, 'file'], `${document.shown([...path, 'file'], given.file)}: ${reason}`),
  );
  return policy && { file, policy, strongAbove: given.strongAbove ?? DEFAULT_STRONG_ABOVE };
}

function readScore(file: string, refuse: (reason: string) => void): ScorePolicy | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    refuse(`cannot be read: ${error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'}`);
    return undefined;
  }
  try {
    return parseScorePolicy(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) refuse('is no JSON; `breakwater route calibrate` writes it');
    else if (error instanceof ScorePolicyError) refuse(error.message);
    else throw error;
    return undefined;
  }
}

function buildEvidence(
  policy: string,
  given: EvidenceShape,
  tiers: readonly PolicyTier[],
  path: Path,
  context: RoutingContext,
  checkTier: (tier: string, at: Path) => void,
): EvidenceSettings {
  const { document, providerNames, definitions } = context;
  if (given.reference !== undefined) checkTier(given.reference, [...path, 'reference']);
  const reference = tiers.find(({ name }) => name === given.reference) ?? tiers.at(-1);
  if (tiers.length < 2) document.report(path, 'needs two tiers: one to save with, and one to measure it against');
  else if (reference === tiers[0])
    document.report([...path, 'reference'], 'is the first tier: nothing cheaper is there to be measured against it');
  const { judge } = given;
  if (given.checker === 'judge' && judge === undefined)
    document.report([...path, 'checker'], 'needs a judge: {target: provider/model}');
  if (given.checker !== undefined && given.checker !== 'judge' && judge !== undefined)
    document.report([...path, 'judge'], `has nothing to do with checker: ${given.checker}; leave one of the two out`);
  if (judge !== undefined) checkTarget(judge.target, [...path, 'judge', 'target'], document, providerNames);
  return {
    policy,
    reference: reference?.name ?? '',
    strong: reference?.model ?? '',
    definitions: Object.fromEntries(tiers.map(({ model }) => [model, definitions[model] ?? ''])),
    delta: given.delta ?? DEFAULT_DELTA,
    shadow: given.shadow ?? DEFAULT_SHADOW,
    canary: given.canary ?? DEFAULT_CANARY,
    budget: given.budget,
    checker: given.checker ?? (judge === undefined ? 'exact' : 'judge'),
    judge: judge && { target: judge.target, timeout: judge.timeout ?? DEFAULT_JUDGE_TIMEOUT },
  };
}

function checkTarget(target: string, path: Path, document: ConfigDocument, providerNames: ReadonlySet<string>): void {
  const slash = target.indexOf('/');
  const provider = target.slice(0, Math.max(slash, 0));
  const shown = document.shown(path, target);
  if (provider === '' || slash + 1 >= target.length) document.report(path, `${shown}: expected provider/model`);
  else if (!providerNames.has(provider))
    document.report(path, `${shown}: no such provider is configured.${didYouMean(provider, providerNames)}`);
}
