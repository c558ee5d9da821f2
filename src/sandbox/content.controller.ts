import { Controller } from '@nestjs/common';
import { DownloadRoutes } from '../device-api/downloads/download-routes.js';
import { DownloadsService } from '../device-api/downloads/downloads.service.js';

/** Serves the same files under the path that downloads are redirected to. */
@Controller('content/api/v1/snaps/download')
export class ContentController extends DownloadRoutes {
  constructor(protected readonly downloads: DownloadsService) {
    super();
  }
}
