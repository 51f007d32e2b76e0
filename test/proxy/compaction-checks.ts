import assert from 'node:assert/strict';
import { isRecord } from '../../src/failures/json-record.ts';
import { itemsOf } from './compaction-rig.ts';

/** Ids of a body's calls and results, of any dialect, in order: `call x`, `result x`. */
function callsAndResults(body: unknown): readonly string[] {
  return itemsOf(body).flatMap((item) => {
    if (item.type === 'function_call') return [`call ${item.call_id}`];
    if (item.type === 'function_call_output' || item.role === 'tool')
      return [`result ${item.call_id ?? item.tool_call_id}`];
    if (Array.isArray(item.tool_calls)) return item.tool_calls.map((call) => `call ${isRecord(call) ? call.id : ''}`);
    if (!Array.isArray(item.content)) return [];
    return item.content.filter(isRecord).flatMap(({ type, id, tool_use_id: of }) => {
      if (type === 'tool_use') return [`call ${id}`];
      return type === 'tool_result' ? [`result ${of}`] : [];
    });
  });
}

/** Every call has its result behind it, and every result its call before it. @returns how many there are */
export function assertGroupsWhole(body: unknown): number {
  const open = new Set<string>();
  let groups = 0;
  for (const one of callsAndResults(body)) {
    const [kind = '', id = ''] = one.split(' ');
    if (kind === 'call') open.add(id);
    else assert.ok(open.delete(id), `the result of ${id} has no call before it`);
    groups++;
  }
  assert.deepEqual([...open], [], 'calls without a result');
  return groups;
}

/** Items that both requests begin with. */
export function sharedItems(a: unknown, b: unknown): number {
  const [one, other] = [itemsOf(a), itemsOf(b)];
  let shared = 0;
  while (shared < one.length && JSON.stringify(one[shared]) === JSON.stringify(other[shared])) shared++;
  return shared;
}

export function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0) / Math.max(1, numbers.length);
}
