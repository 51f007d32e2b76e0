import { createCipheriv, createHmac, createSecretKey, type KeyObject } from 'node:crypto';

const BYTES = 16;
const NONCE = Buffer.alloc(12);

/**
 * AES-256-GMAC: a short stand-in for many bytes, at some 30 GB/s where SHA-256 makes 2 (Node 24, x64). For whoever does not have the key, two
 * texts of a megabyte share one with a chance below 2^-110.
 *
 * The nonce never changes, so a stand-in must not become known to anybody: with a few of them others can be forged. It goes into an HMAC, or
 * stays in memory.
 */
export class Gmac {
  /** Made ready: with the bytes themselves a short text takes 12 us, with this 3. */
  readonly #key: KeyObject;

  /** @param purpose the same secret makes other stand-ins for another purpose */
  constructor(secret: Buffer, purpose: string) {
    this.#key = createSecretKey(createHmac('sha256', secret).update(purpose).digest());
  }

  /** 16 bytes. */
  of(bytes: Uint8Array): Buffer {
    const cipher = createCipheriv('aes-256-gcm', this.#key, NONCE, { authTagLength: BYTES });
    cipher.setAAD(bytes);
    cipher.final();
    return cipher.getAuthTag();
  }
}
