/** The port behind which client keys made at run time are kept. Keys written in the configuration are not in it. */
export interface KeyStore {
  /** @throws {StateUnavailable} */
  add(key: StoredKey): void | Promise<void>;
  /** All keys, revoked ones included, oldest first. @throws {StateUnavailable} */
  list(): readonly StoredKey[] | Promise<readonly StoredKey[]>;
  /**
   * The key is refused from `at` on, which may lie ahead: a rotated key goes on for a while. Of two revocations the earlier counts.
   *
   * @returns false where there is no such key. @throws {StateUnavailable}
   */
  revoke(id: string, at: number): boolean | Promise<boolean>;
  /** Changes whenever a key was added or revoked, by whatever process. Cheap: it is asked for every second. @throws {StateUnavailable} */
  revision(): string | Promise<string>;
}

export interface StoredKey {
  /** `key_` and 12 letters; public. */
  readonly id: string;
  /** SHA-256 of the key, hexadecimal. The key itself is nowhere. */
  readonly hash: string;
  /** The last four characters, to recognise it by. */
  readonly hint: string;
  readonly tenant: string;
  /** The agent the key stands for; undefined: the client may name any agent of the tenant. */
  readonly agent: string | undefined;
  readonly label: string | undefined;
  /** Clock milliseconds. */
  readonly createdAt: number;
  /** It is refused from then on: it was made for a time. */
  readonly expiresAt: number | undefined;
  /** It is refused from then on. May lie ahead. */
  readonly revokedAt: number | undefined;
}
