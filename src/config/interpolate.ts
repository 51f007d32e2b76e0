/** The variables a file may name: `process.env`, or a test's own. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface Interpolation {
  readonly value: string;
  /** Some `${...}` was replaced: the value came from outside the file and is not repeated in errors. */
  readonly fromEnvironment: boolean;
  readonly faults: readonly InterpolationFault[];
}

export interface InterpolationFault {
  /** The text that is at fault, as it stands in the value: `${NAME}`, or `${` where it is never closed. */
  readonly text: string;
  /** How many faultless or faulty references with the same text come before it. */
  readonly occurrence: number;
  readonly message: string;
}

/** Faults told of one text. */
const MAX_FAULTS = 10;

const REFERENCE = /\$\$\{|\$\{([^}]*)\}|\$\{/g;
const VARIABLE = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;

/**
 * Replaces `${NAME}` and `${NAME:-default}` (for a variable that is unset or empty) in one text; `$${` stands for a literal
 * `${`. Works on a parsed scalar, so whatever a variable holds, it stays this one text: it can add no key and no list item.
 */
export function interpolate(text: string, env: Environment): Interpolation {
  if (!text.includes('${')) return { value: text, fromEnvironment: false, faults: [] };
  const faults: InterpolationFault[] = [];
  const seen = new Map<string, number>();
  let fromEnvironment = false;
  const value = text.replaceAll(REFERENCE, (reference: string, inner: string | undefined) => {
    if (reference === '$${') return '${';
    const occurrence = seen.get(reference) ?? 0;
    seen.set(reference, occurrence + 1);
    const fault = (message: string): string => {
      if (faults.length < MAX_FAULTS) faults.push({ text: reference, occurrence, message });
      return reference;
    };
    if (inner === undefined) return fault(`"\${" is never closed; write "$\${" for a literal "\${"`);
    const match = VARIABLE.exec(inner);
    if (match === null)
      return fault(`not a variable: write \${NAME} or \${NAME:-default}, or "$\${" for a literal "\${"`);
    fromEnvironment = true;
    const [, name = '', fallback] = match;
    const given = Object.hasOwn(env, name) ? env[name] : undefined;
    if (fallback !== undefined) return given === undefined || given === '' ? fallback : given;
    return given ?? fault(`environment variable ${name} is not set`);
  });
  return { value, fromEnvironment, faults };
}
