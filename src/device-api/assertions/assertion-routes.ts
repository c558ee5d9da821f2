import { Get, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ASSERTION_MEDIA_TYPE } from '../../assertions/assertion-media-type.js';
import { readAssertionKey } from '../../assertions/assertion-path.js';
import type { SequencePoint } from '../../assertions/assertion-place.js';
import type { Assertion } from '../../assertions/format/assertion.js';
import { MAX_INTEGER } from '../../common/domain/words.js';
import { StoreError } from '../../common/errors.js';
import { sayWhoseAnswer } from '../../common/http/cache-headers.js';
import { refuseDeviceSession } from '../../common/http/device-session-refusal.js';
import { sendJson } from '../../common/http/json-reply.js';
import { pathSegments } from '../../common/http/path-segments.js';
import { isNotModified } from '../../common/http/preconditions.js';
import { pathText, queryText } from '../../common/http/query-text.js';
import { assertionNotFoundView, assertionView } from './assertion.view.js';
import { isAboutSnap, type VisibleAssertionsService } from './visible-assertions.service.js';

/**
 * The highest format that the client supports; snapd always sends it. -1 means any, as in the official store.
 */
const MAX_FORMAT = { pattern: /^(?:-1|\d{1,10})$/, expected: 'a format number, or -1 for any' };
const SEQUENCE = { pattern: /^(?:latest|[1-9]\d{0,9})$/, expected: 'a number from 1, or latest' };

/** Answers with signed documents, byte for byte as signed; controllers define the path. */
export abstract class AssertionRoutes {
  protected abstract readonly assertions: VisibleAssertionsService;

  @Get(':type/*')
  async get(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const typeName = pathText(request, 'type');
    const found = await this.find(typeName, request);
    // Assertions about a snap may be only for the devices of a brand. All others are public.
    if (isAboutSnap(typeName)) sayWhoseAnswer(request, reply, 'Accept');
    else void reply.header('vary', 'Accept');
    // An expired session may be the reason why it is hidden. The same is said if it does not exist.
    if (!found && request.hasBadDeviceSession && isAboutSnap(typeName)) return refuseDeviceSession(reply);
    if (!found) {
      void reply
        .code(404)
        .header('content-type', 'application/problem+json')
        .send(assertionNotFoundView(typeName));
      return;
    }
    const isJson = prefersJson(request.headers.accept);
    if (isNotModified(request, reply, { etag: etagOf(found, isJson) })) return;
    if (isJson) sendJson(reply, assertionView(found));
    else void reply.header('content-type', ASSERTION_MEDIA_TYPE).send(found.bytes);
  }

  private async find(typeName: string, request: FastifyRequest): Promise<Assertion | undefined> {
    const format = queryText(request, 'max-format', MAX_FORMAT);
    const sequence = queryText(request, 'sequence', SEQUENCE) ?? 'latest';
    const maxFormat = format === undefined || format === '-1' ? undefined : Number(format);
    const { type, key, isSequenceKey } = readAssertionKey(typeName, pathSegments(request, 'type').slice(1));
    if (!isSequenceKey)
      return await this.assertions.find(type.name, key, maxFormat, request.deviceSession ?? undefined);
    return await this.assertions.findInSequence(type.name, key, sequencePoint(sequence), maxFormat);
  }
}

/**
 * The revision, in the form of snapd's repairs. For a sequence also the point, because one path serves all
 * points. The JSON form is another representation: RFC 9110, section 8.8.3.
 *
 * @see snapcore/snapd: cmd/snap-repair/runner.go, Fetch
 */
function etagOf({ type, primaryKey, assertionRevision }: Assertion, isJson: boolean): string {
  const point = type.sequenceForming ? `${primaryKey.at(-1)}.` : '';
  return `"${point}${assertionRevision}${isJson ? '-json' : ''}"`;
}

/**
 * JSON is sent only if the client accepts JSON and not the document: an `Accept` may be empty, or accept
 * anything. A type with the weight 0 is not accepted.
 *
 * @see RFC 9110, sections 12.4.2 and 12.5.1
 */
function prefersJson(accept = ''): boolean {
  const types = accept
    .toLowerCase()
    .split(',')
    .filter((one) => !/;\s*q\s*=\s*0(?:\.0{0,3})?\s*(?:;|$)/.test(one))
    .map((one) => one.split(';')[0]?.trim());
  return types.includes('application/json') && !types.includes(ASSERTION_MEDIA_TYPE);
}

function sequencePoint(sequence: string): SequencePoint {
  if (sequence === 'latest') return sequence;
  const point = Number(sequence);
  if (point <= MAX_INTEGER) return point;
  throw new StoreError('invalid-request', `cannot read request: sequence is above ${MAX_INTEGER}`);
}
