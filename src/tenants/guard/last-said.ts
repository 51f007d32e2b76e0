import { type GuardedEndpoint, readElement } from './read-element.ts';

/** What the user said last in a conversation; undefined where the body does not go back so far. */
export function lastSaid(endpoint: GuardedEndpoint, elements: readonly unknown[]): string | undefined {
  for (let index = elements.length - 1; index >= 0; index--) {
    const { kind, text } = readElement(endpoint, elements[index]);
    if (kind === 'user') return text;
  }
  return undefined;
}
