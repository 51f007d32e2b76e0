import type { Model } from '../config/config.ts';
import type { AgentSettings, Policy } from '../config/tenant-config.ts';

/** By the agent's settings, which live as long as their configuration, and then by model. */
const merged = new WeakMap<AgentSettings, WeakMap<Model, Model>>();

/** The model with what is written for the agent in place of its own settings. Worked out once for each pair, not for each request. */
export function settingsFor(model: Model, { settings }: Policy): Model {
  if (settings === undefined) return model;
  let models = merged.get(settings);
  if (models === undefined) {
    models = new WeakMap();
    merged.set(settings, models);
  }
  const known = models.get(model);
  if (known !== undefined) return known;
  const made: Model = Object.freeze({
    ...model,
    timeouts: Object.freeze({ ...model.timeouts, ...settings.timeouts }),
    retries: Object.freeze({ ...model.retries, ...settings.retries }),
    stream: Object.freeze({ ...model.stream, ...settings.stream }),
  });
  models.set(model, made);
  return made;
}
