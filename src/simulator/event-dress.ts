import type { Wire } from './behaviour.ts';

/**
 * How a stream's events look on the wire: line ends, comments, split data lines; all of them what the standard for
 * server-sent events allows. Undefined where they go out as written.
 */
export function eventDress(wire: Wire): ((events: string) => string) | undefined {
  const { lineEnd, spaceAfterColon, splitDataLines, comments } = wire;
  if (lineEnd === '\n' && spaceAfterColon && !splitDataLines && !comments) return undefined;
  return (events) => {
    let dressed = events;
    // Behind its first brace a JSON object may have a line break: the parts of the data are joined by one.
    if (splitDataLines) dressed = dressed.replace(/^data: \{/gm, 'data: {\ndata: ');
    if (comments) dressed = dressed.replace(/\n\n(?=.)|^/gs, (gap) => `${gap}: keep-alive\n\n`);
    if (!spaceAfterColon) dressed = dressed.replace(/^(data|event): /gm, '$1:');
    return lineEnd === '\n' ? dressed : dressed.replaceAll('\n', lineEnd);
  };
}
