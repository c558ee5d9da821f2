import { Module } from '@nestjs/common';
import { SettingsModule } from '../settings/settings.module.js';
import { AssertionsController } from './assertions.controller.js';
import { AssertionsRepository } from './assertions.repository.js';
import { AssertionsService } from './assertions.service.js';

@Module({
  imports: [SettingsModule],
  controllers: [AssertionsController],
  providers: [AssertionsService, AssertionsRepository],
  exports: [AssertionsService],
})
export class AssertionsModule {}
