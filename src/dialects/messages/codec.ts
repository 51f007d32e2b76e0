import type { Codec } from '../conversation/codec.ts';
import { readMessagesAnswer, writeMessagesAnswer } from './answer.ts';
import { readMessagesRequest } from './read-request.ts';
import { MessagesStreamReader } from './stream-reader.ts';
import { MessagesStreamWriter } from './stream-writer.ts';
import { writeMessagesRequest } from './write-request.ts';

/** Anthropic Messages, both ways. */
export const messagesCodec: Codec = {
  dialect: 'messages',
  readRequest: readMessagesRequest,
  writeRequest: writeMessagesRequest,
  readAnswer: readMessagesAnswer,
  writeAnswer: writeMessagesAnswer,
  streamReader: () => new MessagesStreamReader(),
  streamWriter: () => new MessagesStreamWriter(),
};
