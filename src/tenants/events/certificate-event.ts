import type { BudgetEvent, CertificateFigures } from './budget-event.ts';
import { eventId } from './event-id.ts';

/** What a semantic cache says of a certificate: the part of it that people are told. */
export type CertificateNews =
  | { readonly kind: 'certified'; readonly threshold: number; readonly bound: number; readonly audits: number }
  | { readonly kind: 'tightened'; readonly from: number; readonly to: number }
  | { readonly kind: 'suspended'; readonly reason: string; readonly threshold: number | undefined };

const HOUR_MS = 3_600_000;

/**
 * A route's semantic cache may give answers from a threshold on, may give fewer, or none any more. A suspension is told once an hour at most:
 * between two of them lie a new attempt and its audits.
 */
export function certificateEvent(
  { tenant, route, embedder }: { readonly tenant: string; readonly route: string; readonly embedder: string },
  news: CertificateNews,
  at: number,
): BudgetEvent {
  const type = `cache.${news.kind}` as const;
  const hour = news.kind === 'certified' ? news.audits : Math.floor(at / HOUR_MS);
  const data: CertificateFigures = { model: route, embedder, ...figuresOf(news) };
  return {
    id: eventId(type, tenant, route, embedder, data.threshold ?? undefined, data.before ?? undefined, hour),
    type,
    at,
    tenant,
    scope: 'tenant',
    text: `The semantic cache of ${route} (tenant ${tenant}) ${wordsOf(news)}.`,
    data,
  };
}

function figuresOf(news: CertificateNews): Omit<CertificateFigures, 'model' | 'embedder'> {
  switch (news.kind) {
    case 'certified':
      return { threshold: news.threshold, before: null, bound: news.bound, reason: null };
    case 'tightened':
      return { threshold: news.to, before: news.from, bound: null, reason: 'breach' };
    case 'suspended':
      return { threshold: null, before: news.threshold ?? null, bound: null, reason: news.reason };
  }
}

function wordsOf(news: CertificateNews): string {
  switch (news.kind) {
    case 'certified':
      return `gives answers from a cosine of ${news.threshold} on: at most ${percent(news.bound)} of them are wrong, by ${news.audits} audits`;
    case 'tightened':
      return `gives answers from a cosine of ${news.to} on and no more from ${news.from}: too many were wrong`;
    case 'suspended':
      return news.reason === 'breach'
        ? 'gives no answers any more: too many were wrong'
        : `gives no answers any more (${news.reason})`;
  }
}

function percent(share: number): string {
  return `${Math.round(share * 1e4) / 100}%`;
}
