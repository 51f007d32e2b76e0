import type { CertificateEvent } from '../../../src/cache/certify/certificate-event.ts';
import {
  type CertificateKey,
  type CertificateStore,
  MemoryCertificateStore,
} from '../../../src/cache/certify/certificate-store.ts';
import { Certifier } from '../../../src/cache/certify/certifier.ts';
import { type CertifySettings, certifySettings } from '../../../src/cache/certify/settings.ts';
import type { CheckResult } from '../../../src/cache/certify/verdict.ts';
import type { CertifiedThing } from '../../../src/cache/certify/version.ts';
import type { Random } from '../../../src/clock.ts';
import { FakeClock } from '../../breakers/fake-clock.ts';

export const KEY: CertificateKey = { tenant: 'acme', route: 'smart', embedder: 'e' };
export const THING: CertifiedThing = { model: 'm', embedder: 'e 8', guards: '1', epoch: '', checker: 'exact' };

export interface Rig {
  readonly certifier: Certifier;
  readonly clock: FakeClock;
  readonly events: CertificateEvent[];
}

export interface RigOptions {
  readonly settings?: Partial<CertifySettings>;
  readonly random?: Random;
  readonly store?: CertificateStore;
  readonly thing?: CertifiedThing;
  readonly clock?: FakeClock;
}

/** A certifier on a fake clock. Unless told otherwise it begins at 0.99 and audits whatever may be audited. */
export async function rig({ settings, random, store, thing, clock = new FakeClock() }: RigOptions = {}): Promise<Rig> {
  const events: CertificateEvent[] = [];
  const certifier = await Certifier.open({
    key: KEY,
    thing: thing ?? THING,
    settings: certifySettings({ start: 0.99, auditsPerDay: 1_000_000, ...settings }),
    store: store ?? new MemoryCertificateStore(),
    clock,
    random: random ?? (() => 0),
    onEvent: (event) => events.push(event),
  });
  return { certifier, clock, events };
}

/** So many would-be hits with the same cosine, each audited where asked for, with the same result. */
export function hit({ certifier, clock }: Rig, times: number, cosine: number, result: CheckResult): void {
  for (let i = 0; i < times; i++) {
    clock.advance(1000);
    const { audit } = certifier.wouldHit(cosine);
    if (audit !== undefined) certifier.audited(audit, result);
  }
}
