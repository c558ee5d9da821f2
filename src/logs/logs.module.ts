import { Module } from '@nestjs/common';
import { SettingsModule } from '../settings/settings.module.js';
import { AccessLogGate } from './access-log.gate.js';

/** The log of a server. */
@Module({ imports: [SettingsModule], providers: [AccessLogGate], exports: [AccessLogGate] })
export class LogsModule {}
