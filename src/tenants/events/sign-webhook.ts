import { createHmac } from 'node:crypto';

const PREFIX = 'whsec_';

/**
 * Signs a message as the Standard Webhooks specification has it, so that receivers verify it with any of its libraries.
 *
 * @param secret `whsec_` and base64, or any other text, which is then taken as it is
 * @param seconds since the epoch, as sent in `webhook-timestamp`
 * @see https://github.com/standard-webhooks/standard-webhooks
 */
export function signWebhook(secret: string, id: string, seconds: number, body: string): string {
  const key = secret.startsWith(PREFIX) ? Buffer.from(secret.slice(PREFIX.length), 'base64') : Buffer.from(secret);
  return `v1,${createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64')}`;
}
