import type { IncomingHttpHeaders } from 'node:http';
import type { ModelSettings } from '../config/config.ts';
import type { Endpoint } from '../dialects/endpoint.ts';

/**
 * Milliseconds this request may take in all: retries, fallbacks, hedges and waits together. The client's own limit
 * (`x-breakwater-timeout`, or the official SDKs' `x-stainless-timeout`; seconds) counts where it is shorter than the model's: the
 * SDKs always send one (600 s by default), so a longer one must not undo what the operator configured.
 */
export function allowedTime(headers: IncomingHttpHeaders, endpoint: Endpoint, settings: ModelSettings): number {
  const configured = endpoint === 'embeddings' ? settings.timeouts.embeddings : settings.timeouts.total;
  const wished = seconds(headers['x-breakwater-timeout']) ?? seconds(headers['x-stainless-timeout']);
  return wished === undefined ? configured : Math.min(wished * 1000, configured);
}

function seconds(value: string | string[] | undefined): number | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  const parsed = Number(value);
  return Number.isFinite(parsed) && parsed > 0 ? parsed : undefined;
}
