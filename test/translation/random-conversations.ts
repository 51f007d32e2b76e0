import fc from 'fast-check';

/** Text that says something: any characters, but not only white space and no lone surrogates, which no JSON carries. */
export const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).map((value) => `.${value}.`);

const json = fc.dictionary(
  fc.string({ maxLength: 8 }).filter((key) => key !== '__proto__'),
  fc.jsonValue({ maxDepth: 2 }),
  { maxKeys: 3 },
);

/** One round: a question, perhaps calls with their results, an answer. */
const round = fc.record({
  question: fc.array(text, { minLength: 1, maxLength: 2 }),
  image: fc.option(fc.constantFrom('https://example.com/a.png', 'data:image/png;base64,AAAA'), { nil: undefined }),
  calls: fc.array(fc.record({ name: fc.constantFrom('f', 'g'), arguments: json, result: text }), { maxLength: 3 }),
  resultsBackwards: fc.boolean(),
  answer: text,
});

export type Round = typeof round extends fc.Arbitrary<infer T> ? T : never;

export const rounds = fc.array(round, { minLength: 1, maxLength: 4 });
export const system = fc.option(text, { nil: undefined });

/** The rounds as chat messages, ending with a question. */
export function chatMessages(said: readonly Round[], instruction: string | undefined): object[] {
  const messages: object[] = instruction === undefined ? [] : [{ role: 'system', content: instruction }];
  for (const [index, { question, image, calls, resultsBackwards, answer }] of said.entries()) {
    const parts = question.map((one) => ({ type: 'text', text: one }) as object);
    if (image !== undefined) parts.push({ type: 'image_url', image_url: { url: image } });
    messages.push({ role: 'user', content: parts.length === 1 ? question[0] : parts });
    if (calls.length > 0) {
      const id = (call: number) => `call_${index}_${call}`;
      const tool_calls = calls.map((call, number) => ({
        id: id(number),
        type: 'function',
        function: { name: call.name, arguments: JSON.stringify(call.arguments) },
      }));
      messages.push({ role: 'assistant', content: null, tool_calls });
      const results = calls.map((call, number) => ({ role: 'tool', tool_call_id: id(number), content: call.result }));
      messages.push(...(resultsBackwards ? results.reverse() : results));
    }
    messages.push({ role: 'assistant', content: answer });
  }
  messages.push({ role: 'user', content: 'And?' });
  return messages;
}

/** The same as Anthropic messages. */
export function anthropicMessages(said: readonly Round[]): object[] {
  const messages: object[] = [];
  for (const [index, { question, image, calls, resultsBackwards, answer }] of said.entries()) {
    const blocks = question.map((one) => ({ type: 'text', text: one }) as object);
    if (image !== undefined) blocks.push({ type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } });
    messages.push({ role: 'user', content: blocks.length === 1 ? question[0] : blocks });
    if (calls.length > 0) {
      const uses = calls.map(({ name, arguments: input }, call) => ({
        type: 'tool_use',
        id: `toolu_${index}_${call}`,
        name,
        input,
      }));
      const results = calls.map(({ result }, call) => ({
        type: 'tool_result',
        tool_use_id: `toolu_${index}_${call}`,
        content: result,
      }));
      messages.push({ role: 'assistant', content: [{ type: 'text', text: 'Let me see.' }, ...uses] });
      messages.push({ role: 'user', content: resultsBackwards ? results.reverse() : results });
    }
    messages.push({ role: 'assistant', content: answer });
  }
  messages.push({ role: 'user', content: 'And?' });
  return messages;
}
