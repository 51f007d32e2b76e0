import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { startFor } from './raw-client.ts';

let pair: { key: string; cert: string } | undefined;

/** Node cannot make a certificate itself. */
function makePair(): { key: string; cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'simulator-tls-'));
  try {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const fresh = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
    execFileSync('openssl', ['req', '-x509', ...fresh, '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' });
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('over TLS', () => {
  before(() => {
    try {
      pair = makePair();
    } catch (error) {
      // Without openssl on the machine the tests below are skipped, which the run reports.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  });

  for (const [model, outcome] of [
    ['sim-ok', 200],
    ['sim-503', 503],
    ['sim-reset', 'ECONNRESET'],
    ['sim-hang-up', 'ECONNRESET'],
  ] as const) {
    it(`${model} ends in ${outcome}`, async (t) => {
      if (pair === undefined) return t.skip('no openssl');
      const { cert } = pair;
      const simulator = await startFor(t, { tls: pair });
      const seen = await new Promise((resolve) => {
        const sent = request(
          `${simulator.baseUrl}/chat/completions`,
          { method: 'POST', ca: cert, agent: false },
          (response) => {
            response.resume();
            response.on('end', () => resolve(response.statusCode));
          },
        );
        sent.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
        sent.end(JSON.stringify({ model, messages: [{ role: 'user', content: 'hello' }] }));
      });
      assert.equal(seen, outcome);
      assert.match(simulator.url, /^https:/);
    });
  }
});
