import type { Piece } from './scan.ts';
import { UNIT_NAMES } from './words.ts';

/** @returns the canonical unit that a word behind a number is, or undefined. `5M` are millions and `5m` minutes or metres; `Mb` are bits. */
export function unitBehindNumber(piece: Piece | undefined): string | undefined {
  if (piece?.kind !== 'word') return undefined;
  const { text, caps } = piece;
  const unit = text === 'min' ? 'minute' : text === 'm' ? 'm' : UNIT_NAMES.get(text);
  if (unit === undefined) return undefined;
  if (caps > 0 && text.length === 1) return text.toUpperCase();
  return caps === 1 && /^[kmgt]b$/.test(text) ? `${text}it` : unit;
}
