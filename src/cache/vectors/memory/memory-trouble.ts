/** What goes wrong beside a call. `scan-thread`: searched on the event loop instead. `file`: what was kept, or is to be, is lost. */
export interface MemoryTrouble {
  readonly kind: 'scan-thread' | 'overloaded' | 'file';
  readonly reason: string;
}
