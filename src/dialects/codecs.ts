import { chatCodec } from './chat/codec.ts';
import type { Codec } from './conversation/codec.ts';
import type { ChatDialect } from './conversation/request.ts';
import { messagesCodec } from './messages/codec.ts';
import { responsesCodec } from './responses/codec.ts';

/** The codec of each dialect. */
export const codecs: Readonly<Record<ChatDialect, Codec>> = {
  chat: chatCodec,
  messages: messagesCodec,
  responses: responsesCodec,
};
