import { composeAnswer, countAnswerTokens, type Usage, usageOf } from './answer.ts';
import type { Behaviour } from './behaviour.ts';
import { playBody } from './body-player.ts';
import { InvalidCallError, type JsonObject } from './call.ts';
import { strike } from './connection-faults.ts';
import type { Dialect, Identity, ModelApi, NumberApi } from './dialect.ts';
import type { Director } from './director.ts';
import type { Exchange } from './exchange.ts';
import { playHollow } from './hollow-answers.ts';
import { PromptCache } from './prompt-cache.ts';
import { readBody } from './read-body.ts';
import { overLimit, refuse, refuseInvalid } from './refusals.ts';
import { type Pace, StreamPlayer } from './stream-player.ts';

/** How a model answers where its name does not say. */
export interface ModelSettings {
  readonly tokens: number;
  readonly pace: Pace;
  /** Keys that are let in; `any` for every one but none; undefined: no key needed. */
  readonly keys: ReadonlySet<string> | 'any' | undefined;
}

/** Answers the requests that ask a model something. */
export class ModelEndpoint {
  readonly #director: Director;
  readonly #settings: ModelSettings;
  readonly #prompts = new PromptCache();
  /** Makes the answers' ids unique among simulators. */
  #instance = '';

  constructor(director: Director, settings: ModelSettings) {
    this.#director = director;
    this.#settings = settings;
  }

  set instance(name: string) {
    this.#instance = name;
  }

  /** @param deployment the model, where the path names it */
  serve(exchange: Exchange, api: ModelApi, deployment: string | undefined): void {
    const { record } = exchange;
    try {
      if (!this.#letsIn(record.key)) {
        refuse(exchange, api, { status: 401 });
        return;
      }
      const body = readBody(exchange.request.body);
      const model = deployment ?? body.model;
      if (typeof model !== 'string' || model === '')
        throw new InvalidCallError('you must provide a model parameter', 'model');
      record.model = model;
      record.stream = body.stream === true;
      const behaviour = this.#director.choose(model, record.key);
      record.behaviour = behaviour.name;
      exchange.wire = behaviour.wire;
      if (behaviour.headersMs === 0) this.#perform(exchange, api, body, behaviour);
      else exchange.wait(behaviour.headersMs, () => this.#perform(exchange, api, body, behaviour));
    } catch (error) {
      refuseInvalid(exchange, api, error);
    }
  }

  #letsIn(key: string | undefined): boolean {
    const { keys } = this.#settings;
    if (keys === undefined) return true;
    return key !== undefined && (keys === 'any' || keys.has(key));
  }

  #perform(exchange: Exchange, api: ModelApi, body: JsonObject, behaviour: Behaviour): void {
    const { record } = exchange;
    if (behaviour.connection !== undefined && strike(exchange, behaviour.connection)) return;
    if (behaviour.reply !== undefined) {
      refuse(exchange, api, behaviour.reply.error, behaviour.reply);
      return;
    }
    if (!this.#director.admit(record.model, behaviour, record)) {
      refuse(exchange, api, api.overloaded);
      return;
    }
    const identity: Identity = {
      id: `sim${this.#instance}-${record.id}`,
      created: Math.floor(exchange.now() / 1000),
      model: record.model,
    };
    try {
      if (api.kind === 'numbers') this.#count(exchange, api, body, behaviour, identity);
      else this.#answer(exchange, api, body, behaviour, identity);
    } catch (error) {
      refuseInvalid(exchange, api, error);
    }
  }

  #answer(exchange: Exchange, dialect: Dialect, body: JsonObject, behaviour: Behaviour, identity: Identity): void {
    const call = dialect.read(body, exchange.record.model);
    const limit = overLimit(dialect, call.promptTokens, call.prefix, behaviour);
    if (limit !== undefined) {
      refuse(exchange, dialect, limit);
      return;
    }
    if (playHollow(exchange, dialect, behaviour, identity)) return;
    const answer = composeAnswer(call, behaviour, this.#settings.tokens);
    const usage = this.#cachedUsage(exchange, body, behaviour, usageOf(call, answer, behaviour));
    const reported = behaviour.wire.usage ? usage : undefined;
    exchange.record.usage = usage;
    const pace = withPrefill(this.#paceOf(behaviour), behaviour.prefillMs, usage);
    if (call.stream) {
      const script = dialect.stream(identity, call, answer, reported, behaviour.wire);
      new StreamPlayer(exchange, script, behaviour, dialect.malformedEvent, pace).play();
    } else {
      const whole = { body: dialect.whole(identity, answer, reported), tokens: countAnswerTokens(answer) };
      playBody(exchange, dialect, whole, behaviour, pace);
    }
  }

  #cachedUsage(exchange: Exchange, body: JsonObject, behaviour: Behaviour, usage: Usage): Usage {
    if (!behaviour.promptCache) return usage;
    const { model, key = '' } = exchange.record;
    return { ...usage, cached: this.#prompts.read(`${key} ${model}`, body, usage.prompt) };
  }

  #count(exchange: Exchange, api: NumberApi, body: JsonObject, behaviour: Behaviour, identity: Identity): void {
    const { body: numbers, tokens } = api.answer(body, identity.model);
    const limit = overLimit(api, tokens, undefined, behaviour);
    if (limit !== undefined) {
      refuse(exchange, api, limit);
      return;
    }
    if (playHollow(exchange, api, behaviour, identity)) return;
    exchange.record.usage = { prompt: tokens, completion: 0 };
    playBody(exchange, api, { body: numbers, tokens: 0 }, behaviour, this.#paceOf(behaviour));
  }

  #paceOf(behaviour: Behaviour): Pace {
    const { pace } = this.#settings;
    if (behaviour.firstTokenMs === undefined && behaviour.tokenMs === undefined) return pace;
    return { firstTokenMs: behaviour.firstTokenMs ?? pace.firstTokenMs, tokenMs: behaviour.tokenMs ?? pace.tokenMs };
  }
}

/** What is cached takes a tenth of the time. */
function withPrefill(pace: Pace, prefillMs: number, { prompt, cached = 0 }: Usage): Pace {
  if (prefillMs === 0) return pace;
  return { ...pace, firstTokenMs: pace.firstTokenMs + ((prompt - cached + cached / 10) / 1000) * prefillMs };
}
