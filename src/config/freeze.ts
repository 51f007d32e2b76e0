/** A map that says no after it was built: `Object.freeze` leaves a Map's entries writable. */
export class FrozenMap<K, V> extends Map<K, V> {
  constructor(entries: Iterable<readonly [K, V]>) {
    super();
    for (const [key, value] of entries) super.set(key, deepFreeze(value));
    Object.freeze(this);
  }

  override set(): never {
    throw new TypeError('the configuration is frozen');
  }

  override delete(): never {
    throw new TypeError('the configuration is frozen');
  }

  override clear(): never {
    throw new TypeError('the configuration is frozen');
  }
}

/**
 * Freezes plain objects and arrays all the way down, and returns its argument. Regular expressions are left alone: they are
 * module constants, and freezing one takes it off the engine's fast path.
 */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || value instanceof RegExp || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
  return value;
}
