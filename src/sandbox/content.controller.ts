import { Controller } from '@nestjs/common';
import { DownloadsController } from '../device-api/downloads/downloads.controller.js';

/** Serves the same files under the path that downloads are redirected to. */
@Controller('content/api/v1/snaps/download')
export class ContentController extends DownloadsController {}
