import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_ID_BYTES = 4;
/** First byte of what is sealed: how it is. (0 was plain without a checksum.) */
const AES_256_GCM = 1;
const PLAIN = 2;
const SUM_BYTES = 4;
const HEAD_BYTES = 1 + KEY_ID_BYTES + NONCE_BYTES;

/** What stands on disk or in Redis was made with another key, or was changed. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

/**
 * Answers as they are kept outside of this process: AES-256-GCM with a random nonce for each where there is a key, else as they are with a
 * checksum. SQLite has none: a disk that lost or changed a page of a long answer would have it given with a hole in it. What a payload belongs to
 * is authenticated (or summed up) with it, so that none can be put in another's place.
 *
 * Layout: one byte for the kind; plain 4 bytes of CRC-32, the text; for AES-256-GCM 4 bytes that name the key, 12 of nonce, the text, 16 of tag. A random nonce of 96 bits is good
 * for 2^32 payloads under one key (NIST SP 800-38D, 8.3).
 */
export class Seal {
  readonly #key: Buffer | undefined;
  readonly #keyId: Buffer;

  /** @param encryptionKey 64 hex digits; undefined: nothing is encrypted */
  constructor(encryptionKey: string | undefined) {
    this.#key = encryptionKey === undefined ? undefined : derive(encryptionKey, 'payload');
    this.#keyId =
      this.#key === undefined
        ? Buffer.alloc(KEY_ID_BYTES)
        : createHash('sha256').update(this.#key).digest().subarray(0, KEY_ID_BYTES);
  }

  close(payload: Buffer, belongsTo: string): Buffer {
    if (this.#key === undefined) return Buffer.concat([Buffer.of(PLAIN), sumOf(payload, belongsTo), payload]);
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce);
    cipher.setAAD(Buffer.from(belongsTo));
    const text = cipher.update(payload);
    const rest = cipher.final();
    return Buffer.concat([Buffer.of(AES_256_GCM), this.#keyId, nonce, text, rest, cipher.getAuthTag()]);
  }

  /** @throws {Unreadable} */
  open(sealed: Buffer, belongsTo: string): Buffer {
    if (sealed[0] === PLAIN) {
      // With a key, what is not encrypted was put there by somebody who does not have it.
      if (this.#key !== undefined) throw new Unreadable('a kept answer is not encrypted');
      const payload = sealed.subarray(1 + SUM_BYTES);
      if (!sumOf(payload, belongsTo).equals(sealed.subarray(1, 1 + SUM_BYTES)))
        throw new Unreadable('a kept answer was changed');
      return payload;
    }
    if (sealed[0] !== AES_256_GCM || sealed.length < HEAD_BYTES + TAG_BYTES)
      throw new Unreadable('a kept answer is of no known form');
    if (this.#key === undefined || !sealed.subarray(1, 1 + KEY_ID_BYTES).equals(this.#keyId))
      throw new Unreadable('a kept answer was encrypted with another key');
    const nonce = sealed.subarray(1 + KEY_ID_BYTES, HEAD_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', this.#key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(belongsTo));
    decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
    try {
      const text = decipher.update(sealed.subarray(HEAD_BYTES, sealed.length - TAG_BYTES));
      return Buffer.concat([text, decipher.final()]);
    } catch (error) {
      throw new Unreadable('a kept answer was changed', { cause: error });
    }
  }
}

function sumOf(payload: Buffer, belongsTo: string): Buffer {
  const sum = Buffer.allocUnsafe(SUM_BYTES);
  sum.writeUInt32BE(crc32(payload, crc32(belongsTo)));
  return sum;
}

/** The secret of scopes that goes with a key: answers can only be found by who can read them. */
export function scopeSecret(encryptionKey: string): Buffer {
  return derive(encryptionKey, 'scope');
}

function derive(encryptionKey: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', Buffer.from(encryptionKey, 'hex'), '', `breakwater cache ${purpose}`, 32));
}
