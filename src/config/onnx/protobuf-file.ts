import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Enough for the descriptions of a graph's tensors; what is larger are weights, which are passed over. */
const WINDOW = 16 * 1024;
const MOST_VARINT_BYTES = 10;
/** Numbers above it are cut short: nothing that is looked at here has any. */
const MOST_SHIFTED = 7;

/** One field of a message: a number, or where its bytes lie. */
export type ProtobufField =
  | { readonly number: number; readonly kind: 'number'; readonly value: number }
  | { readonly number: number; readonly kind: 'bytes'; readonly from: number; readonly to: number }
  | { readonly number: number; readonly kind: 'fixed' };

/** The bytes are no protobuf message. */
export class NotProtobuf extends Error {
  override readonly name = 'NotProtobuf';
}

/**
 * A protobuf message in a file, of which only what is asked for is read: a model is some kilobytes of description among hundreds of
 * megabytes of weights.
 */
export class ProtobufFile {
  readonly size: number;
  readonly #descriptor: number;
  readonly #window = Buffer.allocUnsafe(WINDOW);
  #from = 0;
  #to = 0;

  /** @throws what the system says, where the file cannot be read */
  constructor(path: string) {
    this.#descriptor = openSync(path, 'r');
    this.size = fstatSync(this.#descriptor).size;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /** The fields of the message between two offsets, in their order. @throws {NotProtobuf} */
  *fields(from: number, to: number): Generator<ProtobufField> {
    let at = from;
    while (at < to) {
      const tag = this.#varint(at, to);
      at = tag.next;
      const number = Math.floor(tag.value / 8);
      if (number === 0) throw new NotProtobuf('a field without a number');
      switch (tag.value % 8) {
        case 0: {
          const { value, next } = this.#varint(at, to);
          at = next;
          yield { number, kind: 'number', value };
          break;
        }
        case 1:
          at += 8;
          yield { number, kind: 'fixed' };
          break;
        case 2: {
          const { value: length, next } = this.#varint(at, to);
          at = next + length;
          if (at > to) throw new NotProtobuf('a field that ends after its message');
          yield { number, kind: 'bytes', from: next, to: at };
          break;
        }
        case 5:
          at += 4;
          yield { number, kind: 'fixed' };
          break;
        default:
          throw new NotProtobuf('a field of a kind that there is not');
      }
    }
    if (at !== to) throw new NotProtobuf('a field that ends after its message');
  }

  /** @param most longer ones are cut, bytes */
  text(from: number, to: number, most = 1_024): string {
    const bytes = Buffer.allocUnsafe(Math.min(most, to - from));
    const read = readSync(this.#descriptor, bytes, 0, bytes.length, from);
    return bytes.toString('utf8', 0, read);
  }

  #varint(at: number, to: number): { readonly value: number; readonly next: number } {
    let value = 0;
    for (let place = 0; place < MOST_VARINT_BYTES; place++) {
      if (at + place >= to) break;
      const byte = this.#byte(at + place);
      if (place < MOST_SHIFTED) value += (byte & 0x7f) * 2 ** (7 * place);
      if (byte < 0x80) return { value, next: at + place + 1 };
    }
    throw new NotProtobuf('a number without an end');
  }

  #byte(at: number): number {
    if (at < this.#from || at >= this.#to) {
      this.#from = at;
      this.#to = at + readSync(this.#descriptor, this.#window, 0, WINDOW, at);
    }
    const byte = this.#window[at - this.#from];
    if (byte === undefined || at >= this.#to) throw new NotProtobuf('the file ends in the middle of a field');
    return byte;
  }
}
