import { randomBytes } from 'node:crypto';
import { hashKey } from '../config/key-hash.ts';

export { hashKey };

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
/** 238 bits. */
const KEY_LENGTH = 40;
const ID_LENGTH = 12;

/** Random bytes, injected for tests. */
export type RandomBytes = (size: number) => Uint8Array;

/** A new client key: `bw_` and 40 random characters. To be shown once, and kept as {@link hashKey} only. */
export function makeKey(random: RandomBytes = randomBytes): string {
  return `bw_${randomText(DIGITS, KEY_LENGTH, random)}`;
}

/** A key's public name: `key_` and 12 letters. */
export function makeKeyId(random: RandomBytes = randomBytes): string {
  return `key_${randomText(LETTERS, ID_LENGTH, random)}`;
}

/** Every character is as likely as any other: bytes beyond the last whole multiple are thrown away. */
function randomText(alphabet: string, length: number, random: RandomBytes): string {
  const fair = 256 - (256 % alphabet.length);
  let text = '';
  while (text.length < length) {
    for (const byte of random(length)) {
      if (byte < fair && text.length < length) text += alphabet[byte % alphabet.length];
    }
  }
  return text;
}
