import * as z from 'zod';
import { duration, integer, oneOf } from './schema-types.ts';

/** The settings of a model that an agent may have of its own. */
export const agentSettings = {
  timeouts: z
    .strictObject({
      connect: duration('TCP and TLS. Default 3s.').optional(),
      firstToken: duration('From the request to the first token. Default 30s.').optional(),
      stall: duration('Between two events of a stream. Default 30s.').optional(),
      total: duration('The whole request, all tries together. Default 10m.').optional(),
      embeddings: duration('An embeddings request as a whole. Default 10s.').optional(),
    })
    .optional(),
  retries: z.strictObject({ max: integer('Extra tries of one target. Default 2.', 0, 10).optional() }).optional(),
  stream: z
    .strictObject({
      commit: oneOf(
        ['first-delta', 'complete'],
        'When the client gets the first byte. Default first-delta.',
      ).optional(),
      onBreak: oneOf(['error', 'resume'], 'What follows a stream cut after that. Default error.').optional(),
    })
    .optional(),
};
