import fc from 'fast-check';

/** True where the engine takes the bytes, decoded as UTF-8, for JSON. */
export function parses(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString('utf8'));
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/** A value with the keys and strings that matter to the scanners, among any others. */
const key = fc.oneof(
  fc.constantFrom(
    'model',
    'error',
    'usage',
    'stream_options',
    'finish_reason',
    '',
    '"',
    '\\',
    'mod"el',
    'model\\',
    'é🦀',
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
);
const text = fc.oneof(
  key,
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: fc.constantFrom('\\', '"', 'a'), maxLength: 400 }),
);

export const anyJson = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    text,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.constantFrom(null, true, false),
    fc.array(tie('value'), { maxLength: 5 }),
    tie('object'),
  ),
  object: fc.dictionary(key, tie('value'), { maxKeys: 6 }),
}));

export const anySpace = fc.constantFrom('', ' ', '\t\r\n ');

/** JSON text of any value, in one of several spacings. */
export const anyJsonText = fc
  .tuple(anyJson.value, anySpace)
  .map(([value, space]) => space + spaced(value, space) + space);

/** JSON text with a few bytes changed, removed or added, or cut off. */
export const mutated = fc
  .tuple(
    anyJsonText,
    fc.array(
      fc.tuple(
        fc.constantFrom('set', 'add', 'remove', 'cut'),
        fc.nat(),
        fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('{}[]":,\\0e.-u \n'))),
      ),
      { maxLength: 3 },
    ),
  )
  .map(([source, edits]) => {
    let bytes = Buffer.from(source);
    for (const [kind, where, byte] of edits) {
      const at = where % (bytes.length + 1);
      const rest = kind === 'add' ? at : at + 1;
      if (kind === 'cut') bytes = bytes.subarray(0, at);
      else
        bytes = Buffer.concat([
          bytes.subarray(0, at),
          Buffer.from(kind === 'remove' ? [] : [byte]),
          bytes.subarray(rest),
        ]);
    }
    return bytes;
  });

/**
 * JSON text with `space` wherever white space may stand. Each value's text is the same wherever the value stands. Expectations
 * are made of these texts, not of what JSON.parse gives back: it misreads some escaped keys (nodejs/node#63785).
 */
export function spaced(value: unknown, space: string): string {
  const list = (open: string, items: readonly string[], close: string): string => {
    return items.length === 0
      ? `${open}${space}${close}`
      : `${open}${space}${items.join(`${space},${space}`)}${space}${close}`;
  };
  if (Array.isArray(value))
    return list(
      '[',
      value.map((item) => spaced(item, space)),
      ']',
    );
  if (!isObject(value)) return JSON.stringify(value);
  return list(
    '{',
    Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}${space}:${space}${spaced(item, space)}`),
    '}',
  );
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
