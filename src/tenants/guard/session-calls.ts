import { hash } from 'node:crypto';
import { LruMap } from '../../lru-map.ts';
import type { ComparedCall, CountedCalls } from './count-calls.ts';

/** Ids of calls that are remembered for each session, so that what is sent again is not counted again. */
const MOST_IDS = 128;
/** Distinct calls that are remembered for each session. */
const MOST_CALLS = 64;
/** Things the user said that are remembered for each session. */
const MOST_SAID = 16;
/** Longer ids are nobody's; they would only fill memory. */
const LONGEST_ID = 128;

interface SessionMemory {
  readonly ids: Set<string>;
  readonly counts: Map<string, number>;
  readonly said: Set<string>;
  latest: CountedCalls;
}

const NOTHING: CountedCalls = { latest: [], total: 0 };

/**
 * The calls of sessions over their requests, for clients that do not send the past: they keep a window of it, or leave it with the
 * provider. Kept by this process alone and bounded: about 10 kB for each session at worst.
 */
export class SessionCalls {
  readonly #sessions: LruMap<string, SessionMemory>;

  /** @param most sessions remembered */
  constructor(most = 4_096) {
    this.#sessions = new LruMap(most);
  }

  has(session: string): boolean {
    return this.#sessions.get(session) !== undefined;
  }

  /** Counts the calls of a turn, each id once. A call without an id cannot be told from its repetition and is not counted. */
  add(session: string, calls: readonly ComparedCall[]): CountedCalls {
    const memory = this.#memory(session);
    let { total } = memory.latest;
    const latest = new Map<string, { call: ComparedCall; count: number }>();
    for (const call of calls) {
      const { id } = call;
      if (id === undefined || id.length > LONGEST_ID) continue;
      const same = hash('sha256', `${call.name}\0${call.arguments}`, 'base64');
      let count = memory.counts.get(same) ?? 0;
      if (!memory.ids.has(id)) {
        keep(memory.ids, id, MOST_IDS);
        count++;
        total++;
        memory.counts.delete(same);
        memory.counts.set(same, count);
        forgetOldest(memory.counts, MOST_CALLS);
      }
      latest.set(same, { call, count });
    }
    memory.latest = { latest: [...latest.values()], total };
    return memory.latest;
  }

  /** What the last turn that is known of a session made of its counts. */
  latest(session: string): CountedCalls {
    return this.#sessions.get(session)?.latest ?? NOTHING;
  }

  /**
   * The user said something: what is new begins the count anew.
   *
   * @param fresh in a conversation that has no past
   * @returns true where it is new
   */
  said(session: string, text: string, fresh: boolean): boolean {
    const memory = this.#memory(session);
    const digest = hash('sha256', text, 'base64');
    if (memory.said.has(digest) && !fresh) return false;
    keep(memory.said, digest, MOST_SAID);
    memory.counts.clear();
    memory.latest = NOTHING;
    return true;
  }

  #memory(session: string): SessionMemory {
    let memory = this.#sessions.get(session);
    if (memory === undefined) {
      memory = { ids: new Set(), counts: new Map(), said: new Set(), latest: NOTHING };
      this.#sessions.set(session, memory);
    }
    return memory;
  }
}

function keep(set: Set<string>, value: string, most: number): void {
  set.add(value);
  forgetOldest(set, most);
}

function forgetOldest(
  entries: { readonly size: number; keys(): Iterable<string>; delete(key: string): boolean },
  most: number,
): void {
  if (entries.size <= most) return;
  for (const oldest of entries.keys()) {
    entries.delete(oldest);
    return;
  }
}
