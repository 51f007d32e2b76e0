import { createHash } from 'node:crypto';
import type { Model } from './config.ts';

/**
 * A name for what each configured model is: its targets in their order. Another one is another model under the same name. Not with their addresses: replicas
 * may reach the same provider in different ways, and share what they learn.
 */
export function modelDefinitions(models: readonly Model[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    models.map(({ name, targets }) => {
      const ids = JSON.stringify(targets.map(({ id }) => id));
      return [name, createHash('sha256').update(ids).digest('base64url').slice(0, 16)];
    }),
  );
}
