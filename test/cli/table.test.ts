import assert from 'node:assert/strict';
import { test } from 'node:test';
import { table } from '../../src/commands/table.ts';

test('a table has columns as wide as their widest cell, numbers to the right, and no spaces at the ends of lines', () => {
  const rows = [
    ['NAME', 'COST', 'NOTE'],
    ['a', '$10.00', 'x'],
    ['longer', '$1.00', ''],
  ];
  assert.equal(table(rows, [1]), 'NAME      COST  NOTE\na       $10.00  x\nlonger   $1.00\n');
});

test('a name that a client made up breaks no line and moves no cursor', () => {
  assert.equal(table([['MODEL'], ['new\nline'], ['\u001b[2Jgone\u202e']]), 'MODEL\nnew?line\n?[2Jgone?\n');
});
