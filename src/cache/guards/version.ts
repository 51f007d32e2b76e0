/**
 * Part of every semantic scope: answers stored under other guards are never compared under these. Raise it with every change of
 * a rule or a word list that could let a pair through.
 */
export const GUARD_VERSION = 'g2';
