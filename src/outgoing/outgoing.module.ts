import { Module } from '@nestjs/common';
import { SettingsModule } from '../settings/settings.module.js';
import { OutgoingHttp } from './outgoing-http.js';
import { Pause } from './retry.js';

/** The way out, for every feature that has one. */
@Module({ imports: [SettingsModule], providers: [OutgoingHttp, Pause], exports: [OutgoingHttp, Pause] })
export class OutgoingModule {}
