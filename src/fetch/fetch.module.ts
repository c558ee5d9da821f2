import { Module } from '@nestjs/common';
import { AssertionsModule } from '../assertions/assertions.module.js';
import { KeysModule } from '../keys/keys.module.js';
import { OutgoingModule } from '../outgoing/outgoing.module.js';
import { FetchService } from './fetch.service.js';
import { UpstreamService } from './upstream.service.js';

/** The upstream store, and fetching from it. */
@Module({
  imports: [OutgoingModule, AssertionsModule, KeysModule],
  providers: [UpstreamService, FetchService],
  exports: [UpstreamService, FetchService],
})
export class FetchModule {}
