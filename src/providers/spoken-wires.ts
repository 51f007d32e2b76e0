import type { Provider, Target } from '../config/config.ts';
import type { Endpoint } from '../dialects/endpoint.ts';
import { wireFor } from './wire.ts';

/** The dialect to speak with a target, by what the client speaks; undefined: it cannot serve such a call. */
export type SpokenWires = Readonly<Record<Endpoint, Endpoint | undefined>>;

/** What the model speaks of what its provider does. Where that is nothing, a gateway goes by another's name: it knows best. */
export function spokenWires({ speaks }: Pick<Provider, 'speaks'>, target: Pick<Target, 'speaks'>): SpokenWires {
  const both = speaks.filter((endpoint) => target.speaks?.includes(endpoint) ?? true);
  const spoken = new Set(both.length === 0 ? speaks : both);
  const wire = (endpoint: Endpoint) => wireFor(endpoint, spoken);
  return {
    chat: wire('chat'),
    completions: wire('completions'),
    embeddings: wire('embeddings'),
    messages: wire('messages'),
    responses: wire('responses'),
    'count-tokens': wire('count-tokens'),
  };
}
