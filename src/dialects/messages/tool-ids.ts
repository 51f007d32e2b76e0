const ALLOWED = /^[a-zA-Z0-9_-]+$/;

/**
 * The call's id in the letters Anthropic takes. Other providers make ids like `functions.search:0`; each other letter becomes its
 * code, so that a call and its result still agree and two calls still differ.
 */
export function toolUseId(id: string): string {
  if (ALLOWED.test(id)) return id;
  if (id === '') return 'call';
  return id.replace(/[^a-zA-Z0-9_-]/gu, (letter) => `_${letter.codePointAt(0)?.toString(16)}_`);
}
