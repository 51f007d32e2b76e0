import type { Codec } from '../conversation/codec.ts';
import { readAnswer } from './read-answer.ts';
import { readRequest } from './read-request.ts';
import { ResponsesStreamReader } from './stream-reader.ts';
import { ResponsesStreamWriter } from './stream-writer.ts';
import { writeAnswer } from './write-answer.ts';
import { writeRequest } from './write-request.ts';

/** OpenAI's Responses API. */
export const responsesCodec: Codec = {
  dialect: 'responses',
  readRequest,
  writeRequest,
  readAnswer,
  writeAnswer,
  streamReader: () => new ResponsesStreamReader(),
  streamWriter: (conversation, now) => new ResponsesStreamWriter(conversation, now),
};
