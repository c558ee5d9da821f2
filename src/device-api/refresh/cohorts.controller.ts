import { Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isFields } from '../../common/domain/json.js';
import { StoreError } from '../../common/errors.js';
import { sayWhoseAnswer } from '../../common/http/cache-headers.js';
import { readJsonBody } from '../../common/http/json-body.js';
import { sendJson } from '../../common/http/json-reply.js';
import { requestingDevice } from '../device.js';
import { CohortsService } from './cohorts.service.js';

/** Most snaps that one request may name. */
export const MAX_COHORT_SNAPS = 500;

/** `snap create-cohort`. */
@Controller('v2/cohorts')
export class CohortsController {
  constructor(private readonly cohorts: CohortsService) {}

  // snapd sends no Content-Type, and an empty Accept: store/store.go, CreateCohorts.
  @Post()
  @HttpCode(200)
  async create(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const names = snapNames(readJsonBody(request.body));
    sayWhoseAnswer(request, reply);
    sendJson(reply, { 'cohort-keys': await this.cohorts.create(names, requestingDevice(request)) });
  }
}

function snapNames(body: unknown): readonly string[] {
  const refuse = (what: string) =>
    new StoreError('invalid-request', `cannot read request for cohorts: ${what}`);
  const snaps = isFields(body) ? body['snaps'] : undefined;
  if (!Array.isArray(snaps) || snaps.length === 0) throw refuse('snaps is not a non-empty list of names');
  if (snaps.length > MAX_COHORT_SNAPS) throw refuse(`it names more than ${MAX_COHORT_SNAPS} snaps`);
  if (!snaps.every((name) => typeof name === 'string')) throw refuse('a name is not a string');
  return snaps;
}
