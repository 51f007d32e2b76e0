import type { SuspensionReason } from './state.ts';

/** What a caller must do or tell. `tightened` and `suspended` are alerts. */
export type CertificateEvent =
  /** The route serves from now on at this threshold, or at a looser one than before. */
  | {
      readonly kind: 'certified';
      readonly threshold: number;
      readonly bound: number;
      readonly audits: number;
      readonly errors: number;
    }
  /** Alert: too many errors at `from`; `to` goes on being served. */
  | { readonly kind: 'tightened'; readonly from: number; readonly to: number }
  /** Alert: nothing is served any more. */
  | { readonly kind: 'suspended'; readonly reason: SuspensionReason; readonly threshold: number | undefined }
  /** Drop the entries that have served hits at cosines from `from` up to, not including, `below`. */
  | { readonly kind: 'purge'; readonly from: number; readonly below: number }
  /** The evidence so far is given up, and a new attempt begins at threshold `start`. */
  | { readonly kind: 'restarted'; readonly attempt: number; readonly start: number | undefined }
  /** Evidence of an earlier version (model, embedder, guards, epoch, settings) is dropped, or what was stored cannot be read. */
  | { readonly kind: 'reset'; readonly why: 'version' | 'unreadable' };
