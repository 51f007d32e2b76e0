export type SuspensionReason = 'breach' | 'operator';

/**
 * What a route's semantic cache may do. Only a certified one serves.
 *
 * `audits` and `bound` are those of the moment of adoption; the report has the current ones. Times are milliseconds since the epoch.
 */
export type CertificateState =
  | { readonly kind: 'off' }
  | { readonly kind: 'shadow'; readonly since: number }
  | {
      readonly kind: 'certified';
      readonly threshold: number;
      readonly bound: number;
      readonly audits: number;
      readonly errors: number;
      readonly since: number;
    }
  | { readonly kind: 'suspended'; readonly reason: SuspensionReason; readonly since: number };

export type StateEvent =
  | { readonly kind: 'turned-on' }
  | { readonly kind: 'turned-off' }
  /** A looser threshold, or the first one, has passed; or a breach leaves a stricter one. */
  | {
      readonly kind: 'adopted';
      readonly threshold: number;
      readonly bound: number;
      readonly audits: number;
      readonly errors: number;
    }
  | { readonly kind: 'stopped'; readonly reason: SuspensionReason };

/**
 * The only ways from one state to another:
 *
 * - off -> shadow, when turned on; anything -> off, when turned off;
 * - shadow, suspended, certified -> certified, on evidence;
 * - certified -> suspended, on a breach; shadow and certified -> suspended, by the operator.
 *
 * An event that means nothing in a state leaves the state as it is: replicas may tell each other late.
 */
export function nextState(state: CertificateState, event: StateEvent, now: number): CertificateState {
  switch (event.kind) {
    case 'turned-on':
      return state.kind === 'off' ? { kind: 'shadow', since: now } : state;
    case 'turned-off':
      return { kind: 'off' };
    case 'adopted': {
      if (state.kind === 'off') return state;
      const { threshold, bound, audits, errors } = event;
      return { kind: 'certified', threshold, bound, audits, errors, since: now };
    }
    case 'stopped': {
      const applies = state.kind === 'certified' || (state.kind === 'shadow' && event.reason === 'operator');
      return applies ? { kind: 'suspended', reason: event.reason, since: now } : state;
    }
  }
}
