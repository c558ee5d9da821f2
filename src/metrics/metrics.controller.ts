import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { METRICS_PATH } from './metrics.gate.js';
import { MetricsService } from './metrics.service.js';

/** For Prometheus, and whatever else reads OpenMetrics. */
@Controller(METRICS_PATH)
export class MetricsController {
  constructor(private readonly metrics: MetricsService) {}

  @Get()
  async scrape(@Res() reply: FastifyReply): Promise<void> {
    const text = await this.metrics.text();
    void reply.header('content-type', this.metrics.mediaType).send(Buffer.from(text));
  }
}
