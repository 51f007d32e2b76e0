import type { Codec } from '../conversation/codec.ts';
import { readChatAnswer, writeChatAnswer } from './answer.ts';
import { readChatRequest } from './read-request.ts';
import { ChatStreamReader } from './stream-reader.ts';
import { ChatStreamWriter } from './stream-writer.ts';
import { writeChatRequest } from './write-request.ts';

/** OpenAI chat completions, both ways. */
export const chatCodec: Codec = {
  dialect: 'chat',
  readRequest: readChatRequest,
  writeRequest: writeChatRequest,
  readAnswer: readChatAnswer,
  writeAnswer: (answer, _conversation, now) => writeChatAnswer(answer, now),
  streamReader: () => new ChatStreamReader(),
  streamWriter: ({ includeUsage }, now = 0) => new ChatStreamWriter({ includeUsage, now }),
};
