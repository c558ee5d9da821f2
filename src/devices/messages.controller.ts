import { Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isFields } from '../common/domain/json.js';
import { StoreError } from '../common/errors.js';
import { readJsonBody } from '../common/http/json-body.js';
import { sendJson } from '../common/http/json-reply.js';

function messagesIn(body: unknown): readonly unknown[] {
  const refuse = (what: string) => new StoreError('invalid-request', `cannot read messages: ${what}`);
  if (!isFields(body)) throw refuse('the body is not an object');
  const messages: unknown = 'messages' in body ? body.messages : undefined;
  if (messages === undefined || messages === null) return [];
  if (Array.isArray(messages)) return messages;
  throw refuse('messages is not a list');
}

/**
 * The mailbox between a brand and its devices. snapd polls it if remote management is switched on. This store sends
 * no messages and answers with an empty list. It refuses replies, so that no device believes they were stored.
 *
 * @see snapcore/snapd: store/store_messaging.go
 */
@Controller('v2/messages')
export class MessagesController {
  @Post()
  @HttpCode(200)
  exchange(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    if (messagesIn(readJsonBody(request.body)).length > 0)
      throw new StoreError(
        'unsupported',
        'cannot accept messages: this store does not send or keep messages',
      );
    sendJson(reply, { messages: [], 'total-pending-messages': 0 });
  }
}
